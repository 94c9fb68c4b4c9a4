/* Evaluation: the same micro-batches, the same tree, with scalars only. */
#include "train/engine.h"

#include "base/cut.h"
#include "train/fault.h"

#include <math.h>

/* Leaf m of this rank's, which end before `end`. */
static Err run_leaf(Engine *e, Part part, int64_t m, int64_t end, int64_t leaves)
{
    int64_t n = e->feed.count[part];
    double scalars[REDUCE_SCALARS] = {0};
    int64_t lo = cut(n, m, leaves), hi = cut(n, m + 1, leaves);
    watch_phase(e->watch, e->state.step, PHASE_EVALUATE);
    TRY(feed_part(&e->feed, part, lo, hi, cut(n, end, leaves)));
    Pass pass = engine_pass(e, false);
    Targets targets = engine_targets(e);
    NetMarks marks = {watch_layer, e->watch};
    pass.marks = &marks;
    watch_layers(e->watch);
    const Real *y = net_forward(e->net, &pass, state_measured(&e->state), e->feed.x);
    loss_run(&e->loss, &pass, y, &targets, scalars, NULL);
    watch_loss(e->watch);
    if (e->hook.call)
        e->hook.call(e->hook.context, y, lo, hi);
    reduce_push(e->reduce, m, NULL, scalars);
    return NULL;
}

Err eval_run(Engine *e, Part part, Word mine, Word *all, Result *result)
{
    int64_t lo, hi, leaves = (e->feed.count[part] + e->micro - 1) / e->micro;
    double scalars[REDUCE_SCALARS];
    reduce_begin(e->reduce, leaves, false, &lo, &hi);
    watch_phase(e->watch, e->state.step, PHASE_EVALUATE);
    Err err = fault_at(FAULT_EVALUATE, e->state.step, e->comm->rank);
    for (int64_t m = lo; m < hi && !err; m++)
        err = run_leaf(e, part, m, hi, leaves);
    if (err)
        mine = (Word){mine.flags | WORD_FAILED, e->comm->rank};
    watch_phase(e->watch, e->state.step, PHASE_EXCHANGE);
    *all = reduce_agree(e->reduce, mine, scalars);
    watch_phase(e->watch, e->state.step, PHASE_BETWEEN);
    if (all->flags & WORD_FAILED)
        return comm_agree(e->comm, err);
    *result = engine_result(e, scalars);
    if (!isfinite(result->loss)) {
        TRY(integrity_verify(&e->integrity));
        FAIL(STATUS_DIVERGED, "step %lld: the %s on %s is %s", (long long)e->state.step,
             e->labelled ? "loss" : "net's output", part_name(part),
             isnan(result->loss) ? "not a number" : "infinite");
    }
    return NULL;
}
