/* Draws with replacement, or a range of a random order. */
#include "data/resample.h"

#include "base/rng.h"

static const char *const kind_words[] = {"bootstrap", "split", NULL};

const Field resample_fields[] = {
    {"kind", FIELD_WORD, offsetof(Resample, kind), NULL, .words = kind_words,
     .help = "bootstrap: drawn with replacement; split: one of disjoint parts"},
    {"rows", FIELD_INT, offsetof(Resample, rows), "0", 0, 1e15,
     .help = "of the training set; 0: as many as there are, or an even part of them"},
    {"of", FIELD_INT, offsetof(Resample, of), "0", 0, 1e9, .help = "of a split: how many parts"},
    {"number", FIELD_INT, offsetof(Resample, number), "0", 0, 1e9,
     .help = "which training set, from 0, by split_seed"},
    {0}};

Err resample_read(Resample *r, Node node, uint64_t seed)
{
    *r = (Resample){0};
    if (!conf_exists(node))
        return NULL;
    TRY(conf_fields(node, resample_fields, r));
    r->kind += RESAMPLE_BOOTSTRAP; /* a place in the words until now */
    r->seed = seed;
    if (r->kind == RESAMPLE_BOOTSTRAP && r->of > 0)
        return conf_fail_key(node, "of", "a bootstrap is not one of so many parts; leave it out");
    if (r->kind == RESAMPLE_SPLIT && r->of < 1)
        return conf_fail(node, "a split wants `of`: how many parts there are");
    if (r->kind == RESAMPLE_SPLIT && r->number >= r->of)
        return conf_fail_key(node, "number", "there is no part %lld of %lld; they count from 0",
                             (long long)r->number, (long long)r->of);
    return NULL;
}

Err resample_settle(Resample *r, Node node, int64_t kept)
{
    r->kept = kept;
    if (r->rows == 0)
        r->rows = r->kind == RESAMPLE_SPLIT ? kept / r->of : kept;
    if (r->rows == 0)
        return conf_fail_key(node, "of", "there are %lld rows to train on for %lld parts",
                             (long long)kept, (long long)r->of);
    if (r->kind == RESAMPLE_SPLIT && r->rows > kept / r->of)
        return conf_fail_key(node, "rows",
                             "%lld parts of %lld rows are more than the %lld to train on",
                             (long long)r->of, (long long)r->rows, (long long)kept);
    return NULL;
}

int64_t resample_place(const Resample *r, int64_t i)
{
    if (r->kind == RESAMPLE_NONE)
        return i;
    if (r->kind == RESAMPLE_SPLIT)
        return r->number * r->rows + i;
    Draw draw = rng_draw(r->seed, RNG_RESAMPLE, (uint64_t)r->number, (uint64_t)i);
    double unit = rng_unit(draw.word[0]) + 0x1p-32 * 0x1p-21 * (draw.word[1] >> 11);
    return (int64_t)(unit * (double)r->kept);
}
