/* Predictions out of the trials' folders, targets out of the data file. */
#include "lab/bias_variance_inside.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/h5.h"
#include "lab/crew_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The part as the data file has it, in the order of predictions. */
typedef struct Truth {
    int64_t rows;
    int classes, outputs;
    int64_t *row;    /* [rows] in the file */
    double *target;  /* [rows][outputs] */
    int64_t *group;  /* [rows] of those with the same inputs */
    int64_t groups;  /* 0 until they are wanted */
    uint64_t *input; /* [rows] the digest of x */
} Truth;

/* ---- targets ---- */

static void take_rows(Truth *t, const Feed *feed, int64_t lo, int64_t hi, Real *x)
{
    int channels, height, width;
    dataset_shape(feed->data, &channels, &height, &width);
    int64_t features = (int64_t)channels * height * width, lanes = feed->lanes;
    for (int64_t i = lo; i < hi; i++) {
        int64_t lane = i - lo;
        t->row[i] = feed->row[lane];
        for (int o = 0; o < t->outputs; o++)
            t->target[i * t->outputs + o] =
                t->classes ? feed->label[lane] : (double)feed->value[o * lanes + lane];
        for (int64_t f = 0; f < features; f++)
            x[f] = feed->x[f * lanes + lane] + (Real)0; /* -0 is 0 */
        t->input[i] = digest_bytes(x, (size_t)features * sizeof *x);
    }
}

static Err read_rows(Truth *t, Engine *e, Part part, Arena *arena)
{
    Feed *feed = &e->feed;
    int channels, height, width;
    dataset_shape(feed->data, &channels, &height, &width);
    Real *x = arena_take(arena, (int64_t)channels * height * width, sizeof *x);
    t->rows = feed->count[part];
    t->classes = e->loss.task.classes;
    t->outputs = t->classes ? 1 : e->loss.task.outputs;
    t->row = arena_take(arena, t->rows, sizeof *t->row);
    t->target = arena_take(arena, t->rows * t->outputs, sizeof *t->target);
    t->input = arena_take(arena, t->rows, sizeof *t->input);
    t->group = arena_take(arena, t->rows, sizeof *t->group);
    int64_t step = e->micro;
    for (int64_t lo = 0; lo < t->rows; lo += step) {
        int64_t hi = lo + step < t->rows ? lo + step : t->rows;
        TRY(feed_part(feed, part, lo, hi, t->rows));
        take_rows(t, feed, lo, hi, x);
    }
    return NULL;
}

/* With inputs as they are in the file. */
static Err read_truth(Truth *t, const Config *config, const Comm *alone, Part part, Arena *arena)
{
    Real shift = 0, scale = 1;
    Engine engine = {0};
    Normal none = {NORMAL_NONE, 1, &shift, &scale};
    Measure measure = {.normal = &none, .part = part, .labelled = true};
    Err err = engine_open(&engine, alone, config, &measure);
    if (!err)
        err = read_rows(t, &engine, part, arena);
    engine_close(&engine);
    return err;
}

/* ---- rows with the same inputs ---- */

typedef struct Place {
    uint64_t input;
    int64_t row;
} Place;

