/* The HDF5 door itself: the mutex, opening and closing, what stands where, and failures.
 *
 * The library prints its error stack and takes file locks unless told otherwise; here it is told.
 * Where it fails, the innermost message of that stack is the one that says what is wrong, and it is
 * put into ours. Links that lead out of a file are never followed. */
#include "base/h5_inside.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The library's state is one per process, hence so is its mutex. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void h5_enter(void)
{
    pthread_mutex_lock(&mutex);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void h5_leave(void)
{
    pthread_mutex_unlock(&mutex);
}

static herr_t take_innermost(unsigned n, const H5E_error2_t *error, void *into)
{
    (void)n;
    *(const char **)into = error->desc;
    return 1; /* the first visited is the most specific one */
}

Err h5_failure(Status status, const H5 *file, const char *path, const char *what)
{
    const char *reason = NULL;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &reason);
    bool has_reason = reason && *reason;
    const char *separator = path ? ": " : "";
    FAIL(status, "%s%s%s: %s%s%s%s", file->path, separator, path ? path : "", what,
         has_reason ? " (" : "", has_reason ? reason : "", has_reason ? ")" : "");
}

static Err open_file(H5 *file)
{
    if (access(file->path, R_OK) != 0)
        FAIL(STATUS_USER, "%s: cannot be read (%s)", file->path, strerror(errno));
    htri_t is_hdf5 = H5Fis_hdf5(file->path);
    if (is_hdf5 == 0)
        FAIL(STATUS_USER, "%s: is not an HDF5 file", file->path);
    if (is_hdf5 < 0)
        return h5_failure(STATUS_USER, file, NULL, "is no readable HDF5 file");
    hid_t access_list = H5Pcreate(H5P_FILE_ACCESS);
    /* Locks fail on many cluster file systems, and guard against nothing that we do. */
    H5Pset_file_locking(access_list, false, true);
    file->file = H5Fopen(file->path, H5F_ACC_RDONLY, access_list);
    Err err = NULL;
    if (file->file < 0)
        err = h5_failure(STATUS_USER, file, NULL, "is a damaged or truncated HDF5 file");
    H5Pclose(access_list);
    return err;
}

Err h5_open(H5 **file, const char *path)
{
    H5 *opened = mem_alloc(1, sizeof *opened);
    *opened = (H5){.file = H5I_INVALID_HID, .path = mem_alloc((int64_t)strlen(path) + 1, 1)};
    strcpy(opened->path, path);
    h5_enter();
    Err err = open_file(opened);
    h5_leave();
    *file = opened;
    if (err) {
        h5_close(opened);
        *file = NULL;
    }
    return err;
}

void h5_close(H5 *file)
{
    if (!file)
        return;
    h5_enter();
    if (file->file >= 0)
        H5Fclose(file->file);
    h5_leave();
    if (file->mapped)
        h5_mapped_close(file);
    mem_free(file->bytes);
    mem_free(file->path);
    mem_free(file);
}

const char *h5_path(const H5 *file)
{
    return file->path;
}

Place h5_place(const H5 *file, const char *path)
{
    if (strcmp(path, "/") == 0)
        return PLACE_OBJECT;
    /* Link by link, because asking for a path below a missing group is an error. */
    char part[H5_PATH];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return PLACE_NONE;
    for (char *end = part; *end;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        H5L_info_t link;
        if (H5Lexists(file->file, part, H5P_DEFAULT) <= 0 ||
            H5Lget_info(file->file, part, &link, H5P_DEFAULT) < 0)
            return PLACE_NONE;
        if (link.type == H5L_TYPE_EXTERNAL)
            return PLACE_ELSEWHERE;
        *end = kept;
    }
    return H5Oexists_by_name(file->file, path, H5P_DEFAULT) > 0 ? PLACE_OBJECT : PLACE_NONE;
}

bool h5_has(H5 *file, const char *path)
{
    h5_enter();
    Place place = h5_place(file, path);
    h5_leave();
    return place != PLACE_NONE;
}

typedef struct Listing {
    Arena *arena;
    const char **path;
    int count, room;
} Listing;

static herr_t list_visit(hid_t root, const char *name, const H5O_info_t *object, void *into)
{
    (void)root;
    Listing *list = into;
    if (object->type != H5O_TYPE_DATASET)
        return 0;
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 16;
        const char **larger = arena_take(list->arena, list->room, sizeof(char *));
        if (list->count)
            memcpy(larger, list->path, (size_t)list->count * sizeof(char *));
        list->path = larger;
    }
    list->path[list->count++] = arena_text(list->arena, "/%s", name);
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

Err h5_list_inside(const H5 *file, Arena *arena, const char ***paths, int *count)
{
    Listing list = {.arena = arena};
    *paths = NULL;
    *count = 0;
    if (H5Ovisit2(file->file, H5_INDEX_NAME, H5_ITER_NATIVE, list_visit, &list, H5O_INFO_BASIC) < 0)
        return h5_failure(STATUS_USER, file, NULL, "its data sets cannot be listed");
    if (list.count)
        qsort(list.path, (size_t)list.count, sizeof(char *), by_bytes);
    *paths = list.path;
    *count = list.count;
    return NULL;
}

Err h5_list(H5 *file, Arena *arena, const char ***paths, int *count)
{
    h5_enter();
    Err err = h5_list_inside(file, arena, paths, count);
    h5_leave();
    return err;
}
