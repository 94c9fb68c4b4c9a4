/* What data.normalize asks for: a word, what to measure on the training part; or the numbers.
 *
 *     normalize: channel
 *     normalize: {mean: [72.9], std: [90.0]}      x' = (x - mean) / std, in the file's units
 *
 * A mean and a deviation for each channel, or for each feature of a sample in the file's order. */
#ifndef DATA_NORMALIZE_H
#define DATA_NORMALIZE_H

#include "base/conf.h"
#include "data/dataset.h"

typedef struct Normalize {
    NormalMode mode; /* of a word */
    Node given;      /* the means' place; absent with a word */
    int count;
    double *mean, *std; /* [count], in the document's arena */
} Normalize;

extern const Field normalize_fields[]; /* of the numbers */

/* STATUS_USER: an unknown word, numbers that are none, a deviation that is not positive, or another
 * number of deviations than of means. */
Err normalize_read(Normalize *normalize, Node node);
/* The mode that the numbers are for: by channel or by feature. STATUS_USER: their count is neither.
 */
Err normalize_mode(const Normalize *normalize, const Dataset *dataset, NormalMode *mode);
/* Fills shift and scale of `normal`, whose mode and count are set, with the numbers. */
void normalize_fill(const Normalize *normalize, Normal *normal);

#endif
