/* Checkpoints, opened and restored into a small net. By the first byte:
 *
 *     1       a sealed file that HDF5 itself has written, in which each attribute and each data set
 * is as it should be, or is missing, or is anything else 2       a good file with some bytes
 * changed, which the seal must know other   the bytes as they are
 *
 * HDF5 sees only what has passed the seal: other bytes can crash the library. */
#include "base/seal.h"
#include "fuzz_bytes.h"
#include "saved.h"

typedef struct Expected {
    const char *group, *name;
    enum { WHOLE, REAL_NUMBER, TEXT } kind;
    int64_t number;
    const char *text;
} Expected;

static const Expected attributes[] = {
    {"/", "format", WHOLE, 1},
    {"/", "step", WHOLE, 18},
    {"/", "samples", WHOLE, 1800},
    {"/", "evaluated", WHOLE, 10},
    {"/", "input_channels", WHOLE, 3},
    {"/", "input_height", WHOLE, 1},
    {"/", "input_width", WHOLE, 1},
    {"/", "digest", TEXT, 0, "0123456789abcdef"},
    {"/", "config", TEXT, 0, "name: test\n"},
    {"/", "fingerprint", TEXT, 0, "a test"},
    {"/control", "evaluated", WHOLE, 10},
    {"/control", "train_loss", REAL_NUMBER, 1},
    {"/control", "best", REAL_NUMBER, 1},
    {"/control", "best_loss", REAL_NUMBER, 1},
    {"/control", "best_step", WHOLE, 10},
    {"/control", "noise_updates", WHOLE, 5},
    {"/control", "plateau_best", REAL_NUMBER, 1},
    {"/control", "plateau_drops", WHOLE, 1},
    {"/control", "stopped", WHOLE, 1},
    {"/normalization", "mode", TEXT, 0, "feature"},
};

static Err write_expected(H5 *file, const Expected *e)
{
    if (e->kind == TEXT)
        return h5_write_text(file, e->group, e->name, e->text);
    return e->kind == WHOLE ? h5_write_int(file, e->group, e->name, e->number)
                            : h5_write_real(file, e->group, e->name, (double)e->number);
}

static void write_attribute(H5 *file, const Expected *e, Bytes *bytes)
{
    char text[2][16] = {"", ""};
    const char *const texts[] = {text[0], text[1]};
    int64_t whole = 0;
    double real = 0;
    switch (take(bytes) % 8) {
    case 1:
        return;
    case 2:
        take_all(bytes, &whole, sizeof whole);
        fuzz_refused(h5_write_int(file, e->group, e->name, whole));
        return;
    case 3:
        take_all(bytes, &real, sizeof real);
        fuzz_refused(h5_write_real(file, e->group, e->name, real));
        return;
    case 4:
        take_all(bytes, text[0], sizeof text[0] - 1);
        fuzz_refused(h5_write_text(file, e->group, e->name, text[0]));
        return;
    case 5:
        take_all(bytes, text[0], sizeof text[0] - 1);
        take_all(bytes, text[1], sizeof text[1] - 1);
        fuzz_refused(h5_write_texts(file, e->group, e->name, texts, (int)(take(bytes) % 3)));
        return;
    default:
        fuzz_refused(write_expected(file, e));
    }
}

typedef struct Array {
    const char *name;
    int rank;
    int64_t dims[2];
} Array;

/* Of a net of 3 features and 2 units. */
static const Array arrays[] = {
    {"/model/00_dense/weight", 2, {2, 3}},
    {"/model/00_dense/bias", 1, {2}},
    {"/optimizer/exp_avg/00_dense/weight", 2, {2, 3}},
    {"/optimizer/exp_avg/00_dense/bias", 1, {2}},
    {"/optimizer/exp_avg_sq/00_dense/weight", 2, {2, 3}},
    {"/optimizer/exp_avg_sq/00_dense/bias", 1, {2}},
    {"/normalization/shift", 1, {3}},
    {"/normalization/scale", 1, {3}},
};

static void write_array(H5 *file, const Array *array, Bytes *bytes)
{
    static const double good[6] = {1, 2, 3, 4, 5, 6};
    switch (take(bytes) % 4) {
    case 1:
        return;
    case 2:
        write_any(file, array->name, bytes);
        return;
    default:
        fuzz_refused(h5_write(file, array->name, H5_F64, array->rank, array->dims, 0, good));
    }
}

/* The bytes are changes: one for what is changed, one for how many say how, and these. */
static void compose(Bytes bytes, void **image, size_t *size)
{
    enum {
        ATTRIBUTES = sizeof attributes / sizeof *attributes,
        ARRAYS = sizeof arrays / sizeof *arrays,
        ITEMS = ATTRIBUTES + ARRAYS
    };
    Bytes change[ITEMS] = {0};
    H5 *file;
    while (bytes.left) {
        Bytes *one = &change[take(&bytes) % ITEMS];
        size_t length = take(&bytes);
        *one = (Bytes){bytes.at, length < bytes.left ? length : bytes.left};
        bytes.at += one->left;
        bytes.left -= one->left;
    }
    fuzz_refused(h5_create(&file));
    for (int i = 0; i < ATTRIBUTES; i++)
        write_attribute(file, &attributes[i], &change[i]);
    for (int i = 0; i < ARRAYS; i++)
        write_array(file, &arrays[i], &change[ATTRIBUTES + i]);
    Buffer sealed = {0};
    fuzz_refused(h5_image_in(file, &sealed));
    h5_close(file);
    seal_buffer(&sealed);
    *image = sealed.bytes;
    *size = sealed.size;
}

/* Opens and restores a file of these bytes. */
static Err restore(const void *bytes, size_t size)
{
    static Saved saved;
    if (!saved.state.net)
        saved_open(&saved, "[{dense: 2}]", 1);
    Checkpoint checkpoint;
    Err err = checkpoint_open(&checkpoint, fuzz_file(bytes, size));
    if (!err)
        err = checkpoint_restore(&checkpoint, &saved.state, true);
    checkpoint_close(&checkpoint);
    return err;
}

/* Changes bytes: two for the place, one for what is changed. */
static bool damage(uint8_t *image, size_t size, Bytes bytes)
{
    uint8_t *good = mem_alloc((int64_t)size, 1);
    memcpy(good, image, size);
    while (bytes.left) {
        size_t place = take(&bytes);
        place = (place << 8 | take(&bytes)) % size;
        image[place] ^= (uint8_t)take(&bytes);
    }
    bool changed = memcmp(image, good, size) != 0;
    mem_free(good);
    return changed;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum { ANYTHING = 1, DAMAGED = 2 };
    int what = size > 0 ? bytes[0] : 0;
    Bytes left = {bytes + 1, size - 1};
    Err err;
    log_level(LOG_SILENT);
    if (what == ANYTHING || what == DAMAGED) {
        void *image;
        size_t length;
        compose(what == ANYTHING ? left : (Bytes){0}, &image, &length);
        bool changed = what == ANYTHING ? left.left > 0 : damage(image, length, left);
        err = restore(image, length);
        mem_free(image);
        if (err ? !changed : changed && what == DAMAGED)
            abort();
    } else {
        err = restore(bytes, size);
    }
    fuzz_refused(err);
    return 0;
}
