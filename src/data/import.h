/* Importers: foreign formats into a data file. One file each with one const Importer, one row in
 * the table of import.c. */
#ifndef DATA_IMPORT_H
#define DATA_IMPORT_H

#include "base/err.h"

typedef struct Importer {
    const char *name;  /* "idx" */
    const char *help;  /* one line */
    const char *usage; /* arguments, as shown by `lockstep import NAME -h` */
    /* Reads what `arguments` name and writes the data file `output`, whole or not at all. */
    Err (*run)(int count, char *const *arguments, const char *output);
} Importer;

extern const Importer *const importers[]; /* ended by NULL */

#endif
