/* Passes over the blocks of the sum. */
#include "train/descent.h"

#include "base/mem.h"
#include "math/vec.h"
#include "train/integrity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- laying out ---- */

static int by_offset(const void *a, const void *b)
{
    const Tensor *x = *(Tensor *const *)a, *y = *(Tensor *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* The tensors in the order of the vector, cut into blocks. */
static void lay_blocks(Descent *d)
{
    int n = d->net->tensor_count;
    d->laid = arena_take(&d->arena, n, sizeof *d->laid);
    memcpy(d->laid, d->net->tensors, (size_t)n * sizeof *d->laid);
    qsort(d->laid, (size_t)n, sizeof *d->laid, by_offset);
    Extent *extents = arena_take(&d->arena, n, sizeof *extents);
    for (int i = 0; i < n; i++)
        extents[i] = (Extent){d->laid[i]->offset, d->laid[i]->size};
    blocks_build(&d->blocks, extents, n, d->net->extent);
    d->first = arena_take(&d->arena, n + 1, sizeof *d->first);
    for (int64_t b = d->blocks.count - 1; b >= 0; b--)
        d->first[d->blocks.part[b]] = b;
    d->first[n] = d->blocks.count;
}

static Err read_rules(Descent *d)
{
    int n = d->net->parameter_tensors;
    Subject *subjects = arena_take(&d->arena, n, sizeof *subjects);
    d->rule = arena_take(&d->arena, n, sizeof *d->rule);
    d->clip = arena_take(&d->arena, n, sizeof *d->clip);
    d->trust = arena_take(&d->arena, n, sizeof *d->trust);
    d->square = arena_take(&d->arena, n, sizeof *d->square);
    for (int i = 0; i < n; i++) {
        const Layer *layer = &d->net->layers[d->laid[i]->layer];
        subjects[i] = (Subject){.layer = layer->name,
                                .tensor = d->laid[i]->name,
                                .one = d->laid[i]->rank < 2 || layer->type->is_norm};
        d->clip[i] = d->trust[i] = 1;
    }
    return optim_rules(&d->optim, subjects, n, d->rule);
}

Err descent_build(Descent *d, const Net *net, Node optimizer, Node penalty, double ema)
{
    *d = (Descent){.net = net, .ema = ema};
    TRY(optim_build(&d->optim, optimizer));
    TRY(penalty_build(&d->penalty, penalty));
    lay_blocks(d);
    return read_rules(d);
}

/* What needs norms before the update. */
static bool clips(const Descent *d)
{
    return d->optim.clip.kind == CLIP_NORM || d->optim.clip.kind == CLIP_LAYER;
}

static bool trusts(const Descent *d)
{
    return d->optim.type->measure != NULL;
}

Err descent_open(Descent *d, const Comm *comm, State *state, Reduce *reduce)
{
    d->comm = comm;
    d->state = state;
    d->reduce = reduce;
    d->gradient = mem_alloc(BLOCK_REALS, sizeof(Real));
    if (d->follows)
        d->before = mem_alloc(BLOCK_REALS, sizeof(Real));
    if (clips(d) || trusts(d))
        reduce_reserve(reduce);
    size_t bytes = (size_t)d->blocks.count * sizeof(double);
    int kinds = d->follows ? SQUARES_COUNT : SQUARES_WEIGHT;
    TRY(comm_window(comm, "the norms", (size_t)kinds * bytes, &d->window));
    for (int s = 0; s < kinds; s++)
        d->squares[s] = (double *)((char *)d->window.base + (size_t)s * bytes);
    return NULL;
}

void descent_close(Descent *d)
{
    comm_window_free(&d->window);
    blocks_free(&d->blocks);
    mem_free(d->gradient);
    mem_free(d->before);
    arena_free(&d->arena);
    *d = (Descent){0};
}

/* ---- one block ---- */

/* The tensor of a block that is to be updated, or -1. */
static int updated_part(const Descent *d, int64_t block)
{
    int part = d->blocks.part[block];
    return part < d->net->parameter_tensors && !d->rule[part].frozen ? part : -1;
}

/* Before a block is first touched in a step: in the first of the passes, or in the last where it
 * has part in no other. */
static void meet_block(Descent *d, int part, int64_t block)
{
    if (!d->kept || part < 0)
        integrity_check_block(d->integrity, block);
}

/* Fills d->gradient and d->update for this block. */
static void prepare(Descent *d, int part, int64_t block, const Real *sum)
{
    int64_t at = d->blocks.start[block], n = d->blocks.start[block + 1] - at;
    const Rule *rule = &d->rule[part];
    Update *u = &d->update;
    u->n = n;
    u->w = d->state->values + at;
    u->g = d->gradient;
    for (int i = 0; i < d->optim.slots; i++)
        u->slot[i] = d->state->slot[i] + at;
    u->decay = (Real)(d->optim.self->weight_decay * rule->decay);
    u->trust = (Real)d->trust[part];
    vec_scale(d->gradient, d->scale, sum, n);
    if (d->measure)
        d->squares[SQUARES_MEAN][block] = vec_square_sum(d->gradient, n);
    if (rule->penalized && penalty_any(&d->penalty))
        penalty_gradient(&d->penalty, d->gradient, u->w, n);
    if (d->optim.clip.kind == CLIP_VALUE)
        clip_values(&d->optim.clip, d->gradient, n);
    if (d->clip[part] < 1)
        vec_scale(d->gradient, (Real)d->clip[part], d->gradient, n);
}

static void measure_block(void *context, int64_t block, const Real *sum)
{
    Descent *d = context;
    int part = updated_part(d, block);
    if (part < 0)
        return;
    meet_block(d, part, block);
    prepare(d, part, block, sum);
    d->squares[SQUARES_CLIP][block] = vec_square_sum(d->gradient, d->update.n);
}

static void trust_block(void *context, int64_t block, const Real *sum)
{
    Descent *d = context;
    double squares[2];
    int part = updated_part(d, block);
    if (part < 0)
        return;
    meet_block(d, part, block);
    prepare(d, part, block, sum);
    d->optim.type->measure(d->optim.self, &d->update, squares);
    d->squares[SQUARES_TRUST_0][block] = squares[0];
    d->squares[SQUARES_TRUST_1][block] = squares[1];
}

/* Running statistics move towards the weighted average of the micro-batches'. */
static void move_statistic(Descent *d, int64_t block, const Real *sum)
{
    int64_t at = d->blocks.start[block], n = d->blocks.start[block + 1] - at;
    Real momentum = d->laid[d->blocks.part[block]]->momentum, *w = d->state->values + at;
    vec_scale(d->gradient, d->scale, sum, n);
    for (int64_t i = 0; i < n; i++)
        w[i] += momentum * (d->gradient[i] - w[i]);
    d->overflow |= !vec_finite(w, n);
    if (d->state->average)
        memcpy(d->state->average + at, w, (size_t)n * sizeof *w);
}

static void average_weights(const Descent *d, const Real *w, int64_t at, int64_t n)
{
    const Real keep = d->average, take = 1 - keep;
    Real *average = d->state->average + at;
    for (int64_t i = 0; i < n; i++)
        average[i] = keep * average[i] + take * w[i];
}

/* d->before has the block as it was. */
static void follow(Descent *d, int64_t block, const Update *u)
{
    d->squares[SQUARES_WEIGHT][block] = vec_square_sum(d->before, u->n);
    for (int64_t i = 0; i < u->n; i++)
        d->before[i] = u->w[i] - d->before[i];
    d->squares[SQUARES_UPDATE][block] = vec_square_sum(d->before, u->n);
}

static void update_parameters(Descent *d, int part, int64_t block, const Real *sum)
{
    prepare(d, part, block, sum);
    Update *u = &d->update;
    const Real rate = u->rate;
    u->rate = rate * (Real)d->rule[part].lr;
    if (d->followed)
        memcpy(d->before, u->w, (size_t)u->n * sizeof *u->w);
    d->optim.type->update(d->optim.self, u);
    if (d->rule[part].penalized)
        penalty_threshold(&d->penalty, u->w, u->rate, u->n);
    d->overflow |= !vec_finite(u->w, u->n);
    if (d->followed)
        follow(d, block, u);
    if (d->state->average)
        average_weights(d, u->w, d->blocks.start[block], u->n);
    u->rate = rate;
}

static void update_block(void *context, int64_t block, const Real *sum)
{
    Descent *d = context;
    int part = updated_part(d, block);
    meet_block(d, part, block);
    if (part >= 0)
        update_parameters(d, part, block, sum);
    else if (d->blocks.part[block] >= d->net->parameter_tensors)
        move_statistic(d, block, sum);
    integrity_take_block(d->integrity, block);
}

/* ---- norms ---- */

/* The sum of a tensor's squares, in block order. */
static double tensor_square(const Descent *d, Squares which, int part)
{
    double sum = 0;
    for (int64_t b = d->first[part]; b < d->first[part + 1]; b++)
        sum += d->squares[which][b];
    return sum;
}

/* The same of the whole gradient. */
static double whole_square(const Descent *d, Squares which)
{
    double sum = 0;
    for (int part = 0; part < d->net->parameter_tensors; part++)
        sum += d->rule[part].frozen ? 0 : tensor_square(d, which, part);
    return sum;
}

/* The mean gradient's, of each tensor and of all. */
static double mean_square(Descent *d)
{
    double sum = 0;
    for (int part = 0; part < d->net->parameter_tensors; part++) {
        d->square[part] = d->rule[part].frozen ? 0 : tensor_square(d, SQUARES_MEAN, part);
        sum += d->square[part];
    }
    return sum;
}

/* A layer's tensors lie side by side. */
static void clip_layers(Descent *d)
{
    int n = d->net->parameter_tensors;
    for (int part = 0, end; part < n; part = end) {
        double sum = 0;
        for (end = part; end < n && d->laid[end]->layer == d->laid[part]->layer; end++)
            sum += d->rule[end].frozen ? 0 : tensor_square(d, SQUARES_CLIP, end);
        for (int i = part; i < end; i++)
            d->clip[i] = clip_factor(&d->optim.clip, sqrt(sum));
    }
}

static void find_clip(Descent *d)
{
    if (d->optim.clip.kind == CLIP_LAYER) {
        clip_layers(d);
        return;
    }
    double factor = clip_factor(&d->optim.clip, sqrt(whole_square(d, SQUARES_CLIP)));
    for (int part = 0; part < d->net->parameter_tensors; part++)
        d->clip[part] = factor;
}

static void find_trust(Descent *d)
{
    for (int part = 0; part < d->net->parameter_tensors; part++)
        if (d->rule[part].adapts && !d->rule[part].frozen)
            d->trust[part] =
                d->optim.type->trust(d->optim.self, sqrt(tensor_square(d, SQUARES_TRUST_0, part)),
                                     sqrt(tensor_square(d, SQUARES_TRUST_1, part)),
                                     d->optim.self->weight_decay * d->rule[part].decay);
}

/* ---- a step ---- */

static void begin(Descent *d, double rate, double weight, bool measure)
{
    double step = (double)d->state->step, ramp = (1 + step) / (10 + step);
    d->scale = (Real)(1 / weight);
    d->average = (Real)(ramp < d->ema ? ramp : d->ema);
    d->measure = measure;
    d->kept = false;
    d->update = (Update){.rate = (Real)rate};
    for (int part = 0; part < d->net->parameter_tensors; part++)
        d->clip[part] = d->trust[part] = 1;
    if (d->optim.type->begin)
        d->optim.type->begin(d->optim.self, d->state->step + 1, d->update.constant);
}

/* A pass for a norm of the whole. The mean gradient is measured in the first pass of a step. */
static void measure_pass(Descent *d, ReduceApply *apply)
{
    (d->kept ? reduce_again : reduce_keep)(d->reduce, apply, d);
    d->kept = true;
    d->measure = false;
    reduce_meet(d->reduce);
}

double descent_run(Descent *d, double rate, double weight, bool measure)
{
    begin(d, rate, weight, measure);
    integrity_begin(d->integrity);
    if (clips(d)) {
        measure_pass(d, measure_block);
        find_clip(d);
    }
    if (trusts(d)) {
        measure_pass(d, trust_block);
        find_trust(d);
    }
    (d->kept ? reduce_again : reduce_apply)(d->reduce, update_block, d);
    integrity_end(d->integrity);
    reduce_finish(d->reduce);
    return measure ? mean_square(d) : 0;
}

/* ---- figures ---- */

void descent_update_norms(const Descent *d, int part, double *weight, double *update)
{
    *weight = sqrt(tensor_square(d, SQUARES_WEIGHT, part));
    *update = sqrt(tensor_square(d, SQUARES_UPDATE, part));
}

void descent_add_squares(const Descent *d, const Real *leaf, int64_t first, int64_t end,
                         double *sum)
{
    for (int part = 0; part < d->net->parameter_tensors; part++) {
        const Tensor *t = d->laid[part];
        if (t->offset >= first && t->offset < end && !d->rule[part].frozen)
            *sum += vec_square_sum(leaf + t->offset, t->size);
    }
}

void descent_penalty(const Descent *d, double *value, double *sparsity)
{
    int64_t zeros = 0, all = 0;
    *value = 0;
    for (int part = 0; part < d->net->parameter_tensors; part++) {
        const Tensor *t = d->laid[part];
        const Real *w = d->state->values + t->offset;
        if (!d->rule[part].penalized)
            continue;
        *value += penalty_value(&d->penalty, w, t->size);
        all += t->size;
        for (int64_t i = 0; i < t->size; i++)
            zeros += w[i] == 0;
    }
    *sparsity = all ? (double)zeros / (double)all : 0;
}
