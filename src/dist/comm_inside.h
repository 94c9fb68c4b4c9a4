/* What comm.c and comm_meet.c share. */
#ifndef DIST_COMM_INSIDE_H
#define DIST_COMM_INSIDE_H

#include "dist/comm.h"

/* Limits, from where it `begins` on, how long the ranks may take to reach each other. */
void comm_limit_meeting(bool begins);

#endif
