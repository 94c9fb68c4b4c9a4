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
/* The whole file as text, '\0' added; freed with mem_free. STATUS_USER: missing or unreadable. */
Err file_read(const char *path, char **text, size_t *size);
bool file_exists(const char *path);
bool file_is_directory(const char *path);
/* Makes a directory and its parents; one that is there already is fine. */
Err file_make_directory(const char *path);
/* fsync of a folder, so that a rename in it lasts. */
Err file_sync_directory(const char *path);
/* The same of the folder that a file lies in. */
Err file_sync_parent(const char *path);
/* Names in a folder that begin and end so, sorted by bytes, in the arena. A missing folder: none.
 */
Err file_list(const char *directory, const char *prefix, const char *suffix, Arena *arena,
              const char ***names, int *count);

/* An fcntl lock on `path`, with host and pid of the holder in the file. Waits up to `patience`
 * seconds; then STATUS_USER naming the holder. The handle is kept until file_unlock. */
Err file_lock(const char *path, double patience, int *handle);
void file_unlock(int handle);

#endif
