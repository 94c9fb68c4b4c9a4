/* One training step: the leaves of this rank, the agreement, the sum applied block by block.
 * Whatever is not finite is known at the agreement, before anything is applied.
 *
 *     leaf(m)  = forward and backward of micro-batch m
 *     sum      = tree(leaf(0) .. leaf(M-1))
 *     state'   = update(state, sum / weight, rate)               (descent.c) */
#include "train/engine.h"

#include "base/cut.h"
#include "math/vec.h"
#include "train/fault.h"
#include "train/probe.h"

#include <math.h>

enum { SCALAR_LEAF_SQUARE = SCALAR_COUNT }; /* |sum of gradients|^2 / weight of a leaf */
_Static_assert((int)SCALAR_LEAF_SQUARE < (int)REDUCE_SCALARS, "room for the scalars");

static void mark(const Engine *e, StepPart part)
{
    (part == STEP_LOSS ? watch_loss : watch_layers)(e->watch);
    if (e->marks)
        e->marks->part(e->marks->context, part);
}

/* A leaf while it is computed. */
typedef struct LeafPass {
    Engine *engine;
    const Pass *pass;
    Real *leaf;
    int64_t m;
    bool measure;
    int64_t final;  /* so many elements of it */
    double squares; /* of those, with `measure` */
    Real limit;     /* what they may be, so that their sum over the leaves is finite */
    bool bad;       /* one of them is larger, or not a number */
} LeafPass;

/* Elements [first, end) of the leaf are final. */
static void check(LeafPass *pass, int64_t first, int64_t end)
{
    if (end > first)
        pass->bad |= !(vec_largest(pass->leaf + first, end - first) <= pass->limit);
}

/* What lies behind a layer in the leaf is final, and may be on its way while the pass goes on; it
 * is looked at before, because sums may come to lie over it. */
static void layer_done(void *context, int layer, bool backward)
{
    LeafPass *pass = context;
    Engine *e = pass->engine;
    int64_t final = backward ? net_final(e->net, layer) : 0;
    watch_layer(e->watch, layer, backward);
    if (e->marks)
        e->marks->layer(e->marks->context, layer, backward);
    if (!backward) {
        diagnose_forward(&e->diagnosis, pass->m, pass->pass, layer);
        return;
    }
    diagnose_backward(&e->diagnosis, pass->m, pass->pass->lanes, layer);
    if (pass->measure)
        descent_add_squares(&e->descent, pass->leaf, pass->final, final, &pass->squares);
    if (final > 0 && pass->final == 0)
        fault_spoil(e->state.step + 1, pass->m, pass->leaf);
    check(pass, pass->final, final);
    pass->final = final > pass->final ? final : pass->final;
    reduce_ready(e->reduce, final);
    mark(e, STEP_SEND);
    if (layer == e->net->layer_count - 1)
        err_free(fault_at(FAULT_BACKWARD, e->state.step + 1, e->comm->rank));
}

/* Micro-batch m holds the samples [cut(global, m, M), cut(global, m + 1, M)) of the step. *bad: it
 * is not finite. */
static Err run_leaf(Engine *e, int64_t m, bool measure, bool *bad)
{
    int64_t first = e->state.samples;
    Real *leaf = reduce_leaf(e->reduce);
    double scalars[REDUCE_SCALARS] = {0};
    watch_phase(e->watch, e->state.step + 1, PHASE_DATA);
    TRY(feed_train(&e->feed, first + cut(e->global, m, e->leaves),
                   first + cut(e->global, m + 1, e->leaves)));
    mark(e, STEP_GATHER);
    watch_phase(e->watch, e->state.step + 1, PHASE_COMPUTE);
    LeafPass going = {
        .engine = e, .leaf = leaf, .m = m, .measure = measure, .limit = probe_limit(e)};
    NetMarks marks = {layer_done, &going};
    Pass pass = engine_pass(e, true);
    pass.marks = &marks;
    going.pass = &pass;
    Targets targets = engine_targets(e);
    const Real *y = net_forward(e->net, &pass, e->state.values, e->feed.x);
    loss_run(&e->loss, &pass, y, &targets, scalars, e->dy);
    mark(e, STEP_LOSS);
    diagnose_loss(&e->diagnosis, e->dy, pass.lanes);
    net_backward(e->net, &pass, e->state.values, e->feed.x, e->dy, leaf);
    check(&going, e->net->parameter_extent, e->net->extent); /* statistics */
    *bad = going.bad || !isfinite(scalars[SCALAR_LOSS]);
    if (measure && pass.weight > 0)
        scalars[SCALAR_LEAF_SQUARE] = going.squares / pass.weight;
    reduce_push(e->reduce, m, leaf, scalars);
    mark(e, STEP_MERGE);
    return NULL;
}

