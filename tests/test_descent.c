/* A step's update against plain double arithmetic, twenty steps long: clipping, penalties, rules,
 * LARS, LAMB and the moving average, each written here once more from its formula.
 *
 * The gradient comes from a second engine with the same values, whose optimizer is sgd at rate 1:
 * what its values lose in a step is the mean gradient. */
#include "train/engine.h"

#include "base/file.h"
#include "base/h5.h"
#include "scratch.h"
#include "unit_mpi.h"

#include <math.h>

enum { ROWS = 60, FEATURES = 5, CLASSES = 3, STEPS = 20 };

#ifdef REAL_IS_DOUBLE
static const double tolerance = 1e-9;
#else
static const double tolerance = 2e-4; /* the borrowed gradient is a difference of floats */
#endif

static const char recipe[] = "data: {file: none}\n"
                             "model: [{dense: {units: 9, name: stem}}, tanh, {dense: 400}, tanh,\n"
                             "        {dense: {units: 3, name: head}}]\n"
                             "batch: {global: 20, micro: 4}\n"
                             "train: {length: 20 steps}\n";

typedef struct Trial {
    Scratch scratch;
    const char *data;
    Comm world, comm;
    Config config[2];
    Engine engine[2]; /* the one that is tested, and the lender of gradients */
    int64_t n;        /* elements of a vector */
    double *w, *g, *first, *second, *average; /* what should be; slots as they are needed */
} Trial;

static Err write_data(const char *path)
{
    H5 *file;
    void *bytes;
    size_t size;
    int64_t dims[] = {ROWS, FEATURES};
    float x[ROWS * FEATURES];
    int32_t y[ROWS];
    for (int i = 0; i < ROWS; i++) {
        y[i] = i % CLASSES;
        for (int f = 0; f < FEATURES; f++)
            x[i * FEATURES + f] = (float)((i * 37 + f * 11) % 17) / 8 - 1 + (float)(f == y[i]);
    }
    TRY(h5_create(&file));
    TRY(h5_write(file, "/train/x", H5_F32, 2, dims, 0, x));
    TRY(h5_write(file, "/train/y", H5_I32, 1, dims, 0, y));
    TRY(h5_image(file, &bytes, &size));
    h5_close(file);
    TRY(file_replace(path, bytes, size));
    mem_free(bytes);
    return NULL;
}

static void engine_with(Trial *t, int which, const char *const *overrides, int count)
{
    CU_ASSERT_FATAL(fine(config_read(&t->config[which], "test.yaml", recipe, overrides, count)));
    t->config[which].data_files = &t->data;
    CU_ASSERT_FATAL(fine(engine_open(&t->engine[which], &t->comm, &t->config[which], NULL)));
}

static void trial_open(Trial *t, const char *const *overrides, int count)
{
    static const char *const lender[] = {"optimizer={lr: 1}"};
    *t = (Trial){.scratch = scratch_make()};
    t->data = scratch_path(&t->scratch, "data.h5");
    CU_ASSERT_FATAL(fine(write_data(t->data)));
    comm_world(&t->world);
    CU_ASSERT_FATAL(fine(comm_divide(&t->world, 1, EXCHANGE_AUTO, &t->comm)));
    engine_with(t, 0, overrides, count);
    engine_with(t, 1, lender, 1);
    t->n = t->engine[0].net->extent;
    double **vectors[] = {&t->w, &t->g, &t->first, &t->second, &t->average};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        *vectors[i] = mem_alloc(t->n, sizeof(double));
    for (int64_t i = 0; i < t->n; i++)
        t->w[i] = t->average[i] = (double)t->engine[0].state.values[i];
}

static void trial_close(Trial *t)
{
    for (int i = 0; i < 2; i++) {
        engine_close(&t->engine[i]);
        config_free(&t->config[i]);
    }
    comm_free(&t->comm);
    comm_free(&t->world);
    double *vectors[] = {t->w, t->g, t->first, t->second, t->average};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        mem_free(vectors[i]);
    scratch_remove(&t->scratch);
}

