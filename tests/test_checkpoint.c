/* Checkpoints: what was saved comes back bit by bit, or the file is refused and named; nothing in
 * between. */
#include "train/checkpoint.h"

#include "base/log.h"
#include "base/seal.h"
#include "saved.h"
#include "scratch.h"
#include "unit.h"

static const char layers[] = "[{dense: 4}, relu, {dense: {units: 2, name: head}}]";
static const char config[] = "name: test\nseed: 1\n";
static const char fingerprint[] = "lockstep 0; a test";

static Err save(Saved *saved, const char *path)
{
    return saved_write(saved, config, fingerprint, path);
}

/* Open (which checks the seal) and restore, as a resume does it. */
static Err load(Checkpoint *checkpoint, const char *path, State *state)
{
    TRY(checkpoint_open(checkpoint, path));
    return checkpoint_restore(checkpoint, state, true);
}

static bool same_tensors(const State *a, const State *b, bool slots)
{
    bool same = true;
    for (int i = 0; i < a->net->tensor_count; i++) {
        const Tensor *t = a->net->tensors[i];
        size_t bytes = (size_t)t->size * sizeof(Real);
        same &= memcmp(a->values + t->offset, b->values + t->offset, bytes) == 0;
        for (int s = 0; s < a->slots && slots; s++)
            same &= memcmp(a->slot[s] + t->offset, b->slot[s] + t->offset, bytes) == 0;
    }
    return same;
}

static bool same_normal(const Normal *a, const Normal *b)
{
    size_t bytes = (size_t)a->count * sizeof(Real);
    return a->mode == b->mode && a->count == b->count && memcmp(a->shift, b->shift, bytes) == 0 &&
           memcmp(a->scale, b->scale, bytes) == 0;
}

static bool same_trend(const Trend *a, const Trend *b)
{
    return a->seen == b->seen && a->bad == b->bad && a->best == b->best;
}

static bool same_setback(const Setback *a, const Setback *b)
{
    return a->skipped == b->skipped && a->skipped_row == b->skipped_row &&
           a->returns == b->returns && a->returns_row == b->returns_row && a->place == b->place &&
           a->rate_factor == b->rate_factor && a->anchor == b->anchor;
}

static bool same_control(const Control *a, const Control *b)
{
    return a->evaluated == b->evaluated && a->train_loss == b->train_loss && a->best == b->best &&
           a->best_step == b->best_step && a->best_loss == b->best_loss &&
           same_trend(&a->plateau.trend, &b->plateau.trend) &&
           a->plateau.cooldown == b->plateau.cooldown && a->plateau.drops == b->plateau.drops &&
           same_trend(&a->early, &b->early) && a->stopped == b->stopped &&
           same_setback(&a->setback, &b->setback) &&
           memcmp(&a->fitting, &b->fitting, sizeof a->fitting) == 0; /* without gaps */
}

/* Everything that the file says. */
static bool same_head(const Checkpoint *c, Saved *saved)
{
    char digest[20];
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)state_digest(&saved->state));
    return c->step == saved->state.step && c->samples == saved->state.samples &&
           same_control(&c->control, &saved->state.control) &&
           same_normal(&c->normal, &saved->normal) && strcmp(c->config, config) == 0 &&
           strcmp(c->fingerprint, fingerprint) == 0 && strcmp(c->digest, digest) == 0;
}

static void comes_back(void)
{
    Scratch scratch = scratch_make();
    Saved saved, other;
    Checkpoint checkpoint;
    const char *path = scratch_path(&scratch, "a.h5");
    saved_open(&saved, layers, 1);
    saved_open(&other, layers, 2);
    CU_ASSERT(!same_tensors(&saved.state, &other.state, true));
    CU_ASSERT_FATAL(fine(save(&saved, path)));
    CU_ASSERT_FATAL(fine(load(&checkpoint, path, &other.state)));
    CU_ASSERT(same_tensors(&saved.state, &other.state, true));
    CU_ASSERT(same_head(&checkpoint, &saved));
    checkpoint_close(&checkpoint);
    saved_close(&saved);
    saved_close(&other);
    scratch_remove(&scratch);
}

