/* Writing, checking and reading checkpoints. */
#include "train/checkpoint.h"

#include "base/file.h"
#include "base/log.h"
#include "base/seal.h"
#include "train/remember.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1 };

/* ---- writing ---- */

/* "/optimizer/exp_avg/00_dense/weight" */
static const char *tensor_path(Arena *arena, const char *group, const State *state,
                               const Tensor *tensor)
{
    return arena_text(arena, "/%s/%s", group, net_tensor_name(state->net, tensor));
}

static const char *group_of(const Tensor *tensor)
{
    return tensor->kind == TENSOR_PARAMETER ? "model" : "statistics";
}

static Err write_tensors(H5 *file, Arena *arena, const State *state)
{
    for (int i = 0; i < state->net->tensor_count; i++) {
        const Tensor *t = state->net->tensors[i];
        TRY(h5_write(file, tensor_path(arena, group_of(t), state, t), H5_REAL, t->rank, t->dims, 0,
                     state->values + t->offset));
        for (int s = 0; s < state->slots && t->kind == TENSOR_PARAMETER; s++) {
            const char *group = arena_text(arena, "optimizer/%s", state->slot_names[s]);
            TRY(h5_write(file, tensor_path(arena, group, state, t), H5_REAL, t->rank, t->dims, 0,
                         state->slot[s] + t->offset));
        }
    }
    return NULL;
}

static Err write_normal(H5 *file, const Normal *normal)
{
    int64_t count = normal->count;
    TRY(h5_write_text(file, "/normalization", "mode", normal_words[normal->mode]));
    TRY(h5_write(file, "/normalization/shift", H5_REAL, 1, &count, 0, normal->shift));
    return h5_write(file, "/normalization/scale", H5_REAL, 1, &count, 0, normal->scale);
}

static Err write_head(H5 *file, State *state, const char *config, const char *fingerprint)
{
    char digest[20];
    snprintf(digest, sizeof digest, "%016" PRIx64, state_digest(state));
    TRY(h5_write_int(file, "/", "format", FORMAT));
    TRY(h5_write_int(file, "/", "step", state->step));
    TRY(h5_write_int(file, "/", "samples", state->samples));
    TRY(h5_write_int(file, "/", "evaluated", state->control.evaluated));
    TRY(h5_write_int(file, "/", "input_channels", state->net->input.channels));
    TRY(h5_write_int(file, "/", "input_height", state->net->input.height));
    TRY(h5_write_int(file, "/", "input_width", state->net->input.width));
    TRY(h5_write_text(file, "/", "digest", digest));
    TRY(h5_write_text(file, "/", "config", config));
    return h5_write_text(file, "/", "fingerprint", fingerprint);
}

static Err write_all(H5 *file, Arena *arena, State *state, const Normal *normal, const char *config,
                     const char *fingerprint)
{
    TRY(write_head(file, state, config, fingerprint));
    TRY(write_tensors(file, arena, state));
    TRY(remember_write(file, &state->control));
    return write_normal(file, normal);
}

Err checkpoint_compose(State *state, const Normal *normal, const char *config,
                       const char *fingerprint, Buffer *image)
{
    const Tensor *bad = state_bad_tensor(state);
    if (bad)
        FAIL(STATUS_DIVERGED, "step %lld: %s is not finite; no checkpoint is written of it",
             (long long)state->step, net_tensor_name(state->net, bad));
    H5 *file;
    Arena arena = {0};
    TRY(h5_create_in(&file, image));
    Err err = write_all(file, &arena, state, normal, config, fingerprint);
    if (!err)
        err = h5_image_in(file, image);
    h5_close(file);
    arena_free(&arena);
    return err;
}

/* Of what stands around a tensor's values HDF5 takes a few hundred bytes. */
size_t checkpoint_bytes(const State *state, const char *config)
{
    enum { AROUND = 1024, HEAD = 16384 };
    size_t bytes = HEAD + strlen(config) + SEAL_BYTES;
    for (int i = 0; i < state->net->tensor_count; i++) {
        const Tensor *t = state->net->tensors[i];
        size_t copies = t->kind == TENSOR_PARAMETER ? 1 + (size_t)state->slots : 1;
        bytes += copies * ((size_t)t->size * sizeof(Real) + AROUND);
    }
    return bytes;
}

