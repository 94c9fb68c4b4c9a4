/* Where in which file a row is. */
#include "data/shards.h"

#include <string.h>

enum { MOST_NAMES = 8 }; /* x and y of three parts */

/* Rows of one name: those of file i begin at start[i]. */
typedef struct Rows {
    const char *name;
    int64_t *start; /* [count + 1] */
} Rows;

struct Shards {
    Arena arena;
    int count;
    H5 **file;
    Rows rows[MOST_NAMES];
    int names;
};

Err shards_open(Shards **out, const char *const *paths, int count)
{
    Shards *shards = *out = mem_alloc(1, sizeof *shards);
    shards->file = arena_take(&shards->arena, count, sizeof *shards->file);
    shards->count = count;
    for (int i = 0; i < count; i++)
        TRY(h5_open(&shards->file[i], paths[i]));
    return NULL;
}

void shards_close(Shards *shards)
{
    for (int i = 0; shards && i < shards->count; i++)
        h5_close(shards->file[i]);
    if (shards)
        arena_free(&shards->arena);
    mem_free(shards);
}

H5 *shards_first(const Shards *shards)
{
    return shards->file[0];
}

bool shards_has(const Shards *shards, const char *name)
{
    for (int i = 0; i < shards->count; i++)
        if (h5_has(shards->file[i], name))
            return true;
    return false;
}

static Err check_alike(const H5 *file, const char *name, const H5Info *info, const H5 *first,
                       const H5Info *all)
{
    bool alike = info->rank == all->rank && info->kind == all->kind;
    for (int d = 1; alike && d < info->rank; d++)
        alike = info->dims[d] == all->dims[d];
    if (!alike)
        FAIL(STATUS_USER, "%s: %s has rows of another shape or kind of number than in %s",
             h5_path(file), name, h5_path(first));
    return NULL;
}

/* Bytes must stay bytes, and a chunk is what every file packs together. */
static void join(H5Info *all, const H5Info *info)
{
    bool bytes = info->bytes == all->bytes && info->is_signed == all->is_signed;
    all->dims[0] += info->dims[0];
    all->stored += info->stored;
    all->cuts_rows |= info->cuts_rows;
    all->chunk = info->chunk == all->chunk ? all->chunk : 0;
    if (!bytes && info->bytes >= all->bytes) {
        all->bytes = info->bytes;
        all->is_signed = info->is_signed || all->bytes == 1;
    }
}

static const Rows *find(const Shards *shards, const char *name)
{
    for (int i = 0; i < shards->names; i++)
        if (strcmp(shards->rows[i].name, name) == 0)
            return &shards->rows[i];
    return NULL;
}

Err shards_info(Shards *shards, const char *name, bool everywhere, H5Info *info)
{
    int64_t *start = arena_take(&shards->arena, shards->count + 1, sizeof *start);
    const H5 *first = NULL;
    for (int i = 0; i < shards->count; i++) {
        H5Info own;
        start[i + 1] = start[i];
        if (!everywhere && !h5_has(shards->file[i], name) && shards_has(shards, name))
            continue;
        TRY(h5_info(shards->file[i], name, &own));
        if (first) {
            TRY(check_alike(shards->file[i], name, &own, first, info));
            join(info, &own);
        } else {
            *info = own;
            first = shards->file[i];
        }
        start[i + 1] += own.rank ? own.dims[0] : 1;
    }
    if (!find(shards, name)) {
        CHECK(shards->names < MOST_NAMES, "more than %d data sets", MOST_NAMES);
        shards->rows[shards->names++] = (Rows){arena_text(&shards->arena, "%s", name), start};
    }
    return NULL;
}

const char *shards_uneven(const Shards *shards, const char *name, const char *other)
{
    const Rows *a = find(shards, name), *b = find(shards, other);
    for (int i = 0; i < shards->count; i++)
        if (a->start[i + 1] != b->start[i + 1])
            return h5_path(shards->file[i]);
    return NULL;
}

Err shards_read(const Shards *shards, const char *name, H5Type type, size_t size, int64_t lo,
                int64_t hi, int64_t width, void *into)
{
    const Rows *rows = find(shards, name);
    CHECK(rows, "%s is read before anybody looked at it", name);
    for (int i = 0; i < shards->count; i++) {
        int64_t first = rows->start[i], from = lo > first ? lo : first;
        int64_t to = hi < rows->start[i + 1] ? hi : rows->start[i + 1];
        char *at = (char *)into + (size_t)((from - lo) * width) * size;
        if (from < to)
            TRY(h5_read(shards->file[i], name, type, from - first, to - first, at));
    }
    return NULL;
}

const char *shards_where(const Shards *shards, const char *name, int64_t *row)
{
    const Rows *rows = find(shards, name);
    int i = 0;
    while (rows && i < shards->count - 1 && *row >= rows->start[i + 1])
        i++;
    *row -= rows ? rows->start[i] : 0;
    return h5_path(shards->file[i]);
}
