/* Bits that flip in memory: found, named, and not taken for anything else; and nothing found where
 * only lockstep itself has written. */
#include "train/integrity.h"

#include "base/file.h"
#include "base/h5.h"
#include "math/checksum.h"
#include "scratch.h"
#include "train/engine.h"
#include "unit_mpi.h"

#include <math.h>

enum { ROWS = 60, FEATURES = 5, CLASSES = 3, LINES = 64 };

/* ---- the checksum ---- */

static _Alignas(LINE_BYTES) unsigned char block[LINES * LINE_BYTES];

static void fill_block(void)
{
    for (int i = 0; i < LINES * LINE_BYTES; i++)
        block[i] = (unsigned char)(i * i % 251);
}

static void bits_found(void)
{
    int missed = 0;
    fill_block();
    uint64_t whole = checksum_lines(block, LINES);
    for (int bit = 0; bit < 8 * LINES * LINE_BYTES; bit++) {
        block[bit / 8] ^= (unsigned char)(1 << bit % 8);
        missed += checksum_lines(block, LINES) == whole;
        block[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    CU_ASSERT_EQUAL(missed, 0);
    CU_ASSERT(checksum_lines(block, LINES) == whole);
}

static void swap(int a, int b, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        unsigned char t = block[a + i];
        block[a + i] = block[b + i];
        block[b + i] = t;
    }
}

static void places_found(void)
{
    fill_block();
    uint64_t whole = checksum_lines(block, LINES);
    swap(0, 8, 8); /* words of a line, lines, bits of two words that cancel in a plain sum */
    CU_ASSERT(checksum_lines(block, LINES) != whole);
    swap(0, 8, 8);
    swap(LINE_BYTES, 7 * LINE_BYTES, LINE_BYTES);
    CU_ASSERT(checksum_lines(block, LINES) != whole);
    CU_ASSERT(checksum_lines(block, LINES - 1) != whole);
    CU_ASSERT(checksum_keyed(whole, 1) != checksum_keyed(whole, 2));
}

/* From the formula, by arithmetic of whole numbers: AVX-512, AVX2 and SSE have to agree. */
static void same_everywhere(void)
{
    fill_block();
    CU_ASSERT_EQUAL(checksum_lines(block, LINES), UINT64_C(0xcfdb7ae5c17972f9));
    CU_ASSERT_EQUAL(checksum_lines(block, LINES - 1), UINT64_C(0xd0341aa12dfcc77d));
}

/* ---- a run ---- */

static const char recipe[] = "data: {file: none}\n"
                             "model: [{dense: {units: 40, name: stem}}, batch_norm, tanh, {dense: "
                             "{units: 60, name: wide}},\n"
                             "        tanh, {dense: {units: 3, name: head}}]\n"
                             "batch: {global: 20, micro: 4}\n"
                             "train: {length: 100 steps, check_every: 1 step}\n";

static const char adam[] = "optimizer={type: adamw, lr: 0.01, clip: 1}";
static const char frozen[] =
    "optimizer={type: sgd, momentum: 0.9, lr: 0.01, layers: [{match: wide, "
    "freeze: true}]}";
static const char average[] = "train.ema=0.9";

typedef struct Trial {
    Scratch scratch;
    const char *data;
    Comm world, comm;
    Config config;
    Engine engine;
    Word all;
} Trial;

static Err write_data(const char *path)
{
    H5 *file;
    void *bytes;
    size_t size;
    int64_t dims[] = {ROWS, FEATURES};
    float x[ROWS * FEATURES];
    int32_t y[ROWS];
    for (int i = 0; i < ROWS * FEATURES; i++) {
        y[i / FEATURES] = i / FEATURES % CLASSES;
        x[i] = (float)(i * 37 % 17) / 8 - 1 + (float)(i % FEATURES == i / FEATURES % CLASSES);
    }
    TRY(h5_create(&file));
    TRY(h5_write(file, "/train/x", H5_F32, 2, dims, 0, x));
    TRY(h5_write(file, "/train/y", H5_I32, 1, dims, 0, y));
    TRY(h5_image(file, &bytes, &size));
    h5_close(file);
    TRY(file_replace(path, bytes, size));
    mem_free(bytes);
    return NULL;
}

static void trial_open(Trial *t, const char *const *overrides, int count)
{
    *t = (Trial){.scratch = scratch_make()};
    t->data = scratch_path(&t->scratch, "data.h5");
    CU_ASSERT_FATAL(fine(write_data(t->data)));
    comm_world(&t->world);
    CU_ASSERT_FATAL(fine(comm_divide(&t->world, 1, EXCHANGE_AUTO, &t->comm)));
    CU_ASSERT_FATAL(fine(config_read(&t->config, "test.yaml", recipe, overrides, count)));
    t->config.data_files = &t->data;
    CU_ASSERT_FATAL(fine(engine_open(&t->engine, &t->comm, &t->config, NULL)));
}

static void trial_close(Trial *t)
{
    engine_close(&t->engine);
    config_free(&t->config);
    comm_free(&t->comm);
    comm_free(&t->world);
    scratch_remove(&t->scratch);
}

static Err one_step(Trial *t)
{
    Result result;
    return step_run(&t->engine, 0.01, false, (Word){0, INT32_MAX}, &t->all, &result);
}

static void steps(Trial *t, int count)
{
    for (int i = 0; i < count; i++)
        CU_ASSERT_FATAL(fine(one_step(t)));
}

/* Whether it is a failed run that names all of this; frees it. */
static bool names(Err err, const char *a, const char *b)
{
    bool said = err && err_status(err) == STATUS_FAILED && strstr(err_text(err), a) &&
                strstr(err_text(err), b);
    if (!said)
        printf("\n    %s %s: %s\n", a, b, err ? err_text(err) : "nothing is found");
    err_free(err);
    return said;
}

static const Tensor *tensor_named(const Net *net, const char *name)
{
    for (int i = 0; i < net->tensor_count; i++)
        if (strcmp(net_tensor_name(net, net->tensors[i]), name) == 0)
            return net->tensors[i];
    CU_FAIL_FATAL("no such tensor");
    return NULL;
}

static void flip(Real *at)
{
    ((unsigned char *)at)[0] ^= 1;
}

/* A bit of every vector of every tensor, its last element's, one after the other; each is found at
 * the word after the step that has met it, and right away before a checkpoint. */
static void each_flip(Trial *t, bool save, bool statistics)
{
    const State *state = &t->engine.state;
    for (int i = 0; i < state->net->tensor_count; i++)
        for (int v = 0; v <= state->slots; v++) {
            const Tensor *tensor = state->net->tensors[i];
            Real *of = v ? state->slot[v - 1] : state->values;
            char step[32];
            if ((tensor->kind != TENSOR_PARAMETER) != statistics ||
                (statistics && v && of != state->average))
                continue;
            steps(t, 1);
            snprintf(step, sizeof step, "step %lld: rank 0 on ", (long long)state->step);
            flip(&of[tensor->offset + tensor->size - 1]);
            if (!save)
                steps(t, 1);
            CU_ASSERT(names(save ? integrity_verify(&t->engine.integrity) : one_step(t), step,
                            net_tensor_name(state->net, tensor)));
            integrity_take(&t->engine.integrity);
        }
}

static void found_by(const char *const *overrides, int count)
{
    Trial t;
    trial_open(&t, overrides, count);
    for (int i = 0; i < 4; i++)
        each_flip(&t, i & 1, i & 2);
    trial_close(&t);
}

static void found(void)
{
    found_by((const char *const[]){adam, average}, 2);
    found_by((const char *const[]){"optimizer={type: lamb, lr: 0.01, clip: 1}"}, 1);
}

static void places_named(void)
{
    Trial t;
    trial_open(&t, (const char *const[]){adam, average}, 2);
    const State *state = &t.engine.state;
    const Tensor *wide = tensor_named(state->net, "wide/weight");
    steps(&t, 1);
    flip(&state->slot[1][wide->offset + 1500]);
    CU_ASSERT(names(integrity_verify(&t.engine.integrity),
                    "exp_avg_sq of wide/weight (elements 1024 to 2047)", "--resume"));
    integrity_take(&t.engine.integrity);
    flip(&state->average[wide->offset + 2399]);
    CU_ASSERT(names(integrity_verify(&t.engine.integrity),
                    "ema of wide/weight (elements 2048 to 2399)", "--resume"));
    trial_close(&t);
}

/* Looked at in one step of sixteen, and before a checkpoint. */
static void frozen_found(void)
{
    Trial t;
    trial_open(&t, (const char *const[]){frozen}, 1);
    const Tensor *wide = tensor_named(t.engine.net, "wide/weight");
    Err err = NULL;
    steps(&t, 20);
    flip(&t.engine.state.values[wide->offset]);
    for (int i = 0; i < 17 && !err; i++)
        err = one_step(&t);
    CU_ASSERT(names(err, "wide/weight", "elements 0 to 1023"));
    integrity_take(&t.engine.integrity);
    flip(&t.engine.state.slot[0][wide->offset]);
    CU_ASSERT(names(integrity_verify(&t.engine.integrity), "momentum_buffer of wide/weight", ""));
    trial_close(&t);
}

static void nothing_found(void)
{
    static const char *const settings[][2] = {
        {adam, average},
        {frozen, average},
        {"optimizer={type: lars, lr: 0.01, clip: {layer: 1}}", "train.check_every=1 step"},
        {"optimizer={type: lamb, lr: 0.01, clip: 1}", "train.check_every=3 steps"},
        {"optimizer={type: rmsprop, centered: true}", "train.check_every=1 epoch"},
        {"optimizer={type: sgd}", "train.check_every=0 steps"},
        {"reduce=mpi", "batch.global=[{at: 0 steps, size: 20}, {at: 9 steps, size: 30}]"}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        Trial t;
        trial_open(&t, settings[i], 2);
        for (int step = 0; step < 20; step++) {
            steps(&t, 1);
            if (step % 7 == 0)
                CU_ASSERT(fine(integrity_verify(&t.engine.integrity)));
        }
        trial_close(&t);
    }
}

static void off(void)
{
    Trial t;
    trial_open(&t, (const char *const[]){"train.check_every=0 steps"}, 1);
    steps(&t, 3);
    flip(t.engine.state.values);
    steps(&t, 3);
    CU_ASSERT(fine(integrity_verify(&t.engine.integrity)));
    CU_ASSERT(t.engine.integrity.seconds == 0 && !t.engine.integrity.hash);
    trial_close(&t);
}

/* After steps 5 and 10 the state is hashed; so a bit that flips after step 6 is overwritten. */
static void now_and_then(void)
{
    Trial t;
    trial_open(&t, (const char *const[]){"train.check_every=5 steps"}, 1);
    steps(&t, 6);
    flip(t.engine.state.values);
    steps(&t, 4);
    CU_ASSERT(fine(integrity_verify(&t.engine.integrity)));
    flip(t.engine.state.values);
    steps(&t, 1);
    CU_ASSERT(names(one_step(&t), "step 10: ", "head/"));
    trial_close(&t);
}

/* The loss of the step that follows is not a number: but that is not what has happened. */
static void no_divergence(void)
{
    Trial t;
    trial_open(&t, (const char *const[]){"optimizer={type: sgd}"}, 1);
    steps(&t, 3);
    int64_t at = tensor_named(t.engine.net, "wide/weight")->offset;
    t.engine.state.values[at] = (Real)NAN;
    CU_ASSERT(names(one_step(&t), "step 3: ", "wide/weight"));
    trial_close(&t);
    trial_open(&t, (const char *const[]){"train.check_every=0 steps"}, 1);
    steps(&t, 3);
    t.engine.state.values[at] = (Real)NAN;
    Err err = one_step(&t);
    CU_ASSERT_EQUAL(err_status(err), STATUS_DIVERGED);
    err_free(err);
    trial_close(&t);
}

static void timed(void)
{
    Trial t;
    trial_open(&t, (const char *const[]){adam}, 1);
    steps(&t, 20);
    CU_ASSERT(t.engine.integrity.seconds > 0);
    CU_ASSERT(integrity_seconds(&t.engine.integrity) == t.engine.integrity.seconds);
    trial_close(&t);
}

static const Promise promises[] = {
    {"every single bit of a block changes its checksum", bits_found},
    {"so does a word or a line in another place, and a key", places_found},
    {"a checksum has the same value on every CPU", same_everywhere},
    {"a flipped bit in any tensor, slot, average or statistic is found and named with rank and "
     "step, by the next update and before a checkpoint",
     found},
    {"the slot and the elements are named, too", places_named},
    {"a frozen tensor is looked at in turn, and before a checkpoint", frozen_found},
    {"where nobody else has written nothing is found, whatever the optimizer and the batch",
     nothing_found},
    {"check_every: 0 looks at nothing", off},
    {"check_every: 5 looks at what follows every fifth step", now_and_then},
    {"a loss that is not finite because memory has changed is no divergence", no_divergence},
    {"the time that it takes is measured", timed},
    {0}};

int main(int argc, char **argv)
{
    return unit_run_mpi("integrity", promises, argc, argv);
}
