/* The CIFAR importers: one byte says which, and whether the test part is the same file again. */
#include "fuzz_import.h"

extern const Importer import_cifar10, import_cifar100;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return 0;
    log_level(LOG_SILENT);
    const char *path = fuzz_file(bytes + 1, size - 1);
    const char *arguments[] = {path, bytes[0] & 2 ? "--test" : NULL, path, NULL};
    fuzz_import(bytes[0] & 1 ? &import_cifar100 : &import_cifar10, arguments);
    return 0;
}
