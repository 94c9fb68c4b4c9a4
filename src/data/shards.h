/* Shards: HDF5 files whose data sets of one name follow each other, row after row, as if they were
 * one. One file is the usual case. What is of the whole (class names) is the first one's. */
#ifndef DATA_SHARDS_H
#define DATA_SHARDS_H

#include "base/h5.h"

typedef struct Shards Shards;

/* STATUS_USER for a file that cannot be opened. shards_close in any case. */
Err shards_open(Shards **shards, const char *const *paths, int count);
void shards_close(Shards *shards);
/* The first file. */
H5 *shards_first(const Shards *shards);
/* Whether any file has it. */
bool shards_has(const Shards *shards, const char *name);
/* Of all rows together; must be called once before rows are read. STATUS_USER: a file that has no
 * such data set (unless `everywhere` is false and another has it), samples of other shapes or kinds
 * of numbers than the first file's. */
Err shards_info(Shards *shards, const char *name, bool everywhere, H5Info *info);
/* The first file in which two data sets, both looked at, have different numbers of rows; or NULL.
 */
const char *shards_uneven(const Shards *shards, const char *name, const char *other);
/* Rows [lo, hi), as h5_read reads them: `width` values of `size` bytes each. */
Err shards_read(const Shards *shards, const char *name, H5Type type, size_t size, int64_t lo,
                int64_t hi, int64_t width, void *into);
/* The file that row `row` is in, which becomes the row in that file. */
const char *shards_where(const Shards *shards, const char *name, int64_t *row);

#endif
