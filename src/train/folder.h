/* The run directory: whose it is, what is in it already, and where to go on. */
#ifndef TRAIN_FOLDER_H
#define TRAIN_FOLDER_H

#include "train/run.h"

#include <stdio.h>

typedef struct Folder {
    Arena arena;
    const char *path;
    const char *checkpoint; /* to resume from, or NULL */
    const char *finished;   /* the last line of a run that is complete, or NULL */
    bool locked;
    int lock; /* rank 0 */
    FILE *log;
} Folder;

/* Makes and locks the directory and finds the checkpoint to resume from. STATUS_USER: another run
 * is in it, or another job holds it. Collective. */
Err folder_open(Folder *folder, const Comm *comm, const Config *config, const RunOptions *options);
/* Once the configuration is resolved: compares it with the checkpoint's and writes config.yaml.
 * STATUS_USER naming the key that has changed. Collective. */
Err folder_settle(Folder *folder, const Comm *comm, Config *config);
void folder_close(Folder *folder);

#endif
