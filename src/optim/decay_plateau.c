/* A decay that waits: the rate is lowered when a figure of the validation part has not become
 * better for more than `patience` evaluations. PyTorch's ReduceLROnPlateau, with its defaults; what
 * it remembers is a Plateau, so that a resumed run goes on waiting where it was. */
#include "optim/schedule.h"

#include "math/elementary.h"

#include <math.h>

typedef struct Self {
    int metric; /* Metric */
    double factor;
    int64_t patience;
    double threshold;
    int threshold_mode;
    int64_t cooldown;
    double min;
} Self;

enum { RELATIVE, ABSOLUTE };
static const char *const mode_words[] = {"rel", "abs", NULL};

static const Field fields[] = {
    {"metric", FIELD_WORD, offsetof(Self, metric), "validation_loss", .words = metric_words,
     .help = "validation_loss or validation_accuracy"},
    {"factor", FIELD_REAL, offsetof(Self, factor), "0.1", 1e-9, 0.999999, NULL,
     "of the rate when it is lowered"},
    {"patience", FIELD_INT, offsetof(Self, patience), "10", 0, 1e9, NULL,
     "evaluations without a better figure that are let pass"},
    {"threshold", FIELD_REAL, offsetof(Self, threshold), "1e-4", 0, 1e6, NULL,
     "better is by more than this"},
    {"threshold_mode", FIELD_WORD, offsetof(Self, threshold_mode), "rel", .words = mode_words,
     .help = "rel: times the best figure; abs: as it is"},
    {"cooldown", FIELD_INT, offsetof(Self, cooldown), "0", 0, 1e9, NULL,
     "evaluations after a reduction that do not count"},
    {"min", FIELD_REAL, offsetof(Self, min), "0", 0, 1e4, NULL, "the lowest rate (min_lr)"},
    {0}};

static Err setup(Schedule *schedule, const Clock *clock)
{
    (void)clock;
    const Self *self = schedule->self;
    schedule->watched = (Metric)self->metric;
    return NULL;
}

static double plateau_rate(const Schedule *s, const Plateau *plateau, double peak, int64_t samples)
{
    (void)samples;
    const Self *self = s->self;
    double lowered = peak * elementary_pow(self->factor, (double)plateau->drops);
    return fmin(peak, fmax(lowered, self->min));
}

static void note(const Schedule *s, Plateau *plateau, double figure)
{
    const Self *self = s->self;
    Trend *trend = &plateau->trend;
    trend_note(trend, s->watched, figure, self->threshold, self->threshold_mode == RELATIVE);
    if (plateau->cooldown > 0) {
        plateau->cooldown--;
        trend->bad = 0;
    }
    if (trend->bad > self->patience) {
        plateau->drops++;
        plateau->cooldown = self->cooldown;
        trend->bad = 0;
    }
}

const DecayType decay_plateau = {.name = "plateau",
                                 .help = "times `factor` when validation gets no better",
                                 .main_key = "factor",
                                 .fields = fields,
                                 .self_size = sizeof(Self),
                                 .setup = setup,
                                 .rate = plateau_rate,
                                 .note = note};
