/* A State by hand, without MPI: a small net and an optimizer with slots, every number of which is
 * different, for tests of what is written about a run. */
#ifndef TESTS_SAVED_H
#define TESTS_SAVED_H

#include "base/file.h"
#include "base/seal.h"
#include "model.h"
#include "train/checkpoint.h"

typedef struct Saved {
    Model model;
    State state;
    Normal normal;
    Real *slots;
} Saved;

/* Numbers into the tensors, not into the padding between them. */
static inline void saved_fill(const Net *net, Real *vector, uint64_t stream)
{
    double *numbers = noise(net->extent, stream);
    for (int i = 0; i < net->tensor_count; i++) {
        const Tensor *t = net->tensors[i];
        for (int64_t e = t->offset; e < t->offset + t->size; e++)
            vector[e] = (Real)numbers[e];
    }
    mem_free(numbers);
}

/* As state_open leaves it, but with values: other ones for another `stream`. */
static inline void saved_open(Saved *saved, const char *layers, uint64_t stream)
{
    enum { SLOTS = 2, FEATURES = 3 };
    *saved = (Saved){0};
    Err err = model_open(&saved->model, layers, (Shape){1, 1, FEATURES}, 16);
    CHECK(!err, "%s", err_text(err));
    const Net *net = saved->model.net;
    saved->slots = mem_alloc(net->extent * SLOTS, sizeof(Real));
    State *state = &saved->state;
    *state = (State){.net = net,
                     .step = 17 + (int64_t)stream,
                     .samples = 17000,
                     .control = {.evaluated = 10,
                                 .train_loss = 0.1 + (double)stream,
                                 .best = 1.0 / 3,
                                 .best_step = 10,
                                 .best_loss = 2.0 / 3,
                                 .plateau = {.trend = {9, 2, 0.7}, .cooldown = 4, .drops = 3},
                                 .early = {11, 5, 0.6},
                                 .fitting = {12,
                                             1.5,
                                             34,
                                             0.4,
                                             20,
                                             640,
                                             0.5,
                                             0.41,
                                             3,
                                             2,
                                             FIT_OVER,
                                             2,
                                             {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
                                             {11, 12, 13, 14, 15, 16, 17, 18, 19, 20}},
                                 .stopped = 1,
                                 .setback = {7, 2, 5, 1, 15, 0.125, 12}},
                     .values = saved->model.values,
                     .slots = SLOTS,
                     .slot_names = {"exp_avg", "exp_avg_sq"},
                     .digest = digest_open()};
    saved_fill(net, state->values, stream);
    for (int s = 0; s < SLOTS; s++) {
        state->slot[s] = saved->slots + s * net->extent;
        saved_fill(net, state->slot[s], stream + 100 * (uint64_t)(s + 1));
    }
    saved->normal = (Normal){.mode = NORMAL_FEATURE,
                             .count = FEATURES,
                             .shift = mem_alloc(FEATURES, sizeof(Real)),
                             .scale = mem_alloc(FEATURES, sizeof(Real))};
    for (int f = 0; f < FEATURES; f++) {
        saved->normal.shift[f] = (Real)(f + 0.5);
        saved->normal.scale[f] = (Real)(1.0 / (f + 3));
    }
}

/* The state as the file `path`. */
static inline Err saved_write(Saved *saved, const char *config, const char *fingerprint,
                              const char *path)
{
    Buffer image = {0};
    Err err = checkpoint_compose(&saved->state, &saved->normal, config, fingerprint, &image);
    if (!err) {
        seal_buffer(&image);
        err = file_replace(path, image.bytes, image.size);
    }
    buffer_free(&image);
    return err;
}

static inline void saved_close(Saved *saved)
{
    digest_close(saved->state.digest);
    mem_free(saved->slots);
    mem_free(saved->normal.shift);
    mem_free(saved->normal.scale);
    model_close(&saved->model);
}

#endif
