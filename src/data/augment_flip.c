/* Horizontal flip: left and right change places, with probability 1/2. Not for data where the sides
 * mean something, such as digits and letters. */
#include "data/augment.h"

static const Field fields[] = {{0}};

static void flip_move(const void *self, const AugmentKey *key, int height, int width, View *view)
{
    (void)self, (void)height, (void)width;
    if (augment_draw(key, 0).word[0] >> 31)
        view_mirror(view);
}

const AugmentType augment_flip = {
    .name = "flip",
    .help = "left and right change places, with probability 1/2",
    .fields = fields,
    .move = flip_move,
};
