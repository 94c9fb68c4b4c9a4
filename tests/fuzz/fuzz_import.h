/* A whole import of one file: its arguments, and the data file, which goes again. */
#ifndef TESTS_FUZZ_IMPORT_H
#define TESTS_FUZZ_IMPORT_H

#include "data/import.h"
#include "fuzz.h"

#include <sys/stat.h>

/* `arguments` up to NULL; whatever is refused leaves nothing behind. */
static inline void fuzz_import(const Importer *importer, const char *const *arguments)
{
    static char output[256];
    struct stat there;
    int count = 0;
    while (arguments[count])
        count++;
    snprintf(output, sizeof output, "%s.h5", fuzz_path());
    Err err = importer->run(count, (char *const *)arguments, output);
    if (err && stat(output, &there) == 0)
        abort();
    fuzz_refused(err);
    unlink(output);
}

#endif
