/* A stream of our own (fopencookie) puts what is printed into a buffer, from which it is written by
 * place (pwrite), not by appending: after a failed fsync the system may have dropped pages that it
 * had taken, so all that is not known to be on disk is written again. */
#define _GNU_SOURCE /* fopencookie */
#include "train/rows.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 1 << 20 }; /* bytes kept; more only while the disk does not take them */

/* Of what was last written. */
typedef enum Sync { SYNC_NONE, SYNC_ASKED, SYNC_DONE, SYNC_FAILED } Sync;

struct Rows {
    FILE *stream;
    char *path;
    int disk;
    Buffer kept;
    int64_t start;  /* of what is kept, in the file */
    size_t written; /* of it, the system has */
    size_t asked;   /* of it, a sync will have brought to the disk */
    _Atomic Sync sync;
};

/* The first so many bytes are on disk. */
static void drop(Rows *rows, size_t bytes)
{
    char *kept = rows->kept.bytes;
    memmove(kept, kept + bytes, rows->kept.size - bytes);
    rows->kept.size -= bytes;
    rows->written -= bytes;
    rows->start += (int64_t)bytes;
}

/* What has become of the last sync, where it is known. */
static void settle(Rows *rows)
{
    Sync sync = atomic_load(&rows->sync);
    if (sync == SYNC_DONE)
        drop(rows, rows->asked);
    if (sync == SYNC_FAILED)
        rows->written = 0;
    if (sync != SYNC_ASKED)
        atomic_store(&rows->sync, SYNC_NONE);
}

/* What is not written yet. 0, or errno. */
static int write_rest(Rows *rows)
{
    while (rows->written < rows->kept.size) {
        ssize_t written =
            pwrite(rows->disk, (char *)rows->kept.bytes + rows->written,
                   rows->kept.size - rows->written, (off_t)rows->start + (off_t)rows->written);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        rows->written += (size_t)written;
    }
    return 0;
}

/* For so many bytes more: what is on disk goes or, if the last save is long ago, is made to be. */
static void make_room(Rows *rows, size_t bytes)
{
    settle(rows);
    if (rows->kept.size + bytes > rows->kept.room && atomic_load(&rows->sync) == SYNC_NONE &&
        write_rest(rows) == 0) {
        rows->asked = rows->written;
        atomic_store(&rows->sync, fsync(rows->disk) == 0 ? SYNC_DONE : SYNC_FAILED);
        settle(rows);
    }
    if (rows->kept.size + bytes > rows->kept.room)
        buffer_reserve(&rows->kept, 2 * (rows->kept.size + bytes));
}

/* The stream's. Somebody may follow the file: rows are written as they come, and what fails is
 * told by rows_write. */
static ssize_t take(void *cookie, const char *bytes, size_t size)
{
    Rows *rows = cookie;
    if (rows->kept.size + size > rows->kept.room)
        make_room(rows, size);
    memcpy((char *)rows->kept.bytes + rows->kept.size, bytes, size);
    rows->kept.size += size;
    write_rest(rows);
    return (ssize_t)size;
}

static Err failure(const Rows *rows, int error)
{
    FAIL(STATUS_FAILED, "%s: cannot be written: %s", rows->path, strerror(error));
}

static Err open_disk(Rows *rows, const char *header)
{
    struct stat status;
    rows->disk = open(rows->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (rows->disk < 0 || fstat(rows->disk, &status) != 0)
        FAIL(STATUS_FAILED, "%s: %s", rows->path, strerror(errno));
    rows->start = status.st_size;
    rows->stream = fopencookie(rows, "w", (cookie_io_functions_t){.write = take});
    CHECK(rows->stream, "%s: no stream (%s)", rows->path, strerror(errno));
    if (rows->start == 0)
        fputs(header, rows->stream);
    return NULL;
}

int rows_lacking(const char *have, const char *want)
{
    size_t length = strcspn(have, "\n");
    int commas = 0;
    if (length == 0 || have[length] != '\n' || strncmp(have, want, length) != 0 ||
        want[length] != ',')
        return 0;
    for (const char *c = want + length; *c; c++)
        commas += *c == ',';
    return commas;
}

Err rows_open(Rows **opened, const char *path, const char *header)
{
    Rows *rows = mem_alloc(1, sizeof *rows);
    rows->path = mem_alloc((int64_t)strlen(path) + 1, 1);
    strcpy(rows->path, path);
    buffer_reserve(&rows->kept, ROOM);
    Err err = open_disk(rows, header);
    if (err) {
        rows_close(rows);
        rows = NULL;
    }
    *opened = rows;
    return err;
}

void rows_close(Rows *rows)
{
    if (!rows)
        return;
    if (rows->stream) {
        settle(rows);
        fclose(rows->stream);
        write_rest(rows);
    }
    if (rows->disk >= 0)
        close(rows->disk);
    buffer_free(&rows->kept);
    mem_free(rows->path);
    mem_free(rows);
}

FILE *rows_stream(const Rows *rows)
{
    return rows->stream;
}

int rows_disk(const Rows *rows)
{
    return rows->disk;
}

/* Whether the path still leads to this file. */
static bool is_there(const Rows *rows)
{
    struct stat named, open;
    return stat(rows->path, &named) == 0 && fstat(rows->disk, &open) == 0 &&
           named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

Err rows_write(Rows *rows)
{
    settle(rows);
    fflush(rows->stream);
    int error = write_rest(rows);
    if (error)
        return failure(rows, error);
    if (!is_there(rows))
        FAIL(STATUS_FAILED, "%s: was removed or replaced while the run went on; its rows are lost",
             rows->path);
    rows->asked = rows->written;
    atomic_store(&rows->sync, SYNC_ASKED);
    return NULL;
}

Err rows_sync(Rows *rows)
{
    int error = fsync(rows->disk) == 0 ? 0 : errno;
    atomic_store(&rows->sync, error ? SYNC_FAILED : SYNC_DONE);
    return error ? failure(rows, error) : NULL;
}
