/* Building the engine, from configuration to shared memory. */
#include "train/engine.h"

#include "base/cut.h"
#include "base/mem.h"
#include "math/lanes.h"
#include "train/checkpoint.h"

#include <math.h>

/* Micro-batches are as large as in the steps of any size, also those that a shorter run does not
 * come to: evaluations are made of them, and are the same in both. Room for leaves is another
 * thing: what is never needed takes no memory. */
static void measure_batches(Engine *e)
{
    int64_t *leaves = arena_take(&e->arena, e->clock.changes + 1, sizeof *leaves);
    for (int i = 0; i <= e->clock.changes; i++) {
        int64_t size = clock_stretch(&e->clock, i).size;
        leaves[i] = batches_leaves(size, e->config->micro);
        int64_t micro = (size + leaves[i] - 1) / leaves[i];
        e->micro = micro > e->micro ? micro : e->micro;
    }
    e->planned = (Leaves){clock_stretches(&e->clock, e->length), leaves};
    engine_size_step(e);
}

/* Epochs, steps, micro-batches. A checkpoint may be measured on other data than its run's sizes
 * were planned for. */
static Err measure_run(Engine *e, const Measure *measure)
{
    const Config *config = e->config;
    Part part = measure && measure->file ? measure->part : PART_TRAIN;
    Err err =
        batches_clock(&config->batches, e->feed.count[part], config->micro, &e->arena, &e->clock);
    if (!measure)
        TRY(err);
    else
        err_free(err);
    e->length = clock_steps(&e->clock, clock_samples(&e->clock, config->length));
    measure_batches(e);
    return NULL;
}

void engine_size_step(Engine *e)
{
    e->global = clock_batch(&e->clock, e->state.samples);
    e->leaves = batches_leaves(e->global, e->config->micro);
}

/* Whether the windows of a stream are large enough for the run's batches. */
static Err check_windows(const Engine *e)
{
    for (int i = 0; i < clock_stretches(&e->clock, e->length); i++)
        TRY(feed_check_batch(&e->feed, e->config, clock_stretch(&e->clock, i).size));
    return NULL;
}

/* A layer may need more samples than the smallest micro-batch has: of one there is no variance. */
static Err check_samples(const Engine *e, const Layer *layer, int64_t global)
{
    int64_t leaves = batches_leaves(global, e->config->micro), least = global / leaves;
    if (layer->least_samples > least)
        return layer_fail(layer,
                          "needs micro-batches of at least %d samples, and batch.global %lld in "
                          "%lld of them leaves %lld to the smallest; choose another batch.micro",
                          layer->least_samples, (long long)global, (long long)leaves,
                          (long long)least);
    return NULL;
}

static Err check_layers(const Engine *e)
{
    for (int i = 0; i < e->net->layer_count; i++)
        for (int s = 0; s <= e->clock.changes; s++)
            TRY(check_samples(e, &e->net->layers[i], clock_stretch(&e->clock, s).size));
    return NULL;
}

/* What the net gives and what the data want: of data without targets, nothing. */
static Task find_task(const Engine *e)
{
    const Dataset *data = e->feed.data;
    bool labels = dataset_classifies(data);
    Task task = {.outputs = (int)shape_size(e->net->output),
                 .last = &e->net->layers[e->net->layer_count - 1],
                 .data = e->config->data};
    if (e->labelled) {
        task.classes = labels ? dataset_classes(data) : 0;
        task.values = labels ? 0 : dataset_targets(data);
    }
    return task;
}

static void open_diagnosis(Engine *e)
{
    int64_t most = 1;
    if (e->config->diagnostics.count <= 0)
        return;
    for (int i = 0; i < e->planned.count; i++)
        most = e->planned.leaves[i] > most ? e->planned.leaves[i] : most;
    diagnose_open(&e->diagnosis, e->net, most);
    e->descent.follows = true;
}

static Err build_net(Engine *e, bool trains)
{
    const Dataset *data = e->feed.data;
    int channels, height, width;
    dataset_shape(data, &channels, &height, &width);
    int lanes = feed_reserve(&e->feed, e->micro);
    TRY(net_build(&e->net, e->config->model, (Shape){height, width, channels}, lanes));
    TRY(loss_build(&e->loss, e->config->loss, &e->arena, find_task(e), lanes));
    e->dy = mem_alloc((int64_t)e->loss.task.outputs * lanes, sizeof(Real));
    e->answer = arena_take(&e->arena, lanes, sizeof *e->answer);
    TRY(descent_build(&e->descent, e->net, e->config->optimizer, e->config->penalty,
                      e->config->ema));
    if (!trains)
        return NULL;
    TRY(check_layers(e));
    open_diagnosis(e);
    loss_warn(&e->loss, &e->net->layers[e->net->layer_count - 1]);
    TRY(stop_build(&e->stop, e->config->early_stop, e->config->target));
    return schedule_build(&e->schedule, e->config->schedule, e->descent.optim.self->lr,
                          e->clock.batch, &e->clock, clock_before(&e->clock, e->length));
}

