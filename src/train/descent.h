/* Descent: from the sum of the leaves to the next state, block by block.
 *
 *     mean gradient   sum / weight
 *     penalised       + l1 sign(w) + l2 w
 *     clipped         by value, or by a factor for the tensor
 *     updated         by the optimizer, with the tensor's rate, decay and trust ratio
 *
 * That is one pass over this rank's blocks. Where a norm of the whole is needed first, there is a
 * pass for it: the squares of each block go into the group's memory, the group meets, and every
 * rank adds up each tensor's in block order. Clipping by norm needs one such pass, LARS and LAMB
 * one more. */
#ifndef TRAIN_DESCENT_H
#define TRAIN_DESCENT_H

#include "dist/reduce.h"
#include "nn/net.h"
#include "optim/optim.h"
#include "optim/penalty.h"
#include "train/state.h"

/* The squares that a block leaves for the group. */
typedef enum Squares {
    SQUARES_CLIP,    /* of the penalised gradient */
    SQUARES_TRUST_0, /* of what OptimType.measure says */
    SQUARES_TRUST_1,
    SQUARES_MEAN,   /* of the mean gradient */
    SQUARES_WEIGHT, /* of the parameters before the update; this and the next where it follows them
                     */
    SQUARES_UPDATE, /* of what the update has added */
    SQUARES_COUNT
} Squares;

typedef struct Descent {
    const Comm *comm;
    const Net *net;
    Optim optim;
    Penalty penalty;
    State *state;
    Reduce *reduce;
    struct Integrity *integrity; /* looks at every block before and after */
    double ema;                  /* of the weights' moving average; 0: none */
    bool follows;                /* there are steps of which the updates' norms are wanted */
    Arena arena;
    Blocks blocks;  /* of net->tensors in the order of their offsets */
    Tensor **laid;  /* [blocks.part] those tensors: parameters, then statistics */
    Rule *rule;     /* [parameter tensors] in that order */
    int64_t *first; /* [tensors + 1] first block of each */
    Window window;
    double *squares[SQUARES_COUNT]; /* [blocks.count] the group's */

    /* Of the step under way. */
    Real *gradient;       /* [BLOCK_REALS] one block's */
    Real *before;         /* [BLOCK_REALS] its parameters before the update */
    bool followed;        /* the updates' norms are wanted of this step */
    double *clip, *trust; /* [parameter tensors] factors */
    double *square; /* [parameter tensors] of the mean gradient, of a step that was measured */
    Update update;
    Real scale;    /* 1 / global weight */
    Real average;  /* what a moving average keeps */
    bool measure;  /* the mean gradient's norm is still wanted */
    bool kept;     /* a pass was made: the sums are there */
    bool overflow; /* a value in this rank's blocks has not been finite since it was last cleared */
} Descent;

/* Lays out the blocks and reads optimizer, penalty and the rules of every tensor. */
Err descent_build(Descent *descent, const Net *net, Node optimizer, Node penalty, double ema);
/* The group's memory for squares. Collective. */
Err descent_open(Descent *descent, const Comm *comm, State *state, Reduce *reduce);
/* Collective over the group. */
void descent_close(Descent *descent);
/* The step that follows state->step, from the round whose leaves are agreed on. With `measure`,
 * the square of the mean gradient's norm; 0 otherwise. Frozen tensors do not count. Collective. */
double descent_run(Descent *descent, double rate, double weight, bool measure);
/* The norms of a tensor's parameters before the update of a step that was `followed`, and of what
 * it has added to them. Until the next step. */
void descent_update_norms(const Descent *descent, int part, double *weight, double *update);
/* Adds the squares of a leaf's gradients in [first, end), which are whole tensors, frozen ones left
 * out: one tensor after the other, so that the sum is the same however the leaf is gone through. */
void descent_add_squares(const Descent *descent, const Real *leaf, int64_t first, int64_t end,
                         double *sum);
/* The penalties' value and the share of zeros among the parameters that take them. */
void descent_penalty(const Descent *descent, double *value, double *sparsity);

#endif
