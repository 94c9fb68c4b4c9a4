/* Rows outlive a disk that does not take them, and one that loses what it had taken. Some of the C
 * library's functions are replaced (--wrap, in CMakeLists.txt) to fail when told. */
#include "train/rows.h"

#include "scratch.h"
#include "unit.h"

#include <errno.h>
#include <sys/types.h>

static int fail_writes, fail_syncs; /* errno; 0: they do not */
static size_t most;                 /* bytes that a write takes before it fails */

ssize_t __real_pwrite(int file, const void *bytes, size_t size, off_t at);
int __real_fsync(int file);
ssize_t __wrap_pwrite(int file, const void *bytes, size_t size, off_t at);
int __wrap_fsync(int file);

ssize_t __wrap_pwrite(int file, const void *bytes, size_t size, off_t at)
{
    if (!fail_writes)
        return __real_pwrite(file, bytes, size, at);
    size_t taken = size < most ? size : most;
    most = 0;
    if (taken)
        return __real_pwrite(file, bytes, taken, at);
    errno = fail_writes;
    return -1;
}

int __wrap_fsync(int file)
{
    errno = fail_syncs;
    return fail_syncs ? -1 : __real_fsync(file);
}

typedef struct Opened {
    Scratch scratch;
    const char *path;
    Rows *rows;
} Opened;

static Opened open_rows(void)
{
    Opened o = {.scratch = scratch_make()};
    fail_writes = fail_syncs = 0;
    o.path = scratch_path(&o.scratch, "metrics.csv");
    CU_ASSERT_FATAL(fine(rows_open(&o.rows, o.path, "head\n")));
    return o;
}

static bool holds(const char *path, const char *expected)
{
    char *text;
    size_t size;
    if (!fine(file_read(path, &text, &size)))
        return false;
    bool same = strcmp(text, expected) == 0;
    if (!same)
        printf("\n    expected: %.200s\n    found:    %.200s\n", expected, text);
    mem_free(text);
    return same;
}

static void close_rows(Opened *o)
{
    fail_writes = fail_syncs = 0;
    rows_close(o->rows);
    scratch_remove(&o->scratch);
}

static void appended(void)
{
    Opened o = open_rows();
    fputs("a,1\n", rows_stream(o.rows));
    CU_ASSERT(fine(rows_write(o.rows)));
    CU_ASSERT(holds(o.path, "head\na,1\n"));
    CU_ASSERT(fine(rows_sync(o.rows)));
    rows_close(o.rows);
    CU_ASSERT_FATAL(fine(rows_open(&o.rows, o.path, "head\n")));
    fputs("b,2\n", rows_stream(o.rows));
    rows_close(o.rows); /* what was not asked for is there too */
    o.rows = NULL;
    CU_ASSERT(holds(o.path, "head\na,1\nb,2\n"));
    close_rows(&o);
}

static void full(void)
{
    Opened o = open_rows();
    fputs("a,1\n", rows_stream(o.rows));
    CU_ASSERT(fine(rows_write(o.rows)) && fine(rows_sync(o.rows)));
    fail_writes = ENOSPC;
    most = 2; /* a row is torn */
    fputs("b,2\n", rows_stream(o.rows));
    CU_ASSERT(refused(rows_write(o.rows), STATUS_FAILED, "metrics.csv: cannot be written: No sp"));
    CU_ASSERT(holds(o.path, "head\na,1\nb,"));
    fputs("c,3\n", rows_stream(o.rows));
    CU_ASSERT(refused(rows_write(o.rows), STATUS_FAILED, "No space left on device"));
    fail_writes = 0;
    CU_ASSERT(fine(rows_write(o.rows)));
    CU_ASSERT(holds(o.path, "head\na,1\nb,2\nc,3\n"));
    close_rows(&o);
}

/* After a failed fsync the system may show what the disk has not got: here it has zeros. */
static void lost(void)
{
    Opened o = open_rows();
    fputs("a,1\n", rows_stream(o.rows));
    CU_ASSERT(fine(rows_write(o.rows)) && fine(rows_sync(o.rows)));
    fputs("b,2\n", rows_stream(o.rows));
    CU_ASSERT(fine(rows_write(o.rows)));
    fail_syncs = EIO;
    CU_ASSERT(refused(rows_sync(o.rows), STATUS_FAILED, "Input/output error"));
    fail_syncs = 0;
    CU_ASSERT(truncate(o.path, 9) == 0);
    fputs("c,3\n", rows_stream(o.rows));
    CU_ASSERT(fine(rows_write(o.rows)) && fine(rows_sync(o.rows)));
    CU_ASSERT(holds(o.path, "head\na,1\nb,2\nc,3\n"));
    close_rows(&o);
}

/* More than is kept in memory, with saves, without, and with a disk that takes nothing meanwhile.
 */
static void many(void)
{
    enum { LINES = 300000 };
    for (int kind = 0; kind < 3; kind++) {
        Opened o = open_rows();
        char *expected = mem_alloc(LINES * 16 + 8, 1),
             *end = expected + sprintf(expected, "head\n");
        for (int i = 0; i < LINES; i++) {
            end += sprintf(end, "train,%d\n", i);
            fprintf(rows_stream(o.rows), "train,%d\n", i);
            if (kind == 1 && i % 70000 == 0)
                CU_ASSERT(fine(rows_write(o.rows)) && fine(rows_sync(o.rows)));
            fail_writes = kind == 2 && i > 1000 && i < LINES - 1000 ? ENOSPC : 0;
        }
        CU_ASSERT(fine(rows_write(o.rows)) && fine(rows_sync(o.rows)));
        CU_ASSERT(holds(o.path, expected));
        mem_free(expected);
        close_rows(&o);
    }
}

static void removed(void)
{
    Opened o = open_rows();
    CU_ASSERT(fine(rows_write(o.rows)));
    CU_ASSERT(unlink(o.path) == 0);
    CU_ASSERT(refused(rows_write(o.rows), STATUS_FAILED, "was removed or replaced while the run"));
    scratch_write(o.path, "head\n", 5);
    CU_ASSERT(refused(rows_write(o.rows), STATUS_FAILED, "its rows are lost"));
    close_rows(&o);
}

static void no_folder(void)
{
    Rows *rows;
    CU_ASSERT(refused(rows_open(&rows, "no/such/folder.csv", "head\n"), STATUS_FAILED,
                      "no/such/folder.csv: No such file"));
    CU_ASSERT_PTR_NULL(rows);
    rows_close(rows);
}

static const Promise promises[] = {
    {"rows follow what is in the file", appended},
    {"what a full disk does not take is written later, a torn row's rest first", full},
    {"what an fsync has lost is written again", lost},
    {"any number of rows goes through, with saves, without, and over a full disk", many},
    {"a file that was removed or replaced is said so", removed},
    {"a file that cannot be opened is named", no_folder},
    {0}};

int main(void)
{
    return unit_run("rows", promises);
}
