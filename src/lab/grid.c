/* Reading the axes of a sweep, and what a trial of them sets. */
#include "lab/grid.h"

#include "train/config.h"

#include <string.h>

/* Settings of the sweep itself; every other key is an axis. */
typedef struct Settings {
    Node seeds, points;
    int64_t folds, ranks_per_trial;
    bool keep_checkpoints;
} Settings;

static const Field setting_fields[] = {
    {"seeds", FIELD_NODE, offsetof(Settings, seeds), "1",
     .help = "how many trials of each setting, or a list of seeds"},
    {"points", FIELD_NODE, offsetof(Settings, points), FIELD_NONE,
     .help = "quasi-random points: {count: 16, optimizer.lr: {log: [1e-3, 1]}}"},
    {"folds", FIELD_INT, offsetof(Settings, folds), FIELD_NONE, 2, 1e6,
     .help = "cross-validation: each of so many parts of /train is held out once, instead of "
             "data.validation"},
    {"ranks_per_trial", FIELD_INT, offsetof(Settings, ranks_per_trial), "1", 1, 1e6,
     .help = "trials stand side by side"},
    {"keep_checkpoints", FIELD_BOOL, offsetof(Settings, keep_checkpoints), "false",
     .help = "of trials that are over"},
    {0}};

static bool is_path(const char *path, Arena *arena)
{
    return config_has_key(arena_text(arena, "%.*s", (int)strcspn(path, "."), path));
}

/* ---- reading ---- */

static Err check_case(Node value)
{
    int sets = 0;
    if (!conf_is_map(value))
        return conf_fail(value,
                         "\"%s\" is no key of a configuration, so its values are cases, "
                         "such as {label: a, optimizer.lr: 0.1}",
                         conf_key(value) ? conf_key(value) : "this");
    for (int i = 0; i < conf_entries(value); i++) {
        Node entry = conf_entry(value, i);
        if (strcmp(conf_key(entry), "label") == 0)
            continue;
        if (!is_path(conf_key(entry), conf_arena(value.conf)))
            return conf_fail_key(value, conf_key(entry), "no configuration has the key \"%s\"",
                                 conf_key(entry));
        sets++;
    }
    return sets ? NULL : conf_fail(value, "this case sets nothing");
}

/* A mapping of paths: no key of a configuration has a dot, and none is called label. */
static bool is_case(Node value)
{
    for (int i = 0; i < conf_entries(value); i++)
        if (strchr(conf_key(conf_entry(value, i)), '.') ||
            strcmp(conf_key(conf_entry(value, i)), "label") == 0)
            return true;
    return false;
}

/* What a trial's column says of a value of the axis. */
static const char *value_text(const Axis *axis, int i, Arena *arena)
{
    Node value = conf_item(axis->values, i);
    const char *label = axis->cases ? conf_scalar(conf_get(value, "label")) : NULL;
    return label ? label : conf_line(value, arena);
}

/* Two rows of a table must not look alike, nor one trial count twice. */
static Err refuse_twice(const Axis *axis, Arena *arena)
{
    for (int i = 1; i < axis->count; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(value_text(axis, i, arena), value_text(axis, k, arena)) == 0)
                return conf_fail(conf_item(axis->values, i), "the axis %s has %s twice", axis->name,
                                 value_text(axis, i, arena));
    return NULL;
}

Err grid_add_axis(Grid *grid, Node entry)
{
    const char *name = conf_key(entry);
    if (grid->axes == GRID_AXES)
        return conf_fail(entry, "more than %d axes", GRID_AXES);
    Axis *axis = &grid->axis[grid->axes++];
    bool cases = !is_path(name, conf_arena(entry.conf)) || is_case(conf_item(entry, 0));
    *axis = (Axis){name, entry, conf_count(entry), cases};
    if (axis->count == 0)
        return conf_fail(entry, "the axis %s has no values", name);
    if (axis->cases && !conf_is_map(conf_item(entry, 0)))
        return conf_fail(entry,
                         "\"%s\" is no key of a configuration; an axis of a name of your own has "
                         "cases, such as {label: a, optimizer.lr: 0.1}",
                         name);
    for (int i = 0; axis->cases && i < axis->count; i++)
        TRY(check_case(conf_item(entry, i)));
    return refuse_twice(axis, conf_arena(entry.conf));
}

Err grid_add_range(Grid *grid, Node ranges, Node entry)
{
    if (!is_path(conf_key(entry), conf_arena(ranges.conf)))
        return conf_fail_key(ranges, conf_key(entry), "no configuration has the key \"%s\"",
                             conf_key(entry));
    grid->ranges = ranges;
    return space_add(&grid->space, entry);
}