/* For --from: fresh slots. */
static void without_slots(void)
{
    Scratch scratch = scratch_make();
    Saved saved, other;
    Checkpoint checkpoint;
    const char *path = scratch_path(&scratch, "a.h5");
    saved_open(&saved, layers, 1);
    saved_open(&other, layers, 2);
    Real before = other.state.slot[0][0];
    CU_ASSERT_FATAL(fine(save(&saved, path)));
    CU_ASSERT_FATAL(fine(checkpoint_open(&checkpoint, path)));
    CU_ASSERT(fine(checkpoint_restore(&checkpoint, &other.state, false)));
    CU_ASSERT(same_tensors(&saved.state, &other.state, false));
    CU_ASSERT(other.state.slot[0][0] == before);
    checkpoint_close(&checkpoint);
    saved_close(&saved);
    saved_close(&other);
    scratch_remove(&scratch);
}

typedef struct Bytes {
    char *bytes;
    size_t size;
} Bytes;

static Bytes bytes_of(const char *path)
{
    Bytes b;
    CU_ASSERT_FATAL(fine(file_read(path, &b.bytes, &b.size)));
    return b;
}

static void equal_bytes(void)
{
    Scratch scratch = scratch_make();
    Saved saved, again;
    const char *a = scratch_path(&scratch, "a.h5"), *b = scratch_path(&scratch, "b.h5");
    saved_open(&saved, layers, 1);
    saved_open(&again, layers, 1);
    CU_ASSERT(fine(save(&saved, a)));
    sleep(1); /* times are not recorded */
    CU_ASSERT(fine(save(&again, b)));
    Bytes first = bytes_of(a), second = bytes_of(b);
    CU_ASSERT(first.size == second.size && memcmp(first.bytes, second.bytes, first.size) == 0);
    again.state.slot[1][0] += 1;
    CU_ASSERT(fine(save(&again, b)));
    mem_free(second.bytes);
    second = bytes_of(b);
    CU_ASSERT(first.size != second.size || memcmp(first.bytes, second.bytes, first.size) != 0);
    mem_free(first.bytes);
    mem_free(second.bytes);
    saved_close(&saved);
    saved_close(&again);
    scratch_remove(&scratch);
}

/* Whether the damage was noticed, and the file named. */
static bool noticed(const char *path, State *state)
{
    Checkpoint checkpoint;
    Err err = load(&checkpoint, path, state);
    bool named = err && err_status(err) == STATUS_USER && strstr(err_text(err), path);
    if (err && !named)
        printf("\n    not named: %s\n", err_text(err));
    checkpoint_close(&checkpoint);
    err_free(err);
    return named;
}

static void damaged(void)
{
    enum { POSITIONS = 400 };
    Scratch scratch = scratch_make();
    Saved saved;
    const char *path = scratch_path(&scratch, "a.h5");
    saved_open(&saved, layers, 1);
    CU_ASSERT_FATAL(fine(save(&saved, path)));
    Bytes file = bytes_of(path);
    CU_ASSERT(!noticed(path, &saved.state));
    for (int i = 0; i < POSITIONS; i++) {
        size_t at = (file.size - 1) * (size_t)i / (POSITIONS - 1);
        char flip = i % 2 ? (char)0xFF : (char)(1 << i / 2 % 8);
        file.bytes[at] ^= flip;
        scratch_write(path, file.bytes, file.size);
        CU_ASSERT(noticed(path, &saved.state));
        file.bytes[at] ^= flip;
    }
    mem_free(file.bytes);
    saved_close(&saved);
    scratch_remove(&scratch);
}

/* Composed in memory that is there already, and where another file was before. */
static void expect_room(const char *net)
{
    Saved saved, other;
    Buffer image = {0};
    saved_open(&saved, net, 1);
    saved_open(&other, net, 2);
    size_t room = checkpoint_room(&saved.state, config);
    buffer_reserve(&image, room);
    const void *memory = image.bytes;
    CU_ASSERT_FATAL(
        fine(checkpoint_compose(&other.state, &other.normal, config, fingerprint, &image)));
    memset(image.bytes, 0x55, image.room);
    CU_ASSERT_FATAL(
        fine(checkpoint_compose(&saved.state, &saved.normal, config, fingerprint, &image)));
    seal_buffer(&image);
    CU_ASSERT(image.bytes == memory && image.room == room);
    CU_ASSERT((double)room < 1.1 * (double)image.size + 3e6);
    Scratch scratch = scratch_make();
    CU_ASSERT_FATAL(fine(save(&saved, scratch_path(&scratch, "a.h5"))));
    Bytes file = bytes_of(scratch_path(&scratch, "a.h5"));
    CU_ASSERT(file.size == image.size && memcmp(file.bytes, image.bytes, file.size) == 0);
    mem_free(file.bytes);
    scratch_remove(&scratch);
    buffer_free(&image);
    saved_close(&saved);
    saved_close(&other);
}

