/* Files: whole or not at all.
 *
 *     write PATH.tmp -> close -> read back, compare -> fsync -> rename to PATH -> fsync the folder
 *
 * A job may be killed, and a disk may fill, at any of these points. The file of that name is then
 * either the old one or the new one, never a part of one. Reading back comes before the rename
 * because it is the only way to learn that a disk or a network file system lied. Checkpoints are
 * written in the middle of a run, so replacing a file takes no memory but the stack. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE = 1 << 16,       /* bytes a read(2) when files are read or compared */
    STREAM_MOST = 64 << 20 /* bytes read of what may have no end */
};

/* What the system's errno means to somebody who runs a job. */
static const char *reason(int error)
{
    switch (error) {
    case ENOSPC:
        return "disk full";
    case EDQUOT:
        return "disk quota used up";
    case EFBIG:
        return "too large for this file system or for the limit on file sizes";
    case EROFS:
        return "the file system is read-only";
    case ENOENT:
        return "no such file or folder";
    case EACCES:
    case EPERM:
        return "not allowed";
    case EISDIR:
        return "a folder, not a file";
    default:
        return "system error";
    }
}

static Err system_failure(Status status, const char *path, int error)
{
    FAIL(status, "%s: %s (%s)", path, reason(error), strerror(error));
}

/* All of it, however the system cuts it up. 0, or errno. */
static int write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

