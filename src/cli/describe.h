/* Data files in words, for `lockstep inspect`; and long names in short. */
#ifndef CLI_DESCRIBE_H
#define CLI_DESCRIBE_H

#include "base/err.h"
#include "base/h5.h"
#include "base/mem.h"

/* "uint8", "float32", "other" */
const char *describe_type(const H5Info *info, Arena *arena);
/* "60000 x 28 x 28" */
const char *describe_dims(const H5Info *info, Arena *arena);
/* At most `most` columns of a name: its end. */
const char *describe_end(const char *name, size_t most, Arena *arena);
/* Prints what is in a data file, and what is wrong with it, in lines of 80 columns. STATUS_USER: it
 * could not be trained on at all. */
Err describe_data(const char *path);

#endif