/* *bad: the first that is not finite, or -1. All are computed: the loss of the step is wanted. */
static Err run_leaves(Engine *e, int64_t lo, int64_t hi, bool measure, int64_t *bad)
{
    TRY(fault_at(FAULT_COMPUTE, e->state.step + 1, e->comm->rank));
    TRY(feed_step(&e->feed, e->state.samples, clock_before(&e->clock, e->length)));
    mark(e, STEP_PREPARE);
    for (int64_t m = lo; m < hi; m++) {
        bool is_bad;
        TRY(run_leaf(e, m, measure, &is_bad));
        if (is_bad && *bad < 0)
            *bad = m;
    }
    return NULL;
}

/* What this step says of the gradient's noise. `squares`: over the leaves, |leaf|^2 / weight. */
static void note_noise(Engine *e, double weight, double squares, double mean)
{
    NoiseParts parts = {.parts = e->leaves,
                        .batch = weight,
                        .squares = squares,
                        .mean = mean,
                        .population = (double)e->clock.epoch};
    noise_add(&e->state.control.noise, &parts);
}

/* This rank's word on its leaves and on what it updated in the step before. */
static Word own_word(Engine *e, Word mine, Err err, int64_t bad)
{
    unsigned flags =
        (err ? WORD_FAILED : 0) | (bad >= 0 || e->descent.overflow ? WORD_DIVERGED : 0);
    e->descent.overflow = false;
    return (Word){mine.flags | flags, flags ? e->comm->rank : mine.failed};
}

/* The step is given up as if it had not begun. The lowest rank that has something bad has the
 * lowest micro-batch that is, on any number of ranks. */
static Err give_up(Engine *e, const Word *all, int64_t bad)
{
    reduce_leave(e->reduce);
    TRY(integrity_verify(&e->integrity)); /* or memory was not as it was left */
    int speaker = all->flags & WORD_DIVERGED ? all->failed : 0;
    return comm_agree(e->comm, e->comm->rank == speaker ? probe_run(e, bad) : NULL);
}

Err step_run(Engine *e, double rate, bool measure, Word mine, Word *all, Result *result)
{
    int64_t lo, hi, bad = -1;
    double scalars[REDUCE_SCALARS];
    engine_size_step(e);
    diagnose_begin(&e->diagnosis,
                   clock_crosses(&e->clock, e->config->diagnostics, e->state.step + 1));
    reduce_begin(e->reduce, e->leaves, true, &lo, &hi);
    watch_phase(e->watch, e->state.step + 1, PHASE_COMPUTE);
    Err err = run_leaves(e, lo, hi, measure, &bad);
    watch_phase(e->watch, e->state.step + 1, PHASE_EXCHANGE);
    *all = reduce_agree(e->reduce, integrity_word(&e->integrity, own_word(e, mine, err, bad)),
                        scalars);
    mark(e, STEP_AGREE);
    if (all->flags & WORD_FAILED) {
        TRY(comm_agree(e->comm, err));
        return all->flags & WORD_CHANGED ? integrity_explain(&e->integrity) : NULL;
    }
    *result = engine_result(e, scalars);
    if (all->flags & WORD_DIVERGED || !isfinite(result->loss))
        return give_up(e, all, bad);
    double weight = scalars[SCALAR_WEIGHT];
    e->descent.followed = e->diagnosis.due;
    double square = descent_run(&e->descent, rate, weight, measure || e->diagnosis.due);
    mark(e, STEP_UPDATE);
    diagnose_end(&e->diagnosis, e->comm, e->leaves, e->global);
    result->gradient = sqrt(square);
    if (measure)
        note_noise(e, weight, scalars[SCALAR_LEAF_SQUARE], square);
    watch_phase(e->watch, e->state.step + 1, PHASE_BETWEEN);
    e->state.step++;
    e->state.samples += e->global;
    e->state.control.train_loss = result->loss;
    integrity_fault(&e->integrity);
    return NULL;
}
