/* lockstep eval CKPT: measures a checkpoint on a part of a data file. */
#include "base/log.h"
#include "cli/load.h"
#include "train/confusion.h"

#include <inttypes.h>
#include <math.h>

static const Option options[] = {OPTION_DATA, OPTION_SPLIT, {0}};

static const char *accuracy_text(const Result *result, Arena *arena)
{
    return isnan(result->accuracy) ? "" : arena_text(arena, "accuracy %.4f  ", result->accuracy);
}

static const char *figures_text(const Result *result, Arena *arena)
{
    const char *text = "";
    for (Figure f = 0; f < FIGURE_COUNT; f++)
        if (!isnan(result->figure[f]))
            text = arena_text(arena, "%s%s %.6g  ", text, figure_names[f], result->figure[f]);
    return text;
}

static Err measure(Loaded *loaded)
{
    Engine *e = &loaded->engine;
    Word all;
    Result result;
    Confusion confusion;
    Arena arena = {0};
    confusion_open(&confusion, e);
    Err err = eval_run(e, loaded->part, (Word){0, INT32_MAX}, &all, &result);
    if (!err) {
        confusion_merge(&confusion, e->comm);
        log_info("%s  samples %" PRId64 "  %sloss %.6f  %sdigest %016" PRIx64,
                 part_name(loaded->part) + 1, result.samples, accuracy_text(&result, &arena),
                 result.loss, figures_text(&result, &arena), state_digest(&e->state));
        if (!loaded->engine.loss.answers && loaded->engine.loss.task.outputs > 1)
            log_info("r_squared is told of nets with one output: of more it needs a mean of each");
        if (confusion.classes)
            log_info("\n%s", confusion_text(&confusion, &arena));
    }
    confusion_close(&confusion, e);
    arena_free(&arena);
    return err;
}

static Err evaluate(const Comm *world, const Args *args)
{
    Loaded loaded;
    Err err = load_checkpoint(world, args, true, &loaded);
    if (!err)
        err = measure(&loaded);
    load_close(&loaded);
    return err;
}

const Verb cli_eval = {
    .name = "eval",
    .arguments = "CKPT [--data DATA.h5] [--split test]",
    .help = "measure a checkpoint on a data file",
    .details = "Loss and figures of the whole part; for classes also the confusion matrix.\n"
               "DATA.h5 needs that part alone; it is normalised as the training data were.",
    .accepted = options,
    .least = 1,
    .most = 1,
    .run = evaluate,
};
