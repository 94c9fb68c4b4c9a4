/* The configuration: what is read resolves to a text that reads back as the same text. */
#include "fuzz.h"
#include "train/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = calloc(size + 1, 1);
    memcpy(text, bytes, size);
    Config config, again;
    log_level(LOG_SILENT);
    Err err = config_read(&config, "run.yaml", text, NULL, 0);
    if (!err) {
        const char *resolved = conf_text(config.conf);
        err = config_read(&again, "again.yaml", resolved, NULL, 0);
        if (err || strcmp(resolved, conf_text(again.conf)) != 0)
            abort();
        config_free(&again);
    }
    fuzz_refused(err);
    config_free(&config);
    free(text);
    return 0;
}
