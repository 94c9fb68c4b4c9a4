/* A figure over the evaluations of a run: the best so far, and for how long there has been no
 * better one. Plateau decay and early stopping both wait for it, so both count alike. */
#ifndef OPTIM_TREND_H
#define OPTIM_TREND_H

#include <stdbool.h>
#include <stdint.h>

/* What can be watched: figures of the validation part. */
typedef enum Metric { METRIC_LOSS, METRIC_ACCURACY, METRIC_COUNT } Metric;
extern const char *const metric_words[]; /* "validation_loss", ... as in summary.json */

/* Part of a checkpoint. Zeroed: nothing seen. */
typedef struct Trend {
    int64_t seen; /* evaluations */
    int64_t bad;  /* the last of them, in a row, without a better figure */
    double best;
} Trend;

/* Takes in one evaluation. Better is less for a loss and more for an accuracy, by more than
 * `threshold`: of the best figure where `relative`, else as it is (PyTorch's threshold_mode). What
 * is not finite is never better. */
void trend_note(Trend *trend, Metric metric, double figure, double threshold, bool relative);

#endif