/* The mean gradient at the tested engine's values, into t->g. */
static void lend(Trial *t)
{
    Engine *from = &t->engine[0], *e = &t->engine[1];
    Word all;
    Result result;
    memcpy(e->state.values, from->state.values, (size_t)t->n * sizeof(Real));
    e->state.step = from->state.step;
    e->state.samples = from->state.samples;
    integrity_take(&e->integrity);
    CU_ASSERT_FATAL(fine(step_run(e, 1, false, (Word){0, INT32_MAX}, &all, &result)));
    for (int64_t i = 0; i < t->n; i++)
        t->g[i] = (double)from->state.values[i] - (double)e->state.values[i];
}

/* What a formula sees of one tensor. */
typedef struct Piece {
    Trial *trial;
    const char *layer;
    bool one;
    int64_t n;
    double *w, *g, *first, *second;
    int step;
} Piece;

static double norm(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

typedef void Formula(const Piece *piece);

static void over_tensors(Trial *t, int step, Formula *formula)
{
    const Net *net = t->engine[0].net;
    for (int i = 0; i < net->tensor_count; i++) {
        const Tensor *tensor = net->tensors[i];
        int64_t at = tensor->offset;
        Piece piece = {t,
                       net->layers[tensor->layer].name,
                       tensor->rank < 2,
                       tensor->size,
                       t->w + at,
                       t->g + at,
                       t->first + at,
                       t->second + at,
                       step};
        formula(&piece);
    }
}

static double worst(const Trial *t, const Real *got, const double *expected)
{
    const Net *net = t->engine[0].net;
    double off = 0;
    for (int i = 0; i < net->tensor_count; i++)
        for (int64_t k = 0; k < net->tensors[i]->size; k++) {
            int64_t at = net->tensors[i]->offset + k;
            off = fmax(off, fabs((double)got[at] - expected[at]) / (1 + fabs(expected[at])));
        }
    return off;
}

/* Twenty steps at `rate` with these overrides follow the formula. */
static void expect_formula(const char *const *overrides, int count, Formula *formula)
{
    static const double rate = 0.25;
    Trial trial, *t = &trial;
    double off = 0;
    trial_open(t, overrides, count);
    for (int step = 1; step <= STEPS; step++) {
        Word all;
        Result result;
        Engine *e = &t->engine[0];
        lend(t);
        over_tensors(t, step, formula);
        CU_ASSERT_FATAL(fine(step_run(e, rate, step % 2, (Word){0, INT32_MAX}, &all, &result)));
        off = fmax(off, worst(t, e->state.values, t->w));
        if (e->state.average) {
            double keep =
                fmin(0.5, (double)step / (9 + step)); /* (1 + n) / (10 + n), n = step - 1 */
            for (int64_t i = 0; i < t->n; i++)
                t->average[i] = keep * t->average[i] + (1 - keep) * t->w[i];
            off = fmax(off, worst(t, e->state.average, t->average));
        }
        for (int64_t i = 0; i < t->n; i++) /* no drift between the two arithmetics */
            t->w[i] = (double)e->state.values[i];
    }
    CU_ASSERT(off <= tolerance);
    if (off > tolerance)
        printf("\n    %s: off by %g\n", overrides[0], off);
    trial_close(t);
}

#define EXPECT(formula, ...)                                                                       \
    do {                                                                                           \
        static const char *const overrides[] = {__VA_ARGS__};                                      \
        expect_formula(overrides, sizeof overrides / sizeof *overrides, formula);                  \
    } while (0)

/* ---- the formulas ---- */

static const double lr = 0.25;

static void plain(const Piece *p)
{
    for (int64_t i = 0; i < p->n; i++)
        p->w[i] -= lr * p->g[i];
}

static void lars_formula(const Piece *p)
{
    double beta = p->one ? 0 : 0.1, trust = 1;
    double w = norm(p->w, p->n), g = norm(p->g, p->n);
    if (!p->one && w > 0 && g > 0)
        trust = 0.02 * w / (g + beta * w);
    for (int64_t i = 0; i < p->n; i++) {
        p->first[i] = 0.8 * p->first[i] + trust * (p->g[i] + beta * p->w[i]);
        p->w[i] -= lr * p->first[i];
    }
}

static void lamb_formula(const Piece *p)
{
    double *r = mem_alloc(p->n, sizeof *r), trust = 1;
    for (int64_t i = 0; i < p->n; i++) {
        p->first[i] = 0.9 * p->first[i] + 0.1 * p->g[i];
        p->second[i] = 0.99 * p->second[i] + 0.01 * p->g[i] * p->g[i];
        double m = p->first[i] / (1 - pow(0.9, p->step));
        double v = p->second[i] / (1 - pow(0.99, p->step));
        r[i] = m / (sqrt(v) + 1e-6) + (p->one ? 0 : 0.3) * p->w[i];
    }
    if (!p->one && norm(p->w, p->n) > 0 && norm(r, p->n) > 0)
        trust = norm(p->w, p->n) / norm(r, p->n);
    for (int64_t i = 0; i < p->n; i++)
        p->w[i] -= lr * trust * r[i];
    mem_free(r);
}

/* As PyTorch's clip_grad_norm_: before the optimizer, all tensors together. */
static double clip_of(const Piece *p, double limit)
{
    return fmin(1, limit / (norm(p->trial->g, p->trial->n) + 1e-6));
}

static void norm_formula(const Piece *p)
{
    double clip = clip_of(p, 0.05);
    for (int64_t i = 0; i < p->n; i++)
        p->w[i] -= lr * clip * p->g[i];
}

static void value_formula(const Piece *p)
{
    for (int64_t i = 0; i < p->n; i++)
        p->w[i] -= lr * fmax(-0.001, fmin(0.001, p->g[i]));
}

/* A layer's weight and bias together. */
static void layer_formula(const Piece *p)
{
    const Net *net = p->trial->engine[0].net;
    double sum = 0;
    for (int i = 0; i < net->tensor_count; i++) {
        const Tensor *t = net->tensors[i];
        if (strcmp(net->layers[t->layer].name, p->layer) == 0)
            sum += pow(norm(p->trial->g + t->offset, t->size), 2);
    }
    double clip = fmin(1, 0.02 / (sqrt(sum) + 1e-6));
    for (int64_t i = 0; i < p->n; i++)
        p->w[i] -= lr * clip * p->g[i];
}

static void elastic_formula(const Piece *p)
{
    for (int64_t i = 0; i < p->n; i++) {
        double sign = (p->w[i] > 0) - (p->w[i] < 0);
        p->w[i] -= lr * (p->g[i] + (p->one ? 0 : 0.01 * sign + 0.02 * p->w[i]));
    }
}

static void threshold_formula(const Piece *p)
{
    plain(p);
    for (int64_t i = 0; i < p->n && !p->one; i++) {
        double left = fabs(p->w[i]) - lr * 0.01;
        p->w[i] = left > 0 ? copysign(left, p->w[i]) : 0;
    }
}

static void rules_formula(const Piece *p)
{
    double times = strcmp(p->layer, "head") == 0 ? 0.5 : 1, decay = p->one ? 0 : 0.2;
    if (strcmp(p->layer, "stem") == 0)
        return;
    for (int64_t i = 0; i < p->n; i++)
        p->w[i] -= lr * times * (p->g[i] + times * decay * p->w[i]);
}

/* ---- promises ---- */

static void sgd(void)
{
    EXPECT(plain, "optimizer={type: sgd}");
}
static void lars(void)
{
    EXPECT(lars_formula, "optimizer={type: lars, momentum: 0.8, trust_coefficient: 0.02, "
                         "weight_decay: 0.1}");
}
static void lamb(void)
{
    EXPECT(lamb_formula, "optimizer={type: lamb, beta2: 0.99, weight_decay: 0.3}");
}

/* Gradients of that size are clipped in every step, by a factor that LARS feels in its buffer. */
static void lamb_clip_formula(const Piece *p)
{
    Piece clipped = *p;
    double clip = clip_of(p, 0.05);
    clipped.g = mem_alloc(p->n, sizeof(double));
    for (int64_t i = 0; i < p->n; i++)
        clipped.g[i] = clip * p->g[i];
    lamb_formula(&clipped);
    mem_free(clipped.g);
}

static void clipping(void)
{
    EXPECT(norm_formula, "optimizer={type: sgd, clip: 0.05}");
    EXPECT(value_formula, "optimizer={type: sgd, clip: {value: 0.001}}");
    EXPECT(layer_formula, "optimizer={type: sgd, clip: {layer: 0.02}}");
    EXPECT(lamb_clip_formula, "optimizer={type: lamb, beta2: 0.99, weight_decay: 0.3, clip: 0.05}");
}

static void penalties(void)
{
    EXPECT(elastic_formula, "optimizer={type: sgd}", "penalty={l1: 0.01, l2: 0.02}");
    EXPECT(threshold_formula, "optimizer={type: sgd}", "penalty={l1: 0.01, exact_zeros: true}");
}

static void rules(void)
{
    EXPECT(rules_formula, "optimizer={type: sgd, weight_decay: 0.2, layers: [{match: stem, freeze: "
                          "true}, {match: head, lr: 0.5, weight_decay: 0.5}]}");
}

static void average(void)
{
    EXPECT(plain, "optimizer={type: sgd}", "train.ema=0.5");
}

static void zeros_counted(void)
{
    static const char *const overrides[] = {"optimizer={type: sgd}",
                                            "penalty={l1: 0.05, exact_zeros: true}"};
    Trial trial, *t = &trial;
    double value, sparsity;
    trial_open(t, overrides, 2);
    descent_penalty(&t->engine[0].descent, &value, &sparsity);
    CU_ASSERT(sparsity == 0 && value > 0);
    for (int step = 0; step < STEPS; step++) {
        Word all;
        Result result;
        CU_ASSERT_FATAL(
            fine(step_run(&t->engine[0], lr, false, (Word){0, INT32_MAX}, &all, &result)));
    }
    descent_penalty(&t->engine[0].descent, &value, &sparsity);
    CU_ASSERT(sparsity > 0.2 && sparsity < 1);
    trial_close(t);
}

/* The gradient's norm, and the noise that the leaves say, against the lent gradients. */
static void measured(void)
{
    static const char *const overrides[] = {"optimizer={type: sgd}"};
    Trial trial, *t = &trial;
    Word all;
    Result result;
    trial_open(t, overrides, 1);
    lend(t);
    CU_ASSERT_FATAL(fine(step_run(&t->engine[0], lr, true, (Word){0, INT32_MAX}, &all, &result)));
    CU_ASSERT(fabs(result.gradient - norm(t->g, t->n)) < tolerance);
    CU_ASSERT(t->engine[0].state.control.noise.updates == 1);
    CU_ASSERT(noise_trace(&t->engine[0].state.control.noise) > 0);
    CU_ASSERT_FATAL(fine(step_run(&t->engine[0], lr, false, (Word){0, INT32_MAX}, &all, &result)));
    CU_ASSERT(result.gradient == 0 && t->engine[0].state.control.noise.updates == 1);
    trial_close(t);
}

static const Promise promises[] = {
    {"without anything else a step is w - rate g", sgd},
    {"LARS is its formula for twenty steps", lars},
    {"LAMB is its formula for twenty steps", lamb},
    {"clipping by norm, layer and value is its formula, alone and before LAMB", clipping},
    {"L1, L2 and the soft threshold are their formulas, biases left out", penalties},
    {"multipliers and freezing reach the layers they name and no other", rules},
    {"the moving average of the weights is its formula, ramp included", average},
    {"the soft threshold leaves zeros, and they are counted", zeros_counted},
    {"the gradient's norm and noise are measured when they are asked for", measured},
    {0}};

int main(int argc, char **argv)
{
    return unit_run_mpi("descent", promises, argc, argv);
}
