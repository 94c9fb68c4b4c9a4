/* The reader of IDX files, plain and packed. */
#include "data/import_idx_inside.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    Idx idx;
    fuzz_refused(idx_read(&idx, fuzz_file(bytes, size)));
    idx_free(&idx);
    return 0;
}
