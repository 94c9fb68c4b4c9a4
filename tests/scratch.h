/* A scratch folder for a test, and what a refusal should say.
 *
 *     Scratch scratch = scratch_make();
 *     Err err = file_replace(scratch_path(&scratch, "a.h5"), ...);
 *     CU_ASSERT(refused(err, STATUS_FAILED, "disk full"));          frees err
 *     scratch_remove(&scratch);
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct Scratch {
    Arena arena;
    char *folder;
} Scratch;

static inline Scratch scratch_make(void)
{
    Scratch scratch = {0};
    const char *parent = getenv("TMPDIR");
    scratch.folder = arena_text(&scratch.arena, "%s/lockstep-XXXXXX", parent ? parent : "/tmp");
    CHECK(mkdtemp(scratch.folder), "no scratch folder %s", scratch.folder);
    return scratch;
}

static inline const char *scratch_path(Scratch *scratch, const char *name)
{
    return arena_text(&scratch->arena, "%s/%s", scratch->folder, name);
}

static inline void scratch_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "%s", path);
}

/* A folder and all in it; links are removed, not followed. */
static inline void scratch_remove_folder(Arena *arena, const char *folder)
{
    const char **names;
    int count;
    err_free(file_list(folder, "", "", arena, &names, &count));
    for (int i = 0; i < count; i++) {
        const char *path = arena_text(arena, "%s/%s", folder, names[i]);
        if (unlink(path) != 0)
            scratch_remove_folder(arena, path);
    }
    rmdir(folder);
}

static inline void scratch_remove(Scratch *scratch)
{
    scratch_remove_folder(&scratch->arena, scratch->folder);
    arena_free(&scratch->arena);
}

/* No file may grow past so many bytes, as on a full disk; RLIM_INFINITY: any may again. */
static inline void scratch_limit(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* Whether all is well; says what is not. */
static inline int fine(Err err)
{
    int is_fine = !err;
    if (err)
        printf("\n    refused: %s\n", err_text(err));
    err_free(err);
    return is_fine;
}

/* Whether it failed with this status and these words; says what it did instead. */
static inline int refused(Err err, Status status, const char *words)
{
    int is_so = err && err_status(err) == status && strstr(err_text(err), words);
    if (!is_so)
        printf("\n    expected: %s\n    found:    %s\n", words, err ? err_text(err) : "no error");
    err_free(err);
    return is_so;
}

#endif
