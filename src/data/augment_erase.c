/* Random erasing (Zhong et al. 2020, "Random Erasing Data Augmentation", algorithm 1): with some
 * probability a rectangle of random area and aspect ratio, anywhere in the picture, is painted over
 * in all channels. As torchvision's RandomErasing, whose defaults these are, the logarithm of the
 * aspect is uniform (the paper: the aspect itself), a rectangle must be smaller than the picture
 * both ways, and after ten that are not nothing is erased. Its place after normalisation is
 * torchvision's too: 0 is what the normalisation makes of the mean. */
#include "data/augment.h"

#include "math/elementary.h"

#include <stddef.h>
#include <string.h>

enum { ATTEMPTS = 10 };

typedef struct Erase {
    double probability;
    Node areas, aspects, paint;
    double area[2], log_aspect[2];
    bool random;
    double value;
} Erase;

static const Field fields[] = {
    {"probability", FIELD_REAL, offsetof(Erase, probability), "0.5", 0, 1,
     .help = "of a sample to lose a rectangle"},
    {"area", FIELD_NODE, offsetof(Erase, areas), "[0.02, 0.33]",
     .help = "least and most, as a share of the picture"},
    {"aspect", FIELD_NODE, offsetof(Erase, aspects), "[0.3, 3.3]",
     .help = "least and most height by width"},
    {"value", FIELD_NODE, offsetof(Erase, paint), "0",
     .help = "painted, in units of the normalised input; or random: Gaussian, of deviation 1"},
    {0},
};

static Err read_range(Node node, const char *key, double least, double most, double *range)
{
    if (!conf_is_list(node) || conf_count(node) != 2)
        return conf_fail(node, "\"%s\" is a list of two numbers, [least, most]", key);
    TRY(conf_numbers(node, least, most, range));
    if (range[0] > range[1])
        return conf_fail(node, "\"%s\" goes from %g down to %g; least comes first", key, range[0],
                         range[1]);
    return NULL;
}

static Err erase_check(void *self, Node settings, int height, int width)
{
    Erase *erase = self;
    double aspect[2];
    (void)settings, (void)height, (void)width;
    TRY(read_range(erase->areas, "area", 0, 1, erase->area));
    TRY(read_range(erase->aspects, "aspect", 1e-3, 1e3, aspect));
    for (int i = 0; i < 2; i++)
        erase->log_aspect[i] = elementary_log(aspect[i]);
    const char *word = conf_scalar(erase->paint);
    erase->random = word && strcmp(word, "random") == 0;
    if (!erase->random && word && strspn(word, "+-.0123456789") == 0)
        return conf_fail(erase->paint, "\"value\" is a number or random; found \"%s\"", word);
    return erase->random ? NULL : conf_number(erase->paint, -1e6, 1e6, &erase->value);
}

static double draw_between(const double *range, uint32_t word)
{
    return range[0] + (range[1] - range[0]) * rng_unit(word);
}

typedef struct Box {
    int top, left, height, width;
} Box;

static bool find_box(const Erase *erase, const AugmentKey *key, const Canvas *canvas, Box *box)
{
    double all = (double)canvas->height * canvas->width;
    for (uint64_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        Draw draw = augment_draw(key, attempt);
        double area = all * draw_between(erase->area, draw.word[1]);
        double aspect = elementary_exp(draw_between(erase->log_aspect, draw.word[2]));
        double height = sqrt(area * aspect) + 0.5, width = sqrt(area / aspect) + 0.5;
        if (attempt == 0 && rng_unit(draw.word[0]) >= erase->probability)
            return false;
        if (height >= canvas->height || width >= canvas->width)
            continue;
        box->height = (int)height;
        box->width = (int)width;
        box->top = (int)(rng_unit(draw.word[3]) * (canvas->height - box->height + 1));
        box->left = (int)(rng_unit(draw.word[4]) * (canvas->width - box->width + 1));
        return true;
    }
    return false;
}

static void erase_paint(const void *self, const AugmentKey *key, const Canvas *canvas)
{
    const Erase *erase = self;
    Box box;
    if (!find_box(erase, key, canvas, &box))
        return;
    double drawn[AUGMENT_GAUSSIANS];
    int64_t row = (int64_t)box.width * canvas->channels, values = box.height * row;
    for (int64_t i = 0; i < values; i++) {
        int64_t pixel = (box.top + i / row) * canvas->width + box.left;
        if (erase->random && i % AUGMENT_GAUSSIANS == 0)
            augment_gaussians(key, ATTEMPTS + (uint64_t)(i / AUGMENT_GAUSSIANS), 1, drawn);
        double value = erase->random ? drawn[i % AUGMENT_GAUSSIANS] : erase->value;
        canvas->x[(pixel * canvas->channels + i % row) * canvas->step] = (Real)value;
    }
}

const AugmentType augment_erase = {
    .name = "erase",
    .help = "random erasing: paints over a rectangle of the picture",
    .main_key = "probability",
    .fields = fields,
    .self_size = sizeof(Erase),
    .check = erase_check,
    .paint = erase_paint,
};
