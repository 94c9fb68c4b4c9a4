/* CIFAR's binary files become a data file, or a message that says which of them is wrong and how.
 */
#include "base/log.h"
#include "imported.h"

enum { PIXELS = 3 * 32 * 32 };

#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})

extern const Importer import_cifar10, import_cifar100;

static unsigned char pixel_of(int sample, int i)
{
    return (unsigned char)(sample * 37 + i * 7 + i / 256);
}

/* Samples first .. first + count; the label of sample i is i % 10, or i % 20 and i % 100; less
 * `cut` bytes at the end. */
static void write_samples(Scratch *scratch, const char *name, int labels, int first, int count,
                          int cut)
{
    size_t size = (size_t)(count * (labels + PIXELS));
    unsigned char *bytes = mem_alloc((int64_t)size, 1), *at = bytes;
    for (int i = first; i < first + count; i++) {
        if (labels == 2)
            *at++ = (unsigned char)(i % 20);
        *at++ = (unsigned char)(i % (labels == 2 ? 100 : 10));
        for (int p = 0; p < PIXELS; p++)
            *at++ = pixel_of(i, p);
    }
    scratch_write(scratch_path(scratch, name), bytes, size - (size_t)cut);
    mem_free(bytes);
}

static void write_text(Scratch *scratch, const char *name, const char *text)
{
    scratch_write(scratch_path(scratch, name), text, strlen(text));
}

static Err import(Scratch *scratch, const Importer *importer, const char *const *arguments)
{
    log_level(LOG_SILENT);
    return import_with(importer, scratch_path(scratch, "out.h5"), arguments);
}

static void expect_samples(H5 *file, const char *path, int first, int count)
{
    unsigned char *x = mem_alloc(count, PIXELS);
    H5Info info;
    CU_ASSERT_FATAL(fine(h5_info(file, path, &info)));
    CU_ASSERT(info.rank == 4 && info.dims[0] == count && info.dims[1] == 3 && info.dims[2] == 32);
    CU_ASSERT_FATAL(fine(h5_read(file, path, H5_U8, 0, count, x)));
    int wrong = 0;
    for (int i = 0; i < count * PIXELS; i++)
        wrong += x[i] != pixel_of(first + i / PIXELS, i % PIXELS);
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(x);
}

static H5 *open_output(Scratch *scratch)
{
    H5 *file;
    CU_ASSERT_FATAL(fine(h5_open(&file, scratch_path(scratch, "out.h5"))));
    return file;
}

static void ten(void)
{
    Scratch scratch = scratch_make();
    write_samples(&scratch, "data_batch_2.bin", 1, 3, 4, 0);
    write_samples(&scratch, "data_batch_1.bin", 1, 0, 3, 0);
    write_samples(&scratch, "test_batch.bin", 1, 50, 2, 0);
    write_text(&scratch, "batches.meta.txt", "a\nb\nc\r\nd\ne\nf\ng\nh\ni\nj\n\n");
    CU_ASSERT_FATAL(fine(import(&scratch, &import_cifar10, WITH(scratch.folder))));
    H5 *file = open_output(&scratch);
    expect_samples(file, "/train/x", 0, 7);
    expect_samples(file, "/test/x", 50, 2);
    expect_array(file, "/train/y", 7, 1, (double[]){0, 1, 2, 3, 4, 5, 6});
    expect_array(file, "/test/y", 2, 1, (double[]){0, 1});
    expect_names(file, "classes", "a|b|c|d|e|f|g|h|i|j");
    h5_close(file);
    scratch_remove(&scratch);
}

