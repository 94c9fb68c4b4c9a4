/* Philox through Random123: its only door. */
#include "base/rng.h"

#include <Random123/philox.h>
#include <string.h>

Draw rng_draw(uint64_t seed, uint64_t purpose, uint64_t a, uint64_t b)
{
    philox4x64_ctr_t counter = {{a, b, 0, 0}};
    philox4x64_key_t key = {{seed, purpose}};
    philox4x64_ctr_t bits = philox4x64(counter, key);
    Draw draw;
    for (int i = 0; i < 4; i++) {
        draw.word[2 * i] = (uint32_t)bits.v[i];
        draw.word[2 * i + 1] = (uint32_t)(bits.v[i] >> 32);
    }
    return draw;
}
