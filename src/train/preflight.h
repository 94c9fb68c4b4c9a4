/* The pre-flight: what can be known before a run of the place that it is to run in. Each check is a
 * row of a table in preflight.c and judges from Facts, of which every rank has those of all:
 *
 *     agreement.c   programs, configuration, environment, data: alike on all ranks?
 *     placement.c   ranks on cores, limits of containers, kinds of CPU, clocks, shares of the work
 *     storage.c     memory, the run directory, space for checkpoints, a save within the grace
 *
 * Training looks at what is cheap and is silent about what is well; `lockstep check` looks at all
 * and says all. */
#ifndef TRAIN_PREFLIGHT_H
#define TRAIN_PREFLIGHT_H

#include "base/host.h"
#include "base/verdict.h"
#include "train/engine.h"

enum { PREFLIGHT_VARIABLES = 3 };

/* What a rank knows of itself. Without pointers: ranks send it to each other. */
typedef struct Fact {
    Host host;
    char identity[192];                        /* identity_text */
    uint64_t program;                          /* digest of the program's file */
    uint64_t configuration;                    /* of the resolved text */
    uint64_t environment[PREFLIGHT_VARIABLES]; /* of the values; 0: not set */
    uint64_t data;                             /* of samples of the data files; 0: not looked */
    int32_t blas_threads;
} Fact;

typedef struct Preflight {
    const Comm *comm;
    const Config *config;
    const char *difference; /* of the ranks' command lines; NULL: none */
    Engine *engine;         /* once it is built */
    const char *run;        /* a folder to try, on the run directory's file system */
    const char *path;       /* the run directory */
    Fact *facts;            /* [count] */
    int count;              /* ranks */
    Verdicts verdicts;      /* rank 0's count */
} Preflight;

/* Before anything is built: gathers the facts and judges what must be alike on all ranks.
 * Collective, as all that follows but preflight_close. */
void preflight_open(Preflight *preflight, const Comm *comm, const Config *config,
                    const char *difference);
/* What is wrong so far, STATUS_USER, the same on all ranks. */
Err preflight_refuse(const Preflight *preflight);
/* The cheap checks, once the engine is built; rank 0 warns of what is not well. `run` is the run
 * directory. */
void preflight_warn(Preflight *preflight, Engine *engine, const char *run);
/* All checks. Changes the engine's state: it makes a step. `path` is where the run directory would
 * be, `scratch` a folder to write in, the same on all ranks; NULL: none can be made, and what needs
 * it is left out. */
void preflight_check(Preflight *preflight, Engine *engine, const char *path, const char *scratch);
void preflight_close(Preflight *preflight);

/* The ranks of one host: the next rank at or after `from` that is on rank r's kernel and has its
 * host name, or count. */
int preflight_neighbour(const Preflight *preflight, int r, int from);
/* Whether rank r is the first of its host. */
bool preflight_leads_host(const Preflight *preflight, int r);

/* Clocks. What is known of how far another clock is ahead: between low and high. */
typedef struct ClockBound {
    double low, high;
} ClockBound;
/* The other clock was read as `reading` between our `before` and `after`. */
void clock_narrow(ClockBound *bound, double before, double reading, double after);
/* By how much any two of the clocks differ at least, 0 if they may agree; whose is the latest and
 * whose the earliest. Among them is our own, bound to 0. */
double clock_skew(const ClockBound *bounds, int count, int *late, int *early);

/* The host with the least left of what it had before anything was built, of ordinary or of shared
 * memory; needs[r] are rank r's, in bytes. */
void storage_judge_room(Preflight *preflight, const double *needs, bool shared);
/* Whether a save after a step, in seconds, fits the grace: `look` where it takes more than half. */
Judgement storage_in_time(double save, double step, double grace);

/* The checks themselves; each adds its line. Collective where the table says so; those of agreement
 * and the placement's but clocks and speed judge from facts alone. */
void agreement_learn(Fact *fact, const Comm *comm, const Config *config);
void agreement_programs(Preflight *preflight);
void agreement_configurations(Preflight *preflight);
void agreement_environments(Preflight *preflight);
void agreement_data(Preflight *preflight);
void placement_cores(Preflight *preflight);
void placement_quota(Preflight *preflight);
void placement_cpus(Preflight *preflight);
void placement_blas(Preflight *preflight);
void placement_clocks(Preflight *preflight);
void placement_speed(Preflight *preflight);
void placement_shares(Preflight *preflight);
void storage_memory(Preflight *preflight);
void storage_shared(Preflight *preflight);
void storage_folder(Preflight *preflight);
void storage_locks(Preflight *preflight);
void storage_space(Preflight *preflight);
void storage_probe(Preflight *preflight);
void storage_save(Preflight *preflight);

#endif
