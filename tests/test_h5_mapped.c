/* A data file larger than memory is built in a mapping of PATH.tmp: the same file as any other, put
 * in place whole or not at all. */
#include "base/h5.h"

#include "scratch.h"
#include "unit.h"

enum { ROWS = 4096, WIDTH = 1024, BLOCK = 64 }; /* 16 MB of float32 */

static float value_of(int64_t row, int64_t i)
{
    return (float)(row * 31 + i);
}

/* Declares /x and writes it block by block, up to the first error. */
static Err write_blocks(H5 *file, int64_t rows)
{
    float *block = mem_alloc(BLOCK * WIDTH, sizeof *block);
    Err err = h5_declare(file, "/deep/x", H5_F32, 2, (int64_t[]){rows, WIDTH}, BLOCK);
    for (int64_t lo = 0; lo < rows && !err; lo += BLOCK) {
        for (int64_t i = 0; i < BLOCK * WIDTH; i++)
            block[i] = value_of(lo + i / WIDTH, i % WIDTH);
        err = h5_write_rows(file, "/deep/x", H5_F32, lo, lo + BLOCK, block);
    }
    mem_free(block);
    return err;
}

static H5 *create(Scratch *scratch)
{
    H5 *file;
    CU_ASSERT_FATAL(fine(h5_create_mapped(&file, scratch_path(scratch, "x.h5"))));
    return file;
}

static int there(Scratch *scratch, const char *name)
{
    return file_exists(scratch_path(scratch, name));
}

static void returns(void)
{
    Scratch scratch = scratch_make();
    H5 *file = create(&scratch);
    CU_ASSERT(fine(write_blocks(file, ROWS)));
    CU_ASSERT(fine(h5_write_int(file, "/", "step", 7)));
    CU_ASSERT(there(&scratch, "x.h5.tmp") && !there(&scratch, "x.h5"));
    CU_ASSERT(fine(h5_commit(file)));
    CU_ASSERT(!there(&scratch, "x.h5.tmp") && there(&scratch, "x.h5"));
    h5_close(file);
    CU_ASSERT_FATAL(fine(h5_open(&file, scratch_path(&scratch, "x.h5"))));
    float row[WIDTH];
    int64_t step, wrong = 0;
    for (int64_t r = 0; r < ROWS; r++) {
        CU_ASSERT_FATAL(fine(h5_read(file, "/deep/x", H5_F32, r, r + 1, row)));
        for (int64_t i = 0; i < WIDTH; i++)
            wrong += row[i] != value_of(r, i);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(fine(h5_read_int(file, "/", "step", &step)) && step == 7);
    h5_close(file);
    scratch_remove(&scratch);
}

/* Byte for byte what h5_create makes: nothing of the file's way to the disk is in it. */
static void same_bytes(void)
{
    Scratch scratch = scratch_make();
    H5 *file = create(&scratch), *other;
    CU_ASSERT(fine(write_blocks(file, 2 * BLOCK)));
    CU_ASSERT(fine(h5_commit(file)));
    h5_close(file);
    CU_ASSERT_FATAL(fine(h5_create(&other)));
    CU_ASSERT(fine(write_blocks(other, 2 * BLOCK)));
    void *bytes;
    char *on_disk;
    size_t size, size_on_disk;
    CU_ASSERT_FATAL(fine(h5_image(other, &bytes, &size)));
    CU_ASSERT_FATAL(fine(file_read(scratch_path(&scratch, "x.h5"), &on_disk, &size_on_disk)));
    CU_ASSERT(size == size_on_disk && memcmp(bytes, on_disk, size) == 0);
    mem_free(bytes);
    mem_free(on_disk);
    h5_close(other);
    scratch_remove(&scratch);
}

static void abandoned(void)
{
    Scratch scratch = scratch_make();
    scratch_write(scratch_path(&scratch, "x.h5"), "old", 3);
    H5 *file = create(&scratch);
    CU_ASSERT(fine(write_blocks(file, BLOCK)));
    h5_close(file);
    CU_ASSERT(!there(&scratch, "x.h5.tmp"));
    char *bytes;
    size_t size;
    CU_ASSERT_FATAL(fine(file_read(scratch_path(&scratch, "x.h5"), &bytes, &size)));
    CU_ASSERT_STRING_EQUAL(bytes, "old");
    mem_free(bytes);
    scratch_remove(&scratch);
}

/* Space that comes back later does not make the file whole. */
static void no_space(void)
{
    Scratch scratch = scratch_make();
    H5 *file = create(&scratch);
    scratch_limit(8 << 20);
    Err err = write_blocks(file, ROWS);
    scratch_limit(RLIM_INFINITY);
    CU_ASSERT(refused(err, STATUS_FAILED, "x.h5: cannot be written (File too large)"));
    CU_ASSERT(refused(h5_commit(file), STATUS_FAILED, "x.h5: cannot be written (File too large)"));
    h5_close(file);
    CU_ASSERT(!there(&scratch, "x.h5.tmp") && !there(&scratch, "x.h5"));
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"what was written block by block comes back", returns},
    {"it is byte for byte the file that is built in memory", same_bytes},
    {"without a commit nothing is left, and the file before it stays", abandoned},
    {"where space runs out the next block says so, and so does the commit", no_space},
    {0},
};

int main(void)
{
    return unit_run("h5 mapped", promises);
}
