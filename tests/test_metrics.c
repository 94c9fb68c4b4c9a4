/* metrics.csv after a resume: rows of steps that are to be made again go, all others stay byte for
 * byte, whatever a kill has left of the last line. */
#include "train/metrics.h"

#include "scratch.h"
#include "unit.h"

#include <math.h>
#include <sys/stat.h>

#define HEADER                                                                                     \
    "kind,step,samples,epoch,lr,loss,accuracy,digest,batch,gradient_norm,noise_scale,noise_trace," \
    "noise_signal,penalty,sparsity,skipped,verdict\n"

/* Evaluations every 4 steps, saved with step 8. */
static const char rows[] = HEADER "train,2,64,0.5,0.1,1.5,0.25,,32\n"
                                  "train,4,128,1,0.1,1.25,0.5,,32\n"
                                  "validation,4,128,1,,1.125,0.5,00000000000000aa,\n"
                                  "train,6,192,1.5,0.1,1,0.5,,32\n"
                                  "train,8,256,2,0.1,0.75,0.75,,32\n"
                                  "validation,8,256,2,,0.5,0.75,00000000000000bb,\n"
                                  "train,10,320,2.5,0.1,0.5,1,,32\n"
                                  "train,12,384,3,0.1,0.25,1,,32\n"
                                  "validation,12,384,3,,0.25,1,00000000000000cc,\n"
                                  "test,12,384,3,,0.375,1,00000000000000cc,\n";

/* The file of a run after `before` was found in it and a resume at (step, evaluated). */
static void expect_cut(const char *before, int64_t step, int64_t evaluated, const char *after)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "metrics.csv");
    Metrics metrics;
    char *text;
    size_t size;
    if (before)
        scratch_write(path, before, strlen(before));
    CU_ASSERT_FATAL(fine(metrics_open(&metrics, scratch.folder, step, evaluated, false)));
    CU_ASSERT(fine(metrics_flush(&metrics)));
    CU_ASSERT(fine(metrics_sync(&metrics)));
    metrics_close(&metrics);
    CU_ASSERT_FATAL(fine(file_read(path, &text, &size)));
    CU_ASSERT_STRING_EQUAL(text, after);
    mem_free(text);
    CU_ASSERT(!file_exists(scratch_path(&scratch, "metrics.csv.tmp")));
    scratch_remove(&scratch);
}

/* The beginning of `rows`, before the line that begins with `line`. */
static const char *until(const char *line)
{
    static char text[sizeof rows];
    snprintf(text, sizeof text, "%s", rows);
    char *end = strstr(text, line);
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    *end = '\0';
    return text;
}

static void cut_at_step(void)
{
    expect_cut(rows, 8, 8, until("train,10,"));
    expect_cut(rows, 12, 12, rows);
    expect_cut(rows, 11, 8, until("train,12,"));
    expect_cut(rows, 0, -1, HEADER);
}

/* Saved by a signal after step 8, before its evaluation: that will be made again. */
static void cut_at_evaluation(void)
{
    expect_cut(rows, 8, 4, until("validation,8,"));
    expect_cut(rows, 4, -1, until("validation,4,"));
}

/* A checkpoint may come with rows on both sides of what was evaluated. */
static void cut_both(void)
{
    expect_cut(rows, 6, 4, until("train,8,"));
    expect_cut(HEADER "validation,12,1,1,,1,1,aa\ntrain,10,1,1,1,1,1,\ntrain,11,1,1,1,1,1,\n", 10,
               8, HEADER "train,10,1,1,1,1,1,\n");
}

static void half_a_line(void)
{
    char text[sizeof rows];
    size_t whole = strlen(until("train,8,")), longer = strlen(until("validation,8,"));
    for (size_t length = whole; length < longer; length++) {
        snprintf(text, sizeof text, "%.*s", (int)length, rows);
        expect_cut(text, 8, 8, until("train,8,"));
    }
    expect_cut(until("validation,8,"), 8, 8, until("validation,8,"));
}

static void header_kept(void)
{
    expect_cut(NULL, 0, -1, HEADER);
    expect_cut("", 0, -1, HEADER);
    expect_cut("kind,ste", 0, -1, HEADER);
    expect_cut(HEADER, 0, -1, HEADER);
    expect_cut(HEADER "tra", 100, 100, HEADER);
}

/* What a resume has nothing to cut from is not even written. */
static void untouched(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "metrics.csv");
    struct stat before, after;
    Metrics metrics;
    scratch_write(path, rows, strlen(rows));
    stat(path, &before);
    CU_ASSERT(fine(metrics_open(&metrics, scratch.folder, 12, 12, false)));
    metrics_close(&metrics);
    stat(path, &after);
    CU_ASSERT(before.st_ino == after.st_ino && before.st_size == after.st_size);
    scratch_remove(&scratch);
}

