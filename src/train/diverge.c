/* What is to be done about a step that is not finite. */
#include "train/diverge.h"

#include <string.h>

static const char *const answers[] = {"stop", "skip", "back", NULL};

const Field diverge_skip_fields[] = {
    {"times", FIELD_INT, offsetof(OnDivergence, times), "10", 1, 1e9,
     .help = "steps in a row that are made without an update, at most; then status 3"},
    {0}};

const Field diverge_back_fields[] = {
    {"factor", FIELD_REAL, offsetof(OnDivergence, factor), "0.5", 1e-6, 1,
     .help = "of the learning rate, each time"},
    {"times", FIELD_INT, offsetof(OnDivergence, times), "3", 1, 1e9,
     .help = "returns without getting past the step, at most; then status 3"},
    {0}};

/* In the order of Answer. */
static const struct {
    const char *main_key;
    const Field *fields;
} settings_of[] = {{0}, {"times", diverge_skip_fields}, {"factor", diverge_back_fields}};

static Err check_dates(Node checkpoint)
{
    const char *every = conf_scalar(conf_get(checkpoint, "every"));
    if (every && strcmp(every, "auto") == 0)
        return conf_fail_key(checkpoint, "every",
                             "`train.on_divergence: back` goes back to a checkpoint, and `auto` "
                             "makes them by the clock: two runs would differ. Give steps, samples "
                             "or epochs");
    return NULL;
}

Err diverge_read(OnDivergence *divergence, Node node, Node checkpoint)
{
    const char *name;
    Node settings;
    int found = 0;
    *divergence = (OnDivergence){0};
    TRY(conf_choice(node, &name));
    while (answers[found] && strcmp(answers[found], name) != 0)
        found++;
    if (!answers[found])
        return conf_fail_unknown(node, "answer to divergence", name, answers);
    divergence->answer = found;
    if (found == DIVERGED_STOP && conf_scalar(node))
        return NULL;
    if (found == DIVERGED_STOP)
        return conf_fail(node, "`stop` has no settings");
    TRY(conf_settings(node, settings_of[found].main_key, &settings));
    TRY(conf_fields(settings, settings_of[found].fields, divergence));
    return found == DIVERGED_BACK ? check_dates(checkpoint) : NULL;
}

void diverge_note_step(Setback *setback, int64_t step)
{
    setback->skipped_row = 0;
    if (step >= setback->place)
        setback->returns_row = 0;
}