/* HDF5 asks for memory by whole megabytes. */
size_t checkpoint_room(const State *state, const char *config)
{
    enum { REST = 2 << 20 };
    return REST + checkpoint_bytes(state, config);
}

/* ---- reading ---- */

static Err read_head(Checkpoint *c)
{
    int64_t format;
    if (!h5_has_attribute(c->file, "/", "format") || !h5_has_attribute(c->file, "/", "step"))
        FAIL(STATUS_USER, "%s: an HDF5 file, but no checkpoint of lockstep", c->path);
    TRY(h5_read_int(c->file, "/", "format", &format));
    if (format != FORMAT)
        FAIL(STATUS_USER, "%s: checkpoint format %lld, this program reads %d", c->path,
             (long long)format, FORMAT);
    TRY(h5_read_int(c->file, "/", "step", &c->step));
    TRY(h5_read_int(c->file, "/", "samples", &c->samples));
    TRY(h5_read_int(c->file, "/", "evaluated", &c->control.evaluated));
    TRY(h5_read_text(c->file, "/", "digest", &c->arena, &c->digest));
    TRY(h5_read_text(c->file, "/", "config", &c->arena, &c->config));
    return h5_read_text(c->file, "/", "fingerprint", &c->arena, &c->fingerprint);
}

static bool is_size(int64_t n)
{
    return n >= 1 && n <= INT_MAX;
}

static Err read_input(Checkpoint *c)
{
    int64_t channels, height, width;
    if (!h5_has_attribute(c->file, "/", "input_channels"))
        return NULL;
    TRY(h5_read_int(c->file, "/", "input_channels", &channels));
    TRY(h5_read_int(c->file, "/", "input_height", &height));
    TRY(h5_read_int(c->file, "/", "input_width", &width));
    if (!is_size(channels) || !is_size(height) || !is_size(width))
        FAIL(STATUS_USER, "%s: an input of %lld x %lld x %lld makes no sense; it is damaged",
             c->path, (long long)channels, (long long)height, (long long)width);
    c->input = (Shape){(int)height, (int)width, (int)channels};
    return NULL;
}

/* Is it a number for each feature, of values that the file has? */
static bool is_of_features(const H5Info *info)
{
    return info->rank == 1 && is_size(info->dims[0]) && info->stored >= info->dims[0] * info->bytes;
}

static Err read_normal(Checkpoint *c)
{
    const char *mode;
    H5Info info, scale;
    TRY(h5_read_text(c->file, "/normalization", "mode", &c->arena, &mode));
    int found = 0;
    while (normal_words[found] && strcmp(normal_words[found], mode) != 0)
        found++;
    TRY(h5_info(c->file, "/normalization/shift", &info));
    TRY(h5_info(c->file, "/normalization/scale", &scale));
    if (!normal_words[found] || !is_of_features(&info) || !is_of_features(&scale) ||
        scale.dims[0] != info.dims[0])
        FAIL(STATUS_USER, "%s: /normalization is damaged", c->path);
    c->normal = (Normal){.mode = (NormalMode)found, .count = (int)info.dims[0]};
    c->normal.shift = arena_take(&c->arena, info.dims[0], sizeof(Real));
    c->normal.scale = arena_take(&c->arena, info.dims[0], sizeof(Real));
    TRY(h5_read(c->file, "/normalization/shift", H5_REAL, 0, info.dims[0], c->normal.shift));
    return h5_read(c->file, "/normalization/scale", H5_REAL, 0, info.dims[0], c->normal.scale);
}

Err checkpoint_open(Checkpoint *c, const char *path)
{
    *c = (Checkpoint){0};
    c->path = arena_text(&c->arena, "%s", path);
    TRY(seal_check(path));
    TRY(h5_open(&c->file, path));
    TRY(read_head(c));
    TRY(read_input(c));
    TRY(remember_read(c->file, path, &c->control));
    return read_normal(c);
}

void checkpoint_close(Checkpoint *c)
{
    h5_close(c->file);
    arena_free(&c->arena);
    *c = (Checkpoint){0};
}

