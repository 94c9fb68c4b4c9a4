/* MNIST's files become a data file, or a message that says which of them is wrong and how. */
#include "data/import.h"

#include "base/h5.h"
#include "base/log.h"
#include "data/dataset.h"
#include "scratch.h"
#include "unit.h"

#include <zlib.h>

extern const Importer import_idx;

/* An IDX file to write: its type, shape, and how it is spoilt. */
typedef struct Sample {
    const char *name;
    int type, rank;
    int dims[4];
    int cut;   /* bytes left out at the end; of the packed file where gz */
    int extra; /* bytes too many */
    bool gz;
} Sample;

#define IMAGES                                                                                     \
    {                                                                                              \
        "images", 0x08, 3, {5, 4, 3}, 0, 0, false                                                  \
    }
#define LABELS                                                                                     \
    {                                                                                              \
        "labels", 0x08, 1, {5}, 0, 0, false                                                        \
    }

static int bytes_of(int type)
{
    return type == 0x0E ? 8 : type == 0x0C || type == 0x0D ? 4 : type == 0x0B ? 2 : 1;
}

/* Value i of the file: i % 120, less 60 where the type is signed. */
static double value_of(int type, int64_t i)
{
    return (double)(i % 120 - (type == 0x08 ? 0 : 60));
}

static void put_value(unsigned char *at, int type, double value)
{
    uint64_t bits = 0;
    float f32 = (float)value;
    if (type == 0x0E) {
        memcpy(&bits, &value, 8);
    } else if (type == 0x0D) {
        uint32_t half;
        memcpy(&half, &f32, 4);
        bits = half;
    } else {
        bits = (uint64_t)(int64_t)value;
    }
    for (int b = bytes_of(type) - 1; b >= 0; b--, bits >>= 8)
        at[b] = (unsigned char)bits;
}

static void cut_file(const char *path, int cut)
{
    char *bytes;
    size_t size;
    CU_ASSERT_FATAL(fine(file_read(path, &bytes, &size)));
    scratch_write(path, bytes, size - (size_t)cut);
    mem_free(bytes);
}

static const char *write_idx(Scratch *scratch, const Sample *sample)
{
    int64_t count = 1;
    for (int i = 0; i < sample->rank; i++)
        count *= sample->dims[i];
    int width = bytes_of(sample->type);
    int64_t head = 4 + 4 * sample->rank, size = head + count * width + sample->extra;
    unsigned char *bytes = mem_alloc(size, 1);
    bytes[2] = (unsigned char)sample->type;
    bytes[3] = (unsigned char)sample->rank;
    for (int i = 0; i < sample->rank; i++)
        put_value(bytes + 4 + 4 * i, 0x0C, sample->dims[i]);
    for (int64_t i = 0; i < count; i++)
        put_value(bytes + head + i * width, sample->type, value_of(sample->type, i));
    const char *path = scratch_path(scratch, sample->name);
    gzFile file = gzopen(path, sample->gz ? "wb" : "wbT"); /* T: plain */
    CU_ASSERT_FATAL(file && gzwrite(file, bytes, (unsigned)size) == size);
    CU_ASSERT_FATAL(gzclose(file) == Z_OK);
    mem_free(bytes);
    if (sample->cut)
        cut_file(path, sample->cut);
    return path;
}

static Err import(int count, const char **arguments, const char *output)
{
    log_level(LOG_SILENT);
    return import_idx.run(count, (char **)arguments, output);
}

/* Imports two files; where that goes well, `output` is there to be looked at. */
static Err import_pair(Scratch *scratch, const Sample *images, const Sample *labels)
{
    const char *arguments[] = {"--train-images", write_idx(scratch, images), "--train-labels",
                               write_idx(scratch, labels)};
    return import(4, arguments, scratch_path(scratch, "out.h5"));
}

static H5 *open_output(Scratch *scratch)
{
    H5 *file = NULL;
    CU_ASSERT_FATAL(fine(h5_open(&file, scratch_path(scratch, "out.h5"))));
    return file;
}

static void expect_values(H5 *file, const char *path, int type, int64_t rows, int64_t count)
{
    double *values = mem_alloc(count, sizeof *values);
    int64_t wrong = 0;
    CU_ASSERT(fine(h5_read(file, path, H5_F64, 0, rows, values)));
    for (int64_t i = 0; i < count; i++)
        wrong += values[i] != value_of(type, i);
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(values);
}

