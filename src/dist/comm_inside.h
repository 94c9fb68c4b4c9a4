/* What the files behind the door to MPI share: comm.c, comm_window.c and comm_desk.c. */
#ifndef DIST_COMM_INSIDE_H
#define DIST_COMM_INSIDE_H

#include "dist/comm.h"

#include <mpi.h>

struct CommInside {
    MPI_Comm all, group, column;
    MPI_Datatype line;
    int *counts, *offsets; /* [groups] of column_gather */
};

#endif
