/* Activations: one function of one number, lane by lane. All slopes are taken from the output y, so
 * that the backward pass needs neither x nor work memory. Where a function has a corner, its slope
 * there is that of the left side, as in PyTorch: relu'(0) = 0. */
#include "math/elementary.h"
#include "nn/layer.h"

#include <stddef.h>

enum { RELU, LEAKY_RELU, ELU, SIGMOID, TANH, LINEAR };

typedef struct Activation {
    double alpha; /* of leaky_relu and elu */
} Activation;

static const Field leaky_relu_fields[] = {
    {"alpha", FIELD_REAL, offsetof(Activation, alpha), "0.01", .min = 0, .max = 1,
     .help = "the slope below zero"},
    {0},
};
static const Field elu_fields[] = {
    {"alpha", FIELD_REAL, offsetof(Activation, alpha), "1", .min = 0, .max = 1e6,
     .help = "minus the limit at minus infinity"},
    {0},
};

/* relu selects on x < 0, not on x > 0: not-a-number must come out again, or a run that diverges
 * would hide it. elu: Clevert et al. 2016, eq. 15. */
static inline Lanes activate(int variant, Lanes x, Real alpha)
{
    switch (variant) {
    case RELU:
        return lanes_select(lanes_less(x, lanes_of(0)), lanes_of(0), x);
    case LEAKY_RELU:
        return lanes_select(lanes_less(lanes_of(0), x), x, alpha * x);
    case ELU:
        return lanes_select(lanes_less(lanes_of(0), x), x, alpha * lanes_expm1(x));
    case SIGMOID:
        return lanes_sigmoid(x);
    case TANH:
        return lanes_tanh(x);
    default:
        return x;
    }
}

/* dy/dx, from y. */
static inline Lanes slope(int variant, Lanes y, Real alpha)
{
    switch (variant) {
    case RELU:
        return lanes_select(lanes_less(lanes_of(0), y), lanes_of(1), lanes_of(0));
    case LEAKY_RELU:
        return lanes_select(lanes_less(lanes_of(0), y), lanes_of(1), lanes_of(alpha));
    case ELU:
        return lanes_select(lanes_less(lanes_of(0), y), lanes_of(1), y + alpha);
    case SIGMOID:
        return y * (1 - y);
    case TANH:
        return 1 - y * y;
    default:
        return lanes_of(1);
    }
}

static Err activation_setup(Layer *layer)
{
    layer->out = layer->in[0];
    layer->flops = (double)shape_size(layer->out);
    return NULL;
}

static void activation_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Activation *self = layer->self;
    const Lanes *x = (const Lanes *)io->x[0];
    Lanes *y = (Lanes *)io->y;
    int64_t n = shape_size(layer->out) * pass->lanes / LANES;
    for (int64_t i = 0; i < n; i++)
        y[i] = activate(layer->type->variant, x[i], (Real)self->alpha);
}

static void activation_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Activation *self = layer->self;
    const Lanes *y = (const Lanes *)io->y, *dy = (const Lanes *)io->dy;
    Lanes *dx = (Lanes *)io->dx[0];
    int64_t n = shape_size(layer->out) * pass->lanes / LANES;
    for (int64_t i = 0; i < n; i++)
        dx[i] = dy[i] * slope(layer->type->variant, y[i], (Real)self->alpha);
}

const LayerType layer_relu = {
    .name = "relu",
    .help = "max(0, x)",
    .self_size = sizeof(Activation),
    .variant = RELU,
    .input_count = 1,
    .reads_output = true,
    .forward_in_place = true,
    .backward_in_place = true,
    .is_activation = true,
    .is_rectifier = true,
    .setup = activation_setup,
    .forward = activation_forward,
    .backward = activation_backward,
};

const LayerType layer_leaky_relu = {
    .name = "leaky_relu",
    .help = "x, or alpha x below zero",
    .main_key = "alpha",
    .fields = leaky_relu_fields,
    .self_size = sizeof(Activation),
    .variant = LEAKY_RELU,
    .input_count = 1,
    .reads_output = true,
    .forward_in_place = true,
    .backward_in_place = true,
    .is_activation = true,
    .is_rectifier = true,
    .setup = activation_setup,
    .forward = activation_forward,
    .backward = activation_backward,
};

const LayerType layer_elu = {
    .name = "elu",
    .help = "x, or alpha (exp(x) - 1) below zero",
    .main_key = "alpha",
    .fields = elu_fields,
    .self_size = sizeof(Activation),
    .variant = ELU,
    .input_count = 1,
    .reads_output = true,
    .forward_in_place = true,
    .backward_in_place = true,
    .is_activation = true,
    .is_rectifier = true,
    .setup = activation_setup,
    .forward = activation_forward,
    .backward = activation_backward,
};

const LayerType layer_sigmoid = {
    .name = "sigmoid",
    .help = "1 / (1 + exp(-x))",
    .self_size = sizeof(Activation),
    .variant = SIGMOID,
    .input_count = 1,
    .reads_output = true,
    .forward_in_place = true,
    .backward_in_place = true,
    .is_activation = true,
    .setup = activation_setup,
    .forward = activation_forward,
    .backward = activation_backward,
};

const LayerType layer_tanh = {
    .name = "tanh",
    .help = "hyperbolic tangent",
    .self_size = sizeof(Activation),
    .variant = TANH,
    .input_count = 1,
    .reads_output = true,
    .forward_in_place = true,
    .backward_in_place = true,
    .is_activation = true,
    .setup = activation_setup,
    .forward = activation_forward,
    .backward = activation_backward,
};

const LayerType layer_linear = {
    .name = "linear",
    .help = "x itself: says that no activation is meant",
    .self_size = sizeof(Activation),
    .variant = LINEAR,
    .input_count = 1,
    .reads_output = true,
    .forward_in_place = true,
    .backward_in_place = true,
    .is_activation = true,
    .setup = activation_setup,
    .forward = activation_forward,
    .backward = activation_backward,
};