static int by_input(const void *a, const void *b)
{
    const Place *p = a, *q = b;
    if (p->input != q->input)
        return p->input < q->input ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

/* Keeps the rows that repeat, in their order; group -1 are the others. */
static void find_groups(Truth *t, Arena *arena)
{
    Place *place = arena_take(arena, t->rows, sizeof *place);
    for (int64_t i = 0; i < t->rows; i++)
        place[i] = (Place){t->input[i], i};
    qsort(place, (size_t)t->rows, sizeof *place, by_input);
    for (int64_t i = 0, end; i < t->rows; i = end) {
        end = i + 1;
        while (end < t->rows && place[end].input == place[i].input)
            end++;
        for (int64_t k = i; k < end; k++)
            t->group[place[k].row] = end - i > 1 ? t->groups : -1;
        t->groups += end - i > 1;
    }
}

static void group_rows(Truth *t, bool repeated, Arena *arena)
{
    if (repeated) {
        find_groups(t, arena);
        return;
    }
    t->groups = t->rows;
    for (int64_t i = 0; i < t->rows; i++)
        t->group[i] = i;
}

/* ---- predictions ---- */

/* The rows that were predicted are those of the data, and classes are such. */
static Err check_said(const Truth *t, H5 *file, const char *name, const char *path)
{
    H5Info row, said;
    TRY(h5_info(file, "/row", &row));
    TRY(h5_info(file, name, &said));
    if (row.dims[0] != t->rows || said.dims[0] != t->rows ||
        (!t->classes && (said.rank > 1 ? said.dims[1] : 1) != t->outputs))
        FAIL(STATUS_USER, "%s: the data have another shape by now than was predicted", path);
    int64_t *rows = mem_alloc(t->rows, sizeof *rows);
    Err err = h5_read(file, "/row", H5_I64, 0, t->rows, rows);
    bool same = !err && memcmp(rows, t->row, (size_t)t->rows * sizeof *rows) == 0;
    mem_free(rows);
    if (!err && !same)
        err = ERR(STATUS_USER, "%s: the data have other rows by now than were predicted", path);
    return err;
}

static Err read_said(const Truth *t, const char *path, double *said)
{
    H5 *file;
    const char *name = t->classes ? "/class" : "/values";
    TRY(h5_open(&file, path));
    if (!t->classes && !h5_has(file, name))
        name = "/probabilities";
    Err err = check_said(t, file, name, path);
    if (!err)
        err = h5_read(file, name, H5_F64, 0, t->rows, said);
    for (int64_t i = 0; i < t->rows && !err && t->classes; i++)
        if (!(said[i] >= 0 && said[i] < t->classes))
            err = ERR(STATUS_FAILED, "%s: class %g is none of the %d", path, said[i], t->classes);
    h5_close(file);
    return err;
}

/* Models that are done; one that diverged says nothing. */
static Err read_models(BiasSetting *setting, const Truth *t, const BiasPlan *plan, const Crew *crew,
                       int index, double *said)
{
    Arena arena = {0};
    Err err = NULL;
    for (int64_t k = 0; k < plan->models && !err; k++) {
        const char *folder =
            trials_folder(&crew->trials, (int64_t)index * plan->models + k, &arena);
        const char *path = arena_text(&arena, "%s/predictions.h5", folder);
        if (file_exists(path))
            err = read_said(t, path, said + setting->models++ * t->rows * t->outputs);
    }
    arena_free(&arena);
    return err;
}

/* Without the rows that do not repeat. */
static void measure(BiasSetting *setting, const Truth *t, const BiasPlan *plan, double *said)
{
    int64_t *group = mem_alloc(t->rows, sizeof *group), rows = 0, size = t->outputs;
    double *target = mem_alloc(t->rows * size, sizeof *target), *to = said;
    for (int64_t i = 0; i < t->rows; i++) {
        if (t->group[i] < 0)
            continue;
        group[rows] = t->group[i];
        memcpy(target + rows++ * size, t->target + i * size, (size_t)size * sizeof *target);
    }
    for (int64_t k = 0; k < setting->models; k++)
        for (int64_t i = 0; i < t->rows; i++) {
            if (t->group[i] < 0)
                continue;
            memmove(to, said + (k * t->rows + i) * size, (size_t)size * sizeof *said);
            to += size;
        }
    setting->rows = rows;
    setting->figures = decompose(&(Predictions){.models = setting->models,
                                                .rows = rows,
                                                .classes = t->classes,
                                                .outputs = t->outputs,
                                                .said = said,
                                                .target = target,
                                                .groups = t->groups,
                                                .group = group,
                                                .repeated = plan->noise == BIAS_NOISE_REPEATED,
                                                .noise = plan->known});
    mem_free(target);
    mem_free(group);
}

static Err read_groups(Truth *t, const BiasPlan *plan, const Config *config, const Comm *alone,
                       Arena *arena)
{
    TRY(read_truth(t, config, alone, bias_plan_part(plan), arena));
    group_rows(t, plan->noise == BIAS_NOISE_REPEATED, arena);
    if (t->groups == 0)
        return conf_fail(plan->noise_node,
                         "no two of the %" PRId64 " rows of %s have the same inputs: they do not "
                         "tell the noise",
                         t->rows, bias_plan_part_name(plan));
    return NULL;
}

/* Of the first model of the axis' value `index`. */
static Err read_config(const BiasPlan *plan, const Crew *crew, int index, Arena *arena,
                       Config *config)
{
    return crew_read_trial(crew, &crew->grid, (int64_t)index * plan->models, arena, config);
}

Err bias_noise_check(const BiasPlan *plan, const Crew *crew, const Comm *alone)
{
    Err err = NULL;
    int count = plan->noise == BIAS_NOISE_REPEATED ? crew->grid.axis[0].count : 0;
    for (int i = 0; i < count && !err; i++) {
        Arena arena = {0};
        Config config = {0};
        Truth truth = {0};
        err = read_config(plan, crew, i, &arena, &config);
        if (!err)
            err = read_groups(&truth, plan, &config, alone, &arena);
        config_free(&config);
        arena_free(&arena);
    }
    return err;
}

static Err measure_setting(BiasSetting *setting, const BiasPlan *plan, const Crew *crew,
                           const Config *config, const Comm *alone, int index, Arena *arena)
{
    Truth t = {0};
    TRY(read_groups(&t, plan, config, alone, arena));
    setting->classes = t.classes;
    double *said = mem_alloc(plan->models * t.rows * t.outputs, sizeof *said);
    Err err = read_models(setting, &t, plan, crew, index, said);
    if (!err && setting->models >= DECOMPOSE_LEAST)
        measure(setting, &t, plan, said);
    mem_free(said);
    return err;
}

Err bias_setting_measure(BiasSetting *setting, const BiasPlan *plan, const Crew *crew,
                         const Comm *alone, int index)
{
    Arena arena = {0};
    Config config = {0};
    Err err = read_config(plan, crew, index, &arena, &config);
    if (!err)
        err = measure_setting(setting, plan, crew, &config, alone, index, &arena);
    config_free(&config);
    arena_free(&arena);
    return err;
}
