/* Makes a data file of any size for the shell tests, row block by row block, straight through HDF5
 * (lockstep's own door builds files in memory):
 *
 *     make_data OUT.h5 ROWS FEATURES CHUNK uint8|float32 [NAN_ROW]
 *
 * /train has ROWS rows, chunked by CHUNK rows and packed, or contiguous where CHUNK is 0; /test a
 * tenth of them, at most 1000. Three classes, told by which third of the features is bright. A row
 * of /train can have a NaN in it. */
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 3, BLOCK = 4096, HASH = 2654435761u };

typedef struct Plan {
    int64_t features, chunk, nan_row;
    int is_float;
} Plan;

static void fail(const char *what)
{
    fprintf(stderr, "make_data: %s\n", what);
    exit(1);
}

static void set_row(const Plan *plan, int64_t row, void *at)
{
    for (int64_t f = 0; f < plan->features; f++) {
        uint32_t noise = ((uint32_t)row * 977 + (uint32_t)f * 31 + 7) * HASH >> 25;
        int bright = f * CLASSES / plan->features == row % CLASSES;
        if (plan->is_float)
            ((float *)at)[f] = (float)(noise + (uint32_t)bright * 100);
        else
            ((uint8_t *)at)[f] = (uint8_t)(noise + (uint32_t)bright * 100);
    }
    if (row == plan->nan_row)
        ((uint32_t *)at)[plan->features / 2] = 0x7fc00000;
}

static hid_t create(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dims,
                    int64_t chunk_rows)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(rank, dims, NULL);
    hsize_t chunk[2] = {(hsize_t)chunk_rows, dims[1]};
    if (chunk_rows > 0) {
        H5Pset_chunk(list, rank, chunk);
        H5Pset_deflate(list, 1);
    }
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (dataset < 0)
        fail("no data set");
    H5Sclose(space);
    H5Pclose(list);
    return dataset;
}

static void write_rows(hid_t dataset, hid_t type, int64_t lo, int64_t n, int64_t features,
                       const void *rows)
{
    hsize_t start[2] = {(hsize_t)lo, 0}, count[2] = {(hsize_t)n, (hsize_t)features};
    int rank = features ? 2 : 1;
    hid_t on_disk = H5Dget_space(dataset), in_memory = H5Screate_simple(rank, count, NULL);
    H5Sselect_hyperslab(on_disk, H5S_SELECT_SET, start, NULL, count, NULL);
    if (H5Dwrite(dataset, type, in_memory, on_disk, H5P_DEFAULT, rows) < 0)
        fail("cannot write");
    H5Sclose(on_disk);
    H5Sclose(in_memory);
}

static void write_part(hid_t file, const char *part, int64_t rows, const Plan *plan)
{
    char name[32];
    hsize_t dims[2] = {(hsize_t)rows, (hsize_t)plan->features};
    hid_t type = plan->is_float ? H5T_NATIVE_FLOAT : H5T_NATIVE_UINT8;
    int64_t bytes = plan->features * (plan->is_float ? 4 : 1);
    H5Gclose(H5Gcreate2(file, part, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    snprintf(name, sizeof name, "%s/x", part);
    hid_t x = create(file, name, type, 2, dims, plan->chunk);
    snprintf(name, sizeof name, "%s/y", part);
    hid_t y = create(file, name, H5T_NATIVE_UINT8, 1, dims, 0);
    char *block = malloc((size_t)(BLOCK * bytes));
    uint8_t label[BLOCK];
    for (int64_t lo = 0; lo < rows; lo += BLOCK) {
        int64_t n = rows - lo < BLOCK ? rows - lo : BLOCK;
        for (int64_t i = 0; i < n; i++) {
            set_row(plan, lo + i, block + i * bytes);
            label[i] = (uint8_t)((lo + i) % CLASSES);
        }
        write_rows(x, type, lo, n, plan->features, block);
        write_rows(y, H5T_NATIVE_UINT8, lo, n, 0, label);
    }
    free(block);
    H5Dclose(x);
    H5Dclose(y);
}

int main(int argc, char **argv)
{
    if (argc < 6)
        fail("OUT.h5 ROWS FEATURES CHUNK uint8|float32 [NAN_ROW]");
    int64_t rows = atoll(argv[2]);
    Plan plan = {.features = atoll(argv[3]),
                 .chunk = atoll(argv[4]),
                 .is_float = strcmp(argv[5], "float32") == 0,
                 .nan_row = argc > 6 ? atoll(argv[6]) : -1};
    hid_t file = H5Fcreate(argv[1], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0)
        fail("no file");
    write_part(file, "/train", rows, &plan);
    plan.nan_row = -1;
    write_part(file, "/test", rows / 10 < 1000 ? rows / 10 : 1000, &plan);
    return H5Fclose(file) < 0;
}