static void plain_and_packed(void)
{
    for (int gz = 0; gz < 2; gz++) {
        Scratch scratch = scratch_make();
        Sample images = IMAGES, labels = LABELS;
        images.gz = labels.gz = gz;
        CU_ASSERT_FATAL(fine(import_pair(&scratch, &images, &labels)));
        H5 *file = open_output(&scratch);
        H5Info info;
        CU_ASSERT(fine(h5_info(file, "/train/x", &info)));
        CU_ASSERT(info.kind == H5_INTEGER && info.bytes == 1 && !info.is_signed);
        CU_ASSERT(info.rank == 3 && info.dims[0] == 5 && info.dims[1] == 4 && info.dims[2] == 3);
        CU_ASSERT(!h5_has(file, "/test"));
        expect_values(file, "/train/x", 0x08, 5, 60);
        expect_values(file, "/train/y", 0x08, 5, 5);
        h5_close(file);
        scratch_remove(&scratch);
    }
}

static void all_types(void)
{
    static const int types[] = {0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E};
    for (int i = 0; i < 6; i++) {
        Scratch scratch = scratch_make();
        Sample images = IMAGES, labels = LABELS;
        images.type = types[i];
        CU_ASSERT_FATAL(fine(import_pair(&scratch, &images, &labels)));
        H5 *file = open_output(&scratch);
        H5Info info;
        CU_ASSERT(fine(h5_info(file, "/train/x", &info)));
        CU_ASSERT_EQUAL(info.kind == H5_FLOAT, types[i] >= 0x0D);
        expect_values(file, "/train/x", types[i], 5, 60);
        h5_close(file);
        scratch_remove(&scratch);
    }
}

static const Sample folder[] = {{"train-images-idx3-ubyte", 0x08, 3, {700, 28, 28}, 0, 0, false},
                                {"train-labels-idx1-ubyte.gz", 0x08, 1, {700}, 0, 0, true},
                                {"t10k-images-idx3-ubyte.gz", 0x08, 3, {6, 28, 28}, 0, 0, true},
                                {"t10k-labels-idx1-ubyte", 0x08, 1, {6}, 0, 0, false}};

static void from_folder(void)
{
    Scratch scratch = scratch_make();
    for (int i = 0; i < 4; i++)
        write_idx(&scratch, &folder[i]);
    const char *output = scratch_path(&scratch, "out.h5");
    const char *names = "c0";
    for (int i = 1; i < 120; i++)
        names = arena_text(&scratch.arena, "%s,c%d", names, i);
    const char *arguments[] = {scratch.folder, "--classes", names};
    CU_ASSERT_FATAL(fine(import(3, arguments, output)));
    Dataset *dataset;
    CU_ASSERT_FATAL(fine(dataset_open(&dataset, output)));
    int channels, height, width;
    dataset_shape(dataset, &channels, &height, &width);
    CU_ASSERT(channels == 1 && height == 28 && width == 28 && dataset_classifies(dataset));
    CU_ASSERT_EQUAL(dataset_count(dataset, PART_TRAIN), 700);
    CU_ASSERT_EQUAL(dataset_count(dataset, PART_TEST), 6);
    CU_ASSERT_STRING_EQUAL(dataset_class_name(dataset, 119), "c119");
    dataset_close(dataset);
    H5 *file = open_output(&scratch);
    H5Info info;
    CU_ASSERT(fine(h5_info(file, "/train/x", &info)));
    CU_ASSERT_EQUAL(info.chunk, (256 << 10) / (28 * 28)); /* whole samples, about 256 KB */
    h5_close(file);
    CU_ASSERT_EQUAL_FATAL(unlink(scratch_path(&scratch, folder[2].name)), 0);
    CU_ASSERT(refused(import(1, arguments, output), STATUS_USER,
                      "t10k-images-idx3-ubyte: neither this nor its .gz is there"));
    scratch_remove(&scratch);
}

