/* Rounds and rungs. Rank 0 proposes and decides; the others are told. */
#include "lab/search.h"

#include "base/log.h"
#include "lab/propose.h"
#include "lab/search_plan.h"
#include "lab/sheet.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct Work {
    Crew crew;
    SearchPlan plan;
} Work;

static bool leads(const Work *work)
{
    return work->crew.asked.world->rank == 0;
}

/* What a trial has come to at a rung, less is better; NAN: it diverged. */
static Err read_value(const Work *work, int64_t trial, int rung, double *value)
{
    const SearchPlan *plan = &work->plan;
    TRY(trials_value(&work->crew.trials, trial, rung, search_metric(plan), value));
    *value = plan->metric == SEARCH_ACCURACY ? -*value : *value;
    return NULL;
}

/* ---- rounds ---- */

/* Trials [first, first + count), by rank 0. */
static Err propose(Work *work, int64_t first, int64_t count)
{
    Grid *grid = &work->crew.grid;
    const Space *space = &grid->space;
    double *next = grid->at + first * space->count;
    Err err = NULL;
    if (work->plan.method != SEARCH_BAYES || first == 0) {
        bool random = work->plan.method == SEARCH_RANDOM;
        for (int64_t i = 0; i < count; i++)
            (random ? propose_random : propose_halton)(space, grid->seed, first + i,
                                                       next + i * space->count);
        return NULL;
    }
    double *value = mem_alloc(first, sizeof *value);
    for (int64_t t = 0; t < first && !err; t++)
        err = read_value(work, t, HALVING_RUNGS, &value[t]);
    if (!err)
        propose_bayes(space, grid->seed, grid->at, value, first, (int)count, next);
    mem_free(value);
    return err;
}

/* Collective. */
static Err propose_all(Work *work, int64_t first, int64_t count)
{
    const Comm *world = work->crew.asked.world;
    Grid *grid = &work->crew.grid;
    int ranges = grid->space.count;
    TRY(comm_agree(world, leads(work) ? propose(work, first, count) : NULL));
    comm_broadcast(world, grid->at + first * ranges, (size_t)(count * ranges) * sizeof *grid->at,
                   0);
    return NULL;
}

/* How many trials the round that begins with this one has: proposals that depend on no trial are
 * made all at once. */
static int64_t round_size(const Work *work, int64_t first)
{
    int64_t left = work->plan.trials - first, size = work->plan.width;
    if (work->plan.method != SEARCH_BAYES)
        return left;
    while (first == 0 && size < propose_beginning(&work->crew.grid.space))
        size += work->plan.width;
    return size < left ? size : left;
}

static Err run_rounds(Work *work)
{
    Job *jobs = arena_take(&work->crew.arena, work->plan.trials, sizeof *jobs);
    for (int64_t first = 0, count; first < work->plan.trials; first += count) {
        count = round_size(work, first);
        TRY(propose_all(work, first, count));
        for (int64_t i = 0; i < count; i++)
            jobs[i] = (Job){.trial = first + i};
        TRY(crew_run(&work->crew, jobs, count));
    }
    return NULL;
}

/* ---- rungs ---- */

/* The trials of a bracket that are still in it. */
typedef struct Race {
    int rung;
    int64_t count, *trial;
} Race;

typedef struct Ladder {
    Work *work;
    Span at[HALVING_RUNGS]; /* of each rung */
    Race *race;
    int64_t races;
} Ladder;

static bool is_last(const Ladder *l, int rung)
{
    return rung == l->work->plan.rungs - 1;
}

/* Who goes on; the others are over. By rank 0. */
static Err decide(Ladder *l, Race *race)
{
    Work *work = l->work;
    double *value = mem_alloc(race->count, sizeof *value);
    int64_t *order = mem_alloc(race->count, sizeof *order), kept = 0;
    Err err = NULL;
    for (int64_t i = 0; i < race->count && !err; i++)
        err = read_value(work, race->trial[i], race->rung, &value[i]);
    halving_rank(value, race->count, order);
    kept = halving_promoted(value, order, race->count, work->plan.eta);
    for (int64_t i = 0; i < race->count; i++)
        order[i] = race->trial[order[i]];
    for (int64_t i = kept; i < race->count && !err; i++)
        if (!trials_over(&work->crew.trials, order[i]))
            err = trials_end(&work->crew.trials, order[i], race->rung);
    memcpy(race->trial, order, (size_t)race->count * sizeof *order);
    race->count = kept;
    mem_free(order);
    mem_free(value);
    return err;
}

