/* The lock of a run directory. An fcntl lock belongs to a process: the system drops it when the
 * process ends, however it ends, on this host or (over NFS) on another. So a lock left behind by a
 * crash cannot exist, and the host and pid in the file are only ever read to name the holder. */
#include "base/file.h"

#include "base/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HOLDER_BYTES = 320 };

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void sleep_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
}

/* Tries until it is ours or time is up. 0, or the last errno. */
static int lock_patiently(int file, double patience)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    double deadline = seconds_now() + patience;
    for (;;) {
        if (fcntl(file, F_SETLK, &whole) == 0)
            return 0;
        bool held = errno == EAGAIN || errno == EACCES;
        if (!held && errno != EINTR)
            return errno;
        if (seconds_now() >= deadline)
            return EAGAIN;
        sleep_a_little();
    }
}

static Err held_by_another(int file, const char *path, double patience)
{
    char holder[HOLDER_BYTES] = "";
    if (pread(file, holder, sizeof holder - 1, 0) <= 0)
        snprintf(holder, sizeof holder, "another process");
    holder[strcspn(holder, "\n")] = '\0';
    FAIL(STATUS_USER, "%s: held by %s, which still runs here (waited %.0f s)", path, holder,
         patience);
}

static Err sign(int file, const char *path)
{
    char host[256], holder[HOLDER_BYTES];
    host_name(host, sizeof host);
    int length = snprintf(holder, sizeof holder, "process %ld on %s\n", (long)getpid(), host);
    if (ftruncate(file, 0) != 0 || pwrite(file, holder, (size_t)length, 0) != length)
        FAIL(STATUS_FAILED, "%s: cannot be written (%s)", path, strerror(errno));
    return NULL;
}

static Err lock_and_sign(int file, const char *path, double patience)
{
    int error = lock_patiently(file, patience);
    if (error == EAGAIN)
        return held_by_another(file, path, patience);
    if (error)
        FAIL(STATUS_FAILED, "%s: this file system does not lock files (%s)", path, strerror(error));
    return sign(file, path);
}

Err file_lock(const char *path, double patience, int *handle)
{
    *handle = -1;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        FAIL(STATUS_FAILED, "%s: cannot be made (%s)", path, strerror(errno));
    Err err = lock_and_sign(file, path, patience);
    if (err)
        close(file);
    else
        *handle = file;
    return err;
}

void file_unlock(int handle)
{
    if (handle >= 0)
        close(handle);
}
