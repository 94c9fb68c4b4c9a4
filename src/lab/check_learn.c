/* A short training as the user has it, at the full rate after a ramp of our own; what it has done
 * to the net; and then a range test about that rate, from the same initial values. */
#include "lab/check_inside.h"

#include "lab/lr_range.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { LEAST_STEPS = 20, MOST_STEPS = 600, RANGE_LEAST = 24, RANGE_MOST = 100, RAMP = 3 };
static const double operations = 3e11;        /* of either */
static const double below = 100, above = 100; /* the range, about the rate */
static const double learns = 0.97;            /* of a constant answer's loss */

typedef struct Learn {
    Check *c;
    Engine *e;
    double peak;
    Control control; /* of the state before step 1 */
    int64_t steps, made;
    double last;   /* mean loss of the last tenth */
    Real *before;  /* rank 0: values before the step */
    double *ratio; /* [tensors] the largest of update to weight in any step */
    bool diverged;
    Result unseen; /* samples 0: not measured */
    double *loss;  /* [steps] */
} Learn;

/* The state before step 1. Collective. */
static Err reset(Learn *l)
{
    Engine *e = l->e;
    State *s = &e->state;
    comm_barrier(l->c->comm);
    if (l->c->comm->member == 0)
        state_start(s, &e->descent.optim, (uint64_t)l->c->config->seed);
    s->step = s->samples = 0;
    s->control = l->control;
    comm_barrier(l->c->comm);
    integrity_take(&e->integrity);
    engine_size_step(e);
    return look_rewind(l->c);
}

/* ---- a short training ---- */

static void note_update(Learn *l)
{
    const Net *net = l->e->net;
    for (int i = 0; i < net->parameter_tensors; i++) {
        const Tensor *t = net->tensors[i];
        double moved = 0, size = 0;
        for (int64_t k = t->offset; k < t->offset + t->size; k++) {
            double d = (double)l->e->state.values[k] - (double)l->before[k];
            moved += d * d;
            size += (double)l->before[k] * (double)l->before[k];
        }
        l->ratio[i] = fmax(l->ratio[i], size > 0 ? sqrt(moved / size) : 0);
    }
}

/* *more: it has not diverged. */
static Err step(Learn *l, int64_t i, bool *more)
{
    Engine *e = l->e;
    Word all, mine = {0, INT32_MAX};
    Result result;
    bool watched = l->c->comm->rank == 0;
    double ramp = fmin(1, RAMP * (double)(i + 1) / (double)l->steps);
    if (watched)
        memcpy(l->before, e->state.values, (size_t)e->net->extent * sizeof *l->before);
    Err err = step_run(e, l->peak * ramp, false, mine, &all, &result);
    *more = !err;
    l->diverged = err != NULL;
    if (err && err_status(err) != STATUS_DIVERGED)
        return err;
    err_free(err);
    if (*more) {
        l->loss[l->made++] = result.loss;
        comm_barrier(l->c->comm);
        if (watched)
            note_update(l);
        comm_barrier(l->c->comm);
    }
    return NULL;
}

/* On a part that is not trained on, where there is one of a size that does not take long. */
static Err measure(Learn *l)
{
    Engine *e = l->e;
    Word all, mine = {0, INT32_MAX};
    Part part = e->feed.count[PART_VALIDATION] > 0 ? PART_VALIDATION : PART_TEST;
    double count = (double)e->feed.count[part];
    if (l->diverged || count == 0 || count * e->net->flops > operations)
        return NULL;
    Err err = eval_run(e, part, mine, &all, &l->unseen);
    if (err && err_status(err) == STATUS_DIVERGED) {
        l->diverged = true;
        err_free(err);
        err = NULL;
    }
    return err;
}

static Err train(Learn *l)
{
    bool more = true;
    for (int64_t i = 0; i < l->steps && more; i++)
        TRY(step(l, i, &more));
    int64_t tail = l->made / 10 + 1;
    for (int64_t i = l->made > tail ? l->made - tail : 0; i < l->made; i++)
        l->last += l->loss[i] / (double)(l->made < tail ? l->made : tail);
    return NULL;
}

