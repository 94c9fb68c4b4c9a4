/* Stairs at given places, counted from the start of the run: peak x factor^(milestones reached).
 * Goyal et al. 2017, section 5.1 ("1/10 at the 30-th, 60-th, and 80-th epoch"); PyTorch's
 * MultiStepLR (milestones is `at`, gamma is `factor`). */
#include "optim/schedule.h"

#include "math/elementary.h"

typedef struct Self {
    Node list;
    double factor;
    int count;
    int64_t *at; /* [count] samples, rising */
} Self;

static const Field fields[] = {{"at", FIELD_NODE, offsetof(Self, list), NULL,
                                .help = "milestones: a list such as [30 epochs, 60 epochs]"},
                               {"factor", FIELD_REAL, offsetof(Self, factor), "0.1", 1e-9, 1, NULL,
                                "of the rate from each milestone on (PyTorch's gamma)"},
                               {0}};

static Err setup(Schedule *schedule, const Clock *clock)
{
    static const Field milestone = {.name = "at", .kind = FIELD_SPAN};
    Self *self = schedule->self;
    Arena *arena = conf_arena(self->list.conf);
    self->count = conf_count(self->list);
    self->at = arena_take(arena, self->count, sizeof *self->at);
    if (self->count == 0)
        return conf_fail(self->list, "expected a list of milestones, such as [30 epochs]");
    for (int i = 0; i < self->count; i++) {
        Span span;
        TRY(conf_value(conf_item(self->list, i), &milestone, &span));
        self->at[i] = clock_samples(clock, span);
        if (self->at[i] <= (i ? self->at[i - 1] : 0))
            return conf_fail(conf_item(self->list, i),
                             "milestones rise: %lld samples do not come after %lld",
                             (long long)self->at[i], (long long)(i ? self->at[i - 1] : 0));
        if (schedule->length > 0 && self->at[i] >= schedule->length && !schedule->doubt)
            schedule->doubt =
                arena_text(arena, "the milestone at %lld samples is beyond the run of %lld",
                           (long long)self->at[i], (long long)schedule->length);
    }
    return NULL;
}

static double multi_step_rate(const Schedule *s, const Plateau *plateau, double peak,
                              int64_t samples)
{
    (void)plateau;
    const Self *self = s->self;
    int reached = 0;
    while (reached < self->count && samples >= self->at[reached])
        reached++;
    return peak * elementary_pow(self->factor, reached);
}

const DecayType decay_multi_step = {.name = "multi_step",
                                    .help = "times `factor` at each milestone",
                                    .main_key = "at",
                                    .fields = fields,
                                    .self_size = sizeof(Self),
                                    .setup = setup,
                                    .rate = multi_step_rate};
