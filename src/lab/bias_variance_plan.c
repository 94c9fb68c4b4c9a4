/* The section `bias_variance:` of a configuration. */
#include "lab/bias_variance_inside.h"

#include <math.h>
#include <string.h>

static const char *const resample_words[] = {"bootstrap", "split", NULL};
static const char *const part_words[] = {"test", "validation", NULL};
static const char *const seed_words[] = {"same", "each", NULL};

#define AT(member) offsetof(BiasPlan, member)
const Field bias_variance_fields[] = {
    {"axis", FIELD_NODE, AT(axis), NULL,
     .help = "one axis, as of a sweep: {model.1.dense: [2, 8, 32]}"},
    {"models", FIELD_INT, AT(models), "20", DECOMPOSE_LEAST, 10000,
     .help = "of each value of the axis, a training set each"},
    {"resample", FIELD_WORD, AT(resample), "bootstrap", .words = resample_words,
     .help = "bootstrap: drawn with replacement; split: disjoint parts"},
    {"rows", FIELD_INT, AT(rows), "0", 0, 1e15,
     .help = "of a training set; 0: as many as there are, or an even part of them"},
    {"noise", FIELD_NODE, AT(noise_node), "none",
     .help = "none, a variance (of classes the share of wrong labels), or repeated: from rows "
             "with the same inputs"},
    {"part", FIELD_WORD, AT(part), "test", .words = part_words,
     .help = "that is measured: test or validation"},
    {"seed", FIELD_WORD, AT(seed), "same", .words = seed_words,
     .help = "of weights and order: the same for all models, or each its own"},
    {"ranks_per_trial", FIELD_INT, AT(ranks_per_trial), "1", 1, 1e6,
     .help = "trials stand side by side"},
    {"keep_checkpoints", FIELD_BOOL, AT(keep_checkpoints), "false",
     .help = "of trials that are over"},
    {0}};

static Err read_noise(BiasPlan *plan)
{
    const char *word = conf_scalar(plan->noise_node);
    if (word && strcmp(word, "none") == 0)
        return NULL;
    plan->noise = word && strcmp(word, "repeated") == 0 ? BIAS_NOISE_REPEATED : BIAS_NOISE_KNOWN;
    if (plan->noise == BIAS_NOISE_REPEATED)
        return NULL;
    Err err = conf_number(plan->noise_node, 0, 1e300, &plan->known);
    if (!err)
        return NULL;
    err_free(err);
    return conf_fail(plan->noise_node,
                     "expected none, repeated, or a number from 0: the variance of the targets' "
                     "noise, of classes the share of wrong labels");
}

/* The models of one value of the axis differ in the number of their training set, and in the seed
 * if each has its own. */
static void add_models(const BiasPlan *plan, Grid *grid, Conf *conf)
{
    grid->seed_place = "data.resample.number";
    grid->seed_count = (int)plan->models;
    grid->seeds = arena_take(conf_arena(conf), plan->models, sizeof *grid->seeds);
    for (int k = 0; k < grid->seed_count; k++)
        grid->seeds[k] = (int64_t)grid->seed + (plan->seed == 1 ? k : 0);
}

Err bias_plan_read(BiasPlan *plan, Grid *grid, Conf *conf)
{
    *plan = (BiasPlan){0};
    TRY(grid_take_section(grid, conf, "bias_variance",
                          "an axis, such as axis: {model.1.dense: [2, 8, 32]}", &plan->section));
    TRY(conf_fields(plan->section, bias_variance_fields, plan));
    TRY(read_noise(plan));
    if (!conf_is_map(plan->axis) || conf_entries(plan->axis) != 1)
        return conf_fail_key(plan->section, "axis",
                             "expected one axis, such as {model.1.dense: [2, 8, 32]}");
    TRY(grid_add_axis(grid, conf_entry(plan->axis, 0)));
    Node data = conf_get(conf_root(conf), "data");
    if (conf_exists(conf_get(data, "resample")))
        return conf_fail_key(data, "resample",
                             "bias_variance says how training sets are drawn; leave it out");
    add_models(plan, grid, conf);
    TRY(grid_check(grid));
    grid->ranks_per_trial = plan->ranks_per_trial;
    grid->keep_checkpoints = plan->keep_checkpoints;
    grid->trials = (int64_t)grid->axis[0].count * plan->models;
    return NULL;
}

const char *bias_plan_resample(const BiasPlan *plan, Arena *arena)
{
    long long rows = (long long)plan->rows, models = (long long)plan->models;
    return plan->resample == 0
               ? arena_text(arena, "data.resample={kind: bootstrap, rows: %lld}", rows)
               : arena_text(arena, "data.resample={kind: split, rows: %lld, of: %lld}", rows,
                            models);
}

Part bias_plan_part(const BiasPlan *plan)
{
    return plan->part == 0 ? PART_TEST : PART_VALIDATION;
}

const char *bias_plan_part_name(const BiasPlan *plan)
{
    return part_words[plan->part];
}

Err bias_plan_judge(const Engine *e, void *context)
{
    const BiasPlan *plan = context;
    int classes = e->loss.task.classes;
    double most = classes > 1 ? (classes - 1.0) / classes : 1;
    if (e->feed.count[bias_plan_part(plan)] == 0)
        return conf_fail_key(
            plan->section, "part", "there is no %s part to measure the models on%s",
            bias_plan_part_name(plan), plan->part == 0 ? "; part: validation is another" : "");
    if (classes && e->loss.task.outputs > 1 && e->loss.task.outputs != classes)
        return conf_fail(plan->section,
                         "the data have %d classes and the net %d outputs: what it says must be "
                         "one of the classes",
                         classes, e->loss.task.outputs);
    if (classes && plan->noise == BIAS_NOISE_KNOWN && plan->known >= most)
        return conf_fail(plan->noise_node,
                         "of %d classes the noise is the share of wrong labels, less than %.4g: "
                         "with so much, or more, labels say nothing",
                         classes, most);
    return NULL;
}
