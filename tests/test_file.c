/* Files are whole or not at all, whatever the disk does. */
#include "base/file.h"

#include "scratch.h"
#include "unit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static bool holds(const char *path, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    bool same = fine(file_read(path, &text, &size)) && size == strlen(expected) &&
                strcmp(text, expected) == 0;
    mem_free(text);
    return same;
}

static int entries(Scratch *scratch, const char *suffix)
{
    const char **names;
    int count;
    CU_ASSERT(fine(file_list(scratch->folder, "", suffix, &scratch->arena, &names, &count)));
    return count;
}

static void replaced(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "a.txt");
    CU_ASSERT(fine(file_replace(path, "first", 5)));
    CU_ASSERT(holds(path, "first"));
    CU_ASSERT(fine(file_replace(path, "second one", 10)));
    CU_ASSERT(holds(path, "second one"));
    CU_ASSERT(fine(file_replace(path, "", 0)));
    CU_ASSERT(holds(path, ""));
    CU_ASSERT_EQUAL(entries(&scratch, ".tmp"), 0);
    scratch_remove(&scratch);
}

static void many_pieces(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "large");
    size_t size = ((size_t)3 << 20) + 17, got;
    char *bytes = mem_alloc((int64_t)size, 1), *back;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    CU_ASSERT(fine(file_replace(path, bytes, size)));
    CU_ASSERT_FATAL(fine(file_read(path, &back, &got)));
    CU_ASSERT(got == size && memcmp(bytes, back, size) == 0);
    mem_free(bytes);
    mem_free(back);
    scratch_remove(&scratch);
}

/* PATH.tmp is a link to /dev/full, where each write finds no space. */
static void full_disk(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "a.txt");
    CU_ASSERT(fine(file_replace(path, "old", 3)));
    CU_ASSERT_EQUAL_FATAL(symlink("/dev/full", scratch_path(&scratch, "a.txt.tmp")), 0);
    CU_ASSERT(refused(file_replace(path, "new", 3), STATUS_FAILED,
                      "a.txt: disk full (No space left on device); the file before it is kept"));
    CU_ASSERT(holds(path, "old"));
    CU_ASSERT_EQUAL(entries(&scratch, ".tmp"), 0);
    scratch_remove(&scratch);
}

static void file_limit(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "a.txt");
    CU_ASSERT(fine(file_replace(path, "old", 3)));
    struct rlimit before, small = {100, 0};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    char bytes[1000] = {0};
    Err err = file_replace(path, bytes, sizeof bytes);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    CU_ASSERT(refused(err, STATUS_FAILED, "a.txt: too large for this file system"));
    CU_ASSERT(holds(path, "old"));
    CU_ASSERT_EQUAL(entries(&scratch, ".tmp"), 0);
    scratch_remove(&scratch);
}

/* What is written to /dev/null is gone when it is read back; to /dev/zero, it reads as zeros. */
static void lying_disk(void)
{
    static const char *const disks[] = {"/dev/null", "/dev/zero"};
    for (int i = 0; i < 2; i++) {
        Scratch scratch = scratch_make();
        const char *path = scratch_path(&scratch, "a.txt");
        CU_ASSERT(fine(file_replace(path, "old", 3)));
        CU_ASSERT_EQUAL_FATAL(symlink(disks[i], scratch_path(&scratch, "a.txt.tmp")), 0);
        CU_ASSERT(
            refused(file_replace(path, "new", 3), STATUS_FAILED, "differs from what was written"));
        CU_ASSERT(holds(path, "old"));
        scratch_remove(&scratch);
    }
}

static void no_folder(void)
{
    Scratch scratch = scratch_make();
    Err err = file_replace(scratch_path(&scratch, "no/a.txt"), "new", 3);
    CU_ASSERT(refused(err, STATUS_FAILED, "no/a.txt: no such file or folder"));
    scratch_remove(&scratch);
}

static void unreadable(void)
{
    Scratch scratch = scratch_make();
    char *text;
    size_t size;
    CU_ASSERT(refused(file_read("/dev/zero", &text, &size), STATUS_USER, "more than 64 MB"));
    CU_ASSERT(refused(file_read(scratch_path(&scratch, "gone"), &text, &size), STATUS_USER,
                      "gone: no such file"));
    CU_ASSERT_PTR_NULL(text);
    CU_ASSERT(
        refused(file_read(scratch.folder, &text, &size), STATUS_USER, "a folder, not a file"));
    scratch_remove(&scratch);
}

static void directories(void)
{
    Scratch scratch = scratch_make();
    const char *deep = scratch_path(&scratch, "a/b//c/");
    CU_ASSERT(fine(file_make_directory(deep)));
    CU_ASSERT(fine(file_make_directory(deep)));
    CU_ASSERT(file_exists(scratch_path(&scratch, "a/b/c")));
    CU_ASSERT(fine(file_replace(scratch_path(&scratch, "a/file"), "x", 1)));
    CU_ASSERT(refused(file_make_directory(scratch_path(&scratch, "a/file/d")), STATUS_FAILED,
                      "a/file is a file, not a folder"));
    CU_ASSERT(refused(file_make_directory(scratch_path(&scratch, "a/file")), STATUS_FAILED,
                      "a/file is a file, not a folder"));
    scratch_remove(&scratch);
}