static void wrong_files(void)
{
    static const struct {
        Sample images, labels;
        const char *words;
    } cases[] = {
        {{"images", 0x08, 3, {5, 4, 3}, 1, 0, false},
         LABELS,
         "images: its header promises 60 bytes of values, 59 are there"},
        {{"images", 0x08, 3, {5, 4, 3}, 62, 0, false},
         LABELS,
         "images: ends in the middle of its header"},
        {{"images", 0x08, 3, {5, 4, 3}, 0, 1, false}, LABELS, "images: has bytes after the 60"},
        {{"images", 0x08, 3, {5, 4, 3}, 5, 0, true},
         LABELS,
         "images: ends in the middle: a download"},
        {{"images", 0x08, 3, {5, 4, 3}, 20, 0, true},
         LABELS,
         "images: ends in the middle: a download"},
        {{"images", 0x07, 3, {5, 4, 3}, 0, 0, false}, LABELS, "images: is no IDX file: type 0x07"},
        {{"images", 0x08, 3, {5, 0, 3}, 0, 0, false}, LABELS, "images: a dimension of 0 values"},
        {{"images", 0x08, 1, {5}, 0, 0, false},
         LABELS,
         "images: has 1 dimension; images have 2 to 4"},
        {IMAGES,
         {"labels", 0x08, 3, {5, 4, 3}, 0, 0, false},
         "labels: has 3 dimensions; labels have 1"},
        {IMAGES, {"labels", 0x08, 1, {6}, 0, 0, false}, "images has 5 samples, "},
        {IMAGES, {"labels", 0x09, 1, {5}, 0, 0, false}, "labels: row 0: label -60 is negative"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Scratch scratch = scratch_make();
        CU_ASSERT(refused(import_pair(&scratch, &cases[i].images, &cases[i].labels), STATUS_USER,
                          cases[i].words));
        CU_ASSERT(!file_exists(scratch_path(&scratch, "out.h5")));
        scratch_remove(&scratch);
    }
}

/* A header that promises 10^14 bytes, a text, and no file at all. */
static void no_idx(void)
{
    Scratch scratch = scratch_make();
    static const unsigned char huge[] = {0, 0, 8, 2, 0, 0x98, 0x96, 0x80, 0, 0x98, 0x96, 0x80};
    Sample labels = LABELS;
    const char *path = scratch_path(&scratch, "x");
    const char *arguments[] = {"--train-images", path, "--train-labels",
                               write_idx(&scratch, &labels)};
    const char *output = scratch_path(&scratch, "out.h5");
    CU_ASSERT(
        refused(import(4, arguments, output), STATUS_USER, "x: cannot be read (No such file"));
    scratch_write(path, huge, sizeof huge);
    CU_ASSERT(refused(import(4, arguments, output), STATUS_USER,
                      "x: its header promises 100000000000000 values, more than 12 bytes"));
    scratch_write(path, "<html>", 6);
    CU_ASSERT(
        refused(import(4, arguments, output), STATUS_USER, "x: is no IDX file: it does not begin"));
    scratch_write(path, "", 0);
    CU_ASSERT(refused(import(4, arguments, output), STATUS_USER, "x: is no IDX file"));
    scratch_remove(&scratch);
}

static void wrong_arguments(void)
{
    static const struct {
        const char *arguments[6], *words;
    } cases[] = {
        {{"--train-image", "a"}, "unknown option --train-image; did you mean --train-images?"},
        {{"--train-images"}, "--train-images needs a value"},
        {{"--train-images", "a"}, "--train-labels is missing"},
        {{NULL}, "--train-images is missing"},
        {{"--train-images", "a", "--train-labels", "b", "--test-labels", "c"},
         "--test-images is missing"},
        {{"/no/such/folder"}, "/no/such/folder/train-images-idx3-ubyte: neither"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *arguments[6];
        memcpy(arguments, cases[i].arguments, sizeof arguments);
        int count = 0;
        while (count < 6 && arguments[count])
            count++;
        CU_ASSERT(refused(import(count, arguments, "/no/out.h5"), STATUS_USER, cases[i].words));
    }
}

static void unnamed_class(void)
{
    Scratch scratch = scratch_make();
    Sample images = IMAGES, labels = LABELS;
    const char *arguments[] = {"--train-images", write_idx(&scratch, &images),
                               "--train-labels", write_idx(&scratch, &labels),
                               "--classes",      "a,b,c"};
    CU_ASSERT(refused(import(6, arguments, scratch_path(&scratch, "out.h5")), STATUS_USER,
                      "labels: row 3: label 3 has no name; there are 3 names of classes"));
    arguments[5] = "a,,b";
    CU_ASSERT(refused(import(6, arguments, scratch_path(&scratch, "out.h5")), STATUS_USER,
                      "--classes: name 1 is empty"));
    scratch_remove(&scratch);
}

static void output_stays(void)
{
    Scratch scratch = scratch_make();
    Sample images = IMAGES, labels = LABELS;
    CU_ASSERT_FATAL(fine(import_pair(&scratch, &images, &labels)));
    scratch_limit(1 << 20);
    Err err = import_pair(&scratch, &images, &labels);
    scratch_limit(RLIM_INFINITY);
    CU_ASSERT(refused(err, STATUS_FAILED,
                      "out.h5: cannot be written (File too large); the file before it is kept"));
    H5 *file = open_output(&scratch);
    expect_values(file, "/train/x", 0x08, 5, 60);
    h5_close(file);
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"plain and gzipped files give the same data file", plain_and_packed},
    {"all types of IDX are converted", all_types},
    {"a folder with the four names of MNIST is enough", from_folder},
    {"files that are cut, too long, exchanged or of other counts are named", wrong_files},
    {"what is no IDX file is named, and a false header takes no memory", no_idx},
    {"wrong arguments are named", wrong_arguments},
    {"a label without a name is named with its row", unnamed_class},
    {"a full disk leaves the data file that was there", output_stays},
    {0},
};

int main(void)
{
    return unit_run("import idx", promises);
}
