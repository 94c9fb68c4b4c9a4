/* The CSV importer, plain and packed: one byte of options, then the file. Small files only: what a
 * table of many words becomes is as large as the words' number times the rows'. */
#include "fuzz_import.h"

extern const Importer import_csv;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const options[][8] = {
        {"--missing", "median"},
        {"--missing", "mean", "--test-fraction", "0.3"},
        {"--missing", "zero", "--categorical", "onehot"},
        {"--missing", "median", "--categorical", "code", "--decimal", ","},
        {"--task", "classify", "--separator", "tab"},
        {"--task", "regress", "--target", "-1,0", "--header", "no"},
        {"--drop", "1", "--target", "0", "--header", "yes"},
        {NULL},
    };
    enum { MOST = 4096 };
    const char *arguments[12];
    int count = 0;
    if (size < 1 || size > MOST)
        return 0;
    log_level(LOG_SILENT);
    const char *path = fuzz_file(bytes + 1, size - 1);
    arguments[count++] = path;
    for (const char *const *option = options[bytes[0] % 8]; *option; option++)
        arguments[count++] = *option;
    if (bytes[0] & 8) {
        arguments[count++] = "--test";
        arguments[count++] = path;
    }
    arguments[count] = NULL;
    fuzz_import(&import_csv, arguments);
    return 0;
}