/* Of a program before columns came, and killed in the middle of a line. */
static void widened(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "layers.csv");
    const char *old = "kind,step,tensor,trust,gradient_norm\ntrain,1,a/weight,,0.5\n"
                      "train,2,a/weight,,0.25\ntrain,3,a/w";
    Metrics metrics;
    char *text;
    size_t size;
    scratch_write(path, old, strlen(old));
    CU_ASSERT_FATAL(fine(metrics_open(&metrics, scratch.folder, 1, -1, true)));
    metrics_close(&metrics);
    CU_ASSERT_FATAL(fine(file_read(path, &text, &size)));
    CU_ASSERT_STRING_EQUAL(text, "kind,step,tensor,trust,gradient_norm,weight_norm,update_ratio,"
                                 "type,activation,output_gradient,dead,saturated\n"
                                 "train,1,a/weight,,0.5,,,,,,,\n");
    mem_free(text);
    scratch_remove(&scratch);
}

/* Rows as a run writes them, in one go and with a stop in between. */
static void write_rows(const char *folder, int64_t from, int64_t to, int64_t evaluated)
{
    Metrics metrics;
    Engine engine = {.clock = {.epoch = 300, .batch = 100}, .global = 100};
    CU_ASSERT_FATAL(fine(metrics_open(&metrics, folder, from, evaluated, false)));
    for (int64_t step = from + 1; step <= to; step++) {
        Result result = {.loss = 1.0 / (double)step, .accuracy = (double)step / 7, .samples = 100};
        engine.state.step = step;
        engine.state.samples = step * 100;
        metrics_step(&metrics, &engine, 0.1 / (double)step, &result);
        if (step % 3 == 0)
            metrics_evaluation(&metrics, &engine, PART_VALIDATION, &result, (uint64_t)step);
    }
    metrics_timing(&metrics, to,
                   &(Pace){.share = {0.25, 0.125, 0.0625, 0.5, 1}, .seconds = 0.5, .samples = 100});
    CU_ASSERT(fine(metrics_flush(&metrics)));
    CU_ASSERT(fine(metrics_sync(&metrics)));
    metrics_close(&metrics);
}

