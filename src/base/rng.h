/* Keyed randomness: a draw is a pure function of what is drawn, (seed, purpose, a, b), never of who
 * draws it or when. Philox4x64-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
 * 3") through Random123, whose only door this is. No generator has state. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

typedef enum RngPurpose {
    RNG_INIT = 1, /* initial weights */
    RNG_ORDER,    /* the order of samples in an epoch */
    RNG_SPLIT,    /* which samples are held out */
    RNG_DROPOUT,
    RNG_AUGMENT, /* how a sample is seen */
    RNG_CHUNKS,  /* the order of chunks in an epoch of more than one window */
    RNG_WINDOW,  /* the order of samples in a window */
    RNG_TRIALS,  /* settings that experiments try */
    RNG_RESAMPLE /* which rows a resampled training set has */
} RngPurpose;

/* A purpose for one of many things of a kind, such as the dropout of layer `index`. */
static inline uint64_t rng_purpose(RngPurpose kind, uint32_t index)
{
    return (uint64_t)kind << 32 | index;
}

typedef struct Draw {
    uint32_t word[8]; /* 256 independent bits */
} Draw;

Draw rng_draw(uint64_t seed, uint64_t purpose, uint64_t a, uint64_t b);

/* A word as a number in [0, 1): 32 bits, exact in double. */
static inline double rng_unit(uint32_t word)
{
    return word * 0x1p-32;
}

#endif
