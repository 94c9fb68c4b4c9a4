/* Many short runs compared. Ranks that a short run does not use wait at the next agreement. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "lab/selftest.h"

#include "base/file.h"
#include "base/log.h"
#include "base/term.h"
#include "train/run.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One short run: what it is called, what came out. */
typedef struct Trial {
    int ranks;
    const char *exchange;
    const char *label; /* of its directory */
    int64_t until;     /* -1: the end */
    bool resume;
    uint64_t *digest; /* [steps + 1] after each step */
    int64_t leaves;   /* micro-batches a step */
} Trial;

static void note_digest(void *context, int64_t step, uint64_t digest)
{
    Trial *trial = context;
    trial->digest[step] = digest;
}

static Err train(const Selftest *test, Trial *trial, const Comm *comm, Config *config)
{
    Arena arena = {0};
    RunOptions options = {
        .directory = arena_text(&arena, "%s/%s", test->directory, trial->label),
        .resume = trial->resume,
        .until = trial->until,
        .quiet = true,
        .leaves = &trial->leaves,
        .began = term_clock(),
        .after_step = note_digest,
        .context = trial,
    };
    LogLevel level = log_level_now();
    log_level(LOG_SILENT);
    Err err = run_train(comm, config, &options);
    log_level(level);
    arena_free(&arena);
    if (err_status(err) == STATUS_STOPPED && trial->until >= 0) {
        err_free(err);
        err = NULL;
    }
    return err;
}

static Err run_trial(const Selftest *test, Trial *trial)
{
    Arena arena = {0};
    const char *own[] = {
        arena_text(&arena, "train.length=%" PRId64 " steps", test->steps),
        arena_text(&arena, "train.evaluate_every=%" PRId64 " steps", (test->steps + 1) / 2),
        "schedule.warmup=0 steps",
        "train.early_stop=null", /* all of them are made */
        "train.target=null",
        "log.every=1 steps",
        arena_text(&arena, "exchange=%s", trial->exchange),
    };
    Config config;
    Comm comm = {0};
    Err err = config_read_with(&config, &test->config, own, sizeof own / sizeof *own);
    if (!err)
        err = comm_divide(test->world, trial->ranks, (Exchange)config.exchange, &comm);
    err = comm_agree(test->world, err);
    if (!err && comm.size > 0)
        err = train(test, trial, &comm, &config);
    comm_free(&comm);
    config_free(&config);
    arena_free(&arena);
    return comm_agree(test->world, err);
}

/* Rank 0 is part of every run, so it can compare alone. */
static Err compare_digests(const Selftest *test, const Trial *a, const Trial *b)
{
    for (int64_t s = 1; s <= test->steps; s++)
        if (a->digest[s] != b->digest[s])
            FAIL(STATUS_FAILED,
                 "step %" PRId64 ": %s has digest %016" PRIx64 ", %s has %016" PRIx64, s, a->label,
                 a->digest[s], b->label, b->digest[s]);
    return NULL;
}

static Err read_metrics(const Selftest *test, const Trial *trial, char **text, size_t *size)
{
    Arena arena = {0};
    Err err = file_read(arena_text(&arena, "%s/%s/metrics.csv", test->directory, trial->label),
                        text, size);
    arena_free(&arena);
    return err;
}

static Err compare_metrics(const Selftest *test, const Trial *a, const Trial *b)
{
    char *x = NULL, *y = NULL;
    size_t m = 0, n = 0;
    Err err = read_metrics(test, a, &x, &m);
    if (!err)
        err = read_metrics(test, b, &y, &n);
    if (!err && (m != n || memcmp(x, y, m) != 0))
        err = ERR(STATUS_FAILED, "metrics.csv of %s and %s differ", a->label, b->label);
    mem_free(x);
    mem_free(y);
    return err;
}

