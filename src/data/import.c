/* The table of importers: one row each. `lockstep import NAME` and its help go by it. */
#include "data/import.h"

#include <stddef.h>

extern const Importer import_cifar10, import_cifar100, import_csv, import_h5, import_idx,
    import_npy, import_npz;

const Importer *const importers[] = {&import_csv, &import_npy,     &import_npz,      &import_h5,
                                     &import_idx, &import_cifar10, &import_cifar100, NULL};
