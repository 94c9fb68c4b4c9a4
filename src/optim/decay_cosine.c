/* Cosine annealing (SGDR: Loshchilov and Hutter 2017, eq. 5):
 *
 *     min + (peak - min) (1 + cos(pi t / T)) / 2
 *
 * in one cycle from the warmup to the end of the run, or, with a `period`, in cycles that each
 * begin at the peak again: the first takes T = period samples, each next one `multiplier` times the
 * one before. `min` is a rate, as PyTorch's eta_min; period and multiplier are T_0 and T_mult of
 * its CosineAnnealingWarmRestarts. */
#include "optim/schedule.h"

#include "math/elementary.h"

#include <math.h> /* fmod is exact */

typedef struct Self {
    double min;
    Span span;
    double multiplier;
    int64_t period; /* samples; 0: one cycle */
} Self;

static const Field fields[] = {
    {"min", FIELD_REAL, offsetof(Self, min), "0", 0, 1e4, NULL, "the rate at the end"},
    {"period", FIELD_SPAN, offsetof(Self, span), FIELD_NONE,
     .help = "of the first cycle, with restarts; else one cycle to the end"},
    {"multiplier", FIELD_REAL, offsetof(Self, multiplier), "1", 1, 100, NULL,
     "of the period from cycle to cycle"},
    {0}};

static Err setup(Schedule *schedule, const Clock *clock)
{
    Self *self = schedule->self;
    if (self->span.count >= 0)
        return schedule_span(schedule, clock, "period", self->span, &self->period);
    if (self->multiplier != 1)
        return conf_fail_key(schedule->settings, "multiplier",
                             "without a period there are no restarts to multiply it for");
    return NULL;
}

/* How much of its cycle is over, 0 to 1. */
static double cycle_progress(const Self *self, double since)
{
    double period = (double)self->period;
    if (self->multiplier == 1)
        return fmod(since, period) / period;
    while (since >= period) {
        since -= period;
        period *= self->multiplier;
    }
    return since / period;
}

static double cosine_rate(const Schedule *s, const Plateau *plateau, double peak, int64_t samples)
{
    (void)plateau;
    static const double pi = 3.14159265358979323846;
    const Self *self = s->self;
    double progress = self->period ? cycle_progress(self, (double)schedule_since(s, samples))
                                   : schedule_progress(s, samples);
    return self->min + (peak - self->min) * 0.5 * (1 + elementary_cos(pi * progress));
}

const DecayType decay_cosine = {.name = "cosine",
                                .help = "half a cosine from the peak to `min`, once or in cycles",
                                .main_key = "min",
                                .fields = fields,
                                .self_size = sizeof(Self),
                                .setup = setup,
                                .rate = cosine_rate};