/* Collective. */
static Err promote(Ladder *l, Race *race)
{
    const Comm *world = l->work->crew.asked.world;
    if (!race->count || is_last(l, race->rung)) {
        race->count = 0;
        return NULL;
    }
    TRY(comm_agree(world, leads(l->work) ? decide(l, race) : NULL));
    comm_broadcast(world, &race->count, sizeof race->count, 0);
    comm_broadcast(world, race->trial, (size_t)race->count * sizeof *race->trial, 0);
    race->rung++;
    return NULL;
}

/* One rung of every bracket, side by side, the longest ways first. False: none has trials left. */
static int64_t next_jobs(const Ladder *l, Job *jobs)
{
    int64_t count = 0;
    for (int rung = l->work->plan.rungs - 1; rung >= 0; rung--)
        for (int64_t r = 0; r < l->races; r++)
            for (int64_t i = 0; l->race[r].rung == rung && i < l->race[r].count; i++)
                jobs[count++] = (Job){.trial = l->race[r].trial[i],
                                      .rung = rung,
                                      .pause = is_last(l, rung) ? NULL : &l->at[rung]};
    return count;
}

static void begin_races(Ladder *l)
{
    const SearchPlan *plan = &l->work->plan;
    Arena *arena = &l->work->crew.arena;
    int brackets = (int)plan->brackets;
    l->races = halving_deal(plan->rungs, plan->eta, brackets, plan->trials, NULL);
    Bracket *dealt = arena_take(arena, l->races, sizeof *dealt);
    l->race = arena_take(arena, l->races, sizeof *l->race);
    halving_deal(plan->rungs, plan->eta, brackets, plan->trials, dealt);
    for (int64_t r = 0; r < l->races; r++) {
        Race *race = &l->race[r];
        *race = (Race){dealt[r].rung, dealt[r].count, NULL};
        race->trial = arena_take(arena, race->count, sizeof *race->trial);
        for (int64_t i = 0; i < race->count; i++)
            race->trial[i] = dealt[r].first + i;
    }
    for (int i = 0; i < plan->rungs; i++)
        l->at[i] = search_plan_rung(plan, i);
}

static void announce(const Ladder *l)
{
    static const char *const units[] = {
        [SPAN_STEPS] = "steps", [SPAN_EPOCHS] = "epochs", [SPAN_SAMPLES] = "samples"};
    const SearchPlan *plan = &l->work->plan;
    Arena *arena = &l->work->crew.arena;
    const char *rungs = "", *sizes = "";
    for (int i = 0; i < plan->rungs - 1; i++)
        rungs = arena_text(arena, "%s%s%g", rungs, i ? ", " : "", l->at[i].count);
    for (int64_t r = 0; r < l->races && r < 12; r++)
        sizes = arena_text(arena, "%s%s%" PRId64, sizes, r ? ", " : "", l->race[r].count);
    log_wrapped(2, "hyperband: rungs at %s%s%s, and the whole length; brackets of %s%s trials",
                rungs, plan->rungs > 1 ? " " : "", plan->rungs > 1 ? units[plan->least.unit] : "",
                sizes, l->races > 12 ? ", .." : "");
}

static Err run_rungs(Work *work)
{
    Ladder l = {.work = work};
    int64_t count;
    Job *jobs = arena_take(&work->crew.arena, work->plan.trials, sizeof *jobs);
    TRY(propose_all(work, 0, work->plan.trials));
    begin_races(&l);
    if (leads(work))
        announce(&l);
    while ((count = next_jobs(&l, jobs)) > 0) {
        TRY(crew_run(&work->crew, jobs, count));
        for (int64_t r = 0; r < l.races; r++)
            TRY(promote(&l, &l.race[r]));
    }
    return comm_agree(work->crew.asked.world,
                      leads(work) ? trials_gather(&work->crew.trials) : NULL);
}

/* ---- the whole ---- */

/* What is decided by is shown: the test set is nothing to choose by. */
static double loss_of(const Summary *summary)
{
    return summary->validation.loss;
}

static double accuracy_of(const Summary *summary)
{
    return summary->validation.accuracy;
}

