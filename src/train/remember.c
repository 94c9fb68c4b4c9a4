/* Control as attributes: a table, so that a member is one line. */
#include "train/remember.h"

#include "train/stop.h"

#include <stddef.h>

/* The attributes of /control: Control, member by member. */
typedef struct Remembered {
    const char *name;
    size_t offset;
    bool is_real; /* double, else int64_t */
    bool is_new;  /* absent from files that are older than it */
} Remembered;

#define AT(member) offsetof(Control, member)
#define KEPT(i)                                                                                    \
    {"fit_validation_" #i, AT(fitting.validation[i]), true, true},                                 \
    {                                                                                              \
        "fit_train_" #i, AT(fitting.train[i]), true, true                                          \
    }
static const Remembered remembered[] = {
    {"evaluated", AT(evaluated), false, false},
    {"train_loss", AT(train_loss), true, false},
    {"best", AT(best), true, false},
    {"best_loss", AT(best_loss), true, false},
    {"best_step", AT(best_step), false, false},
    {"noise_trace", AT(noise.trace), true, true},
    {"noise_signal", AT(noise.signal), true, true},
    {"noise_updates", AT(noise.updates), false, true},
    {"plateau_seen", AT(plateau.trend.seen), false, true},
    {"plateau_bad", AT(plateau.trend.bad), false, true},
    {"plateau_best", AT(plateau.trend.best), true, true},
    {"plateau_cooldown", AT(plateau.cooldown), false, true},
    {"plateau_drops", AT(plateau.drops), false, true},
    {"early_stop_seen", AT(early.seen), false, true},
    {"early_stop_bad", AT(early.bad), false, true},
    {"early_stop_best", AT(early.best), true, true},
    {"stopped", AT(stopped), false, true},
    {"skipped", AT(setback.skipped), false, true},
    {"skipped_row", AT(setback.skipped_row), false, true},
    {"returns", AT(setback.returns), false, true},
    {"returns_row", AT(setback.returns_row), false, true},
    {"diverged", AT(setback.place), false, true},
    {"rate_factor", AT(setback.rate_factor), true, true},
    {"anchor", AT(setback.anchor), false, true},
    {"fit_seen", AT(fitting.seen), false, true},
    {"fit_train_sum", AT(fitting.train_sum), true, true},
    {"fit_train_samples", AT(fitting.train_samples), false, true},
    {"fit_best", AT(fitting.best), true, true},
    {"fit_best_step", AT(fitting.best_step), false, true},
    {"fit_best_samples", AT(fitting.best_samples), false, true},
    {"fit_best_train", AT(fitting.best_train), true, true},
    {"fit_least", AT(fitting.least), true, true},
    {"fit_since_least", AT(fitting.since_least), false, true},
    {"fit_above", AT(fitting.above), false, true},
    {"fit_verdict", AT(fitting.verdict), false, true},
    {"fit_row", AT(fitting.row), false, true},
    KEPT(0),
    KEPT(1),
    KEPT(2),
    KEPT(3),
    KEPT(4),
    KEPT(5),
    KEPT(6),
    KEPT(7),
    KEPT(8),
    KEPT(9),
    {0},
};

_Static_assert(FITTING_KEPT == 10, "KEPT(0) to KEPT(9)");

Err remember_write(H5 *file, const Control *control)
{
    for (const Remembered *r = remembered; r->name; r++) {
        const char *at = (const char *)control + r->offset;
        TRY(r->is_real ? h5_write_real(file, "/control", r->name, *(const double *)at)
                       : h5_write_int(file, "/control", r->name, *(const int64_t *)at));
    }
    return NULL;
}

/* What an older program did not remember yet stays as a new run has it. */
Err remember_read(H5 *file, const char *path, Control *control)
{
    control->setback = (Setback){.rate_factor = 1, .anchor = -1};
    for (const Remembered *r = remembered; r->name; r++) {
        char *at = (char *)control + r->offset;
        if (r->is_new && !h5_has_attribute(file, "/control", r->name))
            continue;
        TRY(r->is_real ? h5_read_real(file, "/control", r->name, (double *)at)
                       : h5_read_int(file, "/control", r->name, (int64_t *)at));
    }
    if (control->stopped < STOPPED_NOT || control->stopped > STOPPED_TARGET)
        FAIL(STATUS_USER, "%s: /control: \"stopped\" is %lld; it is damaged", path,
             (long long)control->stopped);
    double factor = control->setback.rate_factor;
    if (!(factor > 0 && factor <= 1))
        FAIL(STATUS_USER, "%s: /control: \"rate_factor\" is %g; it is damaged", path, factor);
    if (control->fitting.verdict < FIT_UNKNOWN || control->fitting.verdict >= FIT_COUNT)
        FAIL(STATUS_USER, "%s: /control: \"fit_verdict\" is %lld; it is damaged", path,
             (long long)control->fitting.verdict);
    return NULL;
}
