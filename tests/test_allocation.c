/* A step allocates nothing and opens no file: counted, by putting our own functions in the place of
 * the C library's (--wrap, in CMakeLists.txt; only lockstep's own calls go through them, not those
 * of MPI or OpenBLAS). The run here is a whole one but for saving, which is base/h5's. */
#include "base/h5.h"
#include "base/log.h"
#include "scratch.h"
#include "train/coordinator.h"
#include "train/engine.h"
#include "train/metrics.h"
#include "unit_mpi.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>

static atomic_bool armed;
static atomic_int allocations, openings;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__real_open_memstream(char **text, size_t *size);
int __real_open(const char *path, int flags, mode_t mode);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_open_memstream(char **text, size_t *size);
int __wrap_open(const char *path, int flags, ...);

static void count(atomic_int *what)
{
    if (armed)
        ++*what;
}

void *__wrap_malloc(size_t size)
{
    count(&allocations);
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    count(&allocations);
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    count(&allocations);
    return __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    count(&allocations);
    return __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size)
{
    count(&allocations);
    return __real_posix_memalign(memory, alignment, size);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    count(&openings);
    return __real_fopen(path, mode);
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
    count(&allocations);
    return __real_open_memstream(text, size);
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;
    va_end(arguments);
    count(&openings);
    return __real_open(path, flags, mode);
}

/* Runs `what` and counts. */
static void watch(void (*what)(void *context), void *context)
{
    allocations = openings = 0;
    armed = true;
    what(context);
    armed = false;
}

/* ---- the counter itself ---- */

static void some_of_each(void *path)
{
    Arena arena = {0};
    char *text;
    size_t size;
    mem_free(mem_alloc(1, 1));
    arena_text(&arena, "text");
    arena_free(&arena);
    CU_ASSERT(fine(file_read(path, &text, &size)));
    mem_free(text);
    FILE *file = fopen(path, "r");
    fclose(file);
    void *volatile memory = malloc(1);
    free(memory);
}

static void counts(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "a");
    scratch_write(path, "text", 4);
    watch(some_of_each, (void *)path);
    CU_ASSERT(allocations >= 4);
    CU_ASSERT_EQUAL(openings, 2);
    mem_free(mem_alloc(1, 1));
    CU_ASSERT_EQUAL(openings, 2);
    scratch_remove(&scratch);
}

/* What a run may say between two steps: the verdict on an evaluation. */
static void say_verdict(void *text)
{
    log_wrapped(2, "%s", (const char *)text);
}

static void a_wrapped_line(void)
{
    char text[FITTING_TEXT];
    FILE *log = tmpfile();
    LogLevel level = log_level_now();
    fitting_text(&(Fitting){.verdict = FIT_OVER, .best = 1e-30}, 1, 1e-30, text, sizeof text);
    log_to(log);
    log_level(LOG_INFO);
    watch(say_verdict, text);
    log_level(level);
    log_to(NULL);
    CU_ASSERT(ftell(log) > 100);
    fclose(log);
    CU_ASSERT_EQUAL(allocations, 0);
}

/* ---- a run ---- */

enum { TRAIN = 100, TEST = 30, WIDTH = 4, CLASSES = 3, FEATURES = CLASSES * WIDTH };

static Err write_part(H5 *file, const char *x_name, const char *y_name, int64_t rows)
{
    int64_t dims[] = {rows, CLASSES, WIDTH};
    unsigned char *x = mem_alloc(rows * FEATURES, 1);
    int32_t *y = mem_alloc(rows, sizeof *y);
    for (int64_t i = 0; i < rows; i++) {
        y[i] = (int32_t)(i % CLASSES);
        for (int64_t f = 0; f < FEATURES; f++)
            x[i * FEATURES + f] = (unsigned char)(f / WIDTH == y[i] ? 200 : i * 37 % 100);
    }
    Err err = h5_write(file, x_name, H5_U8, 3, dims, 0, x);
    if (!err)
        err = h5_write(file, y_name, H5_I32, 1, dims, 0, y);
    mem_free(x);
    mem_free(y);
    return err;
}

static void write_data(const char *path)
{
    H5 *file;
    void *bytes;
    size_t size;
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    CU_ASSERT_FATAL(fine(write_part(file, "/train/x", "/train/y", TRAIN)));
    CU_ASSERT_FATAL(fine(write_part(file, "/test/x", "/test/y", TEST)));
    CU_ASSERT_FATAL(fine(h5_image(file, &bytes, &size)));
    h5_close(file);
    CU_ASSERT_FATAL(fine(file_replace(path, bytes, size)));
    mem_free(bytes);
}

static const char recipe[] = "data: {file: none, validation: 20, normalize: feature,\n"
                             "       augment: [flip, {crop: 1}]}\n"
                             "model:\n"
                             "  - flatten\n"
                             "  - dense: {units: 16, name: stem}\n"
                             "  - relu\n"
                             "  - dense: 16\n"
                             "  - add: [stem, 03_dense]\n"
                             "  - dropout: 0.3\n"
                             "  - tanh\n"
                             "  - dense: 3\n"
                             "batch: {global: 24, micro: 7}\n" /* of an epoch of 80 */
                             "schedule: {warmup: 3 steps, decay: cosine, scaling: linear}\n"
                             "train: {length: 12 steps, evaluate_every: 4 steps, time_limit: 600}\n"
                             "log: {every: 1 step}\n";

