/* Random crop: the picture gets a border of `padding` zeros, and a piece of its first size is cut
 * out of that at random. This is a shift by -padding .. padding in either direction, all
 * (2 padding + 1)^2 equally likely.
 *
 * The zeros are those of the raw picture, as with torchvision's RandomCrop before its Normalize:
 * they are normalised like any other pixel, so that they look like the background, not the mean. */
#include "data/augment.h"

#include <stddef.h>

typedef struct Crop {
    int64_t padding;
} Crop;

static const Field fields[] = {
    {"padding", FIELD_INT, offsetof(Crop, padding), .min = 0, .max = 1 << 20,
     .help = "zeros on each side, of the raw picture; less than its size"},
    {0},
};

static Err crop_check(const void *self, Node settings, int height, int width)
{
    const Crop *crop = self;
    if (crop->padding >= height || crop->padding >= width)
        return conf_fail_key(settings, "padding",
                             "a crop after padding by %d would miss pictures of %d x %d",
                             (int)crop->padding, height, width);
    return NULL;
}

/* -padding .. padding */
static int draw_shift(const Crop *crop, uint32_t word)
{
    return (int)(rng_unit(word) * (double)(2 * crop->padding + 1)) - (int)crop->padding;
}

static void crop_apply(const void *self, const Draw *draw, View *view)
{
    int dx = draw_shift(self, draw->word[1]);
    view->dy += draw_shift(self, draw->word[0]);
    view->dx += view->mirrored ? -dx : dx; /* a view is moved before it is mirrored */
}

const AugmentType augment_crop = {
    .name = "crop",
    .help = "a random piece of the picture padded with zeros: a shift of either sign",
    .main_key = "padding",
    .fields = fields,
    .self_size = sizeof(Crop),
    .check = crop_check,
    .apply = crop_apply,
};
