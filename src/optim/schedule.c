/* Scaling, warmup, and the table of decays. */
#include "optim/schedule.h"

#include <math.h>
#include <string.h>

extern const DecayType decay_step, decay_multi_step, decay_exponential, decay_cosine,
    decay_polynomial, decay_linear, decay_plateau;

static double constant_rate(const Schedule *s, const Plateau *plateau, double peak, int64_t samples)
{
    (void)s, (void)plateau, (void)samples;
    return peak;
}

static const DecayType decay_constant = {
    .name = "constant", .help = "no decay", .rate = constant_rate};

const DecayType *const decay_types[] = {
    &decay_constant,    &decay_step,    &decay_multi_step,
    &decay_exponential, &decay_cosine,  &decay_polynomial,
    &decay_linear,      &decay_plateau, NULL,
};
const char *const scaling_words[] = {"none", "linear", "sqrt", NULL};

/* ---- reading ---- */

typedef struct Settings {
    int64_t reference;
    int scaling;
    Node warmup, decay;
} Settings;

const Field schedule_fields[] = {
    {"reference_batch", FIELD_INT, offsetof(Settings, reference), "256", 1, 1e12, NULL,
     "the global batch that optimizer.lr is meant for"},
    {"scaling", FIELD_WORD, offsetof(Settings, scaling), "none", .words = scaling_words,
     .help = "how the rate follows the global batch: none, linear or sqrt"},
    {"warmup", FIELD_NODE, offsetof(Settings, warmup), FIELD_NONE,
     .help = "linear ramp, per step: its length, or as below"},
    {"decay", FIELD_NODE, offsetof(Settings, decay), "constant",
     .help = "constant, or one of those below"},
    {0}};

typedef struct Warmup {
    Span length;
    int from;
} Warmup;

static const char *const from_words[] = {"zero", "base", NULL};

const Field warmup_fields[] = {
    {"length", FIELD_SPAN, offsetof(Warmup, length), NULL, .help = "such as 5 epochs"},
    {"from", FIELD_WORD, offsetof(Warmup, from), "zero", .words = from_words,
     .help = "where the ramp starts: zero, or base (optimizer.lr, as Goyal et al.)"},
    {0}};

static Err read_warmup(Schedule *schedule, Node node, const Clock *clock)
{
    Warmup warmup;
    if (!conf_exists(node))
        return NULL;
    TRY(conf_expand(node, "length"));
    TRY(conf_fields(node, warmup_fields, &warmup));
    schedule->warmup = clock_samples(clock, warmup.length);
    schedule->from_base = warmup.from == 1;
    if (schedule->length > 0 && schedule->warmup > schedule->length)
        return conf_fail(node, "the warmup of %lld samples is longer than the run of %lld",
                         (long long)schedule->warmup, (long long)schedule->length);
    return NULL;
}

enum { MOST_TYPES = 16 };

static Err read_decay(Schedule *schedule, Node node, const Clock *clock)
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
    TRY(conf_settings(node, schedule->decay->main_key, &schedule->settings));
    schedule->self = arena_take(conf_arena(node.conf), 1, schedule->decay->self_size);
    TRY(conf_fields(schedule->settings, settings, schedule->self));
    return schedule->decay->setup ? schedule->decay->setup(schedule, clock) : NULL;
}

Err schedule_span(const Schedule *schedule, const Clock *clock, const char *key, Span span,
                  int64_t *samples)
{
    *samples = clock_samples(clock, span);
    if (*samples < 1)
        return conf_fail_key(schedule->settings, key, "expected a span of at least one sample");
    return NULL;
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
                           .length = length};
    double ratio = (double)global / (double)settings.reference;
    schedule->factor = schedule->scaling == SCALING_LINEAR ? ratio
                       : schedule->scaling == SCALING_SQRT ? sqrt(ratio)
                                                           : 1;
    TRY(read_warmup(schedule, settings.warmup, clock));
    return read_decay(schedule, settings.decay, clock);
}

/* ---- the rate ---- */

int64_t schedule_since(const Schedule *s, int64_t samples)
{
    return samples > s->warmup ? samples - s->warmup : 0;
}

double schedule_progress(const Schedule *s, int64_t samples)
{
    double span = (double)(s->length - s->warmup);
    double progress = span > 0 ? (double)schedule_since(s, samples) / span : 0;
    return progress < 1 ? progress : 1;
}

double schedule_rate(const Schedule *s, const Plateau *plateau, int64_t before, int64_t after)
{
    double rate = s->decay->rate(s, plateau, s->base * s->factor, before);
    if (after >= s->warmup)
        return rate;
    double start = s->from_base ? s->base : 0;
    return start + (double)after / (double)s->warmup * (rate - start);
}

void schedule_note(const Schedule *s, Plateau *plateau, int64_t samples, const double *figures)
{
    if (s->decay->note && samples >= s->warmup)
        s->decay->note(s, plateau, figures[s->watched]);
}

const char *schedule_text(const Schedule *s, Arena *arena)
{
    const char *scaled = arena_text(arena, "lr %g", s->base);
    if (s->scaling != SCALING_NONE)
        scaled = arena_text(arena, "lr %g at batch %lld, %s scaling to %s %lld: x %g = %g", s->base,
                            (long long)s->reference, scaling_words[s->scaling],
                            s->grows ? "the first batch," : "batch", (long long)s->global,
                            s->factor, s->base * s->factor);
    const char *from = s->from_base ? arena_text(arena, " from %g", s->base) : "";
    const char *warmup =
        s->warmup ? arena_text(arena, "warmup %lld samples%s", (long long)s->warmup, from)
                  : "no warmup";
    return arena_text(arena, "%s, %s, %s decay", scaled, warmup, s->decay->name);
}
