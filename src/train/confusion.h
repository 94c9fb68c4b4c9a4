/* Confusion: how often samples of each class were taken for each class, counted in an evaluation.
 * Counts are whole numbers, so their sum over ranks is exact in any order. */
#ifndef TRAIN_CONFUSION_H
#define TRAIN_CONFUSION_H

#include "train/engine.h"

typedef struct Confusion {
    const Engine *engine;
    int classes;
    double *count; /* [truth][answer] */
} Confusion;

/* Counts the engine's next evaluations, until it is closed. Of a loss that gives no classes,
 * classes stays 0. */
void confusion_open(Confusion *confusion, Engine *engine);
/* The counts of all ranks. Collective. */
void confusion_merge(Confusion *confusion, const Comm *comm);
void confusion_close(Confusion *confusion, Engine *engine);
/* Where 80 columns suffice, for about ten classes: a table with the recall (right answers of a
 * class's samples) of each row and the precision (right ones of a class's answers) of each column;
 * else the commonest mistakes. */
const char *confusion_text(const Confusion *confusion, Arena *arena);

#endif
