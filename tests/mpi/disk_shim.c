/* A disk that fails when a test wants it to: preloaded into a program (LD_PRELOAD), it stands
 * before the calls that change files, and counts those on paths below a `checkpoints` folder.
 *
 *     LOCKSTEP_DISK=KIND@OP:N     the Nth call of that kind meets the fault; N-M: all up to the
 *                                 Mth; N+: all after it
 *                                 KIND: enospc, eio, erofs: it fails so
 *                                       kill: the process is killed before it
 *                                       half: and by a write after half of its bytes
 *                                       vanish: the folder is moved away before it
 *                                       stall: it takes four seconds
 *                                 OP:   open, write, truncate, fsync, rename, unlink, close, utime,
 *                                       or any
 *     LOCKSTEP_DISK_IN=TEXT       of paths that have this in them, not "/checkpoints"
 *     LOCKSTEP_DISK_LOG=FILE      a line a call: its number, its kind, the number of that, the path
 *
 * Files that are opened to be read do not count, but the folder does, which is synced. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef enum Op { OPEN, WRITE, TRUNCATE, FSYNC, RENAME, UNLINK, CLOSE, UTIME, OPS } Op;
typedef enum Kind { ENOSPACE, IO, READ_ONLY, KILL, HALF, VANISH, STALL, KINDS } Kind;

static const char *const op_names[] = {"open",   "write", "truncate", "fsync", "rename",
                                       "unlink", "close", "utime",    "any"};
static const struct {
    const char *name;
    int error;
} kinds[] = {{"enospc", ENOSPC}, {"eio", EIO},  {"erofs", EROFS}, {"kill", 0},
             {"half", 0},        {"vanish", 0}, {"stall", 0}};

enum { HANDLES = 1024 };
static _Atomic(char *) path_of[HANDLES]; /* of handles that count */
static atomic_int calls[OPS + 1];        /* of each kind; of any */

/* The C library's own function. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static bool counts(const char *path)
{
    const char *part = getenv("LOCKSTEP_DISK_IN");
    return strstr(path, part ? part : "/checkpoints") != NULL;
}

static const char *counted(int handle)
{
    return handle >= 0 && handle < HANDLES ? atomic_load(&path_of[handle]) : NULL;
}

static void write_log(int number, Op op, int of_kind, const char *path)
{
    const char *name = getenv("LOCKSTEP_DISK_LOG");
    char line[PATH_MAX + 64];
    if (!name)
        return;
    int length = snprintf(line, sizeof line, "%d %s %d %s\n", number, op_names[op], of_kind, path);
    int file = REAL(open)(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (REAL(write)(file, line, (size_t)length) != length)
        abort();
    REAL(close)(file);
}

/* checkpoints becomes checkpoints.gone */
static void vanish(const char *path)
{
    char folder[PATH_MAX], gone[PATH_MAX + 8];
    snprintf(folder, sizeof folder, "%s", path);
    char *end = strstr(folder, "/checkpoints");
    if (!end)
        return;
    end[strlen("/checkpoints")] = '\0';
    snprintf(gone, sizeof gone, "%s.gone", folder);
    REAL(rename)(folder, gone);
}

/* The fault that this call meets, or KINDS. */
static Kind meet(Op op, const char *path)
{
    char kind[16], where[16], more = '\0';
    int first, last;
    int of_kind = atomic_fetch_add(&calls[op], 1) + 1,
        number = atomic_fetch_add(&calls[OPS], 1) + 1;
    write_log(number, op, of_kind, path);
    const char *plan = getenv("LOCKSTEP_DISK");
    int read =
        plan ? sscanf(plan, "%15[a-z]@%15[a-z]:%d%c%d", kind, where, &first, &more, &last) : 0;
    if (read < 3)
        return KINDS;
    last = read == 5 ? last : more == '+' ? INT_MAX : first;
    bool any = strcmp(where, op_names[OPS]) == 0;
    int now = any ? number : of_kind;
    if ((!any && strcmp(where, op_names[op]) != 0) || now < first || now > last)
        return KINDS;
    int found = 0;
    while (found < KINDS && strcmp(kind, kinds[found].name) != 0)
        found++;
    if (found == STALL)
        nanosleep(&(struct timespec){.tv_sec = 4}, NULL);
    return (Kind)found;
}

