/* Gelu, the exact one: x times the probability that a standard normal number is below x (Hendrycks
 * and Gimpel 2016, eq. 1). Not monotonous, so its slope, unlike the others', needs x:
 *
 *     y = x P(x)        dy/dx = P(x) + x p(x)
 *     P(x) = (1 + erf(x / sqrt 2)) / 2        p(x) = exp(-x^2 / 2) / sqrt(2 pi) */
#include "math/elementary.h"
#include "nn/layer.h"

#define ROOT_HALF          ((Real)0x1.6a09e667f3bcdp-1)
#define INVERSE_ROOT_TWOPI ((Real)0x1.9884533d43651p-2)

static inline Lanes below(Lanes x)
{
    return (Real)0.5 * (1 + lanes_erf(x * ROOT_HALF));
}

static Err gelu_setup(Layer *layer)
{
    layer->out = layer->in[0];
    layer->flops = (double)shape_size(layer->out);
    return NULL;
}

static void gelu_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Lanes *x = (const Lanes *)io->x[0];
    Lanes *y = (Lanes *)io->y;
    int64_t n = shape_size(layer->out) * pass->lanes / LANES;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] * below(x[i]);
}

static void gelu_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Lanes *x = (const Lanes *)io->x[0], *dy = (const Lanes *)io->dy;
    Lanes *dx = (Lanes *)io->dx[0];
    int64_t n = shape_size(layer->out) * pass->lanes / LANES;
    for (int64_t i = 0; i < n; i++) {
        Lanes density = lanes_exp((Real)-0.5 * x[i] * x[i]) * INVERSE_ROOT_TWOPI;
        dx[i] = dy[i] * (below(x[i]) + x[i] * density);
    }
}

const LayerType layer_gelu = {
    .name = "gelu",
    .help = "x times the normal distribution function of x",
    .input_count = 1,
    .backward_in_place = true,
    .is_activation = true,
    .is_rectifier = true,
    .setup = gelu_setup,
    .forward = gelu_forward,
    .backward = gelu_backward,
};
