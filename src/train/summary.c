/* The outcome of a run in one line and in one small JSON object. */
#include "train/summary.h"

#include "base/conf.h"
#include "base/file.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *result_text(const char *part, const Result *r, Arena *arena)
{
    if (!r->samples)
        return "";
    const char *accuracy =
        isnan(r->accuracy) ? "" : arena_text(arena, "%s accuracy %.4f  ", part, r->accuracy);
    return arena_text(arena, "%s%s loss %.4f  ", accuracy, part, r->loss);
}

const char *summary_line(const Summary *s, Arena *arena)
{
    const char *results = s->test.samples ? result_text("test", &s->test, arena)
                                          : result_text("validation", &s->validation, arena);
    return arena_text(arena, "done  steps %" PRId64 "  %sdigest %016" PRIx64 "  %.0f samples/s",
                      s->steps, results, s->digest, s->rate);
}

/* A number, or null where there is none. */
static const char *number(double value, Arena *arena)
{
    return isfinite(value) ? arena_text(arena, "%.9g", value) : "null";
}

Err summary_write(const Summary *s, const char *run)
{
    Arena a = {0};
    double validation_loss = s->validation.samples ? s->validation.loss : NAN;
    double validation_accuracy = s->validation.samples ? s->validation.accuracy : NAN;
    double test_loss = s->test.samples ? s->test.loss : NAN;
    double test_accuracy = s->test.samples ? s->test.accuracy : NAN;
    const char *text = arena_text(
        &a,
        "{\n  \"steps\": %" PRId64 ",\n  \"epochs\": %s,\n  \"ranks\": %d,\n"
        "  \"parameters\": %" PRId64 ",\n  \"train_loss\": %s,\n  \"validation_loss\": %s,\n"
        "  \"validation_accuracy\": %s,\n  \"test_loss\": %s,\n  \"test_accuracy\": %s,\n"
        "  \"digest\": \"%016" PRIx64 "\",\n  \"samples_per_second\": %s,\n  \"line\": \"%s\"\n}\n",
        s->steps, number(s->epochs, &a), s->ranks, s->parameters, number(s->train_loss, &a),
        number(validation_loss, &a), number(validation_accuracy, &a), number(test_loss, &a),
        number(test_accuracy, &a), s->digest, number(s->rate, &a), summary_line(s, &a));
    Err err = file_replace(arena_text(&a, "%s/summary.json", run), text, strlen(text));
    arena_free(&a);
    return err;
}

const char *summary_read_line(const char *run, Arena *arena)
{
    const char *path = arena_text(arena, "%s/summary.json", run), *line = NULL;
    char *text = NULL;
    size_t size;
    Conf *conf = NULL;
    Err err = file_exists(path) ? file_read(path, &text, &size) : NULL;
    if (!err && text)
        err = conf_parse(&conf, path, text, NULL, 0); /* JSON is YAML */
    if (!err && conf)
        line = conf_scalar(conf_get(conf_root(conf), "line"));
    if (line)
        line = arena_text(arena, "%s", line);
    conf_free(conf);
    mem_free(text);
    err_free(err);
    return line;
}
