/* Rows: a file that lines are appended to, and that keeps each of them in memory until it is known
 * to be on disk. So a disk that is full for a while, or one that loses at fsync what it had
 * accepted, costs no row: what is in doubt is written again, at its old place.
 *
 *     the file    | on disk | with the system, to be synced | not written |
 *     in memory             | kept ......................................... |
 *
 * The run's thread adds and writes; another thread may sync meanwhile. */
#ifndef TRAIN_ROWS_H
#define TRAIN_ROWS_H

#include "base/err.h"

#include <stdio.h>

typedef struct Rows Rows;

/* How many columns the table that begins with the line `have` lacks at the end of `want`, both
 * headings: those that are younger than it. 0 also where it is another table. */
int rows_lacking(const char *have, const char *want);

/* Goes on behind what is in the file; an empty or missing one gets `header` first. STATUS_FAILED:
 * it cannot be opened; `rows` is NULL then. */
Err rows_open(Rows **rows, const char *path, const char *header);
/* Tries once more to write what is left. Closes the stream, too. */
void rows_close(Rows *rows);
/* Where lines are printed to. That never fails: what cannot be written stays in memory. */
FILE *rows_stream(const Rows *rows);
/* The file's handle. */
int rows_disk(const Rows *rows);
/* All lines so far to the system. STATUS_FAILED with the reason, and then they are kept: the disk
 * does not take them, or somebody has removed the file. */
Err rows_write(Rows *rows);
/* What rows_write has written to the disk; from any thread, between two calls of that. */
Err rows_sync(Rows *rows);

#endif
