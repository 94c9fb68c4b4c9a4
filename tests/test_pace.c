/* The clock of phases, what is made of it, and the trace, on one rank. Times here are only compared
 * with each other. */
#include "base/conf.h"
#include "base/log.h"
#include "base/term.h"
#include "dist/comm.h"
#include "model.h"
#include "scratch.h"
#include "train/pace.h"
#include "unit.h"

static Comm world;

static void spend(double seconds)
{
    for (double begun = term_clock(); term_clock() - begun < seconds;)
        continue;
}

static void phases_are_charged(void)
{
    static const double each = 2e-3;
    static const struct {
        WatchPhase phase;
        Share share;
    } rows[] = {
        {PHASE_COMPUTE, SHARE_COMPUTE}, {PHASE_DATA, SHARE_READING},
        {PHASE_EVALUATE, SHARE_OTHER},  {PHASE_SAVE, SHARE_OTHER},
        {PHASE_BETWEEN, SHARE_OTHER},   {PHASE_EXCHANGE, SHARE_EXCHANGE},
        {PHASE_START, SHARE_OTHER},     {PHASE_WAITING, SHARE_WAITING},
    };
    Watch *watch;
    CU_ASSERT_FATAL(fine(watch_open(&watch, &world, 0)));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double before[SHARE_COUNT], after[SHARE_COUNT], begun = term_clock();
        watch_phase(watch, 1, rows[i].phase);
        watch_shares(watch, before);
        spend(each);
        watch_shares(watch, after);
        double all = term_clock() - begun;
        for (Share share = 0; share < SHARE_COUNT; share++) {
            double spent = after[share] - before[share];
            CU_ASSERT(share == rows[i].share ? spent >= each && spent <= all : spent == 0);
        }
    }
    watch_close(watch);
}

/* Inside a phase, which goes on afterwards. */
static void waits_are_taken_out(void)
{
    static const double each = 2e-3;
    double before[SHARE_COUNT], after[SHARE_COUNT];
    Watch *watch;
    CU_ASSERT_FATAL(fine(watch_open(&watch, &world, 0)));
    watch_phase(watch, 1, PHASE_EXCHANGE);
    watch_shares(watch, before);
    watch_wait(watch, true);
    double begun = term_clock();
    spend(each);
    double waited = term_clock() - begun;
    watch_wait(watch, false);
    watch_shares(watch, after);
    CU_ASSERT(after[SHARE_WAITING] - before[SHARE_WAITING] >= waited);
    spend(each);
    watch_shares(watch, before);
    CU_ASSERT(before[SHARE_EXCHANGE] - after[SHARE_EXCHANGE] >= each);
    CU_ASSERT_EQUAL(before[SHARE_WAITING], after[SHARE_WAITING]);
    watch_close(watch);
}

static void speed_wants_a_second(void)
{
    Speed none = speed_measure(&world, 1e9, 0.99), some = speed_measure(&world, 3e9, 2);
    CU_ASSERT(isnan(none.gflops) && isnan(speed_share(&none)));
    CU_ASSERT_DOUBLE_EQUAL(some.gflops, 1.5, 1e-12);
    CU_ASSERT(some.limit > 0);
    CU_ASSERT_DOUBLE_EQUAL(speed_share(&some), 1.5 / some.limit, 1e-12);
}

/* ---- the trace ---- */

static const char *const phases[] = {"first", "a \"quoted\" \\ phase"};

static void open_model(Model *model)
{
    Err err = model_open(model, "[{dense: {units: 3, name: in}}, relu, {dense: 2}]",
                         (Shape){1, 1, 4}, LANES);
    CHECK(!err, "%s", err_text(err));
}

/* The file, as a document: JSON is YAML. */
static Node events_of(Conf **conf, const char *path)
{
    char *text;
    size_t size;
    CU_ASSERT_FATAL(fine(file_read(path, &text, &size)));
    CU_ASSERT_FATAL(fine(conf_parse(conf, path, text, NULL, 0)));
    mem_free(text);
    return conf_get(conf_root(*conf), "traceEvents");
}

static const char *name_of(Node events, int i)
{
    return conf_scalar(conf_get(conf_item(events, i), "name"));
}

static void events_are_written(void)
{
    static const char *const names[] = {
        "process_name", "thread_name", "in forward",        "01_relu forward",
        "loss",         "first",       "02_dense backward", "a \"quoted\" \\ phase"};
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "trace.json");
    Model model;
    Trace *trace;
    Conf *conf;
    open_model(&model);
    trace_open(&trace, &world, phases, 2, model.net, 100);
    trace_phase(trace, 0, 7, term_clock());
    trace_begin_layers(trace);
    trace_layer(trace, 0, false);
    trace_layer(trace, 1, false);
    trace_loss(trace);
    trace_phase(trace, 1, 8, term_clock());
    trace_layer(trace, 2, true);
    CU_ASSERT(fine(trace_write(trace, path)));
    trace_close(trace);
    Node events = events_of(&conf, path);
    CU_ASSERT_EQUAL_FATAL(conf_count(events), (int)(sizeof names / sizeof *names));
    for (int i = 0; i < conf_count(events); i++)
        CU_ASSERT_STRING_EQUAL(name_of(events, i), names[i]);
    Node last = conf_get(conf_item(events, 7), "args");
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_get(last, "step")), "8");
    conf_free(conf);
    model_close(&model);
    scratch_remove(&scratch);
}

static void room_is_bounded(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "trace.json");
    Model model;
    Trace *trace;
    Conf *conf;
    char said[256] = "";
    FILE *log = fmemopen(said, sizeof said, "w");
    open_model(&model);
    trace_open(&trace, &world, phases, 2, model.net, 5);
    for (int64_t step = 1; step <= 9; step++)
        trace_phase(trace, 0, step, term_clock());
    log_level(LOG_WARNING);
    log_to(log);
    CU_ASSERT(fine(trace_write(trace, path)));
    log_to(NULL);
    log_level(LOG_SILENT);
    fclose(log);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "4 events found no more room"));
    trace_close(trace);
    Node events = events_of(&conf, path);
    CU_ASSERT_EQUAL(conf_count(events), 2 + 5);
    conf_free(conf);
    model_close(&model);
    scratch_remove(&scratch);
}

static void unwritable(void)
{
    Scratch scratch = scratch_make();
    Model model;
    Trace *trace;
    open_model(&model);
    trace_open(&trace, &world, phases, 2, model.net, 5);
    CU_ASSERT(refused(trace_write(trace, scratch_path(&scratch, "none/trace.json")), STATUS_FAILED,
                      "none/trace.json"));
    trace_close(trace);
    model_close(&model);
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"time is charged to the phase that a rank is in, without a watchdog, too", phases_are_charged},
    {"waiting is taken out of the phase that it interrupts", waits_are_taken_out},
    {"speed is a share of sgemm's, where steps took a second or more", speed_wants_a_second},
    {"a trace has phases and layers, with their steps, in JSON", events_are_written},
    {"a trace keeps the first events that there is room for, and says how many went",
     room_is_bounded},
    {"a trace that cannot be written is named", unwritable},
    {0}};

int main(int argc, char **argv)
{
    log_level(LOG_SILENT);
    comm_start(&argc, &argv);
    comm_world(&world);
    gemm_init();
    int status = unit_run("pace", promises);
    comm_free(&world);
    comm_stop();
    return status;
}
