/* The coordinator says the rate of the next step, what is due after a step, and when to stop. It
 * runs alike on every rank and is a pure function of configuration and step; only what it puts into
 * the control word (a signal, the time limit) is this rank's own. */
#ifndef TRAIN_COORDINATOR_H
#define TRAIN_COORDINATOR_H

#include "train/engine.h"

typedef struct Due {
    bool evaluate; /* on validation */
    bool save;     /* a checkpoint */
    bool anchor;   /* one that train.on_divergence may go back to: by checkpoint.every, or of step 0
                    */
    bool last;     /* the run is complete */
} Due;

/* The learning rate of the step that comes next. */
double coordinator_rate(const Engine *engine);
/* What is due at the present step (after it was made). */
Due coordinator_due(const Engine *engine);
/* Whether the step that comes next is one that is logged. */
bool coordinator_logs_next(const Engine *engine);
/* This rank's word: `began` on term_clock is when the run began. */
Word coordinator_word(const Engine *engine, double began);
/* Refuses, before any step, to wait for a figure that is never measured: by a plateau decay, early
 * stopping or a target. STATUS_USER at the setting. */
Err coordinator_check(const Engine *engine);
/* Takes a step's result, or one of an evaluation on validation, into the state's control, which may
 * end the run; of the latter, whether it is the best so far: by what early stopping watches, else
 * by accuracy, or loss for regression. */
void coordinator_note_step(Engine *engine, const Result *train);
bool coordinator_note(Engine *engine, const Result *validation);
/* "lr 0.1 at batch 256, linear scaling to 1024: x4 = 0.4, ..." what an uneven share costs, and what
 * is held in memory. */
void coordinator_announce(const Engine *engine);
/* The same of the batch's new size, after the first step that has it. Allocates nothing. */
void coordinator_announce_change(const Engine *engine);

#endif
