/* Reading data sets. Files come from anywhere, so nothing in them is believed: sizes are checked
 * before anybody allocates by them, data kept in other files is refused (a virtual data set whose
 * sources are gone reads as zeros, without a word), and what is not a plain array of numbers is
 * refused in words. Numbers of any width, sign and byte order are converted by the library. */
#include "base/h5_inside.h"

#include "base/real.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

enum { MOST_NAMED = 8 };                            /* data sets named in a message */
static const int64_t MOST_BYTES = (int64_t)1 << 56; /* no array is larger; a damaged size may be */

/* "data.h5: no data set /train/x; its data sets: /images, /labels" */
static Err missing(const H5 *file, const char *path)
{
    Arena arena = {0};
    const char **there;
    int count;
    Err err = h5_list_inside(file, &arena, &there, &count);
    if (!err) {
        const char *names = count ? there[0] : "none";
        for (int i = 1; i < count && i < MOST_NAMED; i++)
            names = arena_text(&arena, "%s, %s", names, there[i]);
        if (count > MOST_NAMED)
            names = arena_text(&arena, "%s and %d more", names, count - MOST_NAMED);
        err = ERR(STATUS_USER, "%s: no data set %s; its data sets: %s", file->path, path, names);
    }
    arena_free(&arena);
    return err;
}

static const char *class_words(H5T_class_t class)
{
    switch (class) {
    case H5T_INTEGER:
    case H5T_ENUM: /* h5py's bool; the library converts its members' values */
        return "integers";
    case H5T_FLOAT:
        return "floating-point numbers";
    case H5T_STRING:
        return "strings";
    case H5T_COMPOUND:
        return "compound values";
    case H5T_VLEN:
        return "rows of varying length";
    case H5T_ARRAY:
        return "small arrays";
    case H5T_REFERENCE:
        return "references";
    default:
        return "values of an uncommon type";
    }
}

static void describe_type(hid_t type, H5Info *info)
{
    H5T_class_t class = H5Tget_class(type);
    info->words = class_words(class);
    info->bytes = (int)H5Tget_size(type);
    info->kind = H5_OTHER;
    if (class == H5T_FLOAT) {
        info->kind = H5_FLOAT;
        info->is_signed = true;
    } else if (class == H5T_INTEGER || class == H5T_ENUM) {
        hid_t number = class == H5T_ENUM ? H5Tget_super(type) : H5Tcopy(type);
        info->kind = H5_INTEGER;
        info->is_signed = H5Tget_sign(number) == H5T_SGN_2;
        H5Tclose(number);
    }
}

static Err describe_space(const H5 *file, const char *path, hid_t space, H5Info *info)
{
    if (H5Sget_simple_extent_type(space) == H5S_NULL)
        FAIL(STATUS_USER, "%s: %s is empty", file->path, path);
    info->rank = H5Sget_simple_extent_ndims(space);
    if (info->rank < 0 || info->rank > H5_RANK)
        FAIL(STATUS_USER, "%s: %s has %d dimensions; at most %d are taken", file->path, path,
             info->rank, H5_RANK);
    hsize_t dims[H5_RANK];
    if (H5Sget_simple_extent_dims(space, dims, NULL) < 0)
        return h5_failure(STATUS_USER, file, path, "its shape cannot be read");
    int64_t left = MOST_BYTES / (info->bytes > 8 ? info->bytes : 8);
    for (int i = 0; i < info->rank; i++) {
        if (dims[i] > (hsize_t)left)
            FAIL(STATUS_USER, "%s: %s claims a shape that no file can hold; it is damaged",
                 file->path, path);
        info->dims[i] = (int64_t)dims[i];
        left /= dims[i] ? (int64_t)dims[i] : 1;
    }
    return NULL;
}

/* Compression that this library has no code for, such as h5py's lzf. */
static Err check_filters(const H5 *file, const char *path, hid_t creation)
{
    int count = H5Pget_nfilters(creation);
    for (int i = 0; i < count; i++) {
        char name[64] = "";
        unsigned flags, config;
        size_t no_values = 0;
        H5Z_filter_t filter = H5Pget_filter2(creation, (unsigned)i, &flags, &no_values, NULL,
                                             sizeof name, name, &config);
        if (filter < 0 || H5Zfilter_avail(filter) <= 0)
            FAIL(STATUS_USER,
                 "%s: %s is packed with %s (filter %d), which HDF5 lacks here; "
                 "repack it with gzip",
                 file->path, path, *name ? name : "a plugin", (int)filter);
    }
    return NULL;
}

static Err describe_layout(const H5 *file, const char *path, hid_t dataset, H5Info *info)
{
    hid_t creation = H5Dget_create_plist(dataset);
    H5D_layout_t layout = H5Pget_layout(creation);
    info->stored = (int64_t)H5Dget_storage_size(dataset);
    hsize_t chunk[H5_RANK] = {0};
    if (layout == H5D_CHUNKED && H5Pget_chunk(creation, H5_RANK, chunk) > 0)
        info->chunk = (int64_t)chunk[0];
    for (int i = 1; i < info->rank && info->chunk; i++)
        info->cuts_rows = info->cuts_rows || (int64_t)chunk[i] < info->dims[i];
    Err err = NULL;
    if (layout == H5D_VIRTUAL || H5Pget_external_count(creation) > 0)
        err = ERR(STATUS_USER, "%s: %s keeps its values in other files; copy them into this one",
                  file->path, path);
    else
        err = check_filters(file, path, creation);
    H5Pclose(creation);
    return err;
}

