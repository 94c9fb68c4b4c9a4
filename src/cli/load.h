/* What several verbs begin with: a configuration that rank 0 reads, and the ranks in groups. */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "cli/verb.h"
#include "train/engine.h"

/* Reads a configuration file with its --set options. Collective. */
Err load_config(const Comm *world, const char *path, const Args *args, Config *config);
/* The ranks in groups, as `exchange:` wants them. Collective. */
Err load_comm(const Comm *world, const Config *config, Comm *comm);

#endif
