/* What an update does with which tensor: patterns, multipliers, exemptions, penalties, clipping. */
#include "optim/clip.h"
#include "optim/optim.h"
#include "optim/penalty.h"

#include "scratch.h"
#include "unit.h"

#include <math.h>
#include <stdio.h>

static const Subject subjects[] = {
    {"00_conv2d", "weight", false},  {"01_batch_norm", "weight", true},
    {"01_batch_norm", "bias", true}, {"05_residual/main/00_conv2d", "weight", false},
    {"stem", "weight", false},       {"stem", "bias", true}};
enum { N = sizeof subjects / sizeof *subjects };

/* `section` is YAML, such as "{type: adam}". */
static Err read_rules(Conf **conf, Optim *optim, const char *section, Rule *rules)
{
    char text[1024];
    Node node;
    snprintf(text, sizeof text, "optimizer: %s\n", section);
    TRY(conf_parse(conf, "test.yaml", text, NULL, 0));
    TRY(conf_section(conf_root(*conf), "optimizer", &node));
    TRY(optim_build(optim, node));
    return optim_rules(optim, subjects, N, rules);
}

/* '1' for each subject that `what` holds for. */
static void expect_which(const char *section, bool (*what)(const Rule *), const char *expected)
{
    Conf *conf;
    Optim optim;
    Rule rules[N] = {0};
    char got[N + 1] = "";
    CU_ASSERT_FATAL(fine(read_rules(&conf, &optim, section, rules)));
    for (int i = 0; i < N; i++)
        got[i] = what(&rules[i]) ? '1' : '0';
    CU_ASSERT_STRING_EQUAL(got, expected);
    conf_free(conf);
}

static bool decays(const Rule *rule)
{
    return rule->decay > 0;
}
static bool adapts(const Rule *rule)
{
    return rule->adapts;
}
static bool frozen(const Rule *rule)
{
    return rule->frozen;
}
static bool penalized(const Rule *rule)
{
    return rule->penalized;
}

static void one_dimension(void)
{
    expect_which("{type: sgd, weight_decay: 0.1}", decays, "100110");
    expect_which("{type: sgd}", penalized, "100110");
    expect_which("{type: adam, decay_exempt: 1d}", decays, "100110");
}

static void exempt_none(void)
{
    expect_which("{type: adamw, decay_exempt: none}", decays, "111111");
}

static void exempt_patterns(void)
{
    expect_which("{decay_exempt: ['*_conv2d', stem]}", decays, "011000");
    expect_which("{decay_exempt: ['*/bias']}", decays, "110110");
    expect_which("{decay_exempt: ['05_*']}", decays, "111011");
}

static void trust(void)
{
    expect_which("{type: lars}", adapts, "100110");
    expect_which("{type: lamb, trust_exempt: none}", adapts, "111111");
    expect_which("{type: lamb, trust_exempt: ['stem/bias']}", adapts, "111110");
    expect_which("{type: sgd}", adapts, "000000");
}

