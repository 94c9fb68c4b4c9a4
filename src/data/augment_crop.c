/* Random crop: the picture gets a border of `padding` pixels, and a piece of its first size is cut
 * out of that at random. This is a shift by -padding .. padding in either direction, all
 * (2 padding + 1)^2 equally likely.
 *
 * The border is of zeros, those of the raw picture, as with torchvision's RandomCrop before its
 * Normalize: they are normalised like any other pixel, so that they look like the background, not
 * the mean. Or it reflects the picture, without repeating its edge, as padding_mode="reflect". */
#include "data/augment.h"

#include <stddef.h>

typedef struct Crop {
    int64_t padding;
    int mode; /* Border */
} Crop;

static const char *const modes[] = {"zero", "reflect", NULL};

static const Field fields[] = {
    {"padding", FIELD_INT, offsetof(Crop, padding), .min = 0, .max = 1 << 20,
     .help = "pixels added on each side; less than the picture's size"},
    {"mode", FIELD_WORD, offsetof(Crop, mode), "zero", .words = modes,
     .help = "zero (of the raw picture) or reflect: what is in the border"},
    {0},
};

static Err crop_check(void *self, Node settings, int height, int width)
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

static void crop_move(const void *self, const AugmentKey *key, int height, int width, View *view)
{
    const Crop *crop = self;
    Draw draw = augment_draw(key, 0);
    (void)height, (void)width;
    view_shift(view, draw_shift(crop, draw.word[0]), draw_shift(crop, draw.word[1]),
               (Border)crop->mode);
}

const AugmentType augment_crop = {
    .name = "crop",
    .help = "a random piece of the padded picture: a shift of either sign",
    .main_key = "padding",
    .fields = fields,
    .self_size = sizeof(Crop),
    .check = crop_check,
    .move = crop_move,
};
