/* Random translation by whole pixels, up to a share of the picture's size in either direction, as
 * torchvision's RandomAffine(0, translate=(x, y)): round(uniform(-share size, share size)). Zeros
 * of the raw picture come in. */
#include "data/augment.h"

#include <stddef.h>

typedef struct Translate {
    double x, y;
} Translate;

static const Field fields[] = {
    {"x", FIELD_REAL, offsetof(Translate, x), "0", 0, 1, .help = "most, as a share of the width"},
    {"y", FIELD_REAL, offsetof(Translate, y), "0", 0, 1, .help = "most, as a share of the height"},
    {0},
};

/* Rounded to the nearest of -most .. most. */
static int draw_shift(double most, uint32_t word)
{
    double shift = (2 * rng_unit(word) - 1) * most;
    return (int)(shift < 0 ? shift - 0.5 : shift + 0.5);
}

static void translate_move(const void *self, const AugmentKey *key, int height, int width,
                           View *view)
{
    const Translate *translate = self;
    Draw draw = augment_draw(key, 0);
    view_shift(view, draw_shift(translate->y * height, draw.word[0]),
               draw_shift(translate->x * width, draw.word[1]), BORDER_ZERO);
}

const AugmentType augment_translate = {
    .name = "translate",
    .help = "a shift by up to a share of the size; zeros come in",
    .fields = fields,
    .self_size = sizeof(Translate),
    .move = translate_move,
};
