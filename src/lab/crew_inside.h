/* What the files of a crew share: crew.c (before the first trial) and crew_run.c (the trials). */
#ifndef LAB_CREW_INSIDE_H
#define LAB_CREW_INSIDE_H

#include "lab/crew.h"

/* The configuration of one trial. */
Err crew_read_trial(const Crew *crew, const Grid *grid, int64_t number, Arena *arena,
                    Config *config);
/* Names the trial in an error that is not about stopping. Takes over `err`. */
Err crew_name_trial(const Crew *crew, const Grid *grid, int64_t number, Err err);

#endif
