/* What an importer made: arrays and names in a data file, against what they should be. */
#ifndef TESTS_IMPORTED_H
#define TESTS_IMPORTED_H

#include "base/h5.h"
#include "data/import.h"
#include "scratch.h"
#include "unit.h"

#include <string.h>

/* Runs an importer with arguments that end with NULL. */
static inline Err import_with(const Importer *importer, const char *output,
                              const char *const *arguments)
{
    int count = 0;
    while (arguments[count])
        count++;
    return importer->run(count, (char *const *)arguments, output);
}

/* Is it an array of so many rows of so many values, and these? */
static inline void expect_array(H5 *file, const char *path, int rows, int width,
                                const double *values)
{
    H5Info info;
    double found[256] = {0};
    CU_ASSERT_FATAL(fine(h5_info(file, path, &info)));
    int64_t row = 1;
    for (int i = 1; i < info.rank; i++)
        row *= info.dims[i];
    CU_ASSERT_EQUAL_FATAL(info.dims[0], rows);
    CU_ASSERT_EQUAL_FATAL(row, width);
    CU_ASSERT(fine(h5_read(file, path, H5_F64, 0, rows, found)));
    for (int i = 0; i < rows * width; i++) {
        if (found[i] != values[i])
            printf("\n    %s value %d: found %.9g, expected %.9g\n", path, i, found[i], values[i]);
        CU_ASSERT_EQUAL(found[i], values[i]);
    }
}

/* Does the root attribute, a list of strings, read "a|b|c"? */
static inline void expect_names(H5 *file, const char *name, const char *expected)
{
    Arena arena = {0};
    const char **texts, *joined = "";
    int count;
    CU_ASSERT_FATAL(fine(h5_read_texts(file, "/", name, &arena, &texts, &count)));
    for (int i = 0; i < count; i++)
        joined = arena_text(&arena, "%s%s%s", joined, i ? "|" : "", texts[i]);
    CU_ASSERT_STRING_EQUAL(joined, expected);
    arena_free(&arena);
}

#endif
