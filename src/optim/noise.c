/* Estimating and smoothing the gradient noise scale. */
#include "optim/noise.h"

#include "math/elementary.h"

#include <math.h>

static const double keep = 0.95; /* of a moving average at each update */

int noise_estimate(const NoiseParts *p, double *trace, double *signal)
{
    if (p->parts < 2)
        return 0;
    double n = (double)p->parts, weighted = p->squares / p->batch;
    *trace = p->batch / (n - 1) * (weighted - p->mean);
    *signal = (n * p->mean - weighted) / (n - 1);
    if (p->population > 0)
        *signal += *trace / p->population;
    return 1;
}

void noise_add(Noise *noise, const NoiseParts *parts)
{
    double trace, signal;
    if (!noise_estimate(parts, &trace, &signal))
        return;
    noise->trace = keep * noise->trace + (1 - keep) * trace;
    noise->signal = keep * noise->signal + (1 - keep) * signal;
    noise->updates++;
}

static double corrected(const Noise *noise, double average)
{
    double left = elementary_pow(keep, (double)noise->updates);
    return noise->updates ? average / (1 - left) : NAN;
}

double noise_trace(const Noise *noise)
{
    return corrected(noise, noise->trace);
}

double noise_signal(const Noise *noise)
{
    return corrected(noise, noise->signal);
}

double noise_scale(const Noise *noise)
{
    double signal = noise_signal(noise);
    return signal > 0 ? noise_trace(noise) / signal : NAN;
}
