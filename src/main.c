/* lockstep: find the verb, run it on all ranks, agree on the outcome, exit. */
#include "base/log.h"
#include "base/term.h"
#include "cli/verb.h"
#include "math/gemm.h"
#include "train/identity.h"
#include "train/signals.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const Verb cli_import, cli_inspect, cli_train, cli_eval, cli_predict, cli_diff, cli_selftest,
    cli_bench, cli_check, cli_sweep, cli_search, cli_lr_range, cli_scale, cli_report,
    cli_bias_variance;

const Verb *const verbs[] = {&cli_import, &cli_inspect,  &cli_check,         &cli_train,
                             &cli_eval,   &cli_predict,  &cli_lr_range,      &cli_sweep,
                             &cli_search, &cli_scale,    &cli_bias_variance, &cli_report,
                             &cli_diff,   &cli_selftest, &cli_bench,         NULL};

/* `bench` measures against sgemm. OpenBLAS chooses its kernels before main() begins; where it knows
 * no better than older ones than this CPU has, start once more with the right ones. */
static void use_best_kernels(int argc, char **argv)
{
    const char *better = gemm_better_kernels();
    if (argc < 2 || strcmp(argv[1], "bench") != 0 || !better || getenv("OPENBLAS_CORETYPE"))
        return;
    setenv("OPENBLAS_CORETYPE", better, 1);
    execv("/proc/self/exe", argv); /* if that cannot be, the older kernels do */
}

static Err find_verb(const char *name, const Verb **verb)
{
    const char *names[ARGS_MOST] = {0};
    for (int i = 0; verbs[i]; i++) {
        names[i] = verbs[i]->name;
        if (strcmp(names[i], name) == 0)
            *verb = verbs[i];
    }
    return *verb ? NULL : unknown_word("verb", name, names);
}

static Err run(const Comm *world, int argc, char **argv, const char *difference, double began)
{
    if (argc < 2 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
        help_all();
        return NULL;
    }
    const Verb *verb = NULL;
    Args args;
    TRY(find_verb(argv[1], &verb));
    TRY(args_parse(&args, verb, argc - 2, argv + 2));
    if (args.help) {
        help_verb(verb);
        return NULL;
    }
    args.began = began;
    comm_limit(verb->watched);
    args.difference = difference;
    if (difference && !verb->judges)
        FAIL(STATUS_USER, "%s; start all ranks with the same command line", difference);
    TRY(identity_check_cpu());
    Err err = verb->run(world, &args);
    comm_limit(verb->watched);
    return err;
}

/* One message for the whole job. */
static void report(Err err)
{
    if (err_status(err) == STATUS_STOPPED)
        log_info("%s", err_text(err));
    else if (err)
        log_error("%s", err_text(err));
    if (err && getenv("LOCKSTEP_TRACE"))
        log_error("trace:\n%s", err_places(err));
}

int main(int argc, char **argv)
{
    double began = term_clock();
    use_best_kernels(argc, argv);
    signals_catch();
    Comm world;
    comm_start(&argc, &argv);
    comm_world(&world);
    comm_limit(1); /* until a verb says otherwise */
    log_level(world.rank == 0 ? LOG_INFO : LOG_SILENT);
    gemm_init();

    Arena words = {0};
    const char *difference = args_difference(&world, &argc, &argv, &words);
    Err err = comm_agree(&world, run(&world, argc, argv, difference, began));
    report(err);
    int status = (int)err_status(err);
    err_free(err);
    arena_free(&words);
    comm_free(&world);
    comm_stop();
    return status;
}
