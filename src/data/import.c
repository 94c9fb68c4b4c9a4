/* The table of importers: one row each. `lockstep import NAME` and its help go by it. */
#include "data/import.h"

#include <stddef.h>

extern const Importer import_csv, import_idx;

const Importer *const importers[] = {&import_csv, &import_idx, NULL};
