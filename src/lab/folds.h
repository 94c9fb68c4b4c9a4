/* Cross-validation: a sweep whose only axis is folds. Every row of /train is in one of them, and
 * each is the validation part of one run, which trains on the others: the figures are of samples
 * that the net has not seen, and all samples are used. A configuration's own data.validation and
 * data.fold do not count then, since a fold takes their place; that is said. */
#ifndef LAB_FOLDS_H
#define LAB_FOLDS_H

#include "lab/crew.h"

/* What a configuration is given for that, as one more --set: the section `sweep:`, with as many
 * ranks a trial as keep all of them busy. */
const char *folds_section(int64_t folds, int ranks, Arena *arena);
/* Runs it and prints a table of the folds. Errors as of sweep_run. Collective. */
Err folds_run(const Experiment *asked);
/* Says which keys of the document do not count; and, of the user's own, which sections. Rank 0
 * alone. */
void folds_announce_sections(const ConfigSource *config);
void folds_announce(Conf *conf, int64_t folds);

#endif
