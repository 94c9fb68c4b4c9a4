/* A unit test program of one rank that needs MPI: as unit.h, with MPI started around it, in
 * silence.
 *
 *     int main(int argc, char **argv) { return unit_run_mpi("descent", promises, argc, argv); }
 */
#ifndef TESTS_UNIT_MPI_H
#define TESTS_UNIT_MPI_H

#include "base/log.h"
#include "dist/comm.h"
#include "math/gemm.h"
#include "unit.h"

static inline int unit_run_mpi(const char *suite_name, const Promise *promises, int argc,
                               char **argv)
{
    log_level(LOG_SILENT);
    comm_start(&argc, &argv);
    gemm_init();
    int status = unit_run(suite_name, promises);
    comm_stop();
    return status;
}

#endif