/* Few numbers, many, and many tensors. */
static void enough_room(void)
{
    char many[4000] = "[";
    for (int i = 0; i < 200; i++)
        strcat(many, i ? ", {dense: 2}" : "{dense: 2}");
    expect_room("[{dense: 2}]");
    expect_room("[{dense: 1500}, {dense: 1000}]");
    expect_room(strcat(many, "]"));
}

static void cut_short(void)
{
    Scratch scratch = scratch_make();
    Saved saved;
    const char *path = scratch_path(&scratch, "a.h5");
    saved_open(&saved, layers, 1);
    CU_ASSERT_FATAL(fine(save(&saved, path)));
    Bytes file = bytes_of(path);
    for (size_t size = 0; size < file.size; size += size < 64 ? 7 : file.size / 37) {
        scratch_write(path, file.bytes, size);
        CU_ASSERT(noticed(path, &saved.state));
    }
    scratch_write(path, file.bytes, file.size - 1);
    CU_ASSERT(noticed(path, &saved.state));
    mem_free(file.bytes);
    saved_close(&saved);
    scratch_remove(&scratch);
}

/* A checkpoint of `from` into a net of `into`. */
static void expect_restore(const char *from, const char *into, const char *words)
{
    Scratch scratch = scratch_make();
    Saved saved, other;
    Checkpoint checkpoint;
    const char *path = scratch_path(&scratch, "a.h5");
    saved_open(&saved, from, 1);
    saved_open(&other, into, 2);
    CU_ASSERT_FATAL(fine(save(&saved, path)));
    CU_ASSERT_FATAL(fine(checkpoint_open(&checkpoint, path)));
    CU_ASSERT(refused(checkpoint_restore(&checkpoint, &other.state, true), STATUS_USER, words));
    checkpoint_close(&checkpoint);
    saved_close(&saved);
    saved_close(&other);
    scratch_remove(&scratch);
}

static void other_model(void)
{
    expect_restore("[{dense: 4}, {dense: 2}]", "[{dense: 4}, {dense: 2}, {dense: 2}]",
                   "a.h5: has no /model/02_dense/weight, which the configuration's model needs");
    expect_restore("[{dense: {units: 2, bias: false}}]", "[{dense: 2}]",
                   "has no /model/00_dense/bias");
    expect_restore("[{dense: 4}]", "[{dense: 5}]",
                   "a.h5: /model/00_dense/weight is (4, 3), the configuration's model has (5, 3)");
}

static void other_slots(void)
{
    Scratch scratch = scratch_make();
    Saved saved, other;
    Checkpoint checkpoint;
    const char *path = scratch_path(&scratch, "a.h5");
    saved_open(&saved, layers, 1);
    saved_open(&other, layers, 2);
    saved.state.slots = 1;
    CU_ASSERT_FATAL(fine(save(&saved, path)));
    CU_ASSERT_FATAL(fine(checkpoint_open(&checkpoint, path)));
    CU_ASSERT(refused(checkpoint_restore(&checkpoint, &other.state, true), STATUS_USER,
                      "has no /optimizer/exp_avg_sq/"));
    checkpoint_close(&checkpoint);
    saved_close(&saved);
    saved_close(&other);
    scratch_remove(&scratch);
}

/* Other HDF5 files, and files that are none. */
static void foreign(void)
{
    Scratch scratch = scratch_make();
    Checkpoint checkpoint;
    CU_ASSERT(refused(checkpoint_open(&checkpoint, TESTS_DIR "/data/regression.h5"), STATUS_USER,
                      "regression.h5: no checkpoint of lockstep"));
    checkpoint_close(&checkpoint);
    const char *path = scratch_path(&scratch, "a.txt");
    scratch_write(path, "words", 5);
    CU_ASSERT(refused(checkpoint_open(&checkpoint, path), STATUS_USER,
                      "a.txt: no checkpoint of lockstep"));
    checkpoint_close(&checkpoint);
    CU_ASSERT(refused(checkpoint_open(&checkpoint, scratch_path(&scratch, "none.h5")), STATUS_USER,
                      "none.h5: no such file"));
    checkpoint_close(&checkpoint);
    scratch_remove(&scratch);
}

