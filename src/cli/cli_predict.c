/* lockstep predict CKPT: what a net says of every sample of a part, as a file. */
#include "base/file.h"
#include "base/log.h"
#include "cli/load.h"
#include "train/predict.h"

#include <inttypes.h>

static const Option options[] = {
    OPTION_DATA,
    OPTION_SPLIT,
    {"-o", "OUT.h5|OUT.csv", "where to write; the suffix says how"},
    {0},
};

static Err predict(const Comm *world, const Args *args)
{
    const char *path = args_value(args, "-o");
    if (!path)
        FAIL(STATUS_USER, "predict needs -o OUT.h5 or -o OUT.csv");
    TRY(predict_check_path(path));
    TRY(comm_agree(world, world->rank == 0 ? file_check_output(path) : NULL));
    Loaded loaded;
    Result result;
    Err err = load_checkpoint(world, args, false, &loaded);
    if (!err)
        err = predict_run(&loaded.engine, loaded.part, path, &result);
    if (!err)
        log_info("%s  %" PRId64 " prediction%s of %s", path, result.samples,
                 result.samples == 1 ? "" : "s", part_name(loaded.part) + 1);
    load_close(&loaded);
    return err;
}

const Verb cli_predict = {
    .name = "predict",
    .arguments = "CKPT -o OUT.h5|OUT.csv [--data DATA.h5] [--split test]",
    .help = "write what a checkpoint says of every sample",
    .details = "Probabilities and classes, or values; normalised as in training.\n"
               "DATA.h5 needs x of that part alone, without y.\n"
               "The same bytes on any number of ranks.",
    .accepted = options,
    .least = 1,
    .most = 1,
    .run = predict,
};