/* Whether it is no better on samples that it has not seen than one answer for all would be; by the
 * loss and, of classes, by the right ones, too: a net may be right, and far too sure. */
static bool knows_nothing(const Learn *l, double constant)
{
    const Result *r = &l->unseen;
    double largest = 0;
    for (int k = 0; k < l->c->share_count; k++)
        largest = fmax(largest, l->c->shares[k]);
    double chance = 2 * sqrt(largest * (1 - largest) / (double)r->samples);
    bool guesses = !l->e->loss.task.classes || !(r->accuracy > largest + chance);
    return r->samples > 0 && guesses && !(r->loss < learns * constant);
}

static void judge_learning(const Learn *l, const Look *start)
{
    double constant = isnan(start->constant) ? start->zero : start->constant;
    bool late = l->diverged || l->last > 2 * fmax(start->loss, start->zero);
    bool never = l->last > learns * constant || knows_nothing(l, constant);
    Judgement verdict = late ? VERDICT_WRONG : never ? VERDICT_LOOK : VERDICT_OK;
    Arena *arena = &l->c->verdicts->arena;
    const char *unseen =
        l->unseen.samples > 0 ? arena_text(arena, ", on unseen samples %.3g", l->unseen.loss) : "";
    verdicts_add(l->c->verdicts, "learning", verdict,
                 late      ? "a smaller optimizer.lr (lockstep lr-range), or optimizer.clip"
                 : verdict ? "see whether labels belong to their rows, to gradients and to the rate"
                           : NULL,
                 late ? "diverges: loss %.3g after %" PRId64 " steps at rate %.3g%s, from %.3g"
                      : "loss %.3g after %" PRId64 " steps at rate %.3g%s; %.3g is that of always "
                        "the same answer",
                 l->last, l->made, l->peak, unseen, late ? start->loss : constant);
}

static void judge_updates(const Learn *l)
{
    const Net *net = l->e->net;
    double least = INFINITY, most = 0;
    const Tensor *largest = NULL;
    if (l->diverged)
        return;
    for (int i = 0; i < net->parameter_tensors; i++) {
        if (net->tensors[i]->rank < 2 || net->layers[net->tensors[i]->layer].type->is_norm)
            continue;
        least = fmin(least, l->ratio[i]);
        if (l->ratio[i] >= most) {
            most = l->ratio[i];
            largest = net->tensors[i];
        }
    }
    if (!largest)
        return;
    Judgement verdict = most > 1                    ? VERDICT_WRONG
                        : most > 0.2 || most < 3e-5 ? VERDICT_LOOK
                                                    : VERDICT_OK;
    verdicts_add(l->c->verdicts, "updates", verdict,
                 verdict ? "about 1e-3 is usual: change optimizer.lr by as much" : NULL,
                 "the largest step changes weights by %.1e to %.1e of their norm, most %s", least,
                 most, net_tensor_name(net, largest));
}

/* ---- batch norm ---- */

/* Running statistics as the looked-at samples have them; momentum is another question. Returns the
 * least momentum, or 0 where there are none. */
static double settle_statistics(const Net *net, const Look *look, Real *values)
{
    double momentum = INFINITY;
    for (int i = net->parameter_tensors; i < net->tensor_count; i++) {
        const Tensor *t = net->tensors[i];
        momentum = fmin(momentum, (double)t->momentum);
        for (int64_t k = t->offset; k < t->offset + t->size; k++)
            values[k] = look->leaf[k] / (Real)look->weight;
    }
    return net->tensor_count > net->parameter_tensors ? momentum : 0;
}