/* What the first program with checkpoints remembered, and no more; but the normalisation. */
static void compose_older(H5 *file)
{
    CU_ASSERT(fine(h5_write_int(file, "/", "format", 1)));
    CU_ASSERT(fine(h5_write_int(file, "/", "step", 40)));
    CU_ASSERT(fine(h5_write_int(file, "/", "samples", 400)));
    CU_ASSERT(fine(h5_write_int(file, "/", "evaluated", 40)));
    CU_ASSERT(fine(h5_write_text(file, "/", "digest", "0")));
    CU_ASSERT(fine(h5_write_text(file, "/", "config", config)));
    CU_ASSERT(fine(h5_write_text(file, "/", "fingerprint", fingerprint)));
    CU_ASSERT(fine(h5_write_int(file, "/control", "evaluated", 40)));
    CU_ASSERT(fine(h5_write_real(file, "/control", "train_loss", 0.5)));
    CU_ASSERT(fine(h5_write_real(file, "/control", "best", 0.25)));
    CU_ASSERT(fine(h5_write_real(file, "/control", "best_loss", 0.125)));
    CU_ASSERT(fine(h5_write_int(file, "/control", "best_step", 30)));
    CU_ASSERT(fine(h5_write_text(file, "/normalization", "mode", "none")));
}

/* `shift` and `scale` of the normalisation are zeros of these shapes. */
static void compose_normal(H5 *file, const int64_t *shift, int scale_rank, const int64_t *scale)
{
    static const Real zeros[64] = {0};
    CU_ASSERT(fine(h5_write(file, "/normalization/shift", H5_REAL, 1, shift, 0, zeros)));
    CU_ASSERT(fine(h5_write(file, "/normalization/scale", H5_REAL, scale_rank, scale, 0, zeros)));
}

/* Finishes, seals and closes it. */
static void put_sealed(H5 *file, const char *path)
{
    Buffer image = {0};
    CU_ASSERT_FATAL(fine(h5_image_in(file, &image)));
    h5_close(file);
    seal_buffer(&image);
    scratch_write(path, image.bytes, image.size);
    buffer_free(&image);
}

static void older(void)
{
    Scratch scratch = scratch_make();
    Checkpoint checkpoint;
    H5 *file;
    const char *path = scratch_path(&scratch, "older.h5");
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    compose_older(file);
    compose_normal(file, (int64_t[]){1}, 1, (int64_t[]){1});
    put_sealed(file, path);
    CU_ASSERT_FATAL(fine(checkpoint_open(&checkpoint, path)));
    CU_ASSERT(
        same_control(&checkpoint.control, &(Control){.evaluated = 40,
                                                     .train_loss = 0.5,
                                                     .best = 0.25,
                                                     .best_step = 30,
                                                     .best_loss = 0.125,
                                                     .setback = {.rate_factor = 1, .anchor = -1}}));
    checkpoint_close(&checkpoint);
    scratch_remove(&scratch);
}