static Err read_tensor(Checkpoint *c, const char *path, const Tensor *t, Real *into)
{
    H5Info info;
    if (!h5_has(c->file, path))
        FAIL(STATUS_USER, "%s: has no %s, which the configuration's model needs", c->path, path);
    TRY(h5_info(c->file, path, &info));
    bool same = info.rank == t->rank;
    for (int d = 0; same && d < t->rank; d++)
        same = info.dims[d] == t->dims[d];
    if (!same) {
        char have[128] = "", want[128] = "";
        for (int d = 0; d < info.rank; d++)
            snprintf(have + strlen(have), sizeof have - strlen(have), "%s%lld", d ? ", " : "",
                     (long long)info.dims[d]);
        for (int d = 0; d < t->rank; d++)
            snprintf(want + strlen(want), sizeof want - strlen(want), "%s%lld", d ? ", " : "",
                     (long long)t->dims[d]);
        FAIL(STATUS_USER, "%s: %s is (%s), the configuration's model has (%s)", c->path, path, have,
             want);
    }
    return h5_read(c->file, path, H5_REAL, 0, t->rank ? t->dims[0] : 1, into);
}

Err checkpoint_restore(Checkpoint *c, State *state, bool slots)
{
    for (int i = 0; i < state->net->tensor_count; i++) {
        const Tensor *t = state->net->tensors[i];
        TRY(read_tensor(c, tensor_path(&c->arena, group_of(t), state, t), t,
                        state->values + t->offset));
        for (int s = 0; slots && s < state->slots && t->kind == TENSOR_PARAMETER; s++) {
            const char *group = arena_text(&c->arena, "optimizer/%s", state->slot_names[s]);
            TRY(read_tensor(c, tensor_path(&c->arena, group, state, t), t,
                            state->slot[s] + t->offset));
        }
    }
    state_follow(state, !slots);
    return NULL;
}

/* ---- the files of a run ---- */

const char *checkpoint_path(const char *run, int64_t step, Arena *arena)
{
    return arena_text(arena, "%s/checkpoints/step-%08lld.h5", run, (long long)step);
}

Err checkpoint_newest(const char *run, Arena *arena, const char **path)
{
    const char **names, *folder = arena_text(arena, "%s/checkpoints", run);
    int count;
    *path = NULL;
    TRY(file_list(folder, "step-", ".h5", arena, &names, &count));
    for (int i = count - 1; i >= 0 && !*path; i--) {
        const char *candidate = arena_text(arena, "%s/%s", folder, names[i]);
        Err err = seal_check(candidate);
        if (!err)
            *path = candidate;
        else
            log_warning("%s; looking for the one before it", err_text(err));
        err_free(err);
    }
    if (count > 0 && !*path)
        FAIL(STATUS_USER,
             "%s: none of its %d checkpoints is intact; without them, and without "
             "--resume, a new run can begin",
             folder, count);
    return NULL;
}

static void remove_all(const char *folder, const char *const *names, int count)
{
    Arena arena = {0};
    for (int i = 0; i < count; i++)
        remove(arena_text(&arena, "%s/%s", folder, names[i]));
    arena_free(&arena);
}

/* The step that a name of checkpoint_path ends with. */
static int64_t step_of(const char *name)
{
    return strtoll(name + strlen("step-"), NULL, 10);
}

void checkpoint_prune(const char *run, int64_t keep, int64_t anchor)
{
    Arena arena = {0};
    const char **names, *folder = arena_text(&arena, "%s/checkpoints", run);
    int count;
    Err err = file_list(folder, "step-", ".h5", &arena, &names, &count);
    for (int i = 0; !err && i < count - keep; i++)
        if (step_of(names[i]) != anchor)
            remove_all(folder, names + i, 1);
    err_free(err);
    err = file_list(folder, "", ".tmp", &arena, &names, &count);
    if (!err)
        remove_all(folder, names, count);
    err_free(err);
    arena_free(&arena);
}

void checkpoint_drop_after(const char *run, int64_t step)
{
    Arena arena = {0};
    const char **names, *folder = arena_text(&arena, "%s/checkpoints", run);
    int count;
    Err err = file_list(folder, "step-", ".h5", &arena, &names, &count);
    for (int i = 0; !err && i < count; i++)
        if (step_of(names[i]) > step)
            remove_all(folder, names + i, 1);
    err_free(err);
    arena_free(&arena);
}
