/* The writer: a checkpoint that is written while the run goes on is the one of a save on the spot,
 * in bytes, in order and in what is said when it fails. Some of the C library's functions are
 * replaced (--wrap, in CMakeLists.txt) to hold the thread up, to refuse it, and to see in which
 * order files reach the disk. */
#include "train/writer.h"

#include "base/log.h"
#include "saved.h"
#include "scratch.h"
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static const char layers[] = "[{dense: 40}, relu, {dense: 2}]";
static const char config[] = "name: test\n";
static const char fingerprint[] = "a test";
enum { FIRST = 18 }; /* the step of saved_open's first state */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* held: no fsync gets through */
static bool refuse_threads;
static atomic_int rows_handle = -1;  /* the file handle of metrics.csv */
static atomic_bool rows_synced;      /* since it was set to false */
static atomic_int named, named_late; /* checkpoints; those of them that came after such a sync */
static atomic_bool best_named;       /* the last of them was best.h5 */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __real_fsync(int file);
int __real_rename(const char *from, const char *to);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __wrap_fsync(int file);
int __wrap_rename(const char *from, const char *to);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument)
{
    return refuse_threads ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);
}

int __wrap_fsync(int file)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    int status = __real_fsync(file);
    if (file == rows_handle && status == 0)
        rows_synced = true;
    return status;
}

int __wrap_rename(const char *from, const char *to)
{
    if (strstr(to, ".h5")) {
        named++;
        named_late += rows_synced;
        best_named = strstr(to, "best.h5") != NULL;
    }
    return __real_rename(from, to);
}

typedef struct Run {
    Scratch scratch;
    Saved saved;
    Metrics metrics;
    Writer *writer;
} Run;

/* In place: the writer keeps pointers into the run. */
static void run_open_as(Run *run, int64_t keep, bool warns)
{
    *run = (Run){.scratch = scratch_make()};
    saved_open(&run->saved, layers, 1);
    CU_ASSERT_FATAL(fine(file_make_directory(scratch_path(&run->scratch, "checkpoints"))));
    CU_ASSERT_FATAL(fine(metrics_open(&run->metrics, run->scratch.folder, 0, -1, false)));
    rows_handle = rows_disk(run->metrics.kept);
    run->writer = writer_open(&(Saving){.state = &run->saved.state,
                                        .normal = &run->saved.normal,
                                        .config = config,
                                        .fingerprint = fingerprint,
                                        .metrics = &run->metrics,
                                        .run = run->scratch.folder,
                                        .keep = keep,
                                        .warns = warns});
}

static void run_open(Run *run, int64_t keep)
{
    run_open_as(run, keep, false);
}

static void run_close(Run *run)
{
    writer_close(run->writer);
    metrics_close(&run->metrics);
    saved_close(&run->saved);
    scratch_remove(&run->scratch);
}

/* A step: every number of the state is another one afterwards. */
static void step(Run *run)
{
    State *state = &run->saved.state;
    state->step++;
    saved_fill(state->net, state->values, (uint64_t)state->step);
    for (int s = 0; s < state->slots; s++)
        saved_fill(state->net, state->slot[s], (uint64_t)state->step + 100 * (uint64_t)(s + 1));
}

static const char *path_of(Run *run, int64_t at)
{
    return checkpoint_path(run->scratch.folder, at, &run->scratch.arena);
}

/* The present state as a file that is written on the spot. */
static const char *on_the_spot(Run *run)
{
    const char *name = arena_text(&run->scratch.arena, "spot-%d", (int)run->saved.state.step);
    const char *path = scratch_path(&run->scratch, name);
    CU_ASSERT_FATAL(fine(saved_write(&run->saved, config, fingerprint, path)));
    return path;
}

static bool same_bytes(const char *a, const char *b)
{
    char *first, *second;
    size_t first_size, second_size;
    if (!fine(file_read(a, &first, &first_size)))
        return false;
    bool same = fine(file_read(b, &second, &second_size));
    if (same) {
        same = first_size == second_size && memcmp(first, second, first_size) == 0;
        mem_free(second);
    }
    mem_free(first);
    return same;
}

/* Files of this kind among the checkpoints. */
static int count(Run *run, const char *suffix)
{
    const char **names, *folder = scratch_path(&run->scratch, "checkpoints");
    int found;
    CU_ASSERT(fine(file_list(folder, "", suffix, &run->scratch.arena, &names, &found)));
    return found;
}

static void while_steps_go_on(void)
{
    Run run;
    run_open(&run, 3);
    const char *expected = on_the_spot(&run);
    pthread_mutex_lock(&gate);
    CU_ASSERT(fine(writer_save(run.writer, SAVE_STEP)));
    step(&run);
    CU_ASSERT_EQUAL(count(&run, ".h5"), 0); /* it does go on before the file is there */
    pthread_mutex_unlock(&gate);
    CU_ASSERT(fine(writer_join(run.writer)));
    CU_ASSERT(same_bytes(expected, path_of(&run, FIRST)));
    CU_ASSERT_EQUAL(count(&run, ""), 1);
    run_close(&run);
}