static Err read_points(Grid *grid, Node points)
{
    double count = 0;
    if (!conf_exists(points))
        return NULL;
    if (!conf_exists(conf_get(points, "count")))
        return conf_fail(points, "points want a count and ranges: {count: 16, optimizer.lr: {log: "
                                 "[1e-3, 1]}}");
    TRY(conf_number(conf_get(points, "count"), 1, 1e6, &count));
    for (int i = 0; i < conf_entries(points); i++) {
        Node entry = conf_entry(points, i);
        if (strcmp(conf_key(entry), "count") == 0)
            continue;
        TRY(grid_add_range(grid, points, entry));
    }
    if (grid->space.count == 0)
        return conf_fail(points, "points without a range");
    grid->points = (int64_t)count;
    return NULL;
}

static Err read_seeds(Grid *grid, Node seeds, int64_t first, Arena *arena)
{
    double value = 1;
    bool list = conf_is_list(seeds);
    if (!list && conf_exists(seeds))
        TRY(conf_number(seeds, 1, 1e6, &value));
    grid->seed_count = list ? conf_count(seeds) : (int)value;
    if (grid->seed_count == 0)
        return conf_fail(seeds, "the axis seeds has no values");
    grid->seeds = arena_take(arena, grid->seed_count, sizeof *grid->seeds);
    for (int i = 0; i < grid->seed_count; i++) {
        if (list)
            TRY(conf_number(conf_item(seeds, i), 0, 9e15, &value));
        grid->seeds[i] = list ? (int64_t)value : first + i;
        for (int k = 0; k < i; k++)
            if (grid->seeds[k] == grid->seeds[i])
                return conf_fail(conf_item(seeds, i), "the axis seeds has %lld twice",
                                 (long long)grid->seeds[i]);
    }
    return NULL;
}

/* Whether `path` is what the grid sets in every trial, last of all, or a column of its own. */
static bool is_own(const Grid *grid, const char *path)
{
    const char *const own[] = {"seed", grid->seed_place, grid->folds ? GRID_FOLD : NULL,
                               grid->folds ? "data.fold" : NULL,
                               grid->folds ? "data.validation" : NULL};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i] && strcmp(own[i], path) == 0)
            return true;
    return false;
}

static Err refuse_own(const Grid *grid, Node where, const char *path)
{
    if (!is_own(grid, path))
        return NULL;
    bool seed = strcmp(path, "seed") == 0, swept = strcmp(grid->section, "sweep") == 0;
    return conf_fail(where, "%s sets %s in every trial, so that nothing else can%s",
                     grid->folds && !seed ? "sweep.folds" : grid->section, path,
                     seed && swept ? "; its axis of seeds is called seeds" : "");
}

Err grid_check(const Grid *grid)
{
    for (int a = 0; a < grid->axes; a++) {
        const Axis *axis = &grid->axis[a];
        TRY(refuse_own(grid, axis->values, axis->name));
        for (int i = 0; axis->cases && i < axis->count; i++) {
            Node each = conf_item(axis->values, i);
            for (int k = 0; k < conf_entries(each); k++)
                TRY(refuse_own(grid, conf_entry(each, k), conf_key(conf_entry(each, k))));
        }
    }
    for (int i = 0; i < grid->space.count; i++) {
        const char *path = grid->space.param[i].path;
        TRY(refuse_own(grid, conf_get(grid->ranges, path), path));
    }
    return NULL;
}

/* A setting of the sweep, or else an axis. */
static Err read_entry(Grid *grid, Settings *settings, Node entry)
{
    for (const Field *field = setting_fields; field->name; field++)
        if (strcmp(field->name, conf_key(entry)) == 0)
            return conf_value(entry, field, (char *)settings + field->offset);
    return grid_add_axis(grid, entry);
}

Err grid_take_section(Grid *grid, Conf *conf, const char *name, const char *expected, Node *section)
{
    double seed = 1;
    *grid = (Grid){.section = name};
    *section = conf_take(conf_root(conf), name);
    Node given = conf_get(conf_root(conf), "seed");
    if (!conf_is_map(*section))
        FAIL(STATUS_USER, "%s: there is no section `%s:` with %s", conf_name(conf), name, expected);
    if (conf_exists(given))
        TRY(conf_number(given, 0, 9e15, &seed));
    grid->seed = (uint64_t)seed;
    return NULL;
}

Err grid_read(Grid *grid, Conf *conf)
{
    Settings settings = {.ranks_per_trial = 1};
    Node section;
    TRY(grid_take_section(grid, conf, "sweep", "axes, such as batch.global: [256, 512]", &section));
    for (int i = 0; i < conf_entries(section); i++)
        TRY(read_entry(grid, &settings, conf_entry(section, i)));
    TRY(read_points(grid, settings.points));
    TRY(read_seeds(grid, settings.seeds, (int64_t)grid->seed, conf_arena(conf)));
    grid->folds = settings.folds;
    TRY(grid_check(grid));
    grid->ranks_per_trial = settings.ranks_per_trial;
    grid->keep_checkpoints = settings.keep_checkpoints;
    double trials = (double)grid->seed_count * (double)(grid->points ? grid->points : 1) *
                    (double)(grid->folds ? grid->folds : 1);
    for (int a = 0; a < grid->axes; a++)
        trials *= grid->axis[a].count;
    if (trials > 1e6)
        return conf_fail(section, "%.0f trials are too many", trials);
    grid->trials = (int64_t)trials;
    return NULL;
}