/* What a job has made it can take away again, and nothing that somebody else has put there. */
static void taken_away(void)
{
    Scratch scratch = scratch_make();
    const char *deep = scratch_path(&scratch, "a//b/c/"), *other = scratch_path(&scratch, "a/x");
    const char *top = file_missing(deep, &scratch.arena);
    CU_ASSERT_PTR_NOT_NULL_FATAL(top);
    CU_ASSERT_STRING_EQUAL(top, scratch_path(&scratch, "a"));
    CU_ASSERT(fine(file_make_directory(deep)));
    CU_ASSERT_PTR_NULL(file_missing(deep, &scratch.arena));
    scratch_write(other, "", 0);
    file_remove_empty(deep, top);
    CU_ASSERT(!file_exists(scratch_path(&scratch, "a/b")));
    CU_ASSERT(file_exists(other));
    CU_ASSERT(fine(file_check_output(scratch_path(&scratch, "a/y"))));
    CU_ASSERT(refused(file_check_output(scratch_path(&scratch, "a")), STATUS_USER, "a folder"));
    CU_ASSERT(refused(file_check_output(scratch_path(&scratch, "b/y")), STATUS_USER, "no folder"));
    scratch_remove(&scratch);
}

static void listed(void)
{
    Scratch scratch = scratch_make();
    static const char *const there[] = {"step-10.h5",    "step-2.h5", "best.h5",
                                        "step-3.h5.tmp", "step-.h5",  "ste"};
    for (int i = 0; i < 6; i++)
        scratch_write(scratch_path(&scratch, there[i]), "", 0);
    for (int i = 0; i < 50; i++)
        scratch_write(scratch_path(&scratch, arena_text(&scratch.arena, "many-%02d", i)), "", 0);
    const char **names;
    int count;
    CU_ASSERT(fine(file_list(scratch.folder, "step-", ".h5", &scratch.arena, &names, &count)));
    CU_ASSERT_EQUAL_FATAL(count, 3);
    CU_ASSERT_STRING_EQUAL(names[0], "step-.h5");
    CU_ASSERT_STRING_EQUAL(names[1], "step-10.h5");
    CU_ASSERT_STRING_EQUAL(names[2], "step-2.h5");
    CU_ASSERT(fine(file_list(scratch.folder, "many-", "", &scratch.arena, &names, &count)));
    CU_ASSERT_EQUAL_FATAL(count, 50);
    CU_ASSERT_STRING_EQUAL(names[49], "many-49");
    CU_ASSERT(
        fine(file_list(scratch_path(&scratch, "no"), "", "", &scratch.arena, &names, &count)));
    CU_ASSERT_EQUAL(count, 0);
    scratch_remove(&scratch);
}

/* fcntl locks are between processes, so the other holder is a child. */
static pid_t hold_in_child(const char *path, int *held, int *stop)
{
    CHECK(pipe(held) == 0 && pipe(stop) == 0, "pipes");
    pid_t child = fork();
    if (child != 0)
        return child;
    char byte = 'x';
    int handle;
    Err err = file_lock(path, 0, &handle);
    close(stop[1]);
    if (write(held[1], &byte, 1) == 1 && read(stop[0], &byte, 1) >= 0)
        _exit(err ? 1 : 0); /* without file_unlock: the system drops it */
    _exit(2);
}

static void locked(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "lock");
    int held[2], stop[2], handle, status;
    char byte;
    pid_t child = hold_in_child(path, held, stop);
    CU_ASSERT_EQUAL(read(held[0], &byte, 1), 1);
    char host[256] = "", holder[400];
    gethostname(host, sizeof host - 1);
    snprintf(holder, sizeof holder, "lock: held by process %ld on %s", (long)child, host);
    CU_ASSERT(refused(file_lock(path, 0, &handle), STATUS_USER, holder));
    CU_ASSERT(refused(file_lock(path, 0.3, &handle), STATUS_USER, holder));
    CU_ASSERT_EQUAL(handle, -1);
    file_unlock(handle);
    close(stop[1]);
    CU_ASSERT(fine(file_lock(path, 10, &handle)));
    CU_ASSERT(handle >= 0);
    file_unlock(handle);
    waitpid(child, &status, 0);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (int i = 0; i < 2; i++)
        close(held[i]);
    close(stop[0]);
    scratch_remove(&scratch);
}

/* Other jobs may write meanwhile: figures of one file system differ by little, others by much. */
static void space(void)
{
    Scratch scratch = scratch_make();
    int64_t here = file_free_space(scratch.folder);
    int64_t later = file_free_space(scratch_path(&scratch, "not/made/yet"));
    CU_ASSERT(here > 0 && later > here / 2 && later / 2 < here);
    CU_ASSERT(file_free_space("not-made-yet/at-all") > 0);
    CU_ASSERT_EQUAL(file_free_space("/proc"), -1);
    CU_ASSERT(fine(file_check_space(scratch.folder, "a test", 1)));
    CU_ASSERT(fine(file_check_space("/proc", "a test", INT64_MAX)));
    CU_ASSERT(refused(file_check_space(scratch.folder, "a test", 4000000000000000000),
                      STATUS_FAILED, "disk full: a test needs 4000000000000.0 MB, "));
    CU_ASSERT(refused(file_check_space(scratch.folder, "a test", INT64_MAX), STATUS_FAILED,
                      " MB are free; make room there"));
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"a file is replaced whole, and no .tmp stays", replaced},
    {"a file of many pieces comes back as it went", many_pieces},
    {"a full disk is said so, and the old file stays", full_disk},
    {"the limit on file sizes is said so, and the old file stays", file_limit},
    {"a disk that does not keep what was written is found out", lying_disk},
    {"a missing folder is named", no_folder},
    {"what cannot be read is named with the reason", unreadable},
    {"folders are made with their parents, unless a file is in the way", directories},
    {"empty folders that were made are taken away again", taken_away},
    {"a folder's names are listed by both ends and sorted by bytes", listed},
    {"a lock names its holder, is waited for, and ends with the process", locked},
    {"free space is asked for, also of folders to be made; where nobody knows it, nothing is "
     "refused",
     space},
    {0},
};

int main(void)
{
    return unit_run("file", promises);
}
