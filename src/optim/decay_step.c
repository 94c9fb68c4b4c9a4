/* Stairs of equal length: peak x factor^(whole spans since the start of the run). PyTorch's StepLR
 * (step_size is `every`, gamma is `factor`). */
#include "optim/schedule.h"

#include "math/elementary.h"

typedef struct Self {
    Span span;
    double factor;
    int64_t every; /* samples */
} Self;

static const Field fields[] = {
    {"every", FIELD_SPAN, offsetof(Self, span), NULL, .help = "length of a stair, from the start"},
    {"factor", FIELD_REAL, offsetof(Self, factor), "0.1", 1e-9, 1, NULL,
     "of the rate from stair to stair (PyTorch's gamma)"},
    {0}};

static Err setup(Schedule *schedule, const Clock *clock)
{
    Self *self = schedule->self;
    return schedule_span(schedule, clock, "every", self->span, &self->every);
}

static double step_rate(const Schedule *s, const Plateau *plateau, double peak, int64_t samples)
{
    (void)plateau;
    const Self *self = s->self;
    return peak * elementary_pow(self->factor, (double)(samples / self->every));
}

const DecayType decay_step = {.name = "step",
                              .help = "times `factor` after each span `every`",
                              .main_key = "every",
                              .fields = fields,
                              .self_size = sizeof(Self),
                              .setup = setup,
                              .rate = step_rate};