/* ---- trials ---- */

int grid_columns(const Grid *grid)
{
    return grid->axes + grid->space.count + (grid->folds > 0) + 1;
}

const char *grid_column(const Grid *grid, int column)
{
    if (column < grid->axes)
        return grid->axis[column].name;
    column -= grid->axes;
    if (column < grid->space.count)
        return grid->space.param[column].path;
    return grid->folds && column == grid->space.count ? GRID_FOLD : "seed";
}

/* The place of a trial on each axis; what is left of its number. */
typedef struct Position {
    int at[GRID_AXES];
    int64_t point, fold;
    int seed;
} Position;

static Position position(const Grid *grid, int64_t number)
{
    Position p = {.seed = (int)(number % grid->seed_count)};
    number /= grid->seed_count;
    if (grid->folds) {
        p.fold = number % grid->folds;
        number /= grid->folds;
    }
    if (grid->points) {
        p.point = number % grid->points;
        number /= grid->points;
    }
    for (int a = grid->axes - 1; a >= 0; a--) {
        p.at[a] = (int)(number % grid->axis[a].count);
        number /= grid->axis[a].count;
    }
    return p;
}

bool grid_is_sample(const Grid *grid, int64_t number)
{
    Position p = position(grid, number);
    int moved = 0;
    for (int a = 0; a < grid->axes; a++)
        moved += p.at[a] > 0;
    return moved <= 1 && (grid->at || p.point == 0) && p.fold == 0 && p.seed == 0;
}

static void set(GridTrial *trial, const char *path, const char *value, Arena *arena)
{
    trial->sets[trial->set_count++] = arena_text(arena, "%s=%s", path, value);
}

static const char *set_case(GridTrial *trial, Node value, Arena *arena)
{
    const char *label = NULL;
    for (int i = 0; i < conf_entries(value); i++) {
        Node entry = conf_entry(value, i);
        if (strcmp(conf_key(entry), "label") == 0)
            label = conf_scalar(entry);
        else
            set(trial, conf_key(entry), conf_line(entry, arena), arena);
    }
    return label ? label : conf_line(value, arena);
}

static int most_sets(const Grid *grid)
{
    enum { SEED = 2, FOLD = 2 }; /* with its place in the list */
    int most = SEED + FOLD + grid->space.count;
    for (int a = 0; a < grid->axes; a++) {
        int entries = 1;
        for (int i = 0; grid->axis[a].cases && i < grid->axis[a].count; i++) {
            int n = conf_entries(conf_item(grid->axis[a].values, i));
            entries = n > entries ? n : entries;
        }
        most += entries;
    }
    return most;
}

GridTrial grid_trial(const Grid *grid, int64_t number, Arena *arena)
{
    Position p = position(grid, number);
    GridTrial trial = {.sets = arena_take(arena, most_sets(grid), sizeof *trial.sets),
                       .cells = arena_take(arena, grid_columns(grid), sizeof *trial.cells)};
    const char **cell = trial.cells;
    for (int a = 0; a < grid->axes; a++) {
        const Axis *axis = &grid->axis[a];
        Node value = conf_item(axis->values, p.at[a]);
        *cell = axis->cases ? set_case(&trial, value, arena) : conf_line(value, arena);
        if (!axis->cases)
            set(&trial, axis->name, *cell, arena);
        cell++;
    }
    for (int i = 0; i < grid->space.count; i++) {
        const Param *param = &grid->space.param[i];
        double unit = grid->at ? grid->at[p.point * grid->space.count + i]
                               : space_halton(grid->seed, p.point, i);
        *cell = space_value(param, unit, arena);
        set(&trial, param->path, *cell++, arena);
    }
    if (grid->folds) {
        *cell = arena_text(arena, "%lld", (long long)p.fold);
        set(&trial, "data.validation", "0", arena);
        set(&trial, "data.fold",
            arena_text(arena, "{of: %lld, held_out: %s}", (long long)grid->folds, *cell), arena);
        cell++;
    }
    *cell = arena_text(arena, "%lld", (long long)grid->seeds[p.seed]);
    set(&trial, "seed", *cell, arena);
    if (grid->seed_place)
        set(&trial, grid->seed_place, arena_text(arena, "%d", p.seed), arena);
    return trial;
}

const char *grid_label(const Grid *grid, int64_t number, Arena *arena)
{
    const char *text = "";
    GridTrial trial = grid_trial(grid, number, arena);
    for (int c = 0; c < grid_columns(grid); c++) {
        const char *column = grid_column(grid, c), *dot = strrchr(column, '.');
        text = arena_text(arena, "%s%s%s %s", text, c ? ", " : "", dot ? dot + 1 : column,
                          trial.cells[c]);
    }
    return text;
}