static Err compare(const Selftest *test, const Trial *a, const Trial *b)
{
    Err err = NULL;
    if (test->world->rank == 0) {
        err = compare_digests(test, a, b);
        if (!err)
            err = compare_metrics(test, a, b);
        log_info("%-32s %016" PRIx64 "  %s", b->label, b->digest[test->steps],
                 err      ? "DIFFERS"
                 : a == b ? "the reference"
                          : "same at every step");
    }
    return comm_agree(test->world, err);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static void remove_runs(const Selftest *test)
{
    enum { OPEN_FOLDERS = 16 };
    comm_barrier(test->world);
    if (test->world->rank == 0)
        nftw(test->directory, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    comm_barrier(test->world);
}

static Trial trial_build(const Selftest *test, Arena *arena, int ranks, const char *exchange,
                         const char *what)
{
    return (Trial){
        .ranks = ranks,
        .exchange = exchange,
        .label = arena_text(arena, "%d-rank%s-%s%s", ranks, ranks > 1 ? "s" : "", exchange, what),
        .until = -1,
        .digest = arena_take(arena, test->steps + 1, sizeof(uint64_t))};
}

/* What equal digests cannot show. Two numbers have one sum, in whatever order. */
static void warn_of_little(const Selftest *test, int64_t leaves)
{
    int all = test->world->size;
    const char *many = leaves == 1 ? "" : "es";
    if (all == 1)
        log_warning("one rank proves little: run it under mpirun -n 2 or more");
    else if (leaves < 3)
        log_warning("a step of %" PRId64
                    " micro-batch%s proves little: so few have the same sum in "
                    "any order; set batch.micro smaller",
                    leaves, many);
    else if (leaves < all)
        log_warning("a step of %" PRId64 " micro-batch%s proves nothing of more than %" PRId64
                    " ranks: the others had no work; set batch.micro smaller",
                    leaves, many, leaves);
}

static Err ranks(const Selftest *test, Arena *arena, int64_t *leaves)
{
    static const char *const exchanges[] = {"auto", "messages"};
    Trial reference = trial_build(test, arena, 1, "auto", "");
    TRY(run_trial(test, &reference));
    TRY(compare(test, &reference, &reference));
    *leaves = reference.leaves;
    for (int p = 2; p <= test->world->size; p++)
        for (int x = 0; x < 2; x++) {
            Trial trial = trial_build(test, arena, p, exchanges[x], "");
            TRY(run_trial(test, &trial));
            TRY(compare(test, &reference, &trial));
        }
    return NULL;
}

Err selftest_ranks(const Selftest *test)
{
    Arena arena = {0};
    remove_runs(test);
    int64_t leaves = 0;
    Err err = ranks(test, &arena, &leaves);
    if (!err)
        log_info("proved: %" PRId64 " steps give the same bits on 1 to %d rank%s", test->steps,
                 test->world->size, test->world->size > 1 ? "s" : "");
    if (!err)
        warn_of_little(test, leaves);
    remove_runs(test);
    arena_free(&arena);
    return err;
}

static Err resume(const Selftest *test, Arena *arena)
{
    int all = test->world->size, fewer = all > 1 ? all - 1 : 1;
    Trial reference = trial_build(test, arena, all, "auto", "");
    TRY(run_trial(test, &reference));
    TRY(compare(test, &reference, &reference));
    for (int64_t stop = 1; stop < test->steps; stop += (test->steps + 2) / 3) {
        const char *what = arena_text(arena, "-to-%" PRId64 "-then-%d", stop, fewer);
        Trial trial = trial_build(test, arena, all, "auto", what);
        trial.until = stop;
        TRY(run_trial(test, &trial));
        trial.until = -1;
        trial.resume = true;
        trial.ranks = fewer;
        TRY(run_trial(test, &trial));
        TRY(compare(test, &reference, &trial));
    }
    return NULL;
}

Err selftest_resume(const Selftest *test)
{
    Arena arena = {0};
    remove_runs(test);
    Err err = resume(test, &arena);
    int all = test->world->size;
    if (!err)
        log_info("proved: stopped on %d rank%s and resumed on %d, the same bits", all,
                 all > 1 ? "s" : "", all > 1 ? all - 1 : 1);
    if (!err && all == 1)
        log_warning("one rank proves little: run it under mpirun -n 2 or more");
    remove_runs(test);
    arena_free(&arena);
    return err;
}