static void hundred(void)
{
    Scratch scratch = scratch_make();
    write_samples(&scratch, "train.bin", 2, 95, 4, 0);
    write_samples(&scratch, "test.bin", 2, 18, 2, 0);
    CU_ASSERT_FATAL(fine(import(&scratch, &import_cifar100, WITH(scratch.folder))));
    H5 *file = open_output(&scratch);
    expect_samples(file, "/train/x", 95, 4);
    expect_array(file, "/train/y", 4, 1, (double[]){95, 96, 97, 98});
    CU_ASSERT(!h5_has_attribute(file, "/", "classes"));
    h5_close(file);
    CU_ASSERT_FATAL(
        fine(import(&scratch, &import_cifar100, WITH(scratch.folder, "--labels", "coarse"))));
    file = open_output(&scratch);
    expect_array(file, "/train/y", 4, 1, (double[]){15, 16, 17, 18});
    h5_close(file);
    scratch_remove(&scratch);
}

static void files(void)
{
    Scratch scratch = scratch_make();
    write_samples(&scratch, "a.bin", 1, 0, 2, 0);
    write_samples(&scratch, "b.bin", 1, 2, 2, 0);
    const char *a = scratch_path(&scratch, "a.bin"), *b = scratch_path(&scratch, "b.bin");
    CU_ASSERT_FATAL(fine(import(&scratch, &import_cifar10, WITH(b, "--test", a))));
    H5 *file = open_output(&scratch);
    expect_samples(file, "/train/x", 2, 2);
    expect_samples(file, "/test/x", 0, 2);
    h5_close(file);
    CU_ASSERT_FATAL(fine(import(&scratch, &import_cifar10, WITH(a, b, "--test-fraction", "0.25"))));
    file = open_output(&scratch);
    H5Info info;
    CU_ASSERT(fine(h5_info(file, "/train/x", &info)) && info.dims[0] == 3);
    h5_close(file);
    scratch_remove(&scratch);
}

static void wrong_files(void)
{
    Scratch scratch = scratch_make();
    const char *folder = scratch.folder, *path = scratch_path(&scratch, "data_batch_1.bin");
    CU_ASSERT(refused(import(&scratch, &import_cifar10, WITH(folder)), STATUS_USER,
                      ": no file data_batch_*.bin is there"));
    CU_ASSERT(refused(import(&scratch, &import_cifar10, WITH("--labels", "fine")), STATUS_USER,
                      "import cifar10: unknown option --labels"));
    CU_ASSERT(
        refused(import_cifar10.run(0, NULL, "out.h5"), STATUS_USER, "which folder or files?"));
    write_samples(&scratch, "data_batch_1.bin", 1, 0, 2, 1);
    CU_ASSERT(
        refused(import(&scratch, &import_cifar10, WITH(folder)), STATUS_USER,
                "data_batch_1.bin: its 6145 bytes are no multiple of 3073, a record's: is it"));
    scratch_write(path, "\x80\2}q", 4);
    CU_ASSERT(refused(import(&scratch, &import_cifar10, WITH(folder)), STATUS_USER,
                      "this is the Python version, the binary one is wanted"));
    scratch_write(path, "", 0);
    CU_ASSERT(refused(import(&scratch, &import_cifar10, WITH(folder)), STATUS_USER,
                      "its 0 bytes are no"));
    write_samples(&scratch, "data_batch_1.bin", 2, 0, 3073, 0);
    CU_ASSERT(refused(import(&scratch, &import_cifar10, WITH(folder)), STATUS_USER,
                      "; is this cifar10's binary version?"));
    write_samples(&scratch, "data_batch_1.bin", 1, 0, 2, 0);
    write_text(&scratch, "batches.meta.txt", "a\nb\n");
    CU_ASSERT(refused(import(&scratch, &import_cifar10, WITH(folder)), STATUS_USER,
                      "batches.meta.txt: has 2 names; there are 10 classes"));
    CU_ASSERT(!file_exists(scratch_path(&scratch, "out.h5")));
    CU_ASSERT(!file_exists(scratch_path(&scratch, "out.h5.tmp")));
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"CIFAR-10's folder is enough: batches in order, the test part, the names of classes", ten},
    {"CIFAR-100 has fine labels, or coarse ones", hundred},
    {"files can be named one by one, and a test part be split off", files},
    {"files that are cut, empty, of another version or another set are named", wrong_files},
    {0},
};

int main(void)
{
    return unit_run("import cifar", promises);
}
