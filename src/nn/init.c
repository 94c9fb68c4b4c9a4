/* Initial weights. Element i of a tensor takes word i % 8 of draw i / 8, keyed by (seed, layer,
 * tensor), so any rank can make any part alone. */
#include "nn/init.h"

#include "base/rng.h"
#include "math/gaussian.h"

#include <math.h> /* sqrt, which IEEE 754 rounds exactly */
#include <string.h>

enum { DRAW_WORDS = sizeof(Draw) / sizeof(uint32_t) };

/* In the order of Init.rule. */
static const char *const rules[] = {"auto",          "he",     "he_uniform", "xavier",
                                    "xavier_normal", "normal", "zeros",      NULL};

typedef struct Normal {
    double sigma;
} Normal;

static const Field normal_fields[] = {
    {"sigma", FIELD_REAL, offsetof(Normal, sigma), "0.01", .min = 0, .max = 1e6,
     .help = "standard deviation"},
    {0},
};

static Err fail_unknown(Node node, const char *name)
{
    const char *closest = conf_closest(name, rules);
    if (closest)
        return conf_fail(node, "unknown initialisation \"%s\"; did you mean \"%s\"?", name,
                         closest);
    return conf_fail(node,
                     "unknown initialisation \"%s\"; known: auto, he, he_uniform, xavier, "
                     "xavier_normal, normal, zeros",
                     name);
}

Err init_read(Node node, Init *init)
{
    *init = (Init){.rule = INIT_AUTO};
    if (!conf_exists(node))
        return NULL;
    const char *name;
    TRY(conf_choice(node, &name));
    int rule = 0;
    while (rules[rule] && strcmp(rules[rule], name) != 0)
        rule++;
    if (!rules[rule])
        return fail_unknown(node, name);
    init->rule = rule;
    if (rule == INIT_NORMAL) {
        Node settings;
        Normal normal;
        TRY(conf_settings(node, "sigma", &settings));
        TRY(conf_fields(settings, normal_fields, &normal));
        init->sigma = normal.sigma;
    }
    return NULL;
}

static void fill_normal(uint64_t seed, uint64_t purpose, double sigma, Real *values, int64_t n)
{
    for (int64_t i = 0; i < n; i += 2) {
        Draw draw = rng_draw(seed, purpose, (uint64_t)(i / DRAW_WORDS), 0);
        double pair[2];
        gaussian_pair(sigma, draw.word + i % DRAW_WORDS, pair);
        values[i] = (Real)pair[0];
        if (i + 1 < n)
            values[i + 1] = (Real)pair[1];
    }
}

static void fill_uniform(uint64_t seed, uint64_t purpose, double bound, Real *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        Draw draw = rng_draw(seed, purpose, (uint64_t)(i / DRAW_WORDS), 0);
        double unit = rng_unit(draw.word[i % DRAW_WORDS]) + 0x1p-33;
        values[i] = (Real)(bound * (2 * unit - 1));
    }
}

void init_fill(const Init *init, const Layer *layer, const Tensor *tensor, int64_t fan_in,
               int64_t fan_out, uint64_t seed, Real *values)
{
    int64_t number = (int64_t)layer->index * LAYER_TENSORS + (tensor - layer->tensors);
    uint64_t purpose = rng_purpose(RNG_INIT, (uint32_t)number);
    bool before_rectifier = layer->next_activation && layer->next_activation->is_rectifier;
    double in = (double)fan_in, both = (double)(fan_in + fan_out);
    int rule = init->rule;
    if (rule == INIT_AUTO)
        rule = before_rectifier ? INIT_HE : INIT_XAVIER;
    switch (rule) {
    case INIT_HE:
        fill_normal(seed, purpose, sqrt(2 / in), values, tensor->size);
        break;
    case INIT_HE_UNIFORM:
        fill_uniform(seed, purpose, sqrt(6 / in), values, tensor->size);
        break;
    case INIT_XAVIER:
        fill_uniform(seed, purpose, sqrt(6 / both), values, tensor->size);
        break;
    case INIT_XAVIER_NORMAL:
        fill_normal(seed, purpose, sqrt(2 / both), values, tensor->size);
        break;
    case INIT_NORMAL:
        fill_normal(seed, purpose, init->sigma, values, tensor->size);
        break;
    default:
        memset(values, 0, (size_t)tensor->size * sizeof(Real));
    }
}
