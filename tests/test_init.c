/* Initial weights: their distribution, and what they are keyed by. */
#include "model.h"
#include "unit.h"

enum { IN = 50, OUT = 400 };

/* A layer's weights in a freshly initialised net; a new array. */
static double *weights(const char *layers, int inputs, uint64_t seed, int layer)
{
    Model m;
    Err err = model_open(&m, layers, (Shape){1, 1, inputs}, LANES);
    CHECK(!err, "%s", err_text(err));
    net_init(m.net, seed, m.values);
    const Tensor *weight = &m.net->layers[layer].tensors[0];
    double *copy = doubles(m.values + weight->offset, weight->size);
    model_close(&m);
    return copy;
}

typedef struct Moments {
    double mean, deviation, kurtosis, most;
} Moments;

static Moments moments_of(const double *x, int64_t n)
{
    Moments m = {0};
    for (int64_t i = 0; i < n; i++)
        m.mean += x[i] / (double)n;
    double square = 0, fourth = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = x[i] - m.mean;
        square += d * d / (double)n;
        fourth += d * d * d * d / (double)n;
        m.most = fmax(m.most, fabs(x[i]));
    }
    m.deviation = sqrt(square);
    m.kurtosis = fourth / (square * square);
    return m;
}

/* 20000 draws: the deviation is known to 0.5 %, the kurtosis of a normal to 0.035. */
static void expect_distribution(const char *layers, double deviation, double kurtosis)
{
    double *w = weights(layers, IN, 1, 0);
    Moments m = moments_of(w, IN * OUT);
    CU_ASSERT(fabs(m.mean) < 4 * deviation / sqrt(IN * OUT));
    CU_ASSERT(fabs(m.deviation / deviation - 1) < 0.02);
    CU_ASSERT(fabs(m.kurtosis - kurtosis) < 0.15);
    mem_free(w);
}

static const double normal = 3, uniform = 1.8; /* kurtosis */

static void rules_have_their_distributions(void)
{
    double he = sqrt(2.0 / IN), xavier = sqrt(6.0 / (IN + OUT)) / sqrt(3);
    expect_distribution("[{dense: {units: 400, init: he}}]", he, normal);
    expect_distribution("[{dense: {units: 400, init: xavier}}]", xavier, uniform);
    expect_distribution("[{dense: {units: 400, init: he_uniform}}]", he, uniform);
    expect_distribution("[{dense: {units: 400, init: xavier_normal}}]", xavier, normal);
    expect_distribution("[{dense: {units: 400, init: {normal: 0.3}}}]", 0.3, normal);
    expect_distribution("[{dense: {units: 400, init: normal}}]", 0.01, normal);
    double *w = weights("[{dense: {units: 400, init: zeros}}]", IN, 1, 0);
    CU_ASSERT_EQUAL(moments_of(w, IN * OUT).most, 0);
    mem_free(w);
    w = weights("[{dense: {units: 400, init: xavier}}]", IN, 1, 0);
    CU_ASSERT(moments_of(w, IN * OUT).most < sqrt(6.0 / (IN + OUT)));
    mem_free(w);
    w = weights("[{dense: {units: 400, init: he_uniform}}]", IN, 1, 0);
    CU_ASSERT(moments_of(w, IN * OUT).most < sqrt(6.0 / IN));
    mem_free(w);
}

static void the_default_suits_the_activation(void)
{
    double he = sqrt(2.0 / IN), xavier = sqrt(6.0 / (IN + OUT)) / sqrt(3);
    expect_distribution("[{dense: 400}, relu]", he, normal);
    expect_distribution("[{dense: 400}, leaky_relu]", he, normal);
    expect_distribution("[{dense: 400}, gelu]", he, normal);
    expect_distribution("[{dense: 400}, batch_norm, relu]", he, normal);
    expect_distribution("[{dense: 400}, tanh]", xavier, uniform);
    expect_distribution("[{dense: 400}]", xavier, uniform);
}

static void expect_symmetry(const char *layers, bool expected)
{
    Model m;
    CU_ASSERT_PTR_NULL_FATAL(model_open(&m, layers, (Shape){1, 1, IN}, LANES));
    net_init(m.net, 1, m.values);
    const Layer *found = net_symmetric(m.net, m.values);
    CU_ASSERT_EQUAL(found != NULL, expected);
    CU_ASSERT(!found || strcmp(found->name, "00_dense") == 0);
    model_close(&m);
}

