/* What is searched, and by which rules. */
#include "lab/search_plan.h"

static const char *const methods[] = {"random", "halton", "bayes", "hyperband", NULL};
static const char *const metrics[] = {"validation_loss", "validation_accuracy", NULL};

enum { BAYES_MOST = 500 }; /* trials: a fit takes the cube of them */
static const int64_t trials_most = 100000;

#define AT(member) offsetof(SearchPlan, member)
static const Field fields[] = {
    {"method", FIELD_WORD, AT(method), "bayes", .words = methods,
     .help = "random, halton, bayes or hyperband"},
    {"trials", FIELD_INT, AT(trials), FIELD_NONE, 1, 1e5, .help = "how many"},
    {"ranges", FIELD_NODE, AT(ranges), FIELD_NONE, .help = "{optimizer.lr: {log: [1e-3, 1]}, ...}"},
    {"metric", FIELD_WORD, AT(metric), "validation_loss", .words = metrics,
     .help = "validation_loss or validation_accuracy, of the last evaluation"},
    {"width", FIELD_INT, AT(width), "4", 1, 1000, .help = "of bayes: proposals made at a time"},
    {"least", FIELD_SPAN, AT(least), "1 epoch", .help = "of hyperband: the first rung"},
    {"eta", FIELD_INT, AT(eta), "3", 2, 100, .help = "of hyperband: one in eta goes on"},
    {"brackets", FIELD_INT, AT(brackets), "0", 0, HALVING_RUNGS, .help = "of hyperband; 0: all"},
    {"seed", FIELD_INT, AT(seed), FIELD_NONE, 0, 9e15, .help = "of the proposals"},
    {"ranks_per_trial", FIELD_INT, AT(ranks_per_trial), "1", 1, 1e6,
     .help = "trials stand side by side"},
    {"keep_checkpoints", FIELD_BOOL, AT(keep_checkpoints), "false",
     .help = "of trials that are over"},
    {0}};

const char *search_metric(const SearchPlan *plan)
{
    return metrics[plan->metric];
}

static Err read_ranges(const SearchPlan *plan, Grid *grid, Node section)
{
    if (!conf_is_map(plan->ranges) || conf_entries(plan->ranges) == 0)
        return conf_fail_key(section, "ranges",
                             "a search wants ranges: {optimizer.lr: {log: [1e-3, 1]}}");
    for (int i = 0; i < conf_entries(plan->ranges); i++)
        TRY(grid_add_range(grid, plan->ranges, conf_entry(plan->ranges, i)));
    return NULL;
}

Err search_plan_read(SearchPlan *plan, Grid *grid, Conf *conf)
{
    Node section;
    TRY(grid_take_section(grid, conf, "search",
                          "method, trials and ranges, such as {optimizer.lr: {log: [1e-3, 1]}}",
                          &section));
    *plan = (SearchPlan){.seed = (int64_t)grid->seed};
    TRY(conf_fields(section, fields, plan));
    TRY(read_ranges(plan, grid, section));
    TRY(grid_check(grid));
    if (plan->trials == 0 && plan->method != SEARCH_HYPERBAND)
        return conf_fail_key(section, "trials", "trials: how many? Only hyperband knows by itself");
    if (plan->method == SEARCH_BAYES && plan->trials > BAYES_MOST)
        return conf_fail_key(section, "trials",
                             "at most %d trials of bayes: what it computes grows with their cube",
                             BAYES_MOST);
    if (plan->least.count <= 0)
        return conf_fail_key(section, "least", "the first rung is more than nothing");
    grid->seeds = arena_take(conf_arena(conf), 1, sizeof *grid->seeds);
    grid->seeds[0] = (int64_t)grid->seed;
    grid->seed_count = 1;
    grid->seed = (uint64_t)plan->seed;
    grid->ranks_per_trial = plan->ranks_per_trial;
    grid->keep_checkpoints = plan->keep_checkpoints;
    return NULL;
}

Grid search_plan_probes(const Grid *grid, Arena *arena)
{
    int ranges = grid->space.count, count = 2;
    for (int i = 0; i < ranges; i++)
        count += grid->space.param[i].kind == SCALE_CHOICE ? (int)grid->space.param[i].high : 0;
    Grid probes = *grid;
    probes.points = probes.trials = count;
    probes.at = arena_take(arena, (int64_t)count * ranges, sizeof *probes.at);
    for (int k = 0; k < count * ranges; k++)
        probes.at[k] = k < ranges ? 0 : k < 2 * ranges ? 0.999999 : 0.5;
    double *at = probes.at + 2 * ranges;
    for (int i = 0; i < ranges; i++) {
        const Param *param = &grid->space.param[i];
        for (int k = 0; param->kind == SCALE_CHOICE && k < (int)param->high; k++, at += ranges)
            at[i] = (k + 0.5) / param->high;
    }
    return probes;
}

/* Rungs are where trials are evaluated in any case, so that a trial that was paused is the run that
 * never was. */
static Err judge_rungs(const Engine *e, SearchPlan *plan)
{
    const Clock *clock = &e->clock;
    int64_t least = clock_samples(clock, plan->least),
            most = clock_samples(clock, e->config->length);
    const Span every = e->config->evaluate_every;
    if (every.count <= 0 || clock_samples(clock, every) > least)
        FAIL(STATUS_USER, "hyperband decides at evaluations: train.evaluate_every has to be given "
                          "and at most search.least");
    if (least > most)
        FAIL(STATUS_USER, "search.least is more than train.length: there is nothing to promote to");
    int rungs = halving_rungs((double)most / (double)least, plan->eta);
    if (plan->rungs == 0)
        plan->rungs = rungs;
    return NULL;
}

Err search_plan_judge(const Engine *engine, void *context)
{
    SearchPlan *plan = context;
    if (engine->feed.count[PART_VALIDATION] == 0)
        FAIL(STATUS_USER, "a search decides by %s, and nothing is held out: set data.validation",
             search_metric(plan));
    if (plan->metric == SEARCH_ACCURACY && engine->loss.answers == 0)
        FAIL(STATUS_USER, "search.metric: there is no accuracy of this loss");
    return plan->method == SEARCH_HYPERBAND ? judge_rungs(engine, plan) : NULL;
}

void search_plan_settle(SearchPlan *plan, Grid *grid, Arena *arena)
{
    if (plan->brackets == 0 || plan->brackets > plan->rungs)
        plan->brackets = plan->rungs;
    for (int b = 0, once = plan->trials == 0; once && b < plan->brackets; b++)
        plan->trials += halving_size(plan->rungs, plan->eta, b);
    if (plan->trials > trials_most)
        plan->trials = trials_most;
    grid->points = grid->trials = plan->trials;
    grid->at = arena_take(arena, grid->trials * grid->space.count, sizeof *grid->at);
}

Span search_plan_rung(const SearchPlan *plan, int rung)
{
    Span span = plan->least;
    while (rung-- > 0)
        span.count *= (double)plan->eta;
    return span;
}
