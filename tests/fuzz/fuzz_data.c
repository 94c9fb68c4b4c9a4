/* Data files of any shape, type and value, as HDF5 itself writes them: opened, loaded, surveyed.
 * (Bytes that HDF5 did not write can crash the library; this looks for what we make of good HDF5.)
 *
 * Each data set takes from the bytes: whether it is there, its type, its rank, its sizes, and then
 * its values. */
#include "data/survey.h"
#include "fuzz.h"

typedef struct Bytes {
    const uint8_t *at;
    size_t left;
} Bytes;

static unsigned take(Bytes *bytes)
{
    if (bytes->left == 0)
        return 0;
    bytes->left--;
    return *bytes->at++;
}

static void write_any(H5 *file, const char *name, Bytes *bytes)
{
    static const H5Type types[] = {H5_U8, H5_I32, H5_I64, H5_F32, H5_F64};
    enum { MOST = 4096 };
    static double values[MOST];
    int64_t dims[5], count = 1;
    if (take(bytes) % 8 == 0)
        return;
    H5Type type = types[take(bytes) % 5];
    int rank = (int)(take(bytes) % 6);
    for (int i = 0; i < rank; i++) {
        dims[i] = take(bytes) % 8;
        count *= dims[i];
    }
    if (count > MOST)
        return;
    memset(values, 0, sizeof values);
    for (size_t i = 0; i < sizeof values && i < 8 * (size_t)count && bytes->left; i++)
        ((uint8_t *)values)[i] = (uint8_t)take(bytes);
    fuzz_refused(h5_write(file, name, type, rank, dims, take(bytes) % 4, values));
}

static void load_all(Dataset *dataset)
{
    void *memory = mem_alloc(dataset_bytes(dataset), 1);
    Err err = NULL;
    dataset_place(dataset, memory);
    for (Part part = 0; part < PART_COUNT && !err; part++)
        if (dataset_count(dataset, part) > 0)
            err = dataset_fill(dataset, part, 0, dataset_count(dataset, part));
    fuzz_refused(err);
    mem_free(memory);
}

static void look(const char *path)
{
    Dataset *dataset;
    Survey survey;
    Err err = dataset_open(&dataset, path);
    if (err) {
        fuzz_refused(err);
        return;
    }
    fuzz_refused(survey_make(&survey, dataset));
    survey_free(&survey);
    load_all(dataset);
    dataset_close(dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const names[] = {"/train/x", "/train/y",      "/test/x",
                                        "/test/y",  "/validation/x", "/validation/y"};
    Bytes left = {bytes, size};
    H5 *file;
    void *image;
    size_t count;
    log_level(LOG_SILENT);
    fuzz_refused(h5_create(&file));
    for (int i = 0; i < 6; i++)
        write_any(file, names[i], &left);
    fuzz_refused(h5_image(file, &image, &count));
    h5_close(file);
    look(fuzz_file(image, count));
    mem_free(image);
    return 0;
}
