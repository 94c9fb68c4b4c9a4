/* lockstep report: runs and sweeps as one page of HTML, with curves, tables, configurations and
 * digests. The page depends on what the directories hold and on nothing else. */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include "base/err.h"

/* Writes the page of these run and sweep directories to `output`. Without gnuplot it has no curves,
 * and says so, as does a warning. STATUS_USER for a directory that holds neither, or that holds a
 * damaged file. By rank 0 alone. */
Err report_write(const char *const *directories, int count, const char *output);

#endif
