/* `lockstep check`: everything that can be known of a run before the machine time is spent, as one
 * list of verdicts. */
#ifndef LAB_CHECK_H
#define LAB_CHECK_H

#include "dist/comm.h"
#include "train/config.h"

typedef struct CheckPlan {
    const Comm *comm; /* ranks in groups, as the run would have them */
    const Config *config;
    const char *run;        /* where the run directory would be; NULL: runs/NAME */
    const char *difference; /* of the ranks' command lines; NULL: none */
    bool json;
} CheckPlan;

/* Checks and tells; leaves nothing behind. STATUS_FAILED where a verdict is `wrong`; what cannot be
 * built at all is the Err that training would meet, after the verdicts up to there. Collective. */
Err check_run(const CheckPlan *plan);

#endif