/* Whether the call fails, with errno; or nothing comes back at all. */
static bool fails(Op op, const char *path)
{
    Kind kind = meet(op, path);
    if (kind == KILL || kind == HALF)
        raise(SIGKILL);
    if (kind == VANISH)
        vanish(path);
    if (kind == KINDS || !kinds[kind].error)
        return false;
    errno = kinds[kind].error;
    return true;
}

static int note_handle(int handle, const char *path)
{
    if (handle >= 0 && handle < HANDLES)
        free(atomic_exchange(&path_of[handle], strdup(path)));
    return handle;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    struct stat status;
    bool changes = (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT;
    if (!counts(path))
        return REAL(open)(path, flags, mode);
    if (changes && fails(OPEN, path))
        return -1;
    int handle = REAL(open)(path, flags, mode);
    if (!changes && (handle < 0 || fstat(handle, &status) != 0 || !S_ISDIR(status.st_mode))) {
        /* Read back before it has its name: that handle is the one that is synced. */
        size_t length = strlen(path);
        if (length < 4 || strcmp(path + length - 4, ".tmp") != 0)
            return handle;
    }
    return note_handle(handle, path);
}

ssize_t write(int handle, const void *bytes, size_t size)
{
    const char *path = counted(handle);
    if (!path)
        return REAL(write)(handle, bytes, size);
    Kind kind = meet(WRITE, path);
    if (kind == HALF && REAL(write)(handle, bytes, size / 2) < 0)
        abort();
    if (kind == KILL || kind == HALF)
        raise(SIGKILL);
    if (kind == VANISH)
        vanish(path);
    if (kind != KINDS && kinds[kind].error) {
        errno = kinds[kind].error;
        return -1;
    }
    return REAL(write)(handle, bytes, size);
}

ssize_t pwrite(int handle, const void *bytes, size_t size, off_t at)
{
    const char *path = counted(handle);
    if (!path)
        return REAL(pwrite)(handle, bytes, size, at);
    Kind kind = meet(WRITE, path);
    if (kind == HALF && REAL(pwrite)(handle, bytes, size / 2, at) < 0)
        abort();
    if (kind == KILL || kind == HALF)
        raise(SIGKILL);
    if (kind != KINDS && kinds[kind].error) {
        errno = kinds[kind].error;
        return -1;
    }
    return REAL(pwrite)(handle, bytes, size, at);
}

int fsync(int handle)
{
    const char *path = counted(handle);
    return path && fails(FSYNC, path) ? -1 : REAL(fsync)(handle);
}

int fdatasync(int handle)
{
    const char *path = counted(handle);
    return path && fails(FSYNC, path) ? -1 : REAL(fdatasync)(handle);
}

int futimens(int handle, const struct timespec times[2])
{
    const char *path = counted(handle);
    return path && fails(UTIME, path) ? -1 : REAL(futimens)(handle, times);
}

int ftruncate(int handle, off_t size)
{
    const char *path = counted(handle);
    return path && fails(TRUNCATE, path) ? -1 : REAL(ftruncate)(handle, size);
}

int rename(const char *from, const char *to)
{
    return counts(to) && fails(RENAME, to) ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path)
{
    return counts(path) && fails(UNLINK, path) ? -1 : REAL(unlink)(path);
}

int remove(const char *path)
{
    return counts(path) && fails(UNLINK, path) ? -1 : REAL(remove)(path);
}

/* The handle is gone in any case, as it is with the system's close. */
int close(int handle)
{
    const char *path = counted(handle);
    bool failed = path && fails(CLOSE, path);
    int error = errno;
    if (path)
        free(atomic_exchange(&path_of[handle], NULL));
    int status = REAL(close)(handle);
    errno = failed ? error : errno;
    return failed ? -1 : status;
}
