/* Horizontal flip: left and right change places, with probability 1/2. Not for data where the sides
 * mean something, such as digits and letters. */
#include "data/augment.h"

static const Field fields[] = {{0}};

static void flip_apply(const void *self, const Draw *draw, View *view)
{
    (void)self;
    view->mirrored ^= draw->word[0] >> 31;
}

const AugmentType augment_flip = {
    .name = "flip",
    .help = "left and right change places, with probability 1/2",
    .fields = fields,
    .apply = flip_apply,
};