static void warn_of_edges(const Work *work, int64_t trial)
{
    static const double edge = 0.02;
    const Space *space = &work->crew.grid.space;
    for (int i = 0; i < space->count; i++) {
        const Param *param = &space->param[i];
        double unit = work->crew.grid.at[trial * space->count + i];
        if (param->kind != SCALE_CHOICE && (unit < edge || unit > 1 - edge))
            log_warning("its %s lies at an edge of its range: better ones may lie beyond",
                        param->path);
    }
}

/* Of trials that went the whole way. */
int64_t search_best(const Sheet *trials, const char *metric)
{
    double sign = strcmp(metric, "validation_accuracy") == 0 ? -1 : 1, least = INFINITY;
    int status = sheet_column(trials, "status"), column = sheet_column(trials, metric);
    int64_t best = -1;
    for (int64_t r = 0; r < trials->rows; r++) {
        double value = sign * sheet_number(trials, r, column);
        if (strcmp(sheet_text(trials, r, status), "done") != 0 || !(value < least))
            continue;
        least = value;
        best = r;
    }
    return best;
}

static Err tell_best(Work *work)
{
    Crew *crew = &work->crew;
    Arena *arena = &crew->arena;
    const char *path = arena_text(arena, "%s/trials.csv", crew->trials.run);
    const char *metric = search_metric(&work->plan);
    Sheet rows;
    TRY(sheet_read(&rows, path, arena));
    int64_t best = search_best(&rows, metric);
    if (best < 0) {
        log_warning("all trials diverged");
        return NULL;
    }
    log_wrapped(2, "best: %s %.6g, trial %" PRId64 " (%s), %s", metric,
                sheet_number(&rows, best, sheet_column(&rows, metric)), best,
                grid_label(&crew->grid, best, arena), trials_folder(&crew->trials, best, arena));
    warn_of_edges(work, best);
    return NULL;
}

/* Of rounds, those that stand behind the others decide nothing before them, so there may be more
 * when a search goes on; who is promoted depends on how many there are. */
static Err prepare(Work *work)
{
    static const char *const may_change[] = {"search.trials", CONFIG_DECIDES_NO_BIT,
                                             "search.ranks_per_trial", NULL};
    TRY(crew_open(&work->crew));
    TRY(search_plan_read(&work->plan, &work->crew.grid, work->crew.conf));
    if (work->plan.metric == SEARCH_ACCURACY)
        work->crew.figure_of = accuracy_of;
    work->crew.may_change = may_change + (work->plan.method == SEARCH_HYPERBAND);
    return NULL;
}

/* Before anything is known there is nothing to model. */
static void tell_beginning(const Work *work)
{
    int64_t first = round_size(work, 0), rest = work->plan.trials - first;
    if (work->plan.method != SEARCH_BAYES)
        return;
    log_wrapped(2,
                "bayes: %" PRId64 " of Halton's points, then %" PRId64 " trials by their results",
                first, rest);
    if (rest == 0)
        log_wrapped_warning(2, "search.trials is %" PRId64 ": none is left for the model",
                            work->plan.trials);
}

static void warn_of_width(const Work *work)
{
    const Crew *crew = &work->crew;
    int64_t parts = crew->asked.world->size / crew->grid.ranks_per_trial;
    if (work->plan.method == SEARCH_BAYES && work->plan.width < parts)
        log_wrapped_warning(2,
                            "search.width is %" PRId64 ": only so many of the %" PRId64
                            " trials that there are ranks for run at a time",
                            work->plan.width, parts);
}

static Err search(Work *work)
{
    Crew *crew = &work->crew;
    const Comm *world = crew->asked.world;
    TRY(comm_agree(world, prepare(work)));
    TRY(comm_agree(world, crew_divide(crew)));
    Grid probes = search_plan_probes(&crew->grid, &crew->arena);
    TRY(crew_check(crew, &probes, search_plan_judge, &work->plan));
    comm_broadcast(world, &work->plan.rungs, sizeof work->plan.rungs, 0);
    search_plan_settle(&work->plan, &crew->grid, &crew->arena);
    TRY(crew_claim(crew));
    if (leads(work)) {
        tell_beginning(work);
        crew_begin(crew);
        warn_of_width(work);
    }
    TRY(work->plan.method == SEARCH_HYPERBAND ? run_rungs(work) : run_rounds(work));
    return comm_agree(world, leads(work) ? tell_best(work) : NULL);
}

Err search_run(const Experiment *asked)
{
    Work work = {.crew = {.asked = *asked, .what = "a search", .figure_of = loss_of}};
    Err err = search(&work);
    crew_close(&work.crew);
    return err;
}
