/* One round of a crew, whose trials predict at their end; then all predictions are taken apart. */
#include "lab/bias_variance_inside.h"

#include "base/log.h"
#include "train/predict.h"

typedef struct Work {
    Crew crew;
    BiasPlan plan;
} Work;

/* How training sets are drawn is part of every trial's configuration, as if the user had set it. */
static void set_resample(Work *work)
{
    ConfigSource *source = &work->crew.asked.config;
    Arena *arena = &work->crew.arena;
    const char **all = arena_take(arena, source->override_count + 1, sizeof *all);
    for (int i = 0; i < source->override_count; i++)
        all[i] = source->overrides[i];
    all[source->override_count++] = bias_plan_resample(&work->plan, arena);
    source->overrides = all;
}

static Err prepare(Work *work)
{
    TRY(crew_open(&work->crew));
    TRY(bias_plan_read(&work->plan, &work->crew.grid, work->crew.conf));
    set_resample(work);
    return NULL;
}

/* Before the trial is over: a trial that is killed here does its end again. */
static Err predict(Crew *crew, Engine *engine, const char *folder)
{
    const BiasPlan *plan = crew->context;
    Arena arena = {0};
    Result result;
    Err err = predict_run(engine, bias_plan_part(plan),
                          arena_text(&arena, "%s/predictions.h5", folder), &result);
    arena_free(&arena);
    return err;
}

/* ---- what came out, by rank 0 ---- */

static Err measure(Work *work, const Comm *alone)
{
    Crew *crew = &work->crew;
    int count = crew->grid.axis[0].count;
    BiasSetting *settings = arena_take(&crew->arena, count, sizeof *settings);
    Err err = NULL;
    LogLevel level = log_level_now();
    log_level(LOG_SILENT); /* data are read again */
    for (int i = 0; i < count && !err; i++) {
        GridTrial trial = grid_trial(&crew->grid, i * work->plan.models, &crew->arena);
        settings[i].label = trial.cells[0];
        err = bias_setting_measure(&settings[i], &work->plan, crew, alone, i);
    }
    log_level(level);
    if (err)
        return err;
    TRY(bias_table_write(settings, count, crew));
    bias_table_show(settings, count, &work->plan, crew);
    return NULL;
}

static Err check_noise(Work *work, const Comm *alone)
{
    LogLevel level = log_level_now();
    log_level(LOG_SILENT); /* data will be read again */
    Err err = bias_noise_check(&work->plan, &work->crew, alone);
    log_level(level);
    return err;
}

/* What rank 0 does without the others. Collective. */
static Err by_first(Work *work, Err (*what)(Work *work, const Comm *alone))
{
    const Comm *world = work->crew.asked.world;
    bool leads = world->rank == 0;
    Comm alone;
    comm_part(world, leads ? 0 : -1, &alone);
    Err err = leads ? what(work, &alone) : NULL;
    comm_free(&alone);
    return comm_agree(world, err);
}

static Err run(Work *work)
{
    Crew *crew = &work->crew;
    const Comm *world = crew->asked.world;
    TRY(comm_agree(world, prepare(work)));
    TRY(comm_agree(world, crew_divide(crew)));
    TRY(crew_check(crew, &crew->grid, bias_plan_judge, &work->plan));
    TRY(by_first(work, check_noise));
    TRY(crew_run_grid(crew));
    return by_first(work, measure);
}

Err bias_variance_run(const Experiment *asked)
{
    static const char *const may_change[] = {
        CONFIG_DECIDES_NO_BIT,           "checkpoint",
        "bias_variance.ranks_per_trial", "bias_variance.keep_checkpoints",
        "bias_variance.noise",           NULL};
    Work work = {.crew = {.asked = *asked,
                          .what = "a measurement of bias and variance",
                          .may_change = may_change,
                          .at_end = predict}};
    work.crew.context = &work.plan;
    Err err = run(&work);
    crew_close(&work.crew);
    return err;
}
