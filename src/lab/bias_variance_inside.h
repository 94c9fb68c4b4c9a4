/* What the files of `bias-variance` share: bias_variance.c (the experiment), bias_variance_plan.c
 * (its section), bias_variance_data.c (predictions and targets) and bias_variance_table.c (what is
 * told). */
#ifndef LAB_BIAS_VARIANCE_INSIDE_H
#define LAB_BIAS_VARIANCE_INSIDE_H

#include "lab/bias_variance.h"
#include "lab/decompose.h"

typedef enum BiasNoise { BIAS_NOISE_NONE, BIAS_NOISE_KNOWN, BIAS_NOISE_REPEATED } BiasNoise;

typedef struct BiasPlan {
    Node section, axis, noise_node;
    int64_t models, rows, ranks_per_trial;
    int resample; /* 0: bootstrap, 1: split */
    int part;     /* 0: test, 1: validation */
    int seed;     /* 0: same, 1: each */
    bool keep_checkpoints;
    BiasNoise noise;
    double known;
} BiasPlan;

/* Takes the section out of the document and makes the grid of it: the axis, then the models. */
Err bias_plan_read(BiasPlan *plan, Grid *grid, Conf *conf);
/* The same for every trial, as for --set: what training sets are. */
const char *bias_plan_resample(const BiasPlan *plan, Arena *arena);
Part bias_plan_part(const BiasPlan *plan);
const char *bias_plan_part_name(const BiasPlan *plan);
/* A CrewJudge whose context is the plan: whether there is something to measure. */
Err bias_plan_judge(const Engine *engine, void *plan);

/* One value of the axis. */
typedef struct BiasSetting {
    const char *label; /* the axis' value */
    int classes;       /* 0: squared error */
    int models;        /* that are done; of less than DECOMPOSE_LEAST there are no figures */
    int64_t rows;      /* that were measured */
    Decomposition figures;
} BiasSetting;

/* Whether the rows of every value of the axis tell the noise, if they are to. By rank 0 alone, in a
 * Comm of its own. STATUS_USER: no inputs repeat. */
Err bias_noise_check(const BiasPlan *plan, const Crew *crew, const Comm *alone);
/* Decomposes the models of the axis' value `index`, from their files. By rank 0 alone, in a Comm of
 * its own. STATUS_USER: the data have other rows than was predicted, or none that repeat. */
Err bias_setting_measure(BiasSetting *setting, const BiasPlan *plan, const Crew *crew,
                         const Comm *alone, int index);

/* bias_variance.csv; the table and the bars on the terminal. */
Err bias_table_write(const BiasSetting *settings, int count, const Crew *crew);
void bias_table_show(const BiasSetting *settings, int count, const BiasPlan *plan, Crew *crew);

#endif
