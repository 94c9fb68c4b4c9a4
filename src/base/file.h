/* Files: whole or not at all. A file is written as PATH.tmp in the same folder, closed, read back
 * and compared, synced, renamed, and the folder synced; whatever fails, the old file stays and the
 * .tmp goes. Plus the few path and lock helpers that a run directory needs. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* STATUS_FAILED with the system's reason (disk full, read-only, ...) and the path. */
Err file_replace(const char *path, const void *bytes, size_t size);
/* The whole file as text, '\0' added; freed with mem_free. STATUS_USER: missing or unreadable, or
 * without a length that is known (a pipe, a device) and of more than 64 MB. */
Err file_read(const char *path, char **text, size_t *size);
/* The same, STATUS_USER for any file of more than `most` bytes. */
Err file_read_most(const char *path, size_t most, char **text, size_t *size);
bool file_exists(const char *path);
/* STATUS_USER where no file can be put: its folder is not there, or it is a folder itself. */
Err file_check_output(const char *path);
bool file_is_directory(const char *path);
/* Makes a directory and its parents; one that is there already is fine. */
Err file_make_directory(const char *path);
/* The first folder on the way to `path` that is not there yet, in the arena; NULL: all are. */
const char *file_missing(const char *path, Arena *arena);
/* Removes the folder `path` and those above it up to `top`, as long as they are empty. */
void file_remove_empty(const char *path, const char *top);
/* fsync of a folder, so that a rename in it lasts. */
Err file_sync_directory(const char *path);
/* The same of the folder that a file lies in. */
Err file_sync_parent(const char *path);
/* Writes the folder that `path` lies in to `folder`, which has room for the path and may be it. */
void file_folder(const char *path, char *folder);
/* Bytes that may still be written where `path`, or the nearest folder above it that is there, lies;
 * -1: the file system does not say. A quota may allow less. */
int64_t file_free_space(const char *path);
/* STATUS_FAILED with need, have and cure where less than `need` bytes are known to be free for
 * `what` ("a checkpoint"). */
Err file_check_space(const char *path, const char *what, int64_t need);
/* Names in a folder that begin and end so, sorted by bytes, in the arena. A missing folder: none.
 */
Err file_list(const char *directory, const char *prefix, const char *suffix, Arena *arena,
              const char ***names, int *count);

/* An fcntl lock on `path`, with host and pid of the holder in the file. Waits up to `patience`
 * seconds; then STATUS_USER naming the holder. The handle is kept until file_unlock. */
Err file_lock(const char *path, double patience, int *handle);
void file_unlock(int handle);

#endif