static Err describe(const H5 *file, const char *path, hid_t dataset, H5Info *info)
{
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    *info = (H5Info){0};
    Err err = NULL;
    if (type < 0 || space < 0) {
        err = h5_failure(STATUS_USER, file, path, "its type cannot be read");
    } else {
        describe_type(type, info);
        err = describe_space(file, path, space, info);
    }
    if (!err)
        err = describe_layout(file, path, dataset, info);
    H5Tclose(type);
    H5Sclose(space);
    return err;
}

static Err open_dataset(const H5 *file, const char *path, hid_t *dataset)
{
    Place place = h5_place(file, path);
    if (place == PLACE_ELSEWHERE)
        FAIL(STATUS_USER, "%s: %s is a link into another file; copy the data into this one",
             file->path, path);
    if (place == PLACE_NONE)
        return missing(file, path);
    *dataset = H5Dopen2(file->file, path, H5P_DEFAULT);
    if (*dataset < 0)
        return h5_failure(STATUS_USER, file, path, "is not a data set that can be opened");
    return NULL;
}

static Err info_of(const H5 *file, const char *path, H5Info *info)
{
    hid_t dataset;
    TRY(open_dataset(file, path, &dataset));
    Err err = describe(file, path, dataset, info);
    H5Dclose(dataset);
    return err;
}

Err h5_info(H5 *file, const char *path, H5Info *info)
{
    h5_enter();
    Err err = info_of(file, path, info);
    h5_leave();
    return err;
}

hid_t h5_memory_type(H5Type type)
{
    switch (type) {
    case H5_U8:
        return H5T_NATIVE_UINT8;
    case H5_I32:
        return H5T_NATIVE_INT32;
    case H5_I64:
        return H5T_NATIVE_INT64;
    case H5_F32:
        return H5T_NATIVE_FLOAT;
    case H5_F64:
        return H5T_NATIVE_DOUBLE;
    case H5_REAL:
        return sizeof(Real) == sizeof(float) ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    }
    return H5I_INVALID_HID;
}

/* The rows in the file and in memory: [lo, hi) of the first dimension, all of the others. */
static void select_rows(hid_t dataset, const H5Info *info, int64_t lo, int64_t hi, hid_t *on_disk,
                        hid_t *in_memory)
{
    *on_disk = H5Dget_space(dataset);
    if (info->rank == 0) {
        *in_memory = H5Screate(H5S_SCALAR);
        return;
    }
    hsize_t start[H5_RANK] = {(hsize_t)lo}, count[H5_RANK];
    for (int i = 0; i < info->rank; i++)
        count[i] = (hsize_t)info->dims[i];
    count[0] = (hsize_t)(hi - lo);
    *in_memory = H5Screate_simple(info->rank, count, NULL);
    H5Sselect_hyperslab(*on_disk, H5S_SELECT_SET, start, NULL, count, NULL);
}

/* Whether the file is as long as its contents claim. Of one that is cut off while it is open, the
 * library reads zeros without a word (its plain driver, H5FDsec2.c, fills what lies past the end).
 */
static bool is_whole(const H5 *file)
{
    void *handle = NULL;
    struct stat there;
    if (file->bytes || H5Fget_vfd_handle(file->file, H5P_DEFAULT, &handle) < 0 || !handle ||
        fstat(*(int *)handle, &there) != 0)
        return true;
    haddr_t end = 0;
    return H5Fget_eoa(file->file, &end) < 0 || (haddr_t)there.st_size >= end;
}

static Err read_rows(const H5 *file, const char *path, hid_t dataset, const H5Info *info,
                     H5Type type, int64_t lo, int64_t hi, void *into)
{
    hid_t on_disk, in_memory;
    select_rows(dataset, info, lo, hi, &on_disk, &in_memory);
    Err err = NULL;
    char what[128];
    snprintf(what, sizeof what, "rows %" PRId64 " to %" PRId64 " cannot be read", lo, hi - 1);
    if (H5Dread(dataset, h5_memory_type(type), in_memory, on_disk, H5P_DEFAULT, into) < 0)
        err = h5_failure(STATUS_USER, file, path, what);
    else if (!is_whole(file))
        err = ERR(STATUS_USER, "%s: %s: %s (the file was cut off while it was open)", file->path,
                  path, what);
    H5Sclose(in_memory);
    H5Sclose(on_disk);
    return err;
}

static Err read_checked(const H5 *file, const char *path, hid_t dataset, H5Type type, int64_t lo,
                        int64_t hi, void *into)
{
    H5Info info;
    TRY(describe(file, path, dataset, &info));
    if (info.kind == H5_OTHER)
        FAIL(STATUS_USER, "%s: %s holds %s; integers and floats are taken", file->path, path,
             info.words);
    int64_t rows = info.rank ? info.dims[0] : 1;
    if (lo < 0 || lo > hi || hi > rows)
        FAIL(STATUS_USER, "%s: %s has %" PRId64 " rows; %" PRId64 " to %" PRId64 " are wanted",
             file->path, path, rows, lo, hi);
    return lo == hi ? NULL : read_rows(file, path, dataset, &info, type, lo, hi, into);
}

static Err read_opened(const H5 *file, const char *path, H5Type type, int64_t lo, int64_t hi,
                       void *into)
{
    hid_t dataset;
    TRY(open_dataset(file, path, &dataset));
    Err err = read_checked(file, path, dataset, type, lo, hi, into);
    H5Dclose(dataset);
    return err;
}

Err h5_read(H5 *file, const char *path, H5Type type, int64_t lo, int64_t hi, void *into)
{
    h5_enter();
    Err err = read_opened(file, path, type, lo, hi, into);
    h5_leave();
    return err;
}
