/* Data files of any shape, type and value, as HDF5 itself writes them: opened, loaded, surveyed.
 * (Bytes that HDF5 did not write can crash the library; this looks for what we make of good HDF5.)
 *
 * Each data set takes from the bytes: whether it is there, its type, its rank, its sizes, and then
 * its values. */
#include "data/survey.h"
#include "fuzz_bytes.h"

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
        if (take(&left) % 8 != 0)
            write_any(file, names[i], &left);
    fuzz_refused(h5_image(file, &image, &count));
    h5_close(file);
    look(fuzz_file(image, count));
    mem_free(image);
    return 0;
}
