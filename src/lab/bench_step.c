/* Real steps of the real engine, with a clock that is read whenever a layer or another part of the
 * step has finished: what has passed since the last reading is that part's.
 *
 *     prepare | gather | layer 0 .. n | loss | layer n, send .. 0, send | merge | agree | update
 *             \___________________ each micro-batch __________________/
 *
 * All figures are means over the same steps, the middle half when they are sorted by duration:
 * where a step was disturbed it does not count, and the parts add up to the whole. */
#include "lab/bench_step.h"

#include "base/cut.h"
#include "base/term.h"
#include "lab/bench.h"
#include "math/limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 3, LEAST_STEPS = 20, MOST_STEPS = 10000 };

static const double sgemm_seconds = 0.2;

/* Of one step: a cell for each layer forward and backward, one for each other part, then these. */
enum { WHOLE, OWN_SAMPLES, SAMPLES, FIGURES };

typedef struct Recorder {
    int layers, cells; /* cells of a step */
    double *step;      /* [cells] of the step under way */
    double last;       /* when the clock was read last */
} Recorder;

static void charge(Recorder *r, int cell)
{
    double now = term_clock();
    r->step[cell] += now - r->last;
    r->last = now;
}

static int layer_cell(int layer, bool backward)
{
    return 2 * layer + backward;
}

static int part_cell(const Recorder *r, StepPart part)
{
    return 2 * r->layers + (int)part;
}

static double *figures(const Recorder *r, double *step)
{
    return step + 2 * r->layers + STEP_PARTS;
}

static void layer_ended(void *context, int layer, bool backward)
{
    charge(context, layer_cell(layer, backward));
}

static void part_ended(void *context, StepPart part)
{
    charge(context, part_cell(context, part));
}

/* This rank's samples of the step that was made last. */
static double own_samples(const Engine *e)
{
    int64_t lo = cut(e->leaves, e->comm->rank, e->comm->size);
    int64_t hi = cut(e->leaves, e->comm->rank + 1, e->comm->size);
    return (double)(cut(e->global, hi, e->leaves) - cut(e->global, lo, e->leaves));
}

static Err run_step(Engine *e, Recorder *r, double *step)
{
    Word all;
    Result result;
    r->step = step;
    memset(step, 0, (size_t)r->cells * sizeof *step);
    double begun = r->last = term_clock();
    TRY(step_run(e, 0, false, (Word){0, INT32_MAX}, &all, &result));
    figures(r, step)[WHOLE] = term_clock() - begun;
    figures(r, step)[OWN_SAMPLES] = own_samples(e);
    figures(r, step)[SAMPLES] = (double)e->global;
    return NULL;
}

/* The same number on all ranks. */
static int count_steps(const Comm *comm, double step, double seconds)
{
    double nanoseconds = (double)comm_max(comm, (int64_t)(step * 1e9) + 1);
    double steps = ceil(seconds * 1e9 / nanoseconds);
    return steps < LEAST_STEPS ? LEAST_STEPS : steps > MOST_STEPS ? MOST_STEPS : (int)steps;
}

static int by_whole(const void *a, const void *b)
{
    double x = **(double *const *)a, y = **(double *const *)b;
    return (x > y) - (x < y);
}

/* The mean of every cell over the middle half of the steps. */
static void find_means(const Recorder *r, double *steps, int count, double *mean)
{
    double **whole = mem_alloc(count, sizeof *whole);
    for (int i = 0; i < count; i++)
        whole[i] = figures(r, steps + (int64_t)i * r->cells) + WHOLE;
    qsort(whole, (size_t)count, sizeof *whole, by_whole);
    int lo = count / 4, hi = count - count / 4;
    for (int i = lo; i < hi; i++)
        for (int cell = 0; cell < r->cells; cell++)
            mean[cell] += (whole[i] - WHOLE - 2 * r->layers - STEP_PARTS)[cell] / (hi - lo);
    mem_free(whole);
}

/* ---- the result ---- */