/* A shift of 3 and a scale of another shape, an input of no size, an end that is none. */
static void forged(void)
{
    static const struct {
        int rank;
        int64_t scale[2], height, stopped;
        double rate_factor;
        const char *words;
        int64_t verdict;
    } cases[] = {
        {2, {3, 20}, 28, 0, 1, "forged.h5: /normalization is damaged", 0},
        {1, {2}, 28, 0, 1, "forged.h5: /normalization is damaged", 0},
        {1, {3}, 0, 0, 1, "forged.h5: an input of 1 x 0 x 28 makes no sense", 0},
        {1, {3}, INT64_MAX, 0, 1, "makes no sense", 0},
        {1, {3}, 28, 3, 1, "forged.h5: /control: \"stopped\" is 3", 0},
        {1, {3}, 28, -1, 1, "\"stopped\" is -1", 0},
        {1, {3}, 28, 0, 0, "/control: \"rate_factor\" is 0", 0},
        {1, {3}, 28, 0, 1.5, "\"rate_factor\" is 1.5", 0},
        {1, {3}, 28, 0, 1, "\"fit_verdict\" is 4", FIT_COUNT},
        {1, {3}, 28, 0, 1, "\"fit_verdict\" is -1", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Scratch scratch = scratch_make();
        Checkpoint checkpoint;
        H5 *file;
        const char *path = scratch_path(&scratch, "forged.h5");
        CU_ASSERT_FATAL(fine(h5_create(&file)));
        compose_older(file);
        compose_normal(file, (int64_t[]){3}, cases[i].rank, cases[i].scale);
        CU_ASSERT(fine(h5_write_int(file, "/", "input_channels", 1)));
        CU_ASSERT(fine(h5_write_int(file, "/", "input_height", cases[i].height)));
        CU_ASSERT(fine(h5_write_int(file, "/", "input_width", 28)));
        CU_ASSERT(fine(h5_write_int(file, "/control", "stopped", cases[i].stopped)));
        CU_ASSERT(fine(h5_write_real(file, "/control", "rate_factor", cases[i].rate_factor)));
        CU_ASSERT(fine(h5_write_int(file, "/control", "fit_verdict", cases[i].verdict)));
        put_sealed(file, path);
        CU_ASSERT(refused(checkpoint_open(&checkpoint, path), STATUS_USER, cases[i].words));
        checkpoint_close(&checkpoint);
        scratch_remove(&scratch);
    }
}

/* ---- the files of a run ---- */

static int files(Scratch *scratch, const char *suffix)
{
    const char **names;
    int count;
    CU_ASSERT(fine(file_list(scratch_path(scratch, "checkpoints"), "", suffix, &scratch->arena,
                             &names, &count)));
    return count;
}

/* Saves the steps 1 .. count into the scratch folder as a run. */
static void save_run(Scratch *scratch, Saved *saved, int count)
{
    CU_ASSERT(fine(file_make_directory(scratch_path(scratch, "checkpoints"))));
    for (saved->state.step = 1; saved->state.step <= count; saved->state.step++)
        CU_ASSERT(fine(
            save(saved, checkpoint_path(scratch->folder, saved->state.step, &scratch->arena))));
}

static void damage(const char *path)
{
    Bytes file = bytes_of(path);
    memset(file.bytes + file.size / 2, 0x55, file.size / 4);
    scratch_write(path, file.bytes, file.size);
    mem_free(file.bytes);
}

/* The step of the newest intact checkpoint, 0: none; what is warned goes to warned.txt. */
static int64_t newest(Scratch *scratch, bool *warned)
{
    const char *path = NULL, *log = scratch_path(scratch, "warned.txt");
    FILE *file = fopen(log, "w");
    int64_t step = 0;
    log_to(file);
    Err err = checkpoint_newest(scratch->folder, &scratch->arena, &path);
    log_to(NULL);
    fclose(file);
    CU_ASSERT_FATAL(fine(err));
    if (path) {
        Checkpoint checkpoint;
        CU_ASSERT(fine(checkpoint_open(&checkpoint, path)));
        step = checkpoint.step;
        checkpoint_close(&checkpoint);
    }
    Bytes text = bytes_of(log);
    *warned = text.size > 0 && strstr(text.bytes, "step-0000000");
    mem_free(text.bytes);
    return step;
}

static void newest_intact(void)
{
    Scratch scratch = scratch_make();
    Saved saved;
    bool warned;
    CU_ASSERT(newest(&scratch, &warned) == 0 && !warned); /* no folder yet */
    saved_open(&saved, layers, 1);
    save_run(&scratch, &saved, 4);
    CU_ASSERT(newest(&scratch, &warned) == 4 && !warned);
    LogLevel level = log_level_now();
    log_level(LOG_WARNING);
    damage(checkpoint_path(scratch.folder, 4, &scratch.arena));
    CU_ASSERT(newest(&scratch, &warned) == 3 && warned);
    scratch_write(checkpoint_path(scratch.folder, 3, &scratch.arena), "", 0);
    CU_ASSERT(newest(&scratch, &warned) == 2 && warned);
    log_level(level);
    saved_close(&saved);
    scratch_remove(&scratch);
}

static void pruned(void)
{
    Scratch scratch = scratch_make();
    Saved saved;
    bool warned;
    saved_open(&saved, layers, 1);
    save_run(&scratch, &saved, 5);
    scratch_write(scratch_path(&scratch, "checkpoints/best.h5"), "best", 4);
    scratch_write(scratch_path(&scratch, "checkpoints/step-00000006.h5.tmp"), "part", 4);
    checkpoint_prune(scratch.folder, 2, -1);
    CU_ASSERT_EQUAL(files(&scratch, ".tmp"), 0);
    CU_ASSERT_EQUAL(files(&scratch, ".h5"), 3); /* two steps, and the best */
    CU_ASSERT(newest(&scratch, &warned) == 5);
    CU_ASSERT(file_exists(scratch_path(&scratch, "checkpoints/step-00000004.h5")));
    CU_ASSERT(file_exists(scratch_path(&scratch, "checkpoints/best.h5")));
    saved_close(&saved);
    scratch_remove(&scratch);
}

static void kept_to_go_back(void)
{
    Scratch scratch = scratch_make();
    Saved saved;
    bool warned;
    saved_open(&saved, layers, 1);
    save_run(&scratch, &saved, 6);
    checkpoint_prune(scratch.folder, 2, 3);
    CU_ASSERT_EQUAL(files(&scratch, ".h5"), 3);
    CU_ASSERT(file_exists(scratch_path(&scratch, "checkpoints/step-00000003.h5")));
    checkpoint_drop_after(scratch.folder, 5);
    CU_ASSERT_EQUAL(files(&scratch, ".h5"), 2);
    CU_ASSERT(newest(&scratch, &warned) == 5);
    saved_close(&saved);
    scratch_remove(&scratch);
}

static void not_finite(void)
{
    Scratch scratch = scratch_make();
    Saved saved;
    const char *path = scratch_path(&scratch, "a.h5");
    saved_open(&saved, layers, 1);
    const Tensor *bias = saved.state.net->tensors[3];
    saved.state.values[bias->offset + 1] = (Real)NAN;
    CU_ASSERT(refused(save(&saved, path), STATUS_DIVERGED, "step 18: head/bias is not finite"));
    CU_ASSERT(!file_exists(path));
    saved.state.values[bias->offset + 1] = (Real)-INFINITY;
    CU_ASSERT(refused(save(&saved, path), STATUS_DIVERGED, "head/bias"));
    CU_ASSERT(!file_exists(path));
    saved_close(&saved);
    scratch_remove(&scratch);
}

/* The system refuses to let a file grow past a limit, as it does on a full disk. */
static void full_disk(void)
{
    Scratch scratch = scratch_make();
    Saved saved, other;
    Checkpoint checkpoint;
    saved_open(&saved, layers, 1);
    saved_open(&other, layers, 2);
    save_run(&scratch, &saved, 1);
    const char *path = checkpoint_path(scratch.folder, 1, &scratch.arena);
    scratch_limit(1000);
    Err same = save(&other, path);
    Err next = save(&other, checkpoint_path(scratch.folder, 2, &scratch.arena));
    scratch_limit(RLIM_INFINITY);
    CU_ASSERT(refused(same, STATUS_FAILED, "step-00000001.h5"));
    CU_ASSERT(refused(next, STATUS_FAILED, "step-00000002.h5"));
    CU_ASSERT(files(&scratch, "") == 1 && files(&scratch, ".h5") == 1);
    CU_ASSERT_FATAL(fine(load(&checkpoint, path, &other.state)));
    CU_ASSERT(same_tensors(&saved.state, &other.state, true));
    checkpoint_close(&checkpoint);
    saved_close(&saved);
    saved_close(&other);
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"parameters, slots, counters, control and normalisation come back bit by bit", comes_back},
    {"parameters can be taken without the optimizer's state", without_slots},
    {"equal states give files of equal bytes", equal_bytes},
    {"a checkpoint fits the memory that is reserved for it, and shows nothing of what was there",
     enough_room},
    {"a changed byte is noticed and the file named, wherever it is", damaged},
    {"a file that was cut short is noticed and named, wherever it was cut", cut_short},
    {"a missing tensor, or one of another shape, is named", other_model},
    {"a missing slot is named", other_slots},
    {"a file that is no checkpoint is named", foreign},
    {"what an older program did not remember is as in a new run", older},
    {"what a sealed file says of itself is held against itself", forged},
    {"of a damaged newest file is warned, and the one before it is used", newest_intact},
    {"only the newest are kept, and nothing of a save that was killed", pruned},
    {"the one to go back to is kept, and those after it go when the run has", kept_to_go_back},
    {"of a parameter that is not finite no checkpoint is written", not_finite},
    {"a full disk leaves the older file as it was, and nothing else", full_disk},
    {0}};

int main(void)
{
    log_level(LOG_SILENT);
    return unit_run("checkpoint", promises);
}
