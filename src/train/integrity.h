/* Integrity: whether the state in memory is what the last update left there. Memory, a cable or an
 * arithmetic unit that fails without saying so would otherwise train on in silence, and into the
 * checkpoints.
 *
 *     update of step s       every owner hashes each of its blocks, values and slots, right after
 *                            it has written it, while it is in cache
 *     leaves of step s + 1   read them; other ranks do, too
 *     update of step s + 1   each block is hashed once more before it is touched: another hash is
 *                            a change that nobody made. It has a tensor, a rank and a step
 *
 * What was found rides in the next control word, so that all ranks end alike. The sum of a rank's
 * hashes lies on the board beside that word: groups, which hold the state once each, compare what
 * their ranks' sums add up to. That also finds an update that went wrong, and finds it later, if
 * not now: replicas that differ stay different. Before a checkpoint is composed, and before a loss
 * that is not finite is called divergence, everything is looked at again.
 *
 * Only steps that `train.check_every` names are hashed, and what is neither updated nor moved
 * (frozen tensors) is looked at in every sixteenth of them and before each checkpoint. */
#ifndef TRAIN_INTEGRITY_H
#define TRAIN_INTEGRITY_H

#include "optim/clock.h"
#include "train/descent.h"

/* Where memory is not as it was left. */
typedef struct Change {
    bool any;
    int64_t block, step; /* after which step it was as it should be */
    int vector;          /* 0: values, else slot vector - 1 */
} Change;

typedef struct Integrity {
    const Descent *descent;
    const Clock *clock;
    Span every;     /* count 0: never */
    int vectors;    /* values and slots */
    uint64_t *hash; /* [blocks][vectors] of this rank's blocks, as they were left */
    uint64_t sum;   /* of those, each under its place; 0: they are not of the present state */
    bool taken;     /* they are */
    bool checking, taking; /* in the update under way */
    Change change;         /* the first that this rank found */
    int64_t turn;          /* one block of many is timed */
    double seconds, idle;  /* spent in steps, by that; what two looks at the clock take */
} Integrity;

/* For the descent's blocks and state, which are hashed as they are. `every` as in the
 * configuration; count 0: nothing is ever hashed. Not collective. */
void integrity_open(Integrity *integrity, Descent *descent, const Clock *clock, Span every);
void integrity_close(Integrity *integrity);
/* The state was written to from outside (restored): this rank's blocks are hashed anew. All writing
 * is over. Not collective. */
void integrity_take(Integrity *integrity);

/* In the update of the step that follows state->step: before the first block; before a block is
 * first touched; when it is as it will stay; after the last one. */
void integrity_begin(Integrity *integrity);
void integrity_check_block(Integrity *integrity, int64_t block);
void integrity_take_block(Integrity *integrity, int64_t block);
void integrity_end(Integrity *integrity);

/* This rank's word, to which it adds what it has found; and what it says to reduce_say. */
Word integrity_word(const Integrity *integrity, Word mine);
/* Everything is looked at again: by its owner, and then by the groups. STATUS_FAILED naming tensor,
 * rank and step of a change, or the groups that differ. NULL where all is well, and where nothing
 * is to be hashed. Collective. */
Err integrity_verify(Integrity *integrity);
/* The same where a word says WORD_CHANGED: never NULL. Collective. */
Err integrity_explain(Integrity *integrity);
/* Seconds of the steps that went into it, the mean of all ranks. Collective. */
double integrity_seconds(const Integrity *integrity);
/* Flips the bit that LOCKSTEP_FAULT plants after the present step (train/fault.h). */
void integrity_fault(const Integrity *integrity);

#endif
