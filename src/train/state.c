/* The shared state and its digest. */
#include "train/state.h"

#include "base/cut.h"
#include "math/vec.h"

#include <string.h>

static int64_t vector_bytes(const Net *net)
{
    return round_up(net->extent * (int64_t)sizeof(Real), WINDOW_PAGE);
}

/* Padding between the parameters and the place of the statistics stay 0. */
static void start_slots(State *state, const Optim *optim)
{
    for (int s = 0; s < optim->slots; s++)
        for (int i = 0; i < state->net->tensor_count && optim->slot_start[s] != 0; i++) {
            const Tensor *t = state->net->tensors[i];
            for (int64_t e = 0; e < t->size && t->kind == TENSOR_PARAMETER; e++)
                state->slot[s][t->offset + e] = optim->slot_start[s];
        }
}

void state_start(State *state, const Optim *optim, uint64_t seed)
{
    int64_t extent = state->net->extent;
    net_init(state->net, seed, state->values);
    for (int s = 0; s < state->slots; s++)
        memset(state->slot[s], 0, (size_t)extent * sizeof(Real));
    start_slots(state, optim);
    state_follow(state, true);
}

Err state_open(State *state, const Comm *comm, const Net *net, const Optim *optim, bool average,
               uint64_t seed)
{
    *state = (State){.net = net, .slots = optim->slots + average};
    for (int i = 0; i < state->slots; i++)
        state->slot_names[i] = i < optim->slots ? optim->slot_names[i] : "ema";
    state->control =
        (Control){.evaluated = -1, .best_step = -1, .setback = {.rate_factor = 1, .anchor = -1}};
    state->digest = digest_open();
    TRY(comm_window(comm, "the parameters", (size_t)(vector_bytes(net) * (1 + state->slots)),
                    &state->window));
    char *base = state->window.base;
    state->values = (Real *)base;
    for (int i = 0; i < state->slots; i++)
        state->slot[i] = (Real *)(base + (i + 1) * vector_bytes(net));
    state->average = average ? state->slot[state->slots - 1] : NULL;
    if (comm->member == 0)
        state_start(state, optim, seed);
    comm_group_barrier(comm);
    return NULL;
}

void state_close(State *state)
{
    comm_window_free(&state->window);
    if (state->digest)
        digest_close(state->digest);
    *state = (State){0};
}

const Real *state_measured(const State *state)
{
    return state->average ? state->average : state->values;
}

void state_follow(State *state, bool weights)
{
    int64_t from = weights ? 0 : state->net->parameter_extent;
    if (state->average)
        memcpy(state->average + from, state->values + from,
               (size_t)(state->net->extent - from) * sizeof(Real));
}

uint64_t state_digest(State *state)
{
    digest_start(state->digest);
    for (int i = 0; i < state->net->tensor_count; i++) {
        const Tensor *t = state->net->tensors[i];
        digest_add(state->digest, state->values + t->offset, (size_t)t->size * sizeof(Real));
    }
    return digest_value(state->digest);
}

const Tensor *state_bad_tensor(const State *state)
{
    for (int i = 0; i < state->net->tensor_count; i++) {
        const Tensor *t = state->net->tensors[i];
        if (!vec_finite(state->values + t->offset, t->size))
            return t;
    }
    return NULL;
}
