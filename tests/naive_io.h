/* What a naive layer reads and writes: rows of doubles, [sample][feature]. */
#ifndef TESTS_NAIVE_IO_H
#define TESTS_NAIVE_IO_H

#include "model.h"

#include <stdlib.h>

typedef struct NaiveIo {
    int samples;
    const Pass *pass;
    const double *x[LAYER_INPUTS], *dy, *values;
    double *y, *dx[LAYER_INPUTS]; /* dx is added into */
    double *leaf;                 /* added into */
} NaiveIo;

static inline double naive_setting(const Layer *layer, const char *key)
{
    const char *text = conf_scalar(conf_get(layer->settings, key));
    return text ? atof(text) : 0;
}

#endif