static Err check_norm(const Learn *l, const Look *look, const Look *start)
{
    const Net *net = l->e->net;
    double loss;
    Check *c = l->c;
    if (net->tensor_count == net->parameter_tensors)
        return NULL;
    Real *values = arena_take(&c->arena, net->extent, sizeof *values);
    memcpy(values, l->e->state.values, (size_t)net->extent * sizeof *values);
    double momentum = settle_statistics(net, look, values);
    TRY(look_evaluate(c, values, &loss));
    double follows = momentum * (double)l->e->length;
    Judgement verdict = follows < 3                                   ? VERDICT_WRONG
                        : loss > 1.5 * look->loss + 0.1 * start->zero ? VERDICT_LOOK
                                                                      : VERDICT_OK;
    verdicts_add(c->verdicts, "batch norm", verdict,
                 follows < 3 ? "a larger batch_norm momentum: running statistics must follow "
                               "within the run"
                 : verdict   ? "a larger batch.micro, no dropout before it, or layer_norm"
                             : NULL,
                 "loss %.3g in training, %.3g as evaluations see it; momentum %.2g over %" PRId64
                 " steps",
                 look->loss, loss, momentum, l->e->length);
    return NULL;
}

/* ---- the range test ---- */

static Err check_rate(Learn *l)
{
    LrCurve curve;
    int64_t steps = check_steps(l->c, operations, l->e->global, RANGE_LEAST, RANGE_MOST);
    LrRange range = {l->peak / below, l->peak * above, steps};
    if (!(l->peak > 0))
        return NULL;
    TRY(lr_range_sweep(l->e, &range, &l->c->arena, &curve));
    bool wrong = curve.diverged <= l->peak, near = curve.diverged <= 2 * l->peak;
    bool low = !(curve.diverged <= range.to) && !(curve.steepest <= 30 * l->peak);
    Judgement verdict = wrong ? VERDICT_WRONG : near || low ? VERDICT_LOOK : VERDICT_OK;
    Arena *arena = &l->c->verdicts->arena;
    const char *ends = isnan(curve.diverged) ? arena_text(arena, "nowhere up to %.3g", range.to)
                                             : arena_text(arena, "from %.3g", curve.diverged);
    const char *falls = isnan(curve.steepest)
                            ? "never falls"
                            : arena_text(arena, "falls fastest at %.3g", curve.steepest);
    verdicts_add(l->c->verdicts, "rate", verdict,
                 wrong || near ? "a smaller optimizer.lr, or a longer schedule.warmup; lockstep "
                                 "lr-range draws the curve"
                 : low         ? "a larger optimizer.lr; lockstep lr-range draws the curve"
                               : NULL,
                 "the run's is %.3g; over %" PRId64 " steps of rising rates the loss %s, diverges "
                 "%s",
                 l->peak, curve.count, falls, ends);
    return NULL;
}

/* ---- all ---- */

static Err learn(Learn *l, const Look *start)
{
    Look look = {0};
    TRY(train(l));
    TRY(measure(l));
    judge_learning(l, start);
    if (l->c->comm->rank == 0)
        judge_updates(l);
    TRY(look_rewind(l->c));
    engine_size_step(l->e);
    Err err = look_make(l->c, l->e->state.values, &look);
    if (!err && l->c->comm->rank == 0)
        check_layers(l->c, &look, true);
    if (!err && !l->diverged)
        err = check_norm(l, &look, start);
    look_free(&look);
    TRY(err);
    TRY(reset(l));
    return check_rate(l);
}

Err check_learn(Check *c, const Look *start)
{
    Engine *e = c->engine;
    Learn l = {
        .c = c, .e = e, .control = e->state.control, .peak = e->schedule.base * e->schedule.factor};
    l.steps = check_steps(c, operations, e->global, LEAST_STEPS, MOST_STEPS);
    l.before = mem_alloc(e->net->extent, sizeof *l.before);
    l.ratio = mem_alloc(e->net->parameter_tensors, sizeof *l.ratio);
    l.loss = mem_alloc(l.steps, sizeof *l.loss);
    Err err = reset(&l);
    if (!err)
        err = learn(&l, start);
    mem_free(l.before);
    mem_free(l.ratio);
    mem_free(l.loss);
    return err;
}