static void add_layers(const Engine *e, const Recorder *r, double *mean, BenchStep *result)
{
    double samples = figures(r, mean)[OWN_SAMPLES];
    for (int i = 0; i < r->layers; i++) {
        const Layer *layer = &e->net->layers[i];
        BenchPart *part = &result->parts[result->count++];
        double flops = bench_is_product(layer) ? layer->flops * samples : 0;
        part->name = arena_text(&result->arena, "%s", layer->name);
        part->layer = true;
        part->forward = mean[layer_cell(i, false)];
        part->backward = mean[layer_cell(i, true)];
        part->forward_flops = flops;
        part->backward_flops = e->net->learns[i] ? flops * (1 + (e->net->dx[i][0] != NULL)) : 0;
    }
}

/* Preparing is not worth a line of its own. */
static void add_parts(const Recorder *r, double *mean, BenchStep *result)
{
    static const char *const names[STEP_PARTS] = {
        [STEP_GATHER] = "gather", [STEP_LOSS] = "loss",  [STEP_SEND] = "send",
        [STEP_MERGE] = "merge",   [STEP_AGREE] = "wait", [STEP_UPDATE] = "update",
    };
    double rest = figures(r, mean)[WHOLE];
    for (int part = 0; part < STEP_PARTS; part++)
        if (names[part])
            result->parts[result->count++] =
                (BenchPart){.name = names[part], .forward = mean[part_cell(r, (StepPart)part)]};
    for (int i = 0; i < result->count; i++)
        rest -= result->parts[i].forward + result->parts[i].backward;
    result->parts[result->count++] = (BenchPart){.name = "rest", .forward = rest};
}

static void conclude(const Engine *e, const Recorder *r, double *steps, BenchStep *result)
{
    double *mean = mem_alloc(r->cells, sizeof *mean);
    find_means(r, steps, result->steps, mean);
    result->parts = arena_take(&result->arena, r->layers + STEP_PARTS, sizeof *result->parts);
    add_layers(e, r, mean, result);
    add_parts(r, mean, result);
    result->seconds = figures(r, mean)[WHOLE];
    result->samples = figures(r, mean)[SAMPLES];
    result->leaves = e->leaves;
    result->own = cut(e->leaves, e->comm->rank + 1, e->comm->size) -
                  cut(e->leaves, e->comm->rank, e->comm->size);
    mem_free(mean);
}

static Err run_steps(Engine *e, Recorder *r, double seconds, BenchStep *result)
{
    double *warm = arena_take(&result->arena, r->cells, sizeof *warm);
    for (int i = 0; i < WARM_UP; i++)
        TRY(run_step(e, r, warm));
    result->steps = count_steps(e->comm, figures(r, warm)[WHOLE], seconds);
    double *steps = arena_take(&result->arena, (int64_t)result->steps * r->cells, sizeof *steps);
    for (int i = 0; i < result->steps; i++)
        TRY(run_step(e, r, steps + (int64_t)i * r->cells));
    conclude(e, r, steps, result);
    return NULL;
}

/* Before the steps and after them. */
static void measure_sgemm(const Comm *comm, BenchStep *result)
{
    comm_barrier(comm);
    double rate = limit_rate(sgemm_seconds);
    result->sgemm = rate > result->sgemm ? rate : result->sgemm;
}

Err bench_step(const Comm *comm, const Config *config, double seconds, BenchStep *result)
{
    Engine engine;
    Recorder recorder = {0};
    StepMarks marks = {layer_ended, part_ended, &recorder};
    *result = (BenchStep){0};
    Err err = engine_open(&engine, comm, config, NULL);
    if (!err) {
        recorder.layers = engine.net->layer_count;
        recorder.cells = 2 * recorder.layers + STEP_PARTS + FIGURES;
        engine.marks = &marks;
        measure_sgemm(comm, result);
        err = run_steps(&engine, &recorder, seconds, result);
    }
    if (!err)
        measure_sgemm(comm, result);
    engine_close(&engine);
    return err;
}

void bench_step_free(BenchStep *result)
{
    arena_free(&result->arena);
    *result = (BenchStep){0};
}
