/* Exponential decay, without stairs: peak x factor^(samples since the warmup / every). At whole
 * spans it is PyTorch's ExponentialLR (gamma is `factor`, stepped once per `every`). */
#include "optim/schedule.h"

#include "math/elementary.h"

typedef struct Self {
    double factor;
    Span span;
    int64_t every; /* samples */
} Self;

static const Field fields[] = {
    {"factor", FIELD_REAL, offsetof(Self, factor), NULL, 1e-9, 1, NULL,
     "of the rate from span to span (PyTorch's gamma)"},
    {"every", FIELD_SPAN, offsetof(Self, span), "1 epoch", .help = "that span"},
    {0}};

static Err setup(Schedule *schedule, const Clock *clock)
{
    Self *self = schedule->self;
    return schedule_span(schedule, clock, "every", self->span, &self->every);
}

static double exponential_rate(const Schedule *s, const Plateau *plateau, double peak,
                               int64_t samples)
{
    (void)plateau;
    const Self *self = s->self;
    double spans = (double)schedule_since(s, samples) / (double)self->every;
    return peak * elementary_pow(self->factor, spans);
}

const DecayType decay_exponential = {.name = "exponential",
                                     .help = "times `factor` over each span `every`, smoothly",
                                     .main_key = "factor",
                                     .fields = fields,
                                     .self_size = sizeof(Self),
                                     .setup = setup,
                                     .rate = exponential_rate};