static void resumed_alike(void)
{
    Scratch whole = scratch_make(), parts = scratch_make();
    write_rows(whole.folder, 0, 20, -1);
    write_rows(parts.folder, 0, 8, -1);
    write_rows(parts.folder, 5, 13, 3); /* killed after step 8, saved after step 5 */
    write_rows(parts.folder, 13, 20, 12);
    char *a, *b;
    size_t size, other;
    CU_ASSERT_FATAL(fine(file_read(scratch_path(&whole, "metrics.csv"), &a, &size)));
    CU_ASSERT_FATAL(fine(file_read(scratch_path(&parts, "metrics.csv"), &b, &other)));
    CU_ASSERT_STRING_EQUAL(a, b);
    CU_ASSERT_PTR_NOT_NULL(strstr(a, "\ntrain,7,700,2.33333,0.0142857143,0.142857143,1,,100,0,"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(a, "\nvalidation,3,300,1,,0.333333333,0.428571429,0000000000000003,,"));
    mem_free(a);
    mem_free(b);
    scratch_remove(&whole);
    scratch_remove(&parts);
}

static void timing(void)
{
    Scratch scratch = scratch_make();
    char *text;
    size_t size;
    write_rows(scratch.folder, 0, 3, -1);
    CU_ASSERT_FATAL(fine(file_read(scratch_path(&scratch, "timing.csv"), &text, &size)));
    CU_ASSERT_STRING_EQUAL(text, "step,seconds,samples_per_second,"
                                 "compute,waiting,exchange,reading,other\n"
                                 "3,0.500,200,0.250,0.125,0.062,0.500,1.000\n");
    mem_free(text);
    scratch_remove(&scratch);
}

static void empty_columns(void)
{
    Scratch scratch = scratch_make();
    Metrics metrics;
    Engine engine = {
        .clock = {.epoch = 4, .batch = 1}, .global = 1, .state = {.step = 2, .samples = 2}};
    Result regression = {.loss = 0.5, .accuracy = NAN, .samples = 1, .gradient = 1.5};
    Result skipped = {.loss = NAN, .accuracy = 0.5, .samples = 1, .gradient = 1, .skipped = true};
    /* Two parts: trace 2, signal 2. */
    noise_add(&engine.state.control.noise, &(NoiseParts){2, 2, 8, 3, 0});
    char *text;
    size_t size;
    CU_ASSERT_FATAL(fine(metrics_open(&metrics, scratch.folder, 0, -1, false)));
    metrics_step(&metrics, &engine, 0.25, &regression);
    metrics_step(&metrics, &engine, 0.25, &skipped);
    metrics_evaluation(&metrics, &engine, PART_TEST, &regression, 1);
    metrics_evaluation(&metrics, &engine, PART_VALIDATION, NULL, 1);
    metrics_close(&metrics);
    CU_ASSERT_FATAL(fine(file_read(scratch_path(&scratch, "metrics.csv"), &text, &size)));
    CU_ASSERT_STRING_EQUAL(text, HEADER "train,2,2,0.5,0.25,0.5,,,1,1.5,1,2,2,,,,\n"
                                        "train,2,2,0.5,0.25,nan,0.5,,1,,1,2,2,,,1,\n"
                                        "test,2,2,0.5,,0.5,,0000000000000001,,,,,,,,,\n"
                                        "validation,2,2,0.5,,,,0000000000000001,,,,,,,,,\n");
    mem_free(text);
    scratch_remove(&scratch);
}

/* Of an evaluation on validation alone, if its loss is finite. */
static void verdicts(void)
{
    Scratch scratch = scratch_make();
    Metrics metrics;
    Engine engine = {.clock = {.epoch = 4, .batch = 1}, .global = 1, .state = {.step = 2}};
    Result result = {.loss = 0.5, .accuracy = NAN, .samples = 1};
    char *text;
    size_t size;
    engine.state.control.fitting.verdict = FIT_OVER;
    CU_ASSERT_FATAL(fine(metrics_open(&metrics, scratch.folder, 0, -1, false)));
    metrics_step(&metrics, &engine, 0.25, &result);
    metrics_evaluation(&metrics, &engine, PART_VALIDATION, &result, 1);
    metrics_evaluation(&metrics, &engine, PART_TEST, &result, 1);
    result.loss = NAN;
    metrics_evaluation(&metrics, &engine, PART_VALIDATION, &result, 1);
    metrics_close(&metrics);
    CU_ASSERT_FATAL(fine(file_read(scratch_path(&scratch, "metrics.csv"), &text, &size)));
    CU_ASSERT_STRING_EQUAL(text,
                           HEADER "train,2,0,0,0.25,0.5,,,1,0,,,,,,,\n"
                                  "validation,2,0,0,,0.5,,0000000000000001,,,,,,,,,overfitting\n"
                                  "test,2,0,0,,0.5,,0000000000000001,,,,,,,,,\n"
                                  "validation,2,0,0,,nan,,0000000000000001,,,,,,,,,\n");
    mem_free(text);
    scratch_remove(&scratch);
}

/* A file with the columns that were there first, resumed. */
static void older_columns(void)
{
    static const char before[] = "kind,step,samples,epoch,lr,loss,accuracy,digest\n"
                                 "train,4,128,1,0.1,1.25,0.5,\n"
                                 "validation,4,128,1,,1.125,0.5,00000000000000aa\n"
                                 "train,8,256,2,0.1,1,0.5,\n";
    expect_cut(before, 4, 4,
               HEADER "train,4,128,1,0.1,1.25,0.5,,,,,,,,,,\n"
                      "validation,4,128,1,,1.125,0.5,00000000000000aa,,,,,,,,,\n");
    expect_cut("kind,step,samples,epoch,lr,loss,accuracy,digest\n", 4, 4, HEADER);
    expect_cut("kind,step,other\n1,2,3\n", 4, 4, "kind,step,other\n1,2,3\n");
}

static void unwritable(void)
{
    Scratch scratch = scratch_make();
    Metrics metrics;
    const char *nowhere = scratch_path(&scratch, "nowhere");
    CU_ASSERT(refused(metrics_open(&metrics, nowhere, 0, -1, false), STATUS_FAILED, "metrics.csv"));
    metrics_close(&metrics);
    CU_ASSERT_FATAL(fine(metrics_open(&metrics, scratch.folder, 0, -1, false)));
    scratch_limit(10);
    Err err = metrics_flush(&metrics);
    metrics_close(&metrics);
    scratch_limit(RLIM_INFINITY);
    CU_ASSERT(refused(err, STATUS_FAILED, "metrics.csv: cannot be written: File too large"));
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"a row has the verdict if it is of an evaluation on validation", verdicts},
    {"a file of an older program gets the columns that it lacks", older_columns},
    {"a file that lacks the last columns gets them", widened},
    {"rows after the step of the checkpoint go, all before stay", cut_at_step},
    {"evaluations after the last one that the checkpoint knows go", cut_at_evaluation},
    {"each kind of row is cut by its own date", cut_both},
    {"half a line at the end goes, wherever the kill came", half_a_line},
    {"the header is there once, also if only half of it was", header_kept},
    {"a file with nothing to cut is left alone", untouched},
    {"a run with stops between leaves the same bytes as one without", resumed_alike},
    {"a row of timing.csv has seconds and rate in steps, and where all time went", timing},
    {"what was not measured is an empty column; a skipped step says so", empty_columns},
    {"a file that cannot be written is named", unwritable},
    {0}};

int main(void)
{
    return unit_run("metrics", promises);
}
