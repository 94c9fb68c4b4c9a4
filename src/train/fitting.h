/* Fitting: the verdict on each evaluation, from the history of two losses alone: V on validation,
 * and T of training, the mean over the samples since the evaluation before. So it is the same on
 * any number of ranks, and, being remembered in Control, in a run that was resumed.
 *
 *     overfitting    V was better once, and it is not noise: the mean of the last 3 V is above the
 *                    least such mean by more than twice the noise and by 1 %, 2 evaluations in a
 *                    row at least; and T has fallen by 1 % since the least V.
 *     underfitting   of the 3rd evaluation on, the better of T and V is above 0.9 of the loss of
 *                    the best constant, B; or it is above B / 2, hardly falls any more (its least
 *                    of the last 3 evaluations is not 3 % below that of those before), and there is
 *                    no gap (V <= 1.1 T), which would be another matter.
 *     ok             all else; also what is too short to be told.
 *
 * Why so. Means of 3: the least of many noisy V is an outlier, and everything is above it. The
 * noise is the largest distance of a V from the middle of its neighbours, of the last 10 at most,
 * since the least mean: a slope
 * adds nothing to it, and the plunge of a run's beginning, which is no noise, lies before the best.
 * Where V is flat but for white noise and T falls, 8 runs of 30 evaluations in 100 are called
 * overfitting all the same (tests/test_fitting.c counts). That T falls tells overfitting from a
 * rate that is too high. The better of T and V: with dropout and augmentation T is measured with
 * them, and lies above V; so T alone says neither that a loss is high nor that there is no gap. B
 * gives "high" a scale: a share of 1 - loss / B is explained (R squared, of squared errors). B / 2
 * is a convention, and targets may hold more noise than that: then nothing is wrong with the net.
 *
 * It goes by loss. An accuracy may still rise for a while when V does: the net is then more often
 * right, and more sure of itself where it is wrong. */
#ifndef TRAIN_FITTING_H
#define TRAIN_FITTING_H

#include <stddef.h>
#include <stdint.h>

typedef enum Fit { FIT_UNKNOWN, FIT_OK, FIT_UNDER, FIT_OVER, FIT_COUNT } Fit;
extern const char *const fit_words[]; /* of metrics.csv and summary.json; "" for FIT_UNKNOWN */

enum { FITTING_KEPT = 10 };

/* Part of a checkpoint. Zeroed: nothing seen. */
typedef struct Fitting {
    int64_t seen;                    /* evaluations that were finite */
    double train_sum;                /* since the last of them: loss times samples */
    int64_t train_samples;           /* and samples */
    double best;                     /* the least V */
    int64_t best_step, best_samples; /* when */
    double best_train;               /* T then */
    double least;                    /* the least mean of 3 V */
    int64_t since_least;             /* evaluations */
    int64_t above;                   /* in a row, the last one being above it by more than noise */
    int64_t verdict;                 /* Fit of the last one that was finite */
    int64_t row;                     /* evaluations in a row that had it */
    double validation[FITTING_KEPT]; /* V, the latest first */
    double train[FITTING_KEPT];      /* T, likewise */
} Fitting;

/* Takes in the mean loss of a step over its samples. */
void fitting_step(Fitting *fitting, double loss, int64_t samples);
/* Takes in an evaluation and judges it; `constant` is B, NAN if unknown. A V that is not finite is
 * FIT_UNKNOWN, and changes nothing that later ones are judged by. */
Fit fitting_note(Fitting *fitting, double validation, double constant, int64_t step,
                 int64_t samples);
/* Epochs at the least V, if the verdict is overfitting; else NAN. */
double fitting_since(const Fitting *fitting, int64_t epoch);
/* What can be done about it, in a sentence; "" of others. */
const char *fit_advice(Fit fit);
/* The verdict with its figures and the advice, of which FITTING_TEXT bytes hold everything. */
enum { FITTING_TEXT = 512 };
void fitting_text(const Fitting *fitting, int64_t epoch, double constant, char *text, size_t size);

#endif
