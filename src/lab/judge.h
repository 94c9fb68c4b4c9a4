/* Judgement of what goes through a net's layers, before a run (check_layers.c) and after it
 * (report_layers.c): the same rules of thumb, the same words, the same cures. */
#ifndef LAB_JUDGE_H
#define LAB_JUDGE_H

#include "base/verdict.h"

typedef struct Judged {
    Judgement verdict;
    const char *word; /* what it is called: "vanishing"; "" where nothing is wrong */
    const char *cure; /* NULL: there is nothing to cure */
} Judged;

/* The largest rms of a layer's outputs, divided by what the targets need (1 at least), and the
 * share of the net's output that differs between samples. */
Judged judge_activations(double rms, double differ);
/* The norm of the loss's gradient behind the first layer that learns, and at the net's output. */
Judged judge_gradients(double first, double last);
/* The share of a layer's units that are 0 for all samples; of its outputs that are at flat ends. */
Judged judge_dead(double share);
Judged judge_saturated(double share);

#endif