/* Leaves of the largest evaluation. */
static int64_t evaluation_leaves(const Engine *e)
{
    int64_t most = 1;
    for (Part part = PART_VALIDATION; part < PART_COUNT; part++) {
        int64_t leaves = (e->feed.count[part] + e->micro - 1) / e->micro;
        most = leaves > most ? leaves : most;
    }
    return most;
}

Err engine_open(Engine *e, const Comm *comm, const Config *config, const Measure *measure)
{
    *e = (Engine){.comm = comm, .config = config, .labelled = !measure || measure->labelled};
    TRY(watch_open(&e->watch, comm, config->watchdog));
    TRY(feed_open(&e->feed, comm, config, measure, e->watch));
    TRY(comm_agree(comm, measure_run(e, measure)));
    TRY(comm_agree(comm, check_windows(e)));
    TRY(comm_agree(comm, build_net(e, !measure)));
    watch_net(e->watch, e->net);
    TRY(state_open(&e->state, comm, e->net, &e->descent.optim, config->ema > 0,
                   (uint64_t)config->seed));
    TRY(reduce_open(&e->reduce, comm, &e->descent.blocks, (ReduceKind)config->reduce, e->planned,
                    evaluation_leaves(e)));
    reduce_on_wait(e->reduce, watch_wait, e->watch);
    TRY(descent_open(&e->descent, comm, &e->state, e->reduce));
    integrity_open(&e->integrity, &e->descent, &e->clock,
                   measure ? (Span){0} : config->check_every);
    return NULL;
}

void engine_close(Engine *e)
{
    watch_close(e->watch);
    integrity_close(&e->integrity);
    diagnose_close(&e->diagnosis);
    reduce_close(e->reduce);
    descent_close(&e->descent);
    state_close(&e->state);
    net_free(e->net);
    feed_close(&e->feed);
    mem_free(e->dy);
    arena_free(&e->arena);
    *e = (Engine){0};
}

EngineMemory engine_bytes(const Engine *e)
{
    return (EngineMemory){
        .data = (double)feed_bytes(&e->feed),
        .state = (double)e->state.window.bytes,
        .leaves = (double)reduce_bytes(e->comm, e->net->extent, e->planned),
        .own = (double)(net_activation_bytes(e->net) + diagnose_bytes(&e->diagnosis)),
        .checkpoint = (double)checkpoint_room(&e->state, conf_text(e->config->conf))};
}

const char *engine_memory(const Engine *e, Arena *arena)
{
    EngineMemory m = engine_bytes(e);
    double all = (m.data + m.state + m.leaves) / e->comm->members + m.own;
    return arena_text(
        arena,
        "memory of a group of ranks: data %.1f MB, parameters and optimizer %.1f MB,\n"
        "  gradients %.1f MB; of a rank: activations %.1f MB; %.1f MB a rank in all;\n"
        "  of rank 0, besides: %.1f MB for checkpoints",
        m.data / 1e6, m.state / 1e6, m.leaves / 1e6, m.own / 1e6, all / 1e6, m.checkpoint / 1e6);
}

Targets engine_targets(const Engine *e)
{
    bool labels = dataset_classifies(e->feed.data);
    return (Targets){.label = e->labelled && labels ? e->feed.label : NULL,
                     .value = e->labelled && !labels ? e->feed.value : NULL,
                     .weight = e->feed.weight};
}

Pass engine_pass(const Engine *e, bool training)
{
    Pass pass = {.lanes = e->feed.lanes,
                 .training = training,
                 .seed = (uint64_t)e->config->seed,
                 .position = e->feed.position,
                 .mask = e->feed.mask};
    Targets targets = engine_targets(e);
    pass.weight = loss_weigh(&e->loss, &pass, &targets);
    return pass;
}

Result engine_result(const Engine *e, const double *scalars)
{
    double loss = scalars[SCALAR_LOSS] / scalars[SCALAR_WEIGHT];
    Result result = {.loss = isnan(loss) ? NAN : loss, /* without a sign */
                     .accuracy = loss_accuracy(&e->loss, scalars),
                     .samples = (int64_t)scalars[SCALAR_SAMPLES]};
    for (Figure figure = 0; figure < FIGURE_COUNT; figure++)
        result.figure[figure] = loss_figure(&e->loss, figure, scalars);
    return result;
}
