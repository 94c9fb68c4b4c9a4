/* The error of many models, each of a training set of its own, taken apart.
 *
 * Squared error (Geman, Bienenstock and Doursat 1992), at one row with target y, prediction f of
 * models 1..m, mean prediction F:
 *
 *     error = mean (f - y)^2      variance = sum (f - F)^2 / (m - 1)
 *     bias^2 = (F - y)^2 - variance / m - noise
 *
 * F is no expectation: (F - y)^2 is too large by the variance of a mean of m, and by the noise of
 * y. With both taken off each figure is unbiased (bias^2 may come out below 0), and
 * error = bias^2 + variance + noise holds exactly.
 *
 * 0-1 loss (Domingos 2000, "A unified bias-variance decomposition"), with true class t, main
 * prediction M (the commonest of m; of equals the lowest class), share p_c of models that say c:
 *
 *     bias = [M != t]      unbiased variance = [M = t] (1 - p_M)      biased = [M != t] p_t
 *     error = bias + unbiased - biased + noise
 *
 * A label is not t with the probability r, then any other class alike: the noise is
 * r (p_t - (1 - p_t) / (C - 1)), Domingos' c1 N. t itself is not known; but a figure g(c) of each
 * class c has, of labels y, the mean (1 - q) g(t) + q mean_c g(c), q = r C / (C - 1), so that
 * (g(y) - q mean_c g(c)) / (1 - q) is unbiased for g(t), and the sum still is the error exactly. M
 * is of m models and not of all that there could be; that remains in bias and variances.
 *
 * Noise from repeated labels: of groups of rows with the same inputs. Of values their variance in
 * each group; of classes r, from how often two of a group differ: r (2 - r C / (C - 1)).
 *
 * Standard errors: by jackknife over groups of rows, and over models; their squares are added. */
#ifndef LAB_DECOMPOSE_H
#define LAB_DECOMPOSE_H

#include <stdbool.h>
#include <stdint.h>

enum { DECOMPOSE_LEAST = 3 }; /* models: one of them is left out for the standard errors */

typedef struct Predictions {
    int models; /* at least DECOMPOSE_LEAST */
    int64_t rows;
    int classes;          /* 0: squared error */
    int outputs;          /* values a row, whose squared errors are averaged; of classes 1 */
    const double *said;   /* [models][rows][outputs] values, or classes */
    const double *target; /* [rows][outputs] */
    int64_t groups;
    const int64_t *group; /* [rows] below `groups`; those of rows with the same inputs are equal */
    bool repeated;        /* noise from rows of the same group, of which each has two at least */
    double noise;         /* otherwise: its variance, of classes the r of above */
} Predictions;

typedef enum Component {
    DECOMPOSED_ERROR,
    DECOMPOSED_BIAS,     /* of squared error its square */
    DECOMPOSED_VARIANCE, /* variance; of 0-1 loss the net one, unbiased - biased */
    DECOMPOSED_NOISE,
    DECOMPOSED_UNBIASED, /* of 0-1 loss; otherwise NAN */
    DECOMPOSED_BIASED,
    DECOMPOSED_RATE, /* r, likewise */
    COMPONENTS
} Component;

typedef struct Decomposition {
    double value[COMPONENTS];
    double error[COMPONENTS]; /* standard errors */
} Decomposition;

/* Sums in the order of rows and models, in double. Figures are NAN where labels are nothing but
 * noise. */
Decomposition decompose(const Predictions *predictions);

#endif
