/* The radius is never infinite: half a step is added to the word. */
#include "math/gaussian.h"

#include "math/elementary.h"

void gaussian_pair(double sigma, const uint32_t *word, double *pair)
{
    static const double two_pi = 0x1.921fb54442d18p2;
    double radius = sigma * sqrt(-2 * elementary_log(word[0] * 0x1p-32 + 0x1p-33));
    double angle = two_pi * (word[1] * 0x1p-32);
    pair[0] = radius * elementary_cos(angle);
    pair[1] = radius * elementary_sin(angle);
}
