/* The gradient noise scale (McCandlish et al. 2018, arXiv 1812.06162, appendix A.1), measured from
 * the micro-batches of one step; so it needs no second batch size and works on one rank. For N
 * parts with b_r samples, w_r = b_r / B, mean gradients g_r and the mean gbar of all B:
 *
 *     tr(Sigma) = B / (N - 1) (sum w_r |g_r|^2 - |gbar|^2)
 *     |G|^2     = (N |gbar|^2 - sum w_r |g_r|^2) / (N - 1)         + tr(Sigma) / D
 *     B_simple  = tr(Sigma) / |G|^2
 *
 * The last term: an epoch's order samples D samples without replacement, which makes |G|^2 come
 * out low by it while tr(Sigma) stays unbiased (worked out for this project from the variance of
 * a mean of a finite population). Numerator and denominator are smoothed apart, by a moving average
 * with bias correction that counts its own updates, and divided last. */
#ifndef OPTIM_NOISE_H
#define OPTIM_NOISE_H

#include <stdint.h>

typedef struct Noise {
    double trace, signal; /* moving averages of tr(Sigma) and |G|^2, not yet corrected */
    int64_t updates;
} Noise;

/* What one step says. */
typedef struct NoiseParts {
    int64_t parts;     /* N */
    double batch;      /* B */
    double squares;    /* sum over parts of b_r |g_r|^2 */
    double mean;       /* |gbar|^2 */
    double population; /* D; 0: drawn with replacement */
} NoiseParts;

/* tr(Sigma) and |G|^2 of one step alone. False with fewer than two parts. */
int noise_estimate(const NoiseParts *parts, double *trace, double *signal);
/* Adds a step; one of fewer than two parts says nothing. */
void noise_add(Noise *noise, const NoiseParts *parts);
/* The smoothed figures; NAN where nothing was added. */
double noise_trace(const Noise *noise);
double noise_signal(const Noise *noise);
/* B_simple in samples; NAN: not measurable yet, |G|^2 is lost in the noise. */
double noise_scale(const Noise *noise);

#endif
