/* Rules: what an update does with one tensor. They follow from patterns over layer names:
 *
 *     optimizer:
 *       decay_exempt: 1d                     which tensors take no weight decay and no penalty
 *       layers:                              every match multiplies
 *         - {match: "0?_conv2d", lr: 0.1}
 *         - {match: "*bias", weight_decay: 0}
 *         - {match: stem, freeze: true}
 *
 * A pattern (of the shell: * ? [abc]) is held against the layer's name and against layer/tensor,
 * and must match something. */
#ifndef OPTIM_RULE_H
#define OPTIM_RULE_H

#include "base/conf.h"

/* A tensor as patterns see it. */
typedef struct Subject {
    const char *layer;  /* "05_residual/main/00_conv2d" */
    const char *tensor; /* "weight" */
    bool one;           /* of one dimension, or of a normalisation: what `1d` means */
} Subject;

typedef struct Rule {
    double lr, decay; /* multipliers of learning rate and weight decay; decay 0 where exempt */
    bool penalized;   /* takes the penalties */
    bool adapts;      /* LARS and LAMB: has a trust ratio of its own */
    bool frozen;      /* is not updated */
} Rule;

/* Which tensors something does not apply to: 1d, none, or a list of patterns. */
typedef struct Exemption {
    enum { EXEMPT_1D, EXEMPT_NONE, EXEMPT_PATTERNS } kind;
    Node patterns;
} Exemption;

Err exemption_read(Exemption *exemption, Node node, const char *key);
bool exemption_covers(const Exemption *exemption, const Subject *subject);
/* STATUS_USER for a pattern that matches none of the n subjects. */
Err exemption_check(const Exemption *exemption, const Subject *subjects, int n);

/* The multipliers of every subject by the list `layers`; the other members are left alone.
 * STATUS_USER for a pattern that matches none, and where everything is frozen. */
Err rules_read(Rule *rules, Node layers, const Subject *subjects, int n);

#endif
