/* Polynomial decay over what is left of the run behind the warmup:
 * end + (peak - end) (1 - progress)^power. With end 0 it is PyTorch's PolynomialLR. */
#include "optim/schedule.h"

#include "math/elementary.h"

typedef struct Self {
    double power, end;
} Self;

static const Field fields[] = {
    {"power", FIELD_REAL, offsetof(Self, power), "1", 0.01, 100, NULL, "1: a straight line"},
    {"end", FIELD_REAL, offsetof(Self, end), "0", 0, 1e4, NULL, "the rate at the end"},
    {0}};

static double polynomial_rate(const Schedule *s, const Plateau *plateau, double peak,
                              int64_t samples)
{
    (void)plateau;
    const Self *self = s->self;
    double left = 1 - schedule_progress(s, samples);
    return self->end + (peak - self->end) * elementary_pow(left, self->power);
}

const DecayType decay_polynomial = {.name = "polynomial",
                                    .help = "a power of what is left of the run, down to `end`",
                                    .main_key = "power",
                                    .fields = fields,
                                    .self_size = sizeof(Self),
                                    .rate = polynomial_rate};
