/* The gradients of a net against central differences of its loss, in double precision, whatever
 * Real the program is built with: gradient.c, nn/ and math/ are compiled once more with double, and
 * of that twin this one function is to be seen (CMakeLists.txt). So a difference tells gradients
 * apart at a millionth, where a loss in float has no more than a hundredth to say.
 *
 * In this header nothing is a Real. */
#ifndef LAB_GRADIENT_H
#define LAB_GRADIENT_H

#include "base/conf.h"

#include <stdint.h>

/* A net and one micro-batch for it. Vectors of the net are packed: the tensors one after another,
 * parameters first, without padding. */
typedef struct GradientTask {
    Node model, loss, data;
    int channels, height, width;
    int classes, targets; /* one of the two is 0 */
    int lanes;
    uint64_t seed;
    const double *x;         /* [pixel][channel][lane] */
    const int32_t *label;    /* [lane], or NULL */
    const double *value;     /* [target][lane], or NULL */
    const int64_t *position; /* [lane] */
    const double *mask;      /* [lane] */
    const double *values;    /* packed: parameters and statistics */
    const double *leaf;      /* packed: what the program's own kernels say */
} GradientTask;

typedef struct GradientReport {
    double error; /* the largest, relative, of a tensor's gradient along one direction */
    char error_in[256];
    double kernels; /* the largest, relative, of the program's own gradient of a tensor */
    char kernels_in[256];
    int tensors;
} GradientReport;

/* Each tensor is moved along its gradient with as much of a random direction added; statistics are
 * not looked at. */
Err gradient_check(const GradientTask *task, GradientReport *report);

#endif
