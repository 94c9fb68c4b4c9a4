/* One training step: the leaves of this rank, the agreement, the sum applied block by block.
 *
 *     leaf(m)  = forward and backward of micro-batch m
 *     sum      = tree(leaf(0) .. leaf(M-1))
 *     state'   = update(state, sum / weight, rate) */
#include "train/engine.h"

#include "base/cut.h"
#include "math/vec.h"
#include "train/fault.h"

#include <math.h>

/* Micro-batch m holds the samples [cut(global, m, M), cut(global, m + 1, M)) of the step. */
static void run_leaf(Engine *e, int64_t m)
{
    int64_t first = e->state.samples;
    Real *leaf = reduce_leaf(e->reduce);
    double scalars[REDUCE_SCALARS] = {0};
    watch_phase(e->watch, e->state.step + 1, PHASE_COMPUTE);
    feed_train(&e->feed, first + cut(e->global, m, e->leaves),
               first + cut(e->global, m + 1, e->leaves));
    Pass pass = engine_pass(e, true);
    Targets targets = engine_targets(e);
    const Real *y = net_forward(e->net, &pass, e->state.values, e->feed.x);
    loss_run(&e->loss, &pass, y, &targets, scalars, e->dy);
    net_backward(e->net, &pass, e->state.values, e->feed.x, e->dy, leaf);
    reduce_push(e->reduce, m, leaf, scalars);
}

static Err run_leaves(Engine *e, int64_t lo, int64_t hi)
{
    TRY(fault_at(FAULT_COMPUTE, e->state.step + 1, e->comm->rank));
    for (int64_t m = lo; m < hi; m++)
        run_leaf(e, m);
    return NULL;
}

/* One block of the sum. Parameters are updated; running statistics move towards the weighted
 * average of the micro-batches'. */
static void apply_block(void *context, int64_t block, const Real *sum)
{
    Engine *e = context;
    State *state = &e->state;
    int64_t at = e->blocks.start[block], n = e->blocks.start[block + 1] - at;
    const Tensor *t = e->laid[e->blocks.part[block]];
    Real *w = state->values + at;
    vec_scale(e->gradient, e->scale, sum, n);
    if (t->kind == TENSOR_STATISTIC) {
        for (int64_t i = 0; i < n; i++)
            w[i] += t->momentum * (e->gradient[i] - w[i]);
        return;
    }
    Update update = e->update;
    update.n = n;
    update.w = w;
    update.g = e->gradient;
    for (int i = 0; i < state->slots; i++)
        update.slot[i] = state->slot[i] + at;
    update.decay = e->decays[e->blocks.part[block]] ? (Real)e->optim.self->weight_decay : 0;
    e->optim.type->update(e->optim.self, &update);
}

static void begin_update(Engine *e, double rate, double weight)
{
    e->scale = (Real)(1 / weight);
    e->update = (Update){.rate = (Real)rate};
    if (e->optim.type->begin)
        e->optim.type->begin(e->optim.self, e->state.step + 1, e->update.constant);
}

Err step_run(Engine *e, double rate, Word mine, Word *all, Result *result)
{
    int64_t lo, hi;
    double scalars[REDUCE_SCALARS];
    engine_size_step(e);
    reduce_begin(e->reduce, e->leaves, true, &lo, &hi);
    watch_phase(e->watch, e->state.step + 1, PHASE_COMPUTE);
    Err err = run_leaves(e, lo, hi);
    if (err)
        mine = (Word){mine.flags | WORD_FAILED, e->comm->rank};
    watch_phase(e->watch, e->state.step + 1, PHASE_EXCHANGE);
    *all = reduce_agree(e->reduce, mine, scalars);
    if (all->flags & WORD_FAILED)
        return comm_agree(e->comm, err);
    *result = engine_result(e, scalars);
    if (!isfinite(result->loss))
        FAIL(STATUS_DIVERGED,
             "step %lld: the loss is %s; a smaller optimizer.lr (now %g) may cure it",
             (long long)e->state.step + 1, isnan(result->loss) ? "not a number" : "infinite", rate);
    begin_update(e, rate, scalars[SCALAR_WEIGHT]);
    reduce_apply(e->reduce, apply_block, e);
    reduce_finish(e->reduce);
    watch_phase(e->watch, e->state.step + 1, PHASE_BETWEEN);
    e->state.step++;
    e->state.samples += e->global;
    e->state.control.train_loss = result->loss;
    return NULL;
}