static void zeros_in_the_middle_are_found(void)
{
    expect_symmetry("[{dense: {units: 9, init: zeros}}, relu, {dense: 4}]", true);
    expect_symmetry("[{dense: {units: 9, init: zeros}}]", false);
    expect_symmetry("[{dense: {units: 9, init: he}}, relu]", false);
    expect_symmetry("[{dense: 9}, {batch_norm: {gamma: 0}}, relu, {dense: 4}]", false);
}

static void norms_start_at_one_or_gamma(void)
{
    static const char *const models[] = {"[batch_norm]", "[layer_norm]", "[{group_norm: 2}]",
                                         "[{batch_norm: {gamma: 0}}]",
                                         "[{layer_norm: {gamma: 0.5}}]"};
    static const double gamma[] = {1, 1, 1, 0, 0.5};
    for (int i = 0; i < 5; i++) {
        Model m;
        CU_ASSERT_PTR_NULL_FATAL(model_open(&m, models[i], (Shape){1, 1, 6}, LANES));
        net_init(m.net, 1, m.values);
        const double want[] = {gamma[i], 0, 0, 1}; /* weight, bias, running mean, variance */
        for (int t = 0; t < m.net->layers[0].tensor_count; t++)
            for (int e = 0; e < 6; e++)
                CU_ASSERT_EQUAL(m.values[m.net->layers[0].tensors[t].offset + e], (Real)want[t]);
        model_close(&m);
    }
}

static void weights_are_keyed_by_seed_and_layer(void)
{
    const char *model = "[{dense: 50}, relu, {dense: 50}, relu]";
    double *a = weights(model, IN, 1, 0), *again = weights(model, IN, 1, 0);
    double *other_seed = weights(model, IN, 2, 0), *other_layer = weights(model, IN, 1, 2);
    size_t bytes = IN * 50 * sizeof *a;
    CU_ASSERT(memcmp(a, again, bytes) == 0);
    CU_ASSERT(memcmp(a, other_seed, bytes) != 0);
    CU_ASSERT(memcmp(a, other_layer, bytes) != 0);
    int equal = 0;
    for (int i = 0; i < IN * 50; i++)
        equal += a[i] == other_layer[i];
    CU_ASSERT(equal < 5);
    mem_free(a);
    mem_free(again);
    mem_free(other_seed);
    mem_free(other_layer);
}

static void every_element_is_drawn(void)
{
    static const char *const layers[] = {"[{dense: {units: 7, init: he}}]",
                                         "[{dense: {units: 8, init: he}}]"};
    for (int even = 0; even < 2; even++) {
        double *w = weights(layers[even], 1, 1, 0);
        for (int i = 0; i < 7 + even; i++)
            CU_ASSERT_NOT_EQUAL(w[i], 0);
        mem_free(w);
    }
}

/* 21 elements: the last one takes half of a pair. */
static void an_element_does_not_depend_on_the_size(void)
{
    double *small = weights("[{dense: {units: 7, init: {normal: 1}}}]", 3, 1, 0);
    double *large = weights("[{dense: {units: 9, init: {normal: 1}}}]", 3, 1, 0);
    CU_ASSERT(memcmp(small, large, 21 * sizeof *small) == 0);
    mem_free(small);
    mem_free(large);
}

static const Promise promises[] = {
    {"he, xavier, normal, zeros and their variants have their distributions",
     rules_have_their_distributions},
    {"the default is he before the relu family, else xavier", the_default_suits_the_activation},
    {"zeros in the middle of a net are found", zeros_in_the_middle_are_found},
    {"normalisations start at scale 1, or gamma, and running ones at 0 and 1",
     norms_start_at_one_or_gamma},
    {"weights are keyed by seed and layer", weights_are_keyed_by_seed_and_layer},
    {"every element is drawn, of odd and even counts", every_element_is_drawn},
    {"an element does not depend on its tensor's size", an_element_does_not_depend_on_the_size},
    {0},
};

int main(void)
{
    return unit_run("init", promises);
}
