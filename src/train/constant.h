/* What a net that looks at nothing can have: the loss of the best constant answer. High and low
 * losses are told by it. */
#ifndef TRAIN_CONSTANT_H
#define TRAIN_CONSTANT_H

#include "train/engine.h"

/* The mean loss of up to 8192 training samples, evenly taken, when every answer is the classes'
 * shares (of a regression the targets' means, which for l1 and huber is nearly the best one). A
 * function of data and configuration, alike on every rank. */
double constant_loss(const Engine *engine);

#endif
