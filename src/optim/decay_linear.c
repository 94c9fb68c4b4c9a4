/* A straight line from the peak, where the warmup ends, to `end` at the end of the run: PyTorch's
 * LinearLR with start_factor 1 and end_factor end / peak. */
#include "optim/schedule.h"

typedef struct Self {
    double end;
} Self;

static const Field fields[] = {
    {"end", FIELD_REAL, offsetof(Self, end), "0", 0, 1e4, NULL, "the rate at the end"}, {0}};

static double linear_rate(const Schedule *s, const Plateau *plateau, double peak, int64_t samples)
{
    (void)plateau;
    const Self *self = s->self;
    return self->end + (peak - self->end) * (1 - schedule_progress(s, samples));
}

const DecayType decay_linear = {.name = "linear",
                                .help = "a straight line from the peak to `end`",
                                .main_key = "end",
                                .fields = fields,
                                .self_size = sizeof(Self),
                                .rate = linear_rate};
