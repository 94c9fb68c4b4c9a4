/* The outcome of a run in one line and in one small JSON object. */
#include "train/summary.h"

#include "base/conf.h"
#include "base/file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
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

/* What the loss can say beside loss and accuracy: "validation_rmse" and so on. */
static const char *figures_text(const char *part, const Result *r, Arena *arena)
{
    const char *text = "";
    for (Figure f = 0; r->samples && f < FIGURE_COUNT; f++)
        if (!isnan(r->figure[f]))
            text = arena_text(arena, "%s  \"%s_%s\": %s,\n", text, part, figure_names[f],
                              number(r->figure[f], arena));
    return text;
}

/* "validation_loss" and its like, null where nothing was measured. */
static const char *part_text(const char *part, const Result *r, Arena *arena)
{
    double loss = r->samples ? r->loss : NAN, accuracy = r->samples ? r->accuracy : NAN;
    return arena_text(arena, "  \"%s_loss\": %s,\n  \"%s_accuracy\": %s,\n%s", part,
                      number(loss, arena), part, number(accuracy, arena),
                      figures_text(part, r, arena));
}

/* Why it ended before its length, and the best evaluation. */
static const char *best_text(const Summary *s, Arena *arena)
{
    const char *why = stopped_words[s->stopped];
    bool any = s->best_step >= 0;
    return arena_text(arena,
                      "  \"stopped\": %s,\n  \"best_step\": %s,\n"
                      "  \"best_validation_loss\": %s,\n  \"best_validation_accuracy\": %s,\n",
                      why ? arena_text(arena, "\"%s\"", why) : "null",
                      any ? arena_text(arena, "%" PRId64, s->best_step) : "null",
                      number(any ? s->best_loss : NAN, arena),
                      number(any ? s->best_accuracy : NAN, arena));
}

/* The last verdict on an evaluation, and the epoch that overfitting began at. */
static const char *fit_text(const Summary *s, Arena *arena)
{
    const char *word = fit_words[s->fit];
    return arena_text(arena, "  \"verdict\": %s,\n  \"overfitting_since\": %s,\n",
                      *word ? arena_text(arena, "\"%s\"", word) : "null",
                      number(s->overfitting_since, arena));
}

/* Steps that were not finite, where there were some. */
static const char *setback_text(const Setback *s, Arena *arena)
{
    const char *text = "";
    if (s->skipped)
        text = arena_text(arena, "  \"skipped_steps\": %" PRId64 ",\n", s->skipped);
    if (s->returns)
        text = arena_text(arena, "%s  \"returns\": %" PRId64 ",\n  \"rate_factor\": %s,\n", text,
                          s->returns, number(s->rate_factor, arena));
    return text;
}

Err summary_write(const Summary *s, const char *run)
{
    Arena a = {0};
    const char *text =
        arena_text(&a,
                   "{\n  \"steps\": %" PRId64 ",\n  \"epochs\": %s,\n  \"ranks\": %d,\n"
                   "  \"batch\": \"%s\",\n"
                   "  \"parameters\": %" PRId64 ",\n  \"train_loss\": %s,\n%s%s%s%s%s"
                   "  \"digest\": \"%016" PRIx64 "\",\n  \"noise_scale\": %s,\n"
                   "  \"samples_per_second\": %s,\n  \"check_share\": %s,\n"
                   "  \"gflops\": %s,\n  \"sgemm_share\": %s,\n"
                   "  \"line\": \"%s\"\n}\n",
                   s->steps, number(s->epochs, &a), s->ranks, s->batch, s->parameters,
                   number(s->train_loss, &a), part_text("validation", &s->validation, &a),
                   part_text("test", &s->test, &a), best_text(s, &a), fit_text(s, &a),
                   setback_text(&s->setback, &a), s->digest, number(s->noise_scale, &a),
                   number(s->rate, &a), number(s->check_share, &a), number(s->speed.gflops, &a),
                   number(speed_share(&s->speed), &a), summary_line(s, &a));
    Err err = file_replace(arena_text(&a, "%s/summary.json", run), text, strlen(text));
    arena_free(&a);
    return err;
}

const char *summary_read_line(const char *run, int64_t step, Arena *arena)
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
    const char *steps = line ? conf_scalar(conf_get(conf_root(conf), "steps")) : NULL;
    if (!steps || strtoll(steps, NULL, 10) != step)
        line = NULL;
    if (line)
        line = arena_text(arena, "%s", line);
    conf_free(conf);
    mem_free(text);
    err_free(err);
    return line;
}
