/* Reading batch.global, and what it makes of the clock. */
#include "train/batches.h"

#include <stdlib.h>
#include <string.h>

static const int64_t MOST = 1000000000000; /* samples a step */

typedef struct Settings {
    Span at;
    Node size;
} Settings;

const Field batch_point_fields[] = {
    {"at", FIELD_SPAN, offsetof(Settings, at), NULL,
     .help = "the first step that begins at or after it has the new size"},
    {"size", FIELD_NODE, offsetof(Settings, size), NULL, .help = "samples a step; or all"},
    {0}};

static Err read_size(Node value, int64_t *size)
{
    const char *text = conf_scalar(value);
    *size = 0;
    if (!text)
        return conf_fail(value, "expected an integer, or all");
    if (strcmp(text, "all") == 0)
        return NULL;
    if (text[strspn(text, "0123456789")])
        return conf_fail(value, "expected a number of samples, or all, found \"%s\"", text);
    *size = strlen(text) < 16 ? strtoll(text, NULL, 10) : MOST + 1;
    if (*size < 1 || *size > MOST)
        return conf_fail(value, "expected an integer from 1 to %lld, found \"%s\"", (long long)MOST,
                         text);
    return NULL;
}

static Err read_point(Node item, BatchPoint *point)
{
    Settings settings = {0};
    TRY(conf_fields(item, batch_point_fields, &settings));
    point->at = settings.at;
    point->node = item;
    return read_size(settings.size, &point->size);
}

Err batches_read(Node value, BatchPoints *points)
{
    bool list = conf_is_list(value);
    int count = list ? conf_count(value) : 1;
    if (count == 0)
        return conf_fail(value, "the list of sizes is empty; \"256\" is a batch that stays");
    if (conf_is_map(value))
        return conf_fail(value, "expected a number of samples, all, or a list of {at, size}");
    *points = (BatchPoints){count, arena_take(conf_arena(value.conf), count, sizeof(BatchPoint))};
    if (!list)
        return read_size(value, &points->point[0].size);
    for (int i = 0; i < count; i++)
        TRY(read_point(conf_item(value, i), &points->point[i]));
    if (points->point[0].at.count > 0)
        return conf_fail_key(points->point[0].node, "at",
                             "the first size is that of the run's beginning: at: 0 epochs");
    return NULL;
}

/* `global: 1000` of 300 samples is allowed, as is a number below batch.micro; who plans sizes has
 * a mistake there. */
static Err check_size(const BatchPoint *point, int64_t size, int64_t epoch, int64_t micro)
{
    if (!conf_exists(point->node))
        return NULL;
    if (size > epoch)
        return conf_fail_key(point->node, "size",
                             "a batch of %lld is larger than the training part of %lld samples; "
                             "\"all\" is the whole of it",
                             (long long)size, (long long)epoch);
    if (size < micro)
        return conf_fail_key(point->node, "size",
                             "a batch of %lld is smaller than its micro-batches, which batch.micro "
                             "says are of %lld; choose that as small as the smallest size",
                             (long long)size, (long long)micro);
    return NULL;
}

Err batches_clock(const BatchPoints *points, int64_t epoch, int64_t micro, Arena *arena,
                  Clock *clock)
{
    *clock =
        (Clock){.epoch = epoch, .change = arena_take(arena, points->count, sizeof *clock->change)};
    for (int i = 0; i < points->count; i++) {
        const BatchPoint *point = &points->point[i];
        int64_t size = point->size ? point->size : epoch;
        if (i == 0)
            clock->batch = size;
        TRY(check_size(point, size, epoch, micro));
        if (i > 0 && !clock_change(clock, point->at, size))
            return conf_fail_key(point->node, "at",
                                 "sizes stand in the order of the run, and this point (%lld "
                                 "samples) is not behind the one before it (%lld samples)",
                                 (long long)clock_samples(clock, point->at),
                                 (long long)clock->point);
    }
    return NULL;
}

int64_t batches_leaves(int64_t size, int64_t micro)
{
    return (size + micro - 1) / micro;
}

const char *batches_text(const Clock *clock, int64_t length, Arena *arena)
{
    static const char *const units[] = {
        [SPAN_STEPS] = "step", [SPAN_EPOCHS] = "epoch", [SPAN_SAMPLES] = "sample"};
    const char *text = arena_text(arena, "%lld", (long long)clock->batch);
    for (int i = 1; i < clock_stretches(clock, length); i++) {
        BatchChange change = clock_stretch(clock, i);
        text = arena_text(arena, "%s, from %.15g %s%s on %lld", text, change.at.count,
                          units[change.at.unit], change.at.count == 1 ? "" : "s",
                          (long long)change.size);
    }
    return text;
}
