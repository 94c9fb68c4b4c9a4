/* Random rotation about the centre by an angle from -degrees to degrees, all equally likely, as
 * torchvision's RandomRotation(degrees, InterpolationMode.BILINEAR): the picture keeps its size,
 * and zeros of the raw picture come in at its corners. */
#include "data/augment.h"

#include <stddef.h>

typedef struct Rotate {
    double degrees;
} Rotate;

static const Field fields[] = {
    {"degrees", FIELD_REAL, offsetof(Rotate, degrees), .min = 0, .max = 180,
     .help = "the largest angle, of either sign"},
    {0},
};

static void rotate_move(const void *self, const AugmentKey *key, int height, int width, View *view)
{
    const Rotate *rotate = self;
    (void)height, (void)width;
    view_turn(view, (2 * rng_unit(augment_draw(key, 0).word[0]) - 1) * rotate->degrees);
}

const AugmentType augment_rotate = {
    .name = "rotate",
    .help = "a rotation about the centre by up to so many degrees, bilinear",
    .main_key = "degrees",
    .fields = fields,
    .self_size = sizeof(Rotate),
    .move = rotate_move,
};
