/* Bytes taken one after another as choices, and an HDF5 data set made of them. */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include "base/h5.h"
#include "fuzz.h"

typedef struct Bytes {
    const uint8_t *at;
    size_t left;
} Bytes;

/* The next one; 0 when there are no more. */
static inline unsigned take(Bytes *bytes)
{
    if (bytes->left == 0)
        return 0;
    bytes->left--;
    return *bytes->at++;
}

/* Up to `size` bytes of any kind; what is missing stays as it is. */
static inline void take_all(Bytes *bytes, void *into, size_t size)
{
    for (size_t i = 0; i < size && bytes->left; i++)
        ((uint8_t *)into)[i] = (uint8_t)take(bytes);
}

/* Takes its type, its rank, its sizes, and then its values. */
static inline void write_any(H5 *file, const char *name, Bytes *bytes)
{
    static const H5Type types[] = {H5_U8, H5_I32, H5_I64, H5_F32, H5_F64};
    enum { MOST = 4096 };
    static double values[MOST];
    int64_t dims[5], count = 1;
    H5Type type = types[take(bytes) % 5];
    int rank = (int)(take(bytes) % 6);
    for (int i = 0; i < rank; i++) {
        dims[i] = take(bytes) % 8;
        count *= dims[i];
    }
    if (count > MOST)
        return;
    memset(values, 0, sizeof values);
    take_all(bytes, values, 8 * (size_t)count);
    fuzz_refused(h5_write(file, name, type, rank, dims, take(bytes) % 4, values));
}

#endif
