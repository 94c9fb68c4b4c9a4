/* What the fuzz targets stand on: libFuzzer hands each of them bytes, and whatever these are, the
 * program says what is wrong in words. scripts/fuzz.sh builds and runs them. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/err.h"
#include "base/log.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Where this process may write. */
static inline const char *fuzz_path(void)
{
    static char path[256];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.200s/lockstep-fuzz-%d", folder ? folder : "/tmp", (int)getpid());
    return path;
}

/* A file of these bytes, of this process alone. */
static inline const char *fuzz_file(const void *bytes, size_t size)
{
    const char *path = fuzz_path();
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        abort();
    return path;
}

/* An error is an answer, if it is the user's and has words. */
static inline void fuzz_refused(Err err)
{
    if (err && (err_status(err) != STATUS_USER || !*err_text(err)))
        abort();
    err_free(err);
}

#endif