static void two_names(void)
{
    Run run;
    run_open(&run, 3);
    const char *expected = on_the_spot(&run);
    CU_ASSERT(fine(writer_save(run.writer, SAVE_BEST | SAVE_STEP)));
    CU_ASSERT(fine(writer_join(run.writer)));
    CU_ASSERT(same_bytes(expected, path_of(&run, FIRST)));
    CU_ASSERT(same_bytes(expected, scratch_path(&run.scratch, "checkpoints/best.h5")));
    CU_ASSERT(!best_named); /* a resume from the step's file would not make it again */
    step(&run);
    CU_ASSERT(fine(writer_save(run.writer, SAVE_BEST)));
    CU_ASSERT(fine(writer_join(run.writer)));
    CU_ASSERT(!file_exists(path_of(&run, FIRST + 1)));
    CU_ASSERT(same_bytes(on_the_spot(&run), scratch_path(&run.scratch, "checkpoints/best.h5")));
    run_close(&run);
}

static void in_succession(void)
{
    enum { SAVES = 6, KEEP = 4 };
    const char *expected[SAVES];
    Run run;
    run_open(&run, KEEP);
    for (int i = 0; i < SAVES; i++) {
        expected[i] = on_the_spot(&run);
        CU_ASSERT(fine(writer_save(run.writer, SAVE_STEP)));
        step(&run);
    }
    CU_ASSERT(fine(writer_join(run.writer)));
    for (int i = SAVES - KEEP; i < SAVES; i++)
        CU_ASSERT(same_bytes(expected[i], path_of(&run, FIRST + i)));
    CU_ASSERT_EQUAL(count(&run, ""), KEEP);
    run_close(&run);
}

/* A save on a full disk after a good one. Whoever asks is told of the failure, once. */
static void fail_second(Run *run, const char **expected)
{
    run_open(run, 1);
    *expected = on_the_spot(run);
    CU_ASSERT(fine(writer_save(run->writer, SAVE_STEP)));
    CU_ASSERT(fine(writer_join(run->writer)));
    CU_ASSERT(!writer_failed(run->writer));
    step(run);
    scratch_limit(1000);
    CU_ASSERT(fine(writer_save(run->writer, SAVE_STEP)));
    while (!writer_failed(run->writer))
        sched_yield();
    scratch_limit(RLIM_INFINITY);
}

static void fails(void)
{
    Run run;
    const char *expected;
    fail_second(&run, &expected);
    CU_ASSERT(refused(writer_join(run.writer), STATUS_FAILED, "step-00000019.h5: too large"));
    CU_ASSERT(fine(writer_join(run.writer)));
    CU_ASSERT(!writer_failed(run.writer));
    CU_ASSERT_EQUAL(count(&run, ""), 1);
    CU_ASSERT(same_bytes(expected, path_of(&run, FIRST)));
    CU_ASSERT(fine(writer_save(run.writer, SAVE_STEP)));
    CU_ASSERT(fine(writer_join(run.writer)));
    CU_ASSERT(same_bytes(on_the_spot(&run), path_of(&run, FIRST + 1)));
    run_close(&run);
}

static void fails_next(void)
{
    Run run;
    const char *expected;
    fail_second(&run, &expected);
    CU_ASSERT(refused(writer_save(run.writer, SAVE_STEP), STATUS_FAILED, "step-00000019.h5"));
    CU_ASSERT_EQUAL(count(&run, ""), 1);
    run_close(&run);
}

static void not_finite(void)
{
    Run run;
    run_open(&run, 1);
    run.saved.state.values[0] = 1 / (Real)0;
    CU_ASSERT(refused(writer_save(run.writer, SAVE_STEP), STATUS_DIVERGED, "is not finite"));
    CU_ASSERT(fine(writer_join(run.writer)));
    CU_ASSERT_EQUAL(count(&run, ""), 0);
    run_close(&run);
}

/* Often enough that the thread has not always begun yet. */
static void close_waits(void)
{
    for (int i = 0; i < 20; i++) {
        Run run;
        run_open(&run, 1);
        const char *expected = on_the_spot(&run);
        CU_ASSERT(fine(writer_save(run.writer, SAVE_STEP)));
        writer_close(run.writer);
        run.writer = NULL;
        CU_ASSERT(same_bytes(expected, path_of(&run, FIRST)));
        run_close(&run);
    }
}

/* The row of a step is in the stream's buffer when the save begins. */
static void rows_first(void)
{
    Run run;
    char *text;
    size_t size;
    run_open(&run, 2);
    rows_synced = false;
    named = named_late = 0;
    fputs("train,18\n", run.metrics.rows);
    CU_ASSERT(fine(writer_save(run.writer, SAVE_BEST | SAVE_STEP)));
    CU_ASSERT(fine(file_read(scratch_path(&run.scratch, "metrics.csv"), &text, &size)));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "train,18\n"));
    mem_free(text);
    CU_ASSERT(fine(writer_join(run.writer)));
    CU_ASSERT(named == 2 && named_late == 2);
    run_close(&run);
}

