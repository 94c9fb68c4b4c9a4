/* The walk along the batches of a run. */
#include "optim/clock.h"

#include <math.h>

static const double MOST_SAMPLES = 1e15; /* more than any run has, and far from overflow */

BatchChange clock_stretch(const Clock *clock, int i)
{
    return i == 0 ? (BatchChange){.size = clock->batch} : clock->change[i - 1];
}

int clock_stretches(const Clock *clock, int64_t length)
{
    int count = 1;
    while (count <= clock->changes && clock->change[count - 1].step < length)
        count++;
    return count;
}

/* The stretch that holds step `step`, whole or not. */
static BatchChange stretch_of_step(const Clock *clock, double step)
{
    int i = 0;
    while (i < clock->changes && (double)clock->change[i].step <= step)
        i++;
    return clock_stretch(clock, i);
}

static BatchChange stretch_of_sample(const Clock *clock, int64_t samples)
{
    int i = 0;
    while (i < clock->changes && clock->change[i].samples <= samples)
        i++;
    return clock_stretch(clock, i);
}

static double span_samples(const Clock *clock, Span span)
{
    if (span.unit == SPAN_EPOCHS)
        return span.count * (double)clock->epoch;
    if (span.unit == SPAN_SAMPLES)
        return span.count;
    BatchChange s = stretch_of_step(clock, span.count);
    return (double)s.samples + (span.count - (double)s.step) * (double)s.size;
}

int64_t clock_samples(const Clock *clock, Span span)
{
    if (span.count < 0)
        return 0;
    double samples = span_samples(clock, span); /* 0.7 x 60000 is 41999.999... in binary */
    return (int64_t)floor(fmin(samples, MOST_SAMPLES) + 0.5);
}

int64_t clock_before(const Clock *clock, int64_t step)
{
    BatchChange s = stretch_of_step(clock, (double)step);
    return s.samples + (step - s.step) * s.size;
}

/* A step that reaches over the end of its stretch is the last one of it: the next begins exactly
 * where the next stretch does. */
int64_t clock_steps(const Clock *clock, int64_t samples)
{
    BatchChange s = stretch_of_sample(clock, samples);
    return s.step + (samples - s.samples + s.size - 1) / s.size;
}

int64_t clock_batch(const Clock *clock, int64_t samples)
{
    return stretch_of_sample(clock, samples).size;
}

bool clock_change(Clock *clock, Span at, int64_t size)
{
    int64_t point = clock_samples(clock, at), step = clock_steps(clock, point);
    if (point <= clock->point)
        return false;
    BatchChange change = {step, clock_before(clock, step), size, at};
    if (clock->changes > 0 && clock->change[clock->changes - 1].step == step)
        clock->changes--;
    clock->change[clock->changes++] = change;
    clock->point = point;
    return true;
}

bool clock_crosses(const Clock *clock, Span span, int64_t step)
{
    double end = (double)step;
    if (span.count <= 0 || step == 0)
        return false;
    if (span.unit == SPAN_STEPS)
        return floor(end / span.count) > floor((end - 1) / span.count);
    int64_t every = clock_samples(clock, span);
    every = every > 0 ? every : 1;
    return clock_before(clock, step) / every > clock_before(clock, step - 1) / every;
}
