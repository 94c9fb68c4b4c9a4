/* lockstep diff A.h5 B.h5: bit by bit; the first tensor and element that differ. */
#include "base/h5.h"
#include "base/log.h"
#include "cli/verb.h"

#include <inttypes.h>
#include <string.h>

/* "[3, 17]" of the element at `index`, in the arena. */
static const char *place(const H5Info *info, int64_t index, Arena *arena)
{
    const char *text = "";
    for (int d = info->rank - 1; d >= 0; d--) {
        text = arena_text(arena, "%" PRId64 "%s%s", index % info->dims[d], *text ? ", " : "", text);
        index /= info->dims[d];
    }
    return arena_text(arena, "[%s]", text);
}

static H5Type type_for(const H5Info *info)
{
    if (info->kind == H5_FLOAT)
        return info->bytes <= (int)sizeof(float) ? H5_F32 : H5_F64;
    return H5_I64;
}

static Err load(H5 *file, const char *path, const H5Info *info, int64_t *elements, char **bytes)
{
    *elements = 1;
    for (int d = 0; d < info->rank; d++)
        *elements *= info->dims[d];
    *bytes = mem_alloc(*elements, sizeof(int64_t));
    return h5_read(file, path, type_for(info), 0, info->rank ? info->dims[0] : 1, *bytes);
}

/* Compares one data set that both files have; *differs gets a sentence, or stays NULL. */
static Err compare_values(H5 *a, H5 *b, const char *path, const H5Info *info, Arena *arena,
                          const char **differs)
{
    char *x = NULL, *y = NULL;
    int64_t n, different = 0, first = -1;
    Err err = load(a, path, info, &n, &x);
    if (!err)
        err = load(b, path, info, &n, &y);
    size_t size = type_for(info) == H5_F32 ? sizeof(float) : sizeof(int64_t);
    for (int64_t i = 0; !err && i < n; i++)
        if (memcmp(x + i * (int64_t)size, y + i * (int64_t)size, size) != 0) {
            first = first < 0 ? i : first;
            different++;
        }
    if (different && info->kind == H5_FLOAT) {
        double left = size == sizeof(float) ? ((float *)x)[first] : ((double *)x)[first];
        double right = size == sizeof(float) ? ((float *)y)[first] : ((double *)y)[first];
        *differs =
            arena_text(arena, "%s%s: %.17g, %.17g; %" PRId64 " of %" PRId64 " elements differ",
                       path, place(info, first, arena), left, right, different, n);
    } else if (different) {
        *differs = arena_text(
            arena, "%s%s: %" PRId64 ", %" PRId64 "; %" PRId64 " of %" PRId64 " elements differ",
            path, place(info, first, arena), ((int64_t *)x)[first], ((int64_t *)y)[first],
            different, n);
    }
    mem_free(x);
    mem_free(y);
    return err;
}

static bool same_shape(const H5Info *a, const H5Info *b)
{
    return a->rank == b->rank && a->kind == b->kind && a->bytes == b->bytes &&
           memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

static Err compare_dataset(H5 *a, H5 *b, const char *path, Arena *arena, const char **differs)
{
    H5Info in_a, in_b;
    if (!h5_has(a, path) || !h5_has(b, path)) {
        *differs = arena_text(arena, "%s: only in %s", path, h5_path(h5_has(a, path) ? a : b));
        return NULL;
    }
    TRY(h5_info(a, path, &in_a));
    TRY(h5_info(b, path, &in_b));
    if (!same_shape(&in_a, &in_b)) {
        *differs = arena_text(arena, "%s: other shapes or types", path);
        return NULL;
    }
    return compare_values(a, b, path, &in_a, arena, differs);
}

/* Both lists in step, each name once. */
static Err compare_files(H5 *a, H5 *b, Arena *arena, const char **differs)
{
    const char **in_a, **in_b;
    int count_a, count_b, i = 0, j = 0;
    TRY(h5_list(a, arena, &in_a, &count_a));
    TRY(h5_list(b, arena, &in_b, &count_b));
    while (!*differs && (i < count_a || j < count_b)) {
        int order = i == count_a ? 1 : j == count_b ? -1 : strcmp(in_a[i], in_b[j]);
        TRY(compare_dataset(a, b, order <= 0 ? in_a[i] : in_b[j], arena, differs));
        i += order <= 0;
        j += order >= 0;
    }
    return NULL;
}

static Err diff(const Comm *world, const Args *args)
{
    if (world->rank != 0)
        return NULL;
    H5 *a = NULL, *b = NULL;
    Arena arena = {0};
    const char *differs = NULL;
    Err err = h5_open(&a, args->positional[0]);
    if (!err)
        err = h5_open(&b, args->positional[1]);
    if (!err)
        err = compare_files(a, b, &arena, &differs);
    if (!err && differs)
        err = ERR(STATUS_FAILED, "%s and %s differ: %s", args->positional[0], args->positional[1],
                  differs);
    else if (!err)
        log_info("%s and %s hold the same bits", args->positional[0], args->positional[1]);
    h5_close(a);
    h5_close(b);
    arena_free(&arena);
    return err;
}

static const Option options[] = {{0}};

const Verb cli_diff = {
    .name = "diff",
    .arguments = "A.h5 B.h5",
    .help = "compare two checkpoints or data files, bit by bit",
    .details = "Names the first tensor and element that differ.\n"
               "Status 0: the same; 1: they differ.",
    .accepted = options,
    .least = 2,
    .most = 2,
    .run = diff,
};
