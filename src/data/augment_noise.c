/* Gaussian noise: x' + sigma n, where x' is the normalised input that the net would see and n is a
 * standard normal number, one of its own for each value. So sigma counts deviations of the input
 * with normalize: channel or feature, ranges with unit, and the data's own units with none. */
#include "data/augment.h"

#include <stddef.h>

typedef struct Noise {
    double sigma;
} Noise;

static const Field fields[] = {
    {"sigma", FIELD_REAL, offsetof(Noise, sigma), .min = 0, .max = 1e6,
     .help = "deviation, in units of the normalised input"},
    {0},
};

static void noise_paint(const void *self, const AugmentKey *key, const Canvas *canvas)
{
    const Noise *noise = self;
    int64_t values = (int64_t)canvas->channels * canvas->height * canvas->width;
    double drawn[AUGMENT_GAUSSIANS];
    for (int64_t i = 0; i < values; i++) {
        if (i % AUGMENT_GAUSSIANS == 0)
            augment_gaussians(key, (uint64_t)(i / AUGMENT_GAUSSIANS), noise->sigma, drawn);
        canvas->x[i * canvas->step] += (Real)drawn[i % AUGMENT_GAUSSIANS];
    }
}

const AugmentType augment_noise = {
    .name = "noise",
    .help = "Gaussian noise of deviation sigma, added to the normalised input",
    .main_key = "sigma",
    .fields = fields,
    .self_size = sizeof(Noise),
    .any_sample = true,
    .paint = noise_paint,
};