/* Up to `size` bytes; fewer only at the end of the file. Their number, or -1 with errno. */
static ssize_t read_some(int file, char *bytes, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(file, bytes + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static int write_closed(const char *path, const void *bytes, size_t size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return errno;
    int error = write_all(file, bytes, size);
    if (close(file) != 0 && error == 0)
        error = errno;
    return error;
}

/* Whether the open file holds exactly these bytes. */
static bool holds(int file, const char *bytes, size_t size)
{
    char piece[PIECE];
    while (size > 0) {
        size_t expected = size < PIECE ? size : PIECE;
        ssize_t got = read_some(file, piece, expected);
        if (got != (ssize_t)expected || memcmp(piece, bytes, expected) != 0)
            return false;
        bytes += expected;
        size -= expected;
    }
    return read_some(file, piece, 1) == 0;
}

/* Reads PATH.tmp back, compares, and brings it to the disk. */
static Err verify(const char *temporary, const char *path, const void *bytes, size_t size)
{
    int file = open(temporary, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return system_failure(STATUS_FAILED, path, errno);
    Err err = NULL;
    if (!holds(file, bytes, size))
        err = ERR(STATUS_FAILED,
                  "%s: read back, it differs from what was written: a fault of the "
                  "disk or the file system",
                  path);
    else if (fsync(file) != 0)
        err = system_failure(STATUS_FAILED, path, errno);
    close(file);
    return err;
}

void file_folder(const char *path, char *folder)
{
    memmove(folder, path, strlen(path) + 1);
    char *slash = strrchr(folder, '/');
    if (!slash)
        strcpy(folder, ".");
    else if (slash == folder)
        strcpy(folder, "/");
    else
        *slash = '\0';
}

static Err replace_through(const char *temporary, const char *path, const void *bytes, size_t size)
{
    int error = write_closed(temporary, bytes, size);
    if (error)
        return system_failure(STATUS_FAILED, path, error);
    TRY(verify(temporary, path, bytes, size));
    if (rename(temporary, path) != 0)
        return system_failure(STATUS_FAILED, path, errno);
    return file_sync_parent(path);
}

Err file_replace(const char *path, const void *bytes, size_t size)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= PATH_MAX)
        return system_failure(STATUS_FAILED, path, ENAMETOOLONG);
    Err err = replace_through(temporary, path, bytes, size);
    if (!err)
        return NULL;
    unlink(temporary);
    if (!file_exists(path))
        return err;
    Err longer = ERR(err_status(err), "%s; the file before it is kept", err_text(err));
    err_free(err);
    return longer;
}

/* Reads to the end, whatever kind of file it is: a pipe has no length to ask for. EFBIG: it holds
 * more than `most` bytes. */
static int read_all(int file, size_t most, char **text, size_t *size)
{
    size_t room = PIECE;
    char *bytes = mem_alloc((int64_t)room + 1, 1);
    size_t filled = 0;
    for (;;) {
        ssize_t got = read_some(file, bytes + filled, room - filled);
        if (got < 0) {
            int error = errno;
            mem_free(bytes);
            return error;
        }
        filled += (size_t)got;
        if (filled < room && filled <= most)
            break;
        if (filled > most) {
            mem_free(bytes);
            return EFBIG;
        }
        char *larger = mem_alloc((int64_t)room * 2 + 1, 1);
        memcpy(larger, bytes, filled);
        mem_free(bytes);
        bytes = larger;
        room *= 2;
    }
    bytes[filled] = '\0';
    *text = bytes;
    *size = filled;
    return 0;
}

Err file_read_most(const char *path, size_t most, char **text, size_t *size)
{
    struct stat status;
    *text = NULL;
    *size = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return system_failure(STATUS_USER, path, errno);
    if (fstat(file, &status) == 0 && !S_ISREG(status.st_mode) && most > STREAM_MOST)
        most = STREAM_MOST;
    int error = read_all(file, most, text, size);
    close(file);
    if (error == EFBIG)
        FAIL(STATUS_USER, "%s: more than %zu MB, the most that is read of such a file", path,
             most >> 20);
    if (error)
        return system_failure(STATUS_USER, path, error);
    return NULL;
}

Err file_read(const char *path, char **text, size_t *size)
{
    return file_read_most(path, SIZE_MAX, text, size);
}

bool file_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

bool file_is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

Err file_check_output(const char *path)
{
    char folder[PATH_MAX];
    if (strlen(path) >= PATH_MAX)
        return system_failure(STATUS_USER, path, ENAMETOOLONG);
    file_folder(path, folder);
    if (file_is_directory(path))
        FAIL(STATUS_USER, "%s: a folder; name a file in it", path);
    if (!file_is_directory(folder))
        FAIL(STATUS_USER, "%s: there is no folder %s to write it to; make it first", path, folder);
    return NULL;
}

const char *file_missing(const char *path, Arena *arena)
{
    char *part = arena_text(arena, "%s", path);
    for (char *end = part; *end;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        if (!file_exists(part))
            return part;
        *end = kept;
    }
    return NULL;
}

void file_remove_empty(const char *path, const char *top)
{
    Arena arena = {0};
    char *part = arena_text(&arena, "%s", path);
    size_t least = strlen(top), size = strlen(part);
    do {
        while (size > 0 && part[size - 1] == '/')
            size--;
        part[size] = '\0';
        if (size < least || rmdir(part) != 0)
            break;
        while (size > 0 && part[size - 1] != '/')
            size--;
    } while (size > 0);
    arena_free(&arena);
}

Err file_make_directory(const char *path)
{
    Arena arena = {0};
    Err err = NULL;
    char *part = arena_text(&arena, "%s", path);
    for (char *end = part; !err && *end;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        /* Another rank or job may make it at the same time: what counts is that it is there. */
        if (mkdir(part, 0777) != 0) {
            int error = errno;
            if (!file_is_directory(part))
                err = error == EEXIST || error == ENOTDIR
                          ? ERR(STATUS_FAILED, "%s: %s is a file, not a folder", path, part)
                          : system_failure(STATUS_FAILED, part, error);
        }
        *end = kept;
    }
    arena_free(&arena);
    return err;
}

Err file_sync_directory(const char *path)
{
    int folder = open(path, O_RDONLY | O_CLOEXEC);
    if (folder < 0)
        return system_failure(STATUS_FAILED, path, errno);
    int error = fsync(folder) == 0 ? 0 : errno;
    close(folder);
    /* Some network file systems cannot sync a folder, and say so; they rename at once. */
    if (error && error != EINVAL && error != ENOTSUP)
        return system_failure(STATUS_FAILED, path, error);
    return NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

Err file_sync_parent(const char *path)
{
    char folder[PATH_MAX];
    file_folder(path, folder);
    return file_sync_directory(folder);
}

static bool is_self_or_parent(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_between(const char *name, const char *prefix, const char *suffix)
{
    size_t length = strlen(name), before = strlen(prefix), after = strlen(suffix);
    return length >= before + after && strncmp(name, prefix, before) == 0 &&
           strcmp(name + length - after, suffix) == 0;
}

/* A list that grows by doubling in an arena. */
typedef struct Names {
    const char **name;
    int count, room;
} Names;

static void names_add(Names *names, Arena *arena, const char *name)
{
    if (names->count == names->room) {
        names->room = names->room ? 2 * names->room : 16;
        const char **larger = arena_take(arena, names->room, sizeof(char *));
        if (names->count)
            memcpy(larger, names->name, (size_t)names->count * sizeof(char *));
        names->name = larger;
    }
    names->name[names->count++] = arena_text(arena, "%s", name);
}

Err file_list(const char *directory, const char *prefix, const char *suffix, Arena *arena,
              const char ***names, int *count)
{
    *names = NULL;
    *count = 0;
    DIR *folder = opendir(directory);
    if (!folder && errno == ENOENT)
        return NULL;
    if (!folder)
        return system_failure(STATUS_USER, directory, errno);
    Names list = {0};
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (!is_self_or_parent(entry->d_name) && is_between(entry->d_name, prefix, suffix))
            names_add(&list, arena, entry->d_name);
    closedir(folder);
    if (list.count)
        qsort(list.name, (size_t)list.count, sizeof(char *), by_bytes);
    *names = list.name;
    *count = list.count;
    return NULL;
}
