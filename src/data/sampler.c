/* Positions of the run into rows of the training part. */
#include "data/sampler.h"

#include "base/cut.h"
#include "base/rng.h"

Sampler sampler_build(int64_t rows, int64_t held_out, uint64_t seed, uint64_t split_seed)
{
    return (Sampler){.held_out = held_out,
                     .n = rows - held_out,
                     .seed = seed,
                     .split = permute_build(rows, split_seed, RNG_SPLIT, 0),
                     .epoch = -1};
}

Sampler sampler_fold(int64_t rows, int64_t fold, int64_t of, uint64_t seed, uint64_t split_seed)
{
    int64_t first = cut(rows, fold, of);
    Sampler s = sampler_build(rows, cut(rows, fold + 1, of) - first, seed, split_seed);
    s.first = first;
    return s;
}

Err sampler_resample(Sampler *s, const Resample *resample, Node node)
{
    if (resample->kind == RESAMPLE_NONE)
        return NULL;
    s->resample = *resample;
    TRY(resample_settle(&s->resample, node, s->n));
    s->n = s->resample.rows;
    s->epoch = -1;
    return NULL;
}

Sampler sampler_windowed(const Stream *stream)
{
    return (Sampler){.held_out = stream->held * stream->chunk,
                     .n = stream->n,
                     .windowed = true,
                     .stream = *stream};
}

int64_t sampler_row(Sampler *s, int64_t position)
{
    if (s->windowed)
        return stream_row(&s->stream, stream_place(&s->stream, position));
    int64_t epoch = position / s->n;
    if (epoch != s->epoch) {
        s->order = permute_build(s->n, s->seed, RNG_ORDER, (uint64_t)epoch);
        s->epoch = epoch;
    }
    return sampler_kept(s, permute(&s->order, position % s->n));
}

int64_t sampler_held_out(const Sampler *s, int64_t i)
{
    return s->windowed ? stream_held_out(&s->stream, i) : permute(&s->split, s->first + i);
}

int64_t sampler_kept(const Sampler *s, int64_t i)
{
    if (s->windowed)
        return stream_kept(&s->stream, i);
    int64_t place = resample_place(&s->resample, i);
    return permute(&s->split, place < s->first ? place : s->held_out + place);
}

Part sampler_part(const Sampler *s, Part part)
{
    return part == PART_VALIDATION && s->held_out > 0 ? PART_TRAIN : part;
}

int64_t sampler_part_row(const Sampler *s, Part part, int64_t i)
{
    if (part == PART_VALIDATION && s->held_out > 0)
        return sampler_held_out(s, i);
    return part == PART_TRAIN && s->n > 0 ? sampler_kept(s, i) : i;
}
