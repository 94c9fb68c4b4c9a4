/* Augmentation: in training a sample is seen a little differently each time it comes by.
 *
 *     data.augment: [flip, {crop: 2}]
 *
 * is a list of augmentations, applied in that order. What one does to a sample is a pure function
 * of (seed, place in the list, position of the sample in the run): a position is an epoch and a
 * sample, so the same picture is seen whatever rank gathers it, and after a resume.
 *
 * An augmentation is one file with one const AugmentType, and one row in the table of augment.c.
 * Some move pictures: they add to a View, the small description that the gather draws raw pictures
 * by. Others paint on what the net will see, normalised samples in their lanes; in a list they
 * stand behind. The samples in memory stay as they are. Evaluation never comes here. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include "base/conf.h"
#include "base/rng.h"
#include "data/dataset.h"

/* What an augmentation draws for a sample: any number of blocks of random words. */
typedef struct AugmentKey {
    uint64_t seed, purpose, position;
} AugmentKey;

/* Block `block` of the key. */
static inline Draw augment_draw(const AugmentKey *key, uint64_t block)
{
    return rng_draw(key->seed, key->purpose, key->position, block);
}

/* One sample in its lane: value (channel, y, x) is at x[((y width + x) channels + channel) step].
 */
typedef struct Canvas {
    Real *x;
    int64_t step;
    int channels, height, width;
} Canvas;

typedef struct AugmentType {
    const char *name; /* "crop" */
    const char *help; /* one line */
    const char *main_key;
    const Field *fields; /* NULL: no settings */
    size_t self_size;
    bool any_sample; /* of tables too, whose samples are no pictures */
    /* Whether the settings fit pictures of height x width, and what the fields leave to be read;
     * NULL: they always do. */
    Err (*check)(void *self, Node settings, int height, int width);
    /* One of the two: moves a picture, or paints on a normalised sample. */
    void (*move)(const void *self, const AugmentKey *key, int height, int width, View *view);
    void (*paint)(const void *self, const AugmentKey *key, const Canvas *canvas);
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
    int channels, height, width;
    int count;
    Augmentation list[AUGMENT_MOST];
} Augment;

/* Reads the list at `node` (absent or empty: none) for the data set, and writes it back in full.
 * STATUS_USER: an unknown augmentation or setting, the same one twice, a move behind a painter, a
 * data set without pictures, or pictures too small. */
Err augment_read(Augment *augment, Node node, uint64_t seed, const Dataset *dataset);
/* The view [n] of the samples at positions [n] of the run. */
void augment_views(const Augment *augment, const int64_t *position, int n, View *view);
/* Paints on the samples at positions [n], which lie normalised in the first n lanes of x
 * [pixel][channel][lanes]. */
void augment_paint(const Augment *augment, const int64_t *position, int n, int lanes, Real *x);
/* Values 8 block .. 8 block + 7 of the key's stream of Gaussians of deviation sigma. */
enum { AUGMENT_GAUSSIANS = 8 };
void augment_gaussians(const AugmentKey *key, uint64_t block, double sigma, double *values);

#endif
