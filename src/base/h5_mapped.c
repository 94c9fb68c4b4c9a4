/* A new file larger than memory. The library's memory driver builds it as it builds any other
 * (h5_memory.c), but its buffer is a mapping of PATH.tmp, so that the system's page cache decides
 * what is in memory.
 *
 * Disk space is asked for before it is written to: a page of a mapping that finds no room is a
 * SIGBUS. Where there is none, the buffer grows by plain memory instead, the library goes on
 * without noticing, and the caller is told at once: HDF5 cannot close a file that it could not
 * write. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "base/h5_inside.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct Mapped {
    int disk; /* PATH.tmp; -1: not open */
    char *temporary;
    size_t on_disk; /* bytes of the buffer that are mapped from it */
    int error;      /* errno of the first failure; 0: none */
} Mapped;

enum { LEAST_GROWTH = 4 << 20 };

/* Space on disk for the whole of a larger buffer. */
static int reserve(Mapped *mapped, size_t size)
{
    int error;
    do
        error = posix_fallocate(mapped->disk, 0, (off_t)size);
    while (error == EINTR);
    return error;
}

/* `size` bytes, of which the first `on_disk` are the file's: all, unless the disk is full. */
static void *map(const Mapped *mapped, size_t size)
{
    int access = PROT_READ | PROT_WRITE;
    if (mapped->on_disk == size)
        return mmap(NULL, size, access, MAP_SHARED, mapped->disk, 0);
    void *bytes = mmap(NULL, size, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED || mapped->on_disk == 0)
        return bytes;
    return mmap(bytes, mapped->on_disk, access, MAP_SHARED | MAP_FIXED, mapped->disk, 0);
}

void *h5_mapped_resize(H5 *file, size_t size)
{
    Mapped *mapped = file->mapped;
    size_t growth = file->room / 4 > LEAST_GROWTH ? file->room / 4 : LEAST_GROWTH;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (size + growth + page - 1) / page * page;
    if (!mapped->error)
        mapped->error = reserve(mapped, room);
    if (!mapped->error)
        mapped->on_disk = room;
    void *larger = map(mapped, room);
    CHECK(larger != MAP_FAILED, "%s: no addresses for %zu bytes (%s)", mapped->temporary, room,
          strerror(errno));
    /* What is on disk need not be copied; beyond it lies only what followed a failure. */
    if (file->room > mapped->on_disk)
        memcpy((char *)larger + mapped->on_disk, (char *)file->bytes + mapped->on_disk,
               file->room - mapped->on_disk);
    if (file->bytes)
        munmap(file->bytes, file->room);
    file->bytes = larger;
    file->room = room;
    return larger;
}

void h5_mapped_close(H5 *file)
{
    Mapped *mapped = file->mapped;
    if (file->bytes)
        munmap(file->bytes, file->room);
    file->bytes = NULL;
    if (mapped->disk >= 0) {
        close(mapped->disk);
        unlink(mapped->temporary);
    }
    mem_free(mapped->temporary);
    mem_free(mapped);
    file->mapped = NULL;
}

static Err disk_failure(const H5 *file, int error)
{
    bool kept = file_exists(file->path);
    FAIL(STATUS_FAILED, "%s: cannot be written (%s)%s", file->path, strerror(error),
         kept ? "; the file before it is kept" : "");
}

static Err create_mapped(H5 *file)
{
    Mapped *mapped = file->mapped;
    mapped->disk = open(mapped->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (mapped->disk < 0)
        return disk_failure(file, errno);
    h5_enter();
    Err err = h5_create_inside(file);
    h5_leave();
    return err;
}

Err h5_create_mapped(H5 **file, const char *path)
{
    H5 *created = mem_alloc(1, sizeof *created);
    int64_t room = (int64_t)strlen(path) + (int64_t)sizeof ".tmp";
    *created = (H5){.file = H5I_INVALID_HID, .path = mem_alloc(room, 1)};
    strcpy(created->path, path);
    created->mapped = mem_alloc(1, sizeof *created->mapped);
    *created->mapped = (Mapped){.disk = -1, .temporary = mem_alloc(room, 1)};
    snprintf(created->mapped->temporary, (size_t)room, "%s.tmp", path);
    Err err = create_mapped(created);
    *file = created;
    if (err) {
        h5_close(created);
        *file = NULL;
    }
    return err;
}

/* The library's failure or, more to the point, the disk's. */
static Err told(const H5 *file, Err err)
{
    if (!file->mapped || !file->mapped->error)
        return err;
    err_free(err);
    return disk_failure(file, file->mapped->error);
}

Err h5_declare(H5 *file, const char *path, H5Type type, int rank, const int64_t *dims,
               int64_t rows_per_chunk)
{
    hid_t dataset;
    h5_enter();
    Err err = h5_declare_inside(file, path, type, rank, dims, rows_per_chunk, &dataset);
    if (!err)
        H5Dclose(dataset);
    h5_leave();
    return told(file, err);
}

/* Rows [lo, hi) of an open data set. */
static Err write_rows(const H5 *file, const char *path, hid_t dataset, H5Type type, int64_t lo,
                      int64_t hi, const void *rows)
{
    hid_t on_disk = H5Dget_space(dataset);
    hsize_t start[H5_RANK] = {(hsize_t)lo}, count[H5_RANK] = {0};
    int rank = H5Sget_simple_extent_dims(on_disk, count, NULL);
    CHECK(rank > 0 && lo >= 0 && lo <= hi && (hsize_t)hi <= count[0], "%s: rows written", path);
    count[0] = (hsize_t)(hi - lo);
    hid_t in_memory = H5Screate_simple(rank, count, NULL);
    H5Sselect_hyperslab(on_disk, H5S_SELECT_SET, start, NULL, count, NULL);
    Err err = NULL;
    if (H5Dwrite(dataset, h5_memory_type(type), in_memory, on_disk, H5P_DEFAULT, rows) < 0)
        err = h5_failure(STATUS_FAILED, file, path, "cannot be written");
    H5Sclose(in_memory);
    H5Sclose(on_disk);
    return err;
}

Err h5_write_rows(H5 *file, const char *path, H5Type type, int64_t lo, int64_t hi, const void *rows)
{
    h5_enter();
    hid_t dataset = H5Dopen2(file->file, path, H5P_DEFAULT);
    Err err = dataset < 0 ? h5_failure(STATUS_FAILED, file, path, "cannot be opened")
                          : write_rows(file, path, dataset, type, lo, hi, rows);
    if (dataset >= 0)
        H5Dclose(dataset);
    h5_leave();
    return told(file, err);
}

/* Cut to its length, on the disk, and under its name. */
static int publish(H5 *file, size_t size)
{
    Mapped *mapped = file->mapped;
    munmap(file->bytes, file->room);
    file->bytes = NULL;
    if (ftruncate(mapped->disk, (off_t)size) != 0 || fsync(mapped->disk) != 0 ||
        rename(mapped->temporary, file->path) != 0)
        return errno;
    int error = close(mapped->disk) == 0 ? 0 : errno;
    mapped->disk = -1;
    return error;
}

Err h5_commit(H5 *file)
{
    size_t size;
    h5_enter();
    Err err = h5_finish_inside(file, &size);
    h5_leave();
    TRY(told(file, err));
    int error = publish(file, size);
    if (error)
        return disk_failure(file, error);
    return file_sync_parent(file->path);
}
