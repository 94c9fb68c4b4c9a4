/* Augmentation: in training a sample is seen a little differently each time it comes by.
 *
 *     data.augment: [flip, {crop: 2}]
 *
 * is a list of augmentations, applied in that order. What one does to a sample is a pure function
 * of (seed, place in the list, position of the sample in the run): a position is an epoch and a
 * sample, so the same picture is seen whatever rank gathers it, and after a resume.
 *
 * An augmentation is one file with one const AugmentType, and one row in the table of augment.c.
 * It changes a View, the small description that the gather draws pictures by; the samples in
 * memory stay as they are. Evaluation never comes here. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include "base/conf.h"
#include "base/rng.h"
#include "data/dataset.h"

typedef struct AugmentType {
    const char *name; /* "crop" */
    const char *help; /* one line */
    const char *main_key;
    const Field *fields; /* NULL: no settings */
    size_t self_size;
    /* Whether the settings fit pictures of height x width; NULL: they always do. */
    Err (*check)(const void *self, Node settings, int height, int width);
    /* Changes the view by what was drawn. */
    void (*apply)(const void *self, const Draw *draw, View *view);
} AugmentType;

extern const AugmentType *const augment_types[]; /* ended by NULL */

typedef struct Augmentation {
    const AugmentType *type;
    void *self; /* in the document's arena */
} Augmentation;

enum { AUGMENT_MOST = 16 };

/* Zeroed: none. */
typedef struct Augment {
    uint64_t seed;
    int count;
    Augmentation list[AUGMENT_MOST];
} Augment;

/* Reads the list at `node` (absent or empty: none) for the data set, and writes it back in full.
 * STATUS_USER: an unknown augmentation or setting, the same one twice, a data set without
 * pictures, or pictures too small. */
Err augment_read(Augment *augment, Node node, uint64_t seed, const Dataset *dataset);
/* The view [n] of the samples at positions [n] of the run. */
void augment_views(const Augment *augment, const int64_t *position, int n, View *view);

#endif
