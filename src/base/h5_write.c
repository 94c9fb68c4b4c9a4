/* Writing into a file in memory (h5_memory.c). Types on disk are little-endian and no times are
 * recorded: equal contents give equal bytes, on any machine. */
#include "base/h5_inside.h"

#include "base/real.h"

#include <stdio.h>
#include <string.h>

static hid_t disk_type(H5Type type)
{
    switch (type) {
    case H5_U8:
        return H5T_STD_U8LE;
    case H5_I32:
        return H5T_STD_I32LE;
    case H5_I64:
        return H5T_STD_I64LE;
    case H5_F32:
        return H5T_IEEE_F32LE;
    case H5_F64:
        return H5T_IEEE_F64LE;
    case H5_REAL:
        return sizeof(Real) == sizeof(float) ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
    }
    return H5I_INVALID_HID;
}

/* How a data set is to be laid out. */
static hid_t creation_list(int rank, const hsize_t *shape, int64_t rows_per_chunk)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(list, false);
    if (rank > 0 && rows_per_chunk > 0 && shape[0] > 0) {
        hsize_t chunk[H5_RANK];
        memcpy(chunk, shape, (size_t)rank * sizeof *chunk);
        if (chunk[0] > (hsize_t)rows_per_chunk)
            chunk[0] = (hsize_t)rows_per_chunk;
        H5Pset_chunk(list, rank, chunk);
    }
    return list;
}

/* Makes the group `path` where there is none; what goes wrong shows when it is used. */
static void group_make(const H5 *file, const char *path)
{
    if (h5_place(file, path) != PLACE_NONE)
        return;
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(creation, false);
    hid_t group = H5Gcreate2(file->file, path, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (group >= 0)
        H5Gclose(group);
    H5Pclose(creation);
}

/* Makes the groups on the way to `path`; the library's own way of doing so records times. */
static void parents_make(const H5 *file, const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        char part[H5_PATH];
        if (snprintf(part, sizeof part, "%.*s", (int)(slash - path), path) < (int)sizeof part)
            group_make(file, part);
    }
}

Err h5_declare_inside(const H5 *file, const char *path, H5Type type, int rank, const int64_t *dims,
                      int64_t rows_per_chunk, hid_t *dataset)
{
    hsize_t shape[H5_RANK] = {0};
    for (int i = 0; i < rank; i++)
        shape[i] = (hsize_t)dims[i];
    hid_t space = rank ? H5Screate_simple(rank, shape, NULL) : H5Screate(H5S_SCALAR);
    parents_make(file, path);
    hid_t creation = creation_list(rank, shape, rows_per_chunk);
    *dataset =
        H5Dcreate2(file->file, path, disk_type(type), space, H5P_DEFAULT, creation, H5P_DEFAULT);
    Err err = *dataset < 0 ? h5_failure(STATUS_FAILED, file, path, "cannot be written") : NULL;
    H5Pclose(creation);
    H5Sclose(space);
    return err;
}

static Err write_array(const H5 *file, const char *path, H5Type type, int rank, const int64_t *dims,
                       int64_t rows_per_chunk, const void *data)
{
    int64_t elements = 1;
    for (int i = 0; i < rank; i++)
        elements *= dims[i];
    hid_t dataset;
    TRY(h5_declare_inside(file, path, type, rank, dims, rows_per_chunk, &dataset));
    Err err = NULL;
    if (elements > 0 &&
        H5Dwrite(dataset, h5_memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        err = h5_failure(STATUS_FAILED, file, path, "cannot be written");
    H5Dclose(dataset);
    return err;
}

Err h5_write(H5 *file, const char *path, H5Type type, int rank, const int64_t *dims,
             int64_t rows_per_chunk, const void *data)
{
    CHECK(rank >= 0 && rank <= H5_RANK, "%s: an array of %d dimensions", path, rank);
    h5_enter();
    Err err = write_array(file, path, type, rank, dims, rows_per_chunk, data);
    h5_leave();
    return err;
}

static Err write_attribute(const H5 *file, const char *path, const char *name, hid_t on_disk,
                           hid_t in_memory, hid_t space, const void *values)
{
    parents_make(file, path);
    group_make(file, path);
    hid_t owner = H5Oopen(file->file, path, H5P_DEFAULT);
    hid_t attribute = owner < 0 ? H5I_INVALID_HID
                                : H5Acreate2(owner, name, on_disk, space, H5P_DEFAULT, H5P_DEFAULT);
    Err err = NULL;
    if (attribute < 0 || H5Awrite(attribute, in_memory, values) < 0)
        err = h5_failure(STATUS_FAILED, file, name, "the attribute cannot be written");
    if (attribute >= 0)
        H5Aclose(attribute);
    if (owner >= 0)
        H5Oclose(owner);
    return err;
}

static Err write_number(H5 *file, const char *path, const char *name, H5Type type,
                        const void *value)
{
    h5_enter();
    hid_t space = H5Screate(H5S_SCALAR);
    Err err =
        write_attribute(file, path, name, disk_type(type), h5_memory_type(type), space, value);
    H5Sclose(space);
    h5_leave();
    return err;
}

Err h5_write_int(H5 *file, const char *path, const char *name, int64_t value)
{
    return write_number(file, path, name, H5_I64, &value);
}

Err h5_write_real(H5 *file, const char *path, const char *name, double value)
{
    return write_number(file, path, name, H5_F64, &value);
}

/* Strings of one length, padded with zeros. Those of variable length would be stored apart, where
 * HDF5 has no check sums, and a damaged one can crash it: only files with a seal may have them. */
static Err write_strings(H5 *file, const char *path, const char *name, hid_t space,
                         const char *const *texts, int count)
{
    size_t length = 1;
    for (int i = 0; i < count; i++)
        length = strlen(texts[i]) > length ? strlen(texts[i]) : length;
    char *padded = mem_alloc(count, length);
    for (int i = 0; i < count; i++)
        memcpy(padded + (size_t)i * length, texts[i], strlen(texts[i]));
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, length);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    Err err = write_attribute(file, path, name, type, type, space, padded);
    H5Tclose(type);
    mem_free(padded);
    return err;
}

/* One string is what h5py shows as str only if its length is variable. */
Err h5_write_text(H5 *file, const char *path, const char *name, const char *text)
{
    h5_enter();
    hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    Err err = write_attribute(file, path, name, type, type, space, &text);
    H5Tclose(type);
    H5Sclose(space);
    h5_leave();
    return err;
}

Err h5_write_texts(H5 *file, const char *path, const char *name, const char *const *texts,
                   int count)
{
    h5_enter();
    hid_t space = H5Screate_simple(1, &(hsize_t){(hsize_t)count}, NULL);
    Err err = write_strings(file, path, name, space, texts, count);
    H5Sclose(space);
    h5_leave();
    return err;
}