static void without_thread(void)
{
    Run run;
    refuse_threads = true;
    run_open(&run, 2);
    refuse_threads = false;
    const char *expected = on_the_spot(&run);
    CU_ASSERT(fine(writer_save(run.writer, SAVE_STEP)));
    CU_ASSERT(same_bytes(expected, path_of(&run, FIRST)));
    step(&run);
    scratch_limit(1000);
    CU_ASSERT(refused(writer_save(run.writer, SAVE_STEP), STATUS_FAILED, "step-00000019.h5"));
    scratch_limit(RLIM_INFINITY);
    CU_ASSERT(!writer_failed(run.writer));
    run_close(&run);
}

/* With `warns`. A save fails, and the run need not care. */
static void save_on_full_disk(Run *run, unsigned as)
{
    scratch_limit(1000);
    CU_ASSERT(fine(writer_save(run->writer, as)));
    while (writer_busy(run->writer))
        sched_yield();
    CU_ASSERT(!writer_failed(run->writer));
    scratch_limit(RLIM_INFINITY);
}

static void warns(void)
{
    Run run;
    run_open_as(&run, 2, true);
    save_on_full_disk(&run, SAVE_STEP);
    CU_ASSERT_EQUAL(count(&run, ""), 0);
    step(&run);
    CU_ASSERT(fine(writer_save(run.writer, SAVE_STEP)));
    CU_ASSERT(fine(writer_join(run.writer)));
    CU_ASSERT(same_bytes(on_the_spot(&run), path_of(&run, FIRST + 1)));
    step(&run);
    run.saved.state.values[0] = 1 / (Real)0;
    CU_ASSERT(refused(writer_save(run.writer, SAVE_STEP), STATUS_DIVERGED, "is not finite"));
    run_close(&run);
}

static void finishes(void)
{
    Run run;
    run_open_as(&run, 2, true);
    scratch_limit(1000);
    CU_ASSERT(refused(writer_finish(run.writer, SAVE_STEP), STATUS_FAILED, "step-00000018.h5"));
    scratch_limit(RLIM_INFINITY);
    CU_ASSERT(fine(writer_finish(run.writer, SAVE_STEP)));
    CU_ASSERT(same_bytes(on_the_spot(&run), path_of(&run, FIRST)));
    run_close(&run);
}

/* The state has moved on; what best.h5 lacks is still in memory. */
static void best_is_owed(void)
{
    Run run;
    run_open_as(&run, 2, true);
    const char *best = scratch_path(&run.scratch, "checkpoints/best.h5");
    const char *expected = on_the_spot(&run);
    save_on_full_disk(&run, SAVE_BEST | SAVE_STEP);
    step(&run);
    save_on_full_disk(&run, SAVE_STEP);
    CU_ASSERT_EQUAL(count(&run, ""), 0); /* nothing that a resume would take the best for done by */
    step(&run);
    CU_ASSERT(fine(writer_finish(run.writer, SAVE_STEP)));
    CU_ASSERT(same_bytes(expected, best));
    CU_ASSERT(same_bytes(on_the_spot(&run), path_of(&run, FIRST + 2)));
    step(&run);
    save_on_full_disk(&run, SAVE_BEST);
    step(&run);
    CU_ASSERT(fine(writer_finish(run.writer, SAVE_BEST))); /* a better one: that one is not owed */
    CU_ASSERT(same_bytes(on_the_spot(&run), best));
    run_close(&run);
}

static void folder_gone(void)
{
    Run run;
    run_open(&run, 2);
    CU_ASSERT(fine(writer_finish(run.writer, SAVE_STEP)));
    scratch_remove_folder(&run.scratch.arena, scratch_path(&run.scratch, "checkpoints"));
    step(&run);
    CU_ASSERT(fine(writer_finish(run.writer, SAVE_STEP)));
    CU_ASSERT(same_bytes(on_the_spot(&run), path_of(&run, FIRST + 1)));
    CU_ASSERT_EQUAL(count(&run, ""), 1);
    run_close(&run);
}

static const Promise promises[] = {
    {"steps go on while a checkpoint of the state before them is written", while_steps_go_on},
    {"the best checkpoint and the step's are one image under two names", two_names},
    {"saves in quick succession are all made, and the oldest go", in_succession},
    {"a failed save is known at once, told once, and leaves the older file alone", fails},
    {"it is told by the next save, too", fails_next},
    {"of a state that is not finite nothing is written", not_finite},
    {"the end waits for the save in flight", close_waits},
    {"the rows before a checkpoint are on disk before it has its name", rows_first},
    {"where no thread can be started, saves are made on the spot", without_thread},
    {"with on_failure: warn the next save tries again; a bad state is no fault of the disk", warns},
    {"the last save fails in any case", finishes},
    {"a best state that could not be saved is saved before any later one", best_is_owed},
    {"a folder that has vanished is made again", folder_gone},
    {0}};

int main(void)
{
    log_level(LOG_SILENT);
    return unit_run("writer", promises);
}