typedef struct Run {
    Engine engine;
    Metrics metrics;
    double first, last; /* losses */
    int evaluations;
} Run;

/* Steps, rows, evaluations, digests: what train/run.c does between saves. */
static void train(void *context)
{
    Run *run = context;
    Engine *e = &run->engine;
    for (Due due = coordinator_due(e); !due.last; due = coordinator_due(e)) {
        Word all;
        Result result;
        double rate = coordinator_rate(e);
        bool logged = coordinator_logs_next(e);
        CU_ASSERT_FATAL(fine(step_run(e, rate, true, coordinator_word(e, 0), &all, &result)));
        run->first = e->state.step == 1 ? result.loss : run->first;
        run->last = result.loss;
        due = coordinator_due(e);
        if (logged)
            metrics_step(&run->metrics, e, rate, &result);
        if (logged || e->diagnosis.due)
            metrics_layers(&run->metrics, e);
        if (!due.evaluate)
            continue;
        CU_ASSERT_FATAL(fine(eval_run(e, PART_VALIDATION, (Word){0, INT32_MAX}, &all, &result)));
        coordinator_note(e, &result);
        metrics_evaluation(&run->metrics, e, PART_VALIDATION, &result, state_digest(&e->state));
        CU_ASSERT_FATAL(fine(eval_run(e, PART_TEST, (Word){0, INT32_MAX}, &all, &result)));
        CU_ASSERT(fine(metrics_flush(&run->metrics)));
        CU_ASSERT(fine(metrics_sync(&run->metrics)));
        run->evaluations++;
    }
}

/* The recipe with this optimizer, and with something else set unless that is NULL. */
static void expect_nothing(const char *optimizer, const char *setting)
{
    const char *const overrides[] = {optimizer, setting};
    Scratch scratch = scratch_make();
    const char *data = scratch_path(&scratch, "data.h5");
    Comm world, comm;
    Config config;
    Run run = {0};
    write_data(data);
    CU_ASSERT_FATAL(fine(config_read(&config, "test.yaml", recipe, overrides, setting ? 2 : 1)));
    comm_world(&world);
    CU_ASSERT_FATAL(fine(comm_divide(&world, 1, EXCHANGE_AUTO, &comm)));
    config.data_files = &data;
    CU_ASSERT_FATAL(fine(engine_open(&run.engine, &comm, &config, NULL)));
    CU_ASSERT_FATAL(fine(metrics_open(&run.metrics, scratch.folder, 0, -1, true)));
    int64_t micro = run.engine.micro;
    watch_trace(run.engine.watch, run.engine.net);
    watch(train, &run);
    CU_ASSERT_EQUAL(run.engine.micro, micro); /* so evaluations are alike, whatever the batch */
    CU_ASSERT_EQUAL(allocations, 0);
    CU_ASSERT_EQUAL(openings, 0);
    CU_ASSERT(run.engine.state.step == 12 && run.evaluations == 3);
    CU_ASSERT(run.last < run.first); /* it does learn */
    metrics_close(&run.metrics);
    engine_close(&run.engine);
    comm_free(&comm);
    comm_free(&world);
    config_free(&config);
    scratch_remove(&scratch);
}

static void sgd(void)
{
    expect_nothing("optimizer={type: sgd, lr: 1, momentum: 0.9, weight_decay: 1e-3}", NULL);
}

static void adamw(void)
{
    expect_nothing("optimizer={type: adamw, lr: 0.1}", NULL);
}

static void on_disk(void)
{
    expect_nothing("optimizer={type: adamw, lr: 0.1}",
                   "data={file: none, validation: 20, normalize: feature, store: stream, "
                   "window: 40 samples}");
}

/* From 4 micro-batches to 11 of up to 7 samples and to 2. */
static void growing(void)
{
    expect_nothing("batch.global=[{at: 0 steps, size: 24}, {at: 4 steps, size: 77}, "
                   "{at: 7 epochs, size: 10}]",
                   NULL);
}

static void diagnosed(void)
{
    expect_nothing("optimizer={type: adamw, lr: 0.1}",
                   "train={length: 12 steps, evaluate_every: 4 steps, diagnostics: every 3 steps}");
}

static const Promise promises[] = {
    {"what lockstep allocates and opens is counted", counts},
    {"between the start of step 1 and the end nothing is allocated, no file opened, even with a "
     "trace",
     sgd},
    {"nor to say the verdict on an evaluation", a_wrapped_line},
    {"the same with an optimizer that has slots", adamw},
    {"the same with data that are read ahead from the file", on_disk},
    {"the same while the batch changes", growing},
    {"the same while layers are looked at", diagnosed},
    {0}};

int main(int argc, char **argv)
{
    return unit_run_mpi("allocation", promises, argc, argv);
}
