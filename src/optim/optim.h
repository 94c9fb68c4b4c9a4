/* Optimizers: elementwise updates of a slice of parameters. An optimizer is one file: settings,
 * the names of its slots (state of the parameters' size), and the update of one block; everything
 * static but one const OptimType, and one row in optim.c.
 *
 * An update sees a contiguous run of one tensor's elements and knows no ranks: any cut of the
 * parameters into runs gives the same bits (compiled without contraction). */
#ifndef OPTIM_OPTIM_H
#define OPTIM_OPTIM_H

#include "base/real.h"
#include "optim/clip.h"
#include "optim/rule.h"

enum { OPTIM_SLOTS = 3, OPTIM_CONSTANTS = 4 };

/* What every optimizer's settings begin with: OPTIM_FIELDS(its name, default rate and decay). */
typedef struct OptimSettings {
    const char *type;
    double lr;
    double weight_decay;
    Node decay_exempt, clip, layers;
} OptimSettings;

/* clang-format off */
#define OPTIM_FIELDS(name, rate, decay)                                                           \
    {"type", FIELD_TEXT, offsetof(OptimSettings, type), name, .help = "which optimizer"},         \
    {"lr", FIELD_REAL, offsetof(OptimSettings, lr), rate, 0, 1e4,                                 \
     .help = "learning rate at the reference batch"},                                             \
    {"weight_decay", FIELD_REAL, offsetof(OptimSettings, weight_decay), decay, 0, 1e4,            \
     .help = "weight decay; 1-D parameters are exempt by default"},                               \
    {"decay_exempt", FIELD_NODE, offsetof(OptimSettings, decay_exempt), "1d",                     \
     .help = "1d, none, or a list of layer name patterns"},                                       \
    {"clip", FIELD_NODE, offsetof(OptimSettings, clip), FIELD_NONE,                               \
     .help = "a norm, {norm: n}, {layer: n} or {value: v}"},                                      \
    {"layers", FIELD_NODE, offsetof(OptimSettings, layers), FIELD_NONE,                           \
     .help = "list of {match: pattern, lr: x, weight_decay: x, freeze: true}"}
/* clang-format on */

/* The most that the decay of an average may be, and the least that keeps a quotient of zeros from
 * being no number (where a gradient has always been zero): float still tells them from 1 and 0. */
#define OPTIM_BETA_MOST     0.9999999
#define OPTIM_EPSILON_LEAST 1e-30

/* One update of n elements. */
typedef struct Update {
    int64_t n;
    Real *w;                        /* parameters */
    const Real *g;                  /* gradient of the mean loss */
    Real *slot[OPTIM_SLOTS];        /* state: those in use, in the order of OptimType.slots */
    Real rate;                      /* learning rate of this step */
    Real decay;                     /* weight decay of this tensor; 0 where exempt */
    Real trust;                     /* what OptimType.trust made of the tensor's norms; 1 else */
    Real constant[OPTIM_CONSTANTS]; /* of this step, from OptimType.begin */
} Update;

typedef struct OptimType {
    const char *name;
    const char *help;
    const Field *fields; /* begins with OPTIM_FIELDS */
    size_t self_size;
    bool adaptive;            /* divides by the root of a second moment */
    const char *const *slots; /* PyTorch's names, ended by NULL */
    /* Whether these settings use that slot; NULL: they use all. */
    bool (*slot_used)(const void *self, int slot);
    /* What each element of that slot is before step 1; NULL: 0. */
    double (*slot_start)(const void *self, int slot);
    /* Reads what the table of fields cannot say; may be NULL. */
    Err (*setup)(Node settings, void *self);
    /* Fills the constants of step 1, 2, ...; may be NULL. */
    void (*begin)(const void *self, int64_t step, Real *constant);
    void (*update)(const void *self, const Update *update);
    /* Of optimizers that fit a tensor's step to its norms: before any update of a step, `measure`
     * gives two sums of squares of each run of it, and may move the slots; `trust` makes the ratio
     * of the tensor's two norms. Both NULL for all others. */
    void (*measure)(const void *self, const Update *update, double squares[2]);
    double (*trust)(const void *self, double norm0, double norm1, double decay);
    /* Where they stand in the settings: which tensors have ratio 1. */
    size_t trust_exempt; /* offset of a Node */
} OptimType;

extern const OptimType *const optim_types[];

typedef struct Optim {
    const OptimType *type;
    OptimSettings *self; /* the type's settings begin with these */
    int slots;           /* in use */
    const char *slot_names[OPTIM_SLOTS + 1];
    Real slot_start[OPTIM_SLOTS];
    Exemption decay, trust;
    Clip clip;
} Optim;

/* Reads `optimizer:`. Memory from the document. */
Err optim_build(Optim *optim, Node section);
/* The rule of each of n tensors. STATUS_USER for patterns that match nothing, and for a weight
 * decay from which everything is exempt. */
Err optim_rules(const Optim *optim, const Subject *subjects, int n, Rule *rules);

#endif
