/* Before the first trial of an experiment: its directory, its ranks, its trials tried. */
#include "lab/crew.h"

#include "base/file.h"
#include "base/log.h"
#include "lab/crew_inside.h"
#include "train/coordinator.h"

#include <inttypes.h>
#include <string.h>

Err crew_read_trial(const Crew *crew, const Grid *grid, int64_t number, Arena *arena,
                    Config *config)
{
    GridTrial trial = grid_trial(grid, number, arena);
    return config_read_with(config, &crew->asked.config, trial.sets, trial.set_count);
}

Err crew_name_trial(const Crew *crew, const Grid *grid, int64_t number, Err err)
{
    Arena arena = {0};
    if (!err || err_status(err) == STATUS_STOPPED)
        return err;
    const char *which =
        grid == &crew->grid ? arena_text(&arena, "trial %" PRId64, number) : "a trial";
    Err named =
        ERR(err_status(err), "%s (%s): %s", which, grid_label(grid, number, &arena), err_text(err));
    err_free(err);
    arena_free(&arena);
    return named;
}

/* With everything that a run builds, data included. Collective over `alone`. */
static Err build(const Comm *alone, const Config *config, CrewJudge judge, void *context)
{
    Engine engine = {0};
    Err err = engine_open(&engine, alone, config, NULL);
    if (!err)
        err = coordinator_check(&engine);
    if (!err && judge)
        err = judge(&engine, context);
    engine_close(&engine);
    return err;
}

static Err check_trials(const Crew *crew, const Comm *alone, const Grid *grid, CrewJudge judge,
                        void *context)
{
    Err err = NULL;
    LogLevel level = log_level_now();
    log_level(LOG_SILENT);
    for (int64_t t = 0; t < grid->trials && !err; t++) {
        Arena arena = {0};
        Config config = {0};
        err = crew_read_trial(crew, grid, t, &arena, &config);
        if (!err && grid_is_sample(grid, t))
            err = build(alone, &config, judge, context);
        err = crew_name_trial(crew, grid, t, err);
        config_free(&config);
        arena_free(&arena);
    }
    log_level(level);
    return err;
}

Err crew_check(Crew *crew, const Grid *grid, CrewJudge judge, void *context)
{
    bool leads = crew->asked.world->rank == 0;
    Comm alone;
    comm_part(crew->asked.world, leads ? 0 : -1, &alone);
    Err err = leads ? check_trials(crew, &alone, grid, judge, context) : NULL;
    comm_free(&alone);
    return comm_agree(crew->asked.world, err);
}

static const char *inside(Crew *crew, const char *name)
{
    return arena_text(&crew->arena, "%s/%s", crew->trials.run, name);
}

/* The configuration that the directory's trials were made of, but for what decides no result. */
static Err compare(Crew *crew, const char *path)
{
    const char *now, *then, *key = NULL;
    char *text = NULL;
    size_t size;
    Conf *before = NULL, *given = NULL;
    Err err = file_read(path, &text, &size);
    if (!err)
        err = conf_parse(&before, path, text, NULL, 0);
    if (!err)
        err = conf_parse(&given, crew->asked.config.name, crew->as_given, NULL, 0);
    if (!err)
        key = conf_difference(given, before, crew->may_change, &now, &then);
    if (key)
        err = ERR(STATUS_USER,
                  "%s has trials made with %s: %s, now it is %s; name another directory "
                  "with --run",
                  crew->trials.run, key, then, now);
    conf_free(given);
    conf_free(before);
    mem_free(text);
    return err;
}

static Err claim(Crew *crew)
{
    const char *config = inside(crew, "config.yaml");
    TRY(file_make_directory(inside(crew, "trials")));
    TRY(file_lock(inside(crew, "lock"), 0, &crew->lock));
    crew->locked = true;
    bool any = file_exists(config);
    if (any && !crew->asked.resume)
        FAIL(STATUS_USER,
             "%s holds %s or a run already: go on with --resume, or name another "
             "directory with --run",
             crew->trials.run, crew->what);
    if (any)
        TRY(compare(crew, config));
    return file_replace(config, crew->as_given, strlen(crew->as_given));
}

Err crew_claim(Crew *crew)
{
    return comm_agree(crew->asked.world, crew->asked.world->rank == 0 ? claim(crew) : NULL);
}

Err crew_open(Crew *crew)
{
    const ConfigSource *config = &crew->asked.config;
    TRY(conf_parse(&crew->conf, config->name, config->text, config->overrides,
                   config->override_count));
    crew->as_given = arena_text(&crew->arena, "%s", conf_text(crew->conf));
    Node name = conf_get(conf_root(crew->conf), "name");
    crew->trials.run =
        crew->asked.directory
            ? crew->asked.directory
            : arena_text(&crew->arena, "runs/%s", conf_scalar(name) ? conf_scalar(name) : "run");
    crew->trials.grid = &crew->grid;
    return NULL;
}

Err crew_divide(Crew *crew)
{
    const Comm *world = crew->asked.world;
    int each = (int)crew->grid.ranks_per_trial, parts = world->size / each;
    if (parts == 0)
        FAIL(STATUS_USER, "%s.ranks_per_trial is %d, and there are %d ranks", crew->grid.section,
             each, world->size);
    if (world->size % each)
        log_warning("%d of %d ranks have nothing to do: %s.ranks_per_trial is %d",
                    world->size % each, world->size, crew->grid.section, each);
    int part = world->rank / each;
    comm_part(world, part < parts ? part : -1, &crew->part);
    return NULL;
}

int64_t crew_over(const Crew *crew)
{
    int64_t over = 0;
    for (int64_t t = 0; t < crew->grid.trials; t++)
        over += trials_over(&crew->trials, t);
    return over;
}

void crew_begin(Crew *crew)
{
    const Grid *grid = &crew->grid;
    int64_t over = crew_over(crew);
    log_info("%" PRId64 " trials%s, %d at a time on %d rank%s each", grid->trials,
             over ? arena_text(&crew->arena, ", %" PRId64 " of them over", over) : "",
             (int)(crew->asked.world->size / grid->ranks_per_trial), (int)grid->ranks_per_trial,
             grid->ranks_per_trial > 1 ? "s" : "");
    board_open(&crew->board, grid);
    crew->figure = mem_alloc(grid->trials * DESK_FIGURES, sizeof *crew->figure);
    for (int64_t t = 0; t < grid->trials; t++)
        if (trials_over(&crew->trials, t))
            crew->figure[t * DESK_FIGURES + BOARD_STATE] = TRIAL_BEFORE;
}

void crew_close(Crew *crew)
{
    comm_free(&crew->part);
    board_close(&crew->board);
    mem_free(crew->figure);
    if (crew->locked)
        file_unlock(crew->lock);
    conf_free(crew->conf);
    arena_free(&crew->arena);
}
