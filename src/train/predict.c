/* Every rank keeps the answers of its own micro-batches; waves of rows bring them to rank 0.
 *
 *     rank 0   a a a . . . . .
 *     rank 1   . . . b b b . .        a row is set on one rank and 0 on the others,
 *     rank 2   . . . . . . c c        so the sum of a wave over the ranks is exact */
#include "train/predict.h"

#include "base/cut.h"
#include "base/file.h"
#include "base/h5.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WAVE = 4096 };

/* The answers of the samples [first, first + n). */
typedef struct Answers {
    const Engine *engine;
    int64_t first, n;
    int width;      /* of a row of `answer` */
    Real *said;     /* [outputs][lanes] of the micro-batch under way */
    int64_t *row;   /* [n] */
    int32_t *class; /* [n] */
    Real *answer;   /* [n][width] */
} Answers;

static void answers_open(Answers *a, const Engine *e, int64_t first, int64_t n)
{
    int width = e->loss.task.outputs;
    *a = (Answers){.engine = e, .first = first, .n = n, .width = width};
    a->said = mem_alloc((int64_t)width * e->feed.room, sizeof *a->said);
    a->row = mem_alloc(n, sizeof *a->row);
    a->class = mem_alloc(n, sizeof *a->class);
    a->answer = mem_alloc(n * width, sizeof *a->answer);
}

static void answers_close(Answers *a)
{
    mem_free(a->said);
    mem_free(a->row);
    mem_free(a->class);
    mem_free(a->answer);
}

/* The engine's hook: one micro-batch has been evaluated. */
static void take(void *context, const Real *y, int64_t lo, int64_t hi)
{
    Answers *a = context;
    const Engine *e = a->engine;
    Pass pass = engine_pass(e, false);
    loss_predict(&e->loss, &pass, y, a->said, e->answer);
    for (int64_t lane = 0; lane < hi - lo; lane++) {
        int64_t at = lo - a->first + lane;
        a->row[at] = e->feed.row[lane];
        a->class[at] = e->answer[lane];
        for (int k = 0; k < a->width; k++)
            a->answer[at * a->width + k] = a->said[(int64_t)k * pass.lanes + lane];
    }
}

/* Rows [lo, hi) of all ranks into rank 0's `all`. -0 becomes 0, as it would beside other ranks. */
static void gather_wave(const Comm *comm, const Answers *own, Answers *all, int64_t lo, int64_t hi,
                        double *wave)
{
    int64_t columns = own->width + 2;
    memset(wave, 0, (size_t)((hi - lo) * columns) * sizeof *wave);
    for (int64_t i = lo; i < hi; i++) {
        int64_t at = i - own->first;
        double *to = wave + (i - lo) * columns;
        if (at < 0 || at >= own->n)
            continue;
        to[0] = (double)own->row[at];
        to[1] = own->class[at];
        for (int k = 0; k < own->width; k++)
            to[2 + k] = (double)own->answer[at * own->width + k] + 0.0;
    }
    comm_merge(comm, wave, (hi - lo) * columns);
    for (int64_t i = lo; i < hi && i < all->n; i++) {
        const double *from = wave + (i - lo) * columns;
        all->row[i] = (int64_t)from[0];
        all->class[i] = (int32_t)from[1];
        for (int k = 0; k < all->width; k++)
            all->answer[i * all->width + k] = (Real)from[2 + k];
    }
}

static void gather(const Comm *comm, const Answers *own, Answers *all, int64_t samples)
{
    double *wave = mem_alloc((int64_t)WAVE * (own->width + 2), sizeof *wave);
    for (int64_t lo = 0; lo < samples; lo += WAVE)
        gather_wave(comm, own, all, lo, samples - lo < WAVE ? samples : lo + WAVE, wave);
    mem_free(wave);
}

/* ---- files ---- */

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && strcmp(path + n - m, suffix) == 0;
}

Err predict_check_path(const char *path)
{
    if (ends_in(path, ".csv") || ends_in(path, ".h5") || ends_in(path, ".hdf5"))
        return NULL;
    FAIL(STATUS_USER, "%s: predictions are written as .h5 or .csv: end its name so", path);
}

static Err compose(H5 *file, const Answers *a, Part part)
{
    bool classes = a->engine->loss.task.classes > 0, probable = a->engine->loss.answers > 0;
    TRY(h5_write_text(file, "/", "split", part_name(part) + 1));
    TRY(h5_write(file, "/row", H5_I64, 1, &a->n, 0, a->row));
    if (classes)
        TRY(h5_write(file, "/class", H5_I32, 1, &a->n, 0, a->class));
    return h5_write(file, probable ? "/probabilities" : "/values", H5_REAL, 2,
                    (int64_t[]){a->n, a->width}, 0, a->answer);
}

static Err write_h5(const Answers *a, Part part, const char *path)
{
    H5 *file;
    void *bytes = NULL;
    size_t size;
    TRY(h5_create(&file));
    Err err = compose(file, a, part);
    if (!err)
        err = h5_image(file, &bytes, &size);
    h5_close(file);
    if (!err)
        err = file_replace(path, bytes, size);
    mem_free(bytes);
    return err;
}

/* Digits that give the same Real when read again. */
static int real_digits(void)
{
    return sizeof(Real) == sizeof(float) ? 9 : 17;
}

static Err write_csv(const Answers *a, const char *path)
{
    bool classes = a->engine->loss.task.classes > 0, probable = a->engine->loss.answers > 0;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    CHECK(stream, "out of memory for %s", path);
    fputs(classes ? "row,class" : "row", stream);
    for (int k = 0; k < a->width; k++)
        fprintf(stream, ",%c%d", probable ? 'p' : 'y', k);
    for (int64_t i = 0; i < a->n; i++) {
        fprintf(stream, "\n%" PRId64, a->row[i]);
        if (classes)
            fprintf(stream, ",%" PRId32, a->class[i]);
        for (int k = 0; k < a->width; k++)
            fprintf(stream, ",%.*g", real_digits(), (double)a->answer[i * a->width + k]);
    }
    fputc('\n', stream);
    CHECK(fclose(stream) == 0, "out of memory for %s", path);
    Err err = file_replace(path, text, size);
    mem_free(text);
    return err;
}

Err predict_run(Engine *e, Part part, const char *path, Result *result)
{
    const Comm *comm = e->comm;
    int64_t n = e->feed.count[part], leaves = (n + e->micro - 1) / e->micro;
    int64_t first = cut(n, cut(leaves, comm->rank, comm->size), leaves);
    int64_t end = cut(n, cut(leaves, comm->rank + 1, comm->size), leaves);
    Answers own, all;
    Word word;
    answers_open(&own, e, first, end - first);
    answers_open(&all, e, 0, comm->rank == 0 ? n : 0);
    e->hook = (Hook){take, &own};
    Err err = eval_run(e, part, (Word){0, INT32_MAX}, &word, result);
    e->hook = (Hook){0};
    if (!err) {
        gather(comm, &own, &all, n);
        if (comm->rank == 0)
            err = ends_in(path, ".csv") ? write_csv(&all, path) : write_h5(&all, part, path);
        err = comm_agree(comm, err);
    }
    answers_close(&own);
    answers_close(&all);
    return err;
}
