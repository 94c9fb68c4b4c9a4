/* A space of settings to be tried: named ranges, each a path of the configuration.
 *
 *     optimizer.lr: {log: [1e-3, 1]}             uniform in the logarithm
 *     optimizer.momentum: {log_distance_to_1: [1e-3, 0.3]}    1 - value is so
 *     optimizer.weight_decay: {linear: [0, 1e-3]}
 *     model.1.dense: {integer: [32, 512]}        or log_integer
 *     optimizer.type: {choice: [sgd, adam]}      any values
 *
 * A point is a number in [0, 1) for each of them. */
#ifndef LAB_SPACE_H
#define LAB_SPACE_H

#include "base/conf.h"

typedef enum ScaleKind {
    SCALE_LINEAR,
    SCALE_LOG,
    SCALE_LOG_DISTANCE,
    SCALE_INTEGER,
    SCALE_LOG_INTEGER,
    SCALE_CHOICE
} ScaleKind;

typedef struct Param {
    const char *path;
    ScaleKind kind;
    double low, high; /* of the value, or of its distance to 1; of a choice 0 and how many */
    Node choices;
} Param;

enum { SPACE_MOST = 16 }; /* ranges */

typedef struct Space {
    int count;
    Param param[SPACE_MOST];
} Space;

/* Adds one range to the space: the entry of a mapping, its key the path. STATUS_USER at its place.
 */
Err space_add(Space *space, Node entry);
/* The value at `unit` of a range, as YAML. */
const char *space_value(const Param *param, double unit, Arena *arena);
/* Where on the range, 0 to 1, that value lies, to 6 digits: of integers not `unit` itself. Of a
 * choice its number. */
double space_place(const Param *param, double unit);
/* The number behind such a text, as it is compared: its place on the range, 0 to 1. */
double space_unit(const Param *param, double value);

/* Coordinate `dimension` of point `index` of a sequence that fills [0, 1) evenly, whatever its
 * length (Halton 1960; shifted by a random number of `seed` and dimension, modulo 1, as Cranley and
 * Patterson 1976 have it). At most SPACE_MOST dimensions. */
double space_halton(uint64_t seed, int64_t index, int dimension);

#endif
