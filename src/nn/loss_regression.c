/* Losses for regression: one function of the error e = y - t of each output. All but sum_squares
 * are the mean over the outputs, so that the mean over samples is what PyTorch says of an (N, K)
 * batch.
 *
 *     mse           1/K sum e^2
 *     sum_squares   sum e^2
 *     l1            1/K sum |e|                               slope 0 at e = 0
 *     huber         1/K sum  e^2 / 2              |e| <= delta     (Huber 1964)
 *                            delta (|e| - delta / 2)   beyond */
#include "math/lanes.h"
#include "nn/loss.h"

#include <stddef.h>

enum { MSE, SUM_SQUARES, L1, HUBER };

typedef struct Regression {
    double delta; /* of huber */
} Regression;

static const Field huber_fields[] = {
    {"delta", FIELD_REAL, offsetof(Regression, delta), "1", .min = 1e-9, .max = 1e9,
     .help = "from this error on the loss is linear"},
    {0},
};

static Err setup(Loss *loss, Arena *arena)
{
    (void)arena;
    if (task_is_unlabelled(loss->task))
        loss->task.values = loss->task.outputs;
    if (!loss->task.values)
        return loss_fail_data(loss,
                              "real values, but y of the data is classes, the labels being 0 to "
                              "%d; cross_entropy takes those",
                              loss->task.classes - 1);
    return loss_check_values(loss);
}

static inline Lanes size_of(Lanes e)
{
    return lanes_select(e < 0, -e, e);
}

static inline Lanes value_of(int variant, Lanes e, Real delta)
{
    Lanes size = size_of(e);
    switch (variant) {
    case L1:
        return size;
    case HUBER:
        return lanes_select(size > delta, delta * (size - delta / 2), e * e / 2);
    default:
        return e * e;
    }
}

static inline Lanes slope_of(int variant, Lanes e, Real delta)
{
    Lanes zero = lanes_of(0), sign = lanes_select(e < 0, lanes_of(-1), lanes_of(1));
    switch (variant) {
    case L1:
        return lanes_select(e == 0, zero, sign);
    case HUBER:
        return lanes_select(size_of(e) > delta, delta * sign, e);
    default:
        return 2 * e;
    }
}

static void count(double *scalars, Lanes e, Lanes t)
{
    scalars[SCALAR_ERROR] += lanes_sum(size_of(e));
    scalars[SCALAR_ERROR_SQUARE] += lanes_sum(e * e);
    for (int lane = 0; lane < LANES; lane++) {
        scalars[SCALAR_TARGET] += (double)t[lane];
        scalars[SCALAR_TARGET_SQUARE] += (double)t[lane] * (double)t[lane];
    }
}

static void run(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
                double *scalars, Real *dy)
{
    const Regression *self = loss->self;
    int stride = pass->lanes / LANES, outputs = loss->task.outputs, variant = loss->type->variant;
    Real delta = (Real)self->delta, share = variant == SUM_SQUARES ? 1 : (Real)outputs;
    for (int i = 0; i < stride; i++) {
        LanesInt used = ((const Lanes *)pass->mask)[i] != 0;
        Lanes weight = ((const Lanes *)loss->weight)[i] / share, sum = lanes_of(0);
        for (int k = 0; k < outputs; k++) {
            int at = k * stride + i;
            Lanes t = lanes_select(used, ((const Lanes *)targets->value)[at], lanes_of(0));
            Lanes e = lanes_select(used, ((const Lanes *)y)[at] - t, lanes_of(0));
            sum += value_of(variant, e, delta);
            count(scalars, e, t);
            if (dy)
                ((Lanes *)dy)[at] = weight * slope_of(variant, e, delta);
        }
        scalars[SCALAR_LOSS] += lanes_sum(weight * sum);
    }
}

const LossType loss_mse = {
    .name = "mse",
    .help = "mean squared error of the outputs, for regression",
    .self_size = sizeof(Regression),
    .variant = MSE,
    .setup = setup,
    .run = run,
};

const LossType loss_sum_squares = {
    .name = "sum_squares",
    .help = "sum of squared errors of the outputs, for regression",
    .self_size = sizeof(Regression),
    .variant = SUM_SQUARES,
    .setup = setup,
    .run = run,
};

const LossType loss_l1 = {
    .name = "l1",
    .help = "mean absolute error of the outputs, for regression",
    .self_size = sizeof(Regression),
    .variant = L1,
    .setup = setup,
    .run = run,
};

const LossType loss_huber = {
    .name = "huber",
    .help = "squared error up to delta, linear beyond, for regression",
    .main_key = "delta",
    .fields = huber_fields,
    .self_size = sizeof(Regression),
    .variant = HUBER,
    .setup = setup,
    .run = run,
};
