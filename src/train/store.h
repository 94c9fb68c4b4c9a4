/* Where the data are to lie: `data.store`, `data.memory` and `data.window`. The window decides the
 * order of samples, so it comes from the configuration and the file alone; whether samples lie in
 * memory or are streamed decides no bit, so that may come from the machine. */
#ifndef TRAIN_STORE_H
#define TRAIN_STORE_H

#include "data/dataset.h"
#include "dist/comm.h"
#include "train/config.h"

typedef enum StoreKind { STORE_AUTO, STORE_MEMORY, STORE_STREAM } StoreKind;
extern const char *const store_words[]; /* "auto" "memory" "stream" */

typedef struct Store {
    int64_t window; /* samples that are shuffled together, at least 1 */
    double memory;  /* bytes for a group's data */
    bool streams;
} Store;

/* STATUS_USER: what is no size. Collective. */
Err store_choose(Store *store, const Comm *comm, const Config *config, const Dataset *dataset);
/* Whether `bytes` are within data.memory, where the user has set that. STATUS_USER otherwise. */
Err store_check(const Store *store, const Config *config, double bytes, const char *what);

#endif
