/* Cosine annealing without restarts (Loshchilov and Hutter 2017, eq. 5):
 * min + (peak - min) (1 + cos(pi progress)) / 2. `min` is a rate, as PyTorch's eta_min. */
#include "optim/schedule.h"

#include "math/elementary.h"

typedef struct Self {
    double min;
} Self;

static const Field fields[] = {
    {"min", FIELD_REAL, offsetof(Self, min), "0", 0, 1e4, NULL, "the rate at the end"}, {0}};

static double cosine_rate(const void *self_, double peak, double progress)
{
    static const double pi = 3.14159265358979323846;
    const Self *self = self_;
    return self->min + (peak - self->min) * 0.5 * (1 + elementary_cos(pi * progress));
}

const DecayType decay_cosine = {.name = "cosine",
                                .help = "half a cosine from the peak to `min`",
                                .main_key = "min",
                                .fields = fields,
                                .self_size = sizeof(Self),
                                .rate = cosine_rate};