static void multipliers(void)
{
    Conf *conf;
    Optim optim;
    Rule rules[N] = {0};
    CU_ASSERT_FATAL(
        fine(read_rules(&conf, &optim,
                        "{decay_exempt: none, layers: [{match: '*conv2d', lr: 0.5}, {match: "
                        "'05*', lr: 0.1, weight_decay: 3}, {match: '*bias', weight_decay: 0}]}",
                        rules)));
    CU_ASSERT_DOUBLE_EQUAL(rules[0].lr, 0.5, 0);
    CU_ASSERT_DOUBLE_EQUAL(rules[3].lr, 0.05, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(rules[3].decay, 3, 0);
    CU_ASSERT_DOUBLE_EQUAL(rules[4].lr, 1, 0);
    CU_ASSERT_DOUBLE_EQUAL(rules[5].decay, 0, 0);
    conf_free(conf);
}

static void freezing(void)
{
    expect_which("{layers: [{match: stem, freeze: true}]}", frozen, "000011");
    expect_which("{layers: [{match: '0*', freeze: true}]}", frozen, "111100");
}

/* ---- penalties and clipping ---- */

static void elastic_net(void)
{
    Penalty penalty = {.l1 = 0.5, .l2 = 0.25};
    Real g[] = {1, 1, 1}, w[] = {2, -4, 0};
    penalty_gradient(&penalty, g, w, 3);
    CU_ASSERT(g[0] == 2 && g[1] == (Real)-0.5 && g[2] == 1);
    CU_ASSERT_DOUBLE_EQUAL(penalty_value(&penalty, w, 3), 0.5 * 6 + 0.125 * 20, 1e-12);
}

static void soft_threshold(void)
{
    Penalty penalty = {.l1 = 0.5, .exact_zeros = true};
    Real g[] = {1, 1}, w[] = {2, -4, 0.25, -0.25, 0.125, 0};
    penalty_gradient(&penalty, g, w, 2);
    CU_ASSERT(g[0] == 1 && g[1] == 1);
    penalty_threshold(&penalty, w, 0.5, 6);
    const Real expected[] = {1.75, -3.75, 0, 0, 0, 0};
    for (int i = 0; i < 6; i++)
        CU_ASSERT(w[i] == expected[i] && !signbit(w[i] == 0 ? w[i] : 1));
}

static void clip_kinds(void)
{
    static const struct {
        const char *text;
        int kind;
        double limit;
    } forms[] = {{"2", CLIP_NORM, 2},
                 {"{norm: 0.5}", CLIP_NORM, 0.5},
                 {"{layer: 1}", CLIP_LAYER, 1},
                 {"{value: 1e-3}", CLIP_VALUE, 1e-3}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        Conf *conf;
        Clip clip;
        char text[64];
        snprintf(text, sizeof text, "clip: %s\n", forms[i].text);
        CU_ASSERT_FATAL(fine(conf_parse(&conf, "test.yaml", text, NULL, 0)));
        CU_ASSERT(fine(clip_build(&clip, conf_get(conf_root(conf), "clip"))));
        CU_ASSERT((int)clip.kind == forms[i].kind && clip.limit == forms[i].limit);
        conf_free(conf);
    }
}

static void clipping(void)
{
    Clip clip = {.kind = CLIP_VALUE, .limit = 0.5};
    Real g[] = {0.25, -0.25, 3, -3};
    clip_values(&clip, g, 4);
    CU_ASSERT(g[0] == 0.25 && g[1] == -0.25 && g[2] == 0.5 && g[3] == -0.5);
    CU_ASSERT(clip_factor(&clip, 0.25) == 1 && clip_factor(&clip, 0) == 1);
    CU_ASSERT_DOUBLE_EQUAL(clip_factor(&clip, 2), 0.5 / (2 + 1e-6), 1e-15);
}

/* Section, and words of the refusal. */
static const struct {
    const char *section, *words;
} refusals[] = {
    {"{decay_exempt: [stme]}", "test.yaml:1:28: the pattern \"stme\" matches no layer"},
    {"{layers: [{match: 07*, lr: 2}]}", "the pattern \"07*\" matches no layer"},
    {"{type: lars, trust_exempt: [no]}", "the pattern \"no\" matches no layer"},
    {"{type: lars, trust_exempt: 2d}", "trust_exempt is 1d, none, or a list"},
    {"{layers: [{lr: 2}]}", "match"},
    {"{layers: [stem]}", "expected {match: PATTERN"},
    {"{layers: [{match: stem, lr: -1}]}", "expected a number from 0"},
    {"{layers: [{match: stem, rate: 1}]}", "unknown key \"rate\""},
    {"{layers: [{match: '*', freeze: true}]}", "every layer is frozen"},
    {"{weight_decay: 0.1, decay_exempt: ['*']}",
     "weight_decay is 0.1, but these patterns exempt everything"},
    {"{clip: 0}", "expected a number"},
    {"{clip: {nrom: 1}}", "did you mean \"norm\"?"},
    {"{clip: {value: much}}", "expected a number"},
    {"{clip: [1]}", "expected"},
};

static void refused_words(void)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        Conf *conf;
        Optim optim;
        Rule rules[N] = {0};
        Err err = read_rules(&conf, &optim, refusals[i].section, rules);
        CU_ASSERT(refused(err, STATUS_USER, refusals[i].words));
        conf_free(conf);
    }
}

static const Promise promises[] = {
    {"biases and norms take no decay and no penalty by default", one_dimension},
    {"with none everything takes decay", exempt_none},
    {"patterns exempt layers, or tensors of layers", exempt_patterns},
    {"only LARS and LAMB have trust ratios, by default not of biases and norms", trust},
    {"every matching row multiplies rate and decay", multipliers},
    {"a frozen layer is frozen with all its tensors", freezing},
    {"the elastic net is the sum of both penalties", elastic_net},
    {"the soft threshold makes zeros of what is small", soft_threshold},
    {"clip is a norm, or says which", clip_kinds},
    {"clipping shortens what is too long and leaves the rest alone", clipping},
    {"what matches nothing or makes no sense is refused with its place", refused_words},
    {0}};

int main(void)
{
    return unit_run("rule", promises);
}
