/* Scaling, warmup, and the table of decays. */
#include "optim/schedule.h"

#include <math.h>
#include <string.h>

extern const DecayType decay_cosine;

static double constant_rate(const void *self, double peak, double progress)
{
    (void)self, (void)progress;
    return peak;
}

static const DecayType decay_constant = {
    .name = "constant", .help = "no decay", .rate = constant_rate};

const DecayType *const decay_types[] = {&decay_constant, &decay_cosine, NULL};
const char *const scaling_words[] = {"none", "linear", "sqrt", NULL};

typedef struct Settings {
    int64_t reference;
    int scaling;
    Span warmup;
    Node decay;
} Settings;

const Field schedule_fields[] = {
    {"reference_batch", FIELD_INT, offsetof(Settings, reference), "256", 1, 1e12, NULL,
     "the global batch that optimizer.lr is meant for"},
    {"scaling", FIELD_WORD, offsetof(Settings, scaling), "none", .words = scaling_words,
     .help = "how the rate follows the global batch: none, linear or sqrt"},
    {"warmup", FIELD_SPAN, offsetof(Settings, warmup), FIELD_NONE,
     .help = "linear ramp from zero, per step"},
    {"decay", FIELD_NODE, offsetof(Settings, decay), "constant",
     .help = "constant, cosine, or {name: {settings}}"},
    {0}};

enum { MOST_TYPES = 16 };

static Err read_decay(Schedule *schedule, Node node)
{
    const char *name, *names[MOST_TYPES + 1] = {0};
    TRY(conf_choice(node, &name));
    for (int i = 0; decay_types[i]; i++) {
        names[i] = decay_types[i]->name;
        if (strcmp(name, names[i]) == 0)
            schedule->decay = decay_types[i];
    }
    if (!schedule->decay)
        return conf_fail_unknown(node, "decay", name, names);
    static const Field nothing[] = {{0}};
    const Field *settings = schedule->decay->fields ? schedule->decay->fields : nothing;
    Node section;
    TRY(conf_settings(node, schedule->decay->main_key, &section));
    schedule->self = arena_take(conf_arena(node.conf), 1, schedule->decay->self_size);
    return conf_fields(section, settings, schedule->self);
}

Err schedule_build(Schedule *schedule, Node section, double base, int64_t global,
                   const Clock *clock, int64_t length)
{
    Settings settings = {0};
    TRY(conf_fields(section, schedule_fields, &settings));
    *schedule = (Schedule){.base = base,
                           .scaling = (Scaling)settings.scaling,
                           .reference = settings.reference,
                           .global = global,
                           .grows = clock->changes > 0,
                           .warmup = clock_samples(clock, settings.warmup),
                           .length = length};
    double ratio = (double)global / (double)settings.reference;
    schedule->factor = schedule->scaling == SCALING_LINEAR ? ratio
                       : schedule->scaling == SCALING_SQRT ? sqrt(ratio)
                                                           : 1;
    if (length > 0 && schedule->warmup > length)
        return conf_fail_key(section, "warmup",
                             "the warmup of %lld samples is longer than the run of %lld",
                             (long long)schedule->warmup, (long long)length);
    return read_decay(schedule, settings.decay);
}

double schedule_rate(const Schedule *s, int64_t before, int64_t after)
{
    double ramp = after < s->warmup ? (double)after / (double)s->warmup : 1;
    double span = (double)(s->length - s->warmup);
    double progress = before <= s->warmup || span <= 0 ? 0 : (double)(before - s->warmup) / span;
    double peak = s->base * s->factor;
    return ramp * s->decay->rate(s->self, peak, progress < 1 ? progress : 1);
}

const char *schedule_text(const Schedule *s, Arena *arena)
{
    const char *scaled = arena_text(arena, "lr %g", s->base);
    if (s->scaling != SCALING_NONE)
        scaled = arena_text(arena, "lr %g at batch %lld, %s scaling to %s %lld: x %g = %g", s->base,
                            (long long)s->reference, scaling_words[s->scaling],
                            s->grows ? "the first batch," : "batch", (long long)s->global,
                            s->factor, s->base * s->factor);
    const char *warmup =
        s->warmup ? arena_text(arena, "warmup %lld samples", (long long)s->warmup) : "no warmup";
    return arena_text(arena, "%s, %s, %s decay", scaled, warmup, s->decay->name);
}
