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
    /* Rank 0: */
    const char *missing; /* the first folder that was not there before, or NULL */
    bool made[3];        /* which of the files of folder.c's `started` were not */
    bool locked;
    int lock;
    FILE *log;
} Folder;

/* Makes and locks the directory and finds the checkpoint to resume from. STATUS_USER: another run
 * is in it, or another job holds it. Collective. */
Err folder_open(Folder *folder, const Comm *comm, const Config *config, const RunOptions *options);
/* Once the configuration is resolved: compares it with the checkpoint's and writes config.yaml.
 * STATUS_USER naming the key that has changed. Collective. */
Err folder_settle(Folder *folder, const Comm *comm, Config *config);
/* Removes what this job has made in and of the directory: no run has begun. */
void folder_discard(Folder *folder);
void folder_close(Folder *folder);

#endif
