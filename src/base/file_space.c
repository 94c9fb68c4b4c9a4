/* Room on a file system, asked for before something large is written: a message that says how much
 * is missing, instead of a half-written file and "disk full". It is no promise: other jobs write
 * too, and what a quota allows is not always told; whoever writes still meets a full disk. */
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/statvfs.h>

int64_t file_free_space(const char *path)
{
    char folder[PATH_MAX];
    struct statvfs system;
    if (strlen(path) >= sizeof folder)
        return -1;
    strcpy(folder, path);
    while (statvfs(folder, &system) != 0) {
        if (errno != ENOENT || strcmp(folder, ".") == 0 || strcmp(folder, "/") == 0)
            return -1;
        file_folder(folder, folder);
    }
    if (system.f_blocks == 0) /* some file systems do not know */
        return -1;
    double bytes = (double)system.f_bavail * (double)system.f_frsize;
    return bytes < 9e18 ? (int64_t)bytes : INT64_MAX;
}

Err file_check_space(const char *path, const char *what, int64_t need)
{
    int64_t have = file_free_space(path);
    if (have >= 0 && have < need)
        FAIL(STATUS_FAILED,
             "%s: disk full: %s needs %.1f MB, %.1f MB are free; make room there, or put the "
             "folder on another file system",
             path, what, (double)need / 1e6, (double)have / 1e6);
    return NULL;
}
