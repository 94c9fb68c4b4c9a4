/* What a survey has found, in tables. Nothing that a file says is printed as it is: a class's name
 * may be long, and may hold what a terminal would obey. */
#include "cli/describe.h"

#include "base/log.h"
#include "data/survey.h"

#include <inttypes.h>
#include <string.h>

enum {
    CHANNELS_SHOWN = 8, /* of a picture's channels, or a table's columns */
    CLASSES_SHOWN = 20,
    NAME_WIDTH = 20, /* of a class */
};

const char *describe_dims(const H5Info *info, Arena *arena)
{
    const char *text = "";
    for (int d = 0; d < info->rank; d++)
        text = arena_text(arena, "%s%s%" PRId64, text, d ? " x " : "", info->dims[d]);
    return text;
}

const char *describe_end(const char *name, size_t most, Arena *arena)
{
    size_t length = strlen(name);
    return length > most ? arena_text(arena, "..%s", name + length - most + 2) : name;
}

const char *describe_type(const H5Info *info, Arena *arena)
{
    if (info->kind == H5_OTHER)
        return "other";
    const char *kind = info->kind == H5_FLOAT ? "float" : info->is_signed ? "int" : "uint";
    return arena_text(arena, "%s%d", kind, 8 * info->bytes);
}

/* ---- shapes ---- */

static void show_sample(const Dataset *data, Arena *arena)
{
    int channels, height, width;
    dataset_shape(data, &channels, &height, &width);
    const char *targets = dataset_targets(data) == 0 ? "missing"
                          : dataset_classifies(data) ? "classes"
                          : dataset_targets(data) == 1
                              ? "a real value"
                              : arena_text(arena, "%d real values", dataset_targets(data));
    log_info("  a sample is %d channel%s of %d x %d; targets are %s", channels,
             channels > 1 ? "s" : "", height, width, targets);
    for (Part part = 0; part < PART_COUNT; part++) {
        int64_t count = dataset_count(data, part);
        if (count)
            log_info("  %-12s %" PRId64 " sample%s", part_name(part), count, count == 1 ? "" : "s");
    }
    log_info("  %.1f MB in memory", (double)dataset_bytes(data) / 1e6);
}

static void show_layout(const char *part, const char *name, const H5Info *info, Arena *arena)
{
    double values = 1;
    for (int d = 0; d < info->rank; d++)
        values *= (double)info->dims[d];
    const char *chunk =
        info->chunk ? arena_text(arena, "chunks of %" PRId64, info->chunk) : "contiguous";
    log_info("%-15s %-8s %-24s %-19s %4.0f %%", arena_text(arena, "%s/%s", part, name),
             describe_type(info, arena), describe_dims(info, arena), chunk,
             100 * (double)info->stored / (values * info->bytes));
}

/* ---- values ---- */

static void show_spread(const char *name, const Spread *s)
{
    log_info("%-27s %12.6g %12.6g %12.6g %12.6g", name, s->mean, s->deviation, s->least, s->most);
}

static void show_values(const char *name, const Values *values, int channels, const char *what,
                        Arena *arena)
{
    show_spread(name, &values->all);
    for (int c = 0; c < channels && channels > 1 && channels <= CHANNELS_SHOWN; c++)
        show_spread(arena_text(arena, "  %s %d", what, c), &values->channel[c]);
}

static void show_all_values(const Dataset *data, const Survey *survey, Arena *arena)
{
    int channels, height, width;
    dataset_shape(data, &channels, &height, &width);
    const char *what = height * width > 1 ? "channel" : "feature";
    log_info("\n%-27s %12s %12s %12s %12s", "finite values", "mean", "deviation", "least", "most");
    for (Part part = 0; part < PART_COUNT; part++) {
        const SurveyPart *p = &survey->part[part];
        if (dataset_count(data, part) == 0)
            continue;
        show_values(arena_text(arena, "%s/x", part_name(part)), &p->x, channels, what, arena);
        if (!dataset_classifies(data) && dataset_targets(data) > 0)
            show_values(arena_text(arena, "%s/y", part_name(part)), &p->y, dataset_targets(data),
                        "target", arena);
    }
}

/* ---- classes ---- */

/* A name of at most NAME_WIDTH letters, filled up with blanks; letters are UTF-8. */
static const char *shown_name(const char *name, Arena *arena)
{
    char *text = arena_take(arena, 5 * NAME_WIDTH + 1, 1), *end = text;
    int letters = 0;
    for (const char *c = name ? name : ""; *c; c++) {
        bool continues = ((unsigned char)*c & 0xC0) == 0x80;
        if ((!continues && letters == NAME_WIDTH) || end - text >= 4 * NAME_WIDTH)
            break;
        letters += !continues;
        *end++ = (unsigned char)*c < ' ' || *c == 0x7F ? '?' : *c;
    }
    while (letters++ < NAME_WIDTH)
        *end++ = ' ';
    return text;
}

static int64_t count_of(const Survey *survey, Part part, int class)
{
    const Labels *labels = &survey->part[part].labels;
    return labels->count && class <= labels->most ? labels->count[class] : 0;
}

/* Of the largest label that any part has, or of the names. */
static int count_classes(const Dataset *data, const Survey *survey)
{
    int classes = dataset_classes(data);
    for (Part part = 0; part < PART_COUNT; part++)
        if (survey->part[part].labels.count && survey->part[part].labels.most >= classes)
            classes = survey->part[part].labels.most + 1;
    return classes;
}

/* "   6000  10.0 %" for each part that there is. */
static const char *shares_text(const Dataset *data, const Survey *survey, int class, Arena *arena)
{
    const char *text = "";
    for (Part part = 0; part < PART_COUNT; part++) {
        int64_t rows = dataset_count(data, part), count = count_of(survey, part, class);
        if (rows > 0)
            text = arena_text(arena, "%s %8" PRId64 " %5.1f %%", text, count,
                              100 * (double)count / (double)rows);
    }
    return text;
}

static void show_class(const Dataset *data, const Survey *survey, int class, Arena *arena)
{
    log_info("%7d %s%s", class, shown_name(dataset_class_name(data, class), arena),
             shares_text(data, survey, class, arena));
}

static void show_class_head(const Dataset *data, Arena *arena)
{
    const char *text = arena_text(arena, "%7s %-*s", "class", NAME_WIDTH, "");
    for (Part part = 0; part < PART_COUNT; part++)
        if (dataset_count(data, part) > 0)
            text = arena_text(arena, "%s %16s", text, part_name(part));
    log_info("\n%s", text);
}

/* Balance is that of the first part, /train if there is one. */
static void show_classes(const Dataset *data, const Survey *survey, Arena *arena)
{
    int classes = count_classes(data, survey), least = 0, most = 0, empty = 0;
    Part first = PART_TRAIN;
    while (dataset_count(data, first) == 0)
        first++;
    show_class_head(data, arena);
    for (int class = 0; class < classes; class ++) {
        int64_t count = count_of(survey, first, class);
        least = count < count_of(survey, first, least) ? class : least;
        most = count > count_of(survey, first, most) ? class : most;
        empty += count == 0;
        if (classes <= CLASSES_SHOWN)
            show_class(data, survey, class, arena);
    }
    if (classes > CLASSES_SHOWN) {
        log_info("  of %d classes, the rarest and the commonest in %s:", classes, part_name(first));
        show_class(data, survey, least, arena);
        show_class(data, survey, most, arena);
    }
    if (empty)
        log_info("  %d class%s %s no sample in %s", empty, empty == 1 ? "" : "es",
                 empty == 1 ? "has" : "have", part_name(first));
}

/* ---- what is wrong ---- */

/* Says of a flaw how often it is there, and where first; nothing if it is not. */
static bool show_flaw(const char *part, const char *name, const char *what, const Flaw *flaw,
                      const char *first)
{
    if (flaw->count)
        log_wrapped(4, "  %s/%s: %s, %" PRId64 " in all, first in row %" PRId64 ": %s", part, name,
                    what, flaw->count, flaw->row, first);
    return flaw->count > 0;
}

static bool show_unreal(const char *part, const char *name, const Values *values, Arena *arena)
{
    bool nan = show_flaw(part, name, "NaN", &values->nan,
                         arena_text(arena, "value %" PRId64, values->nan.place));
    bool infinite = show_flaw(part, name, "infinite in " REAL_NAME, &values->infinite,
                              arena_text(arena, "value %" PRId64, values->infinite.place));
    return nan || infinite;
}

static bool show_constant(const char *part, const Values *values, Arena *arena)
{
    enum { NAMED = sizeof values->constant_first / sizeof *values->constant_first };
    if (values->constant == 0)
        return false;
    const char *list = "";
    for (int i = 0; i < NAMED && i < values->constant; i++)
        list = arena_text(arena, "%s%s%" PRId64, list, i ? ", " : "", values->constant_first[i]);
    log_wrapped(4, "  %s/x: %" PRId64 " feature%s the same in all rows: %s%s", part,
                values->constant, values->constant == 1 ? " is" : "s are", list,
                values->constant > NAMED ? ", ..." : "");
    return true;
}

static bool show_repeats(const char *part, const SurveyPart *p)
{
    if (p->duplicates)
        log_wrapped(4, "  %s/x: %" PRId64 " row%s earlier one%s", part, p->duplicates,
                    p->duplicates == 1 ? " repeats an" : "s repeat", p->duplicates == 1 ? "" : "s");
    if (p->in_train)
        log_wrapped(4, "  %s/x: %" PRId64 " row%s in /train, too", part, p->in_train,
                    p->in_train == 1 ? " is" : "s are");
    return p->duplicates || p->in_train;
}

/* What makes a file slow to stream, or poorly shuffled: chunks that are no convenient unit. */
static const char *chunk_trouble(const H5Info *info, Arena *arena)
{
    static const double most = 16e6, least = 16e3; /* a 16th of a window; what a seek costs */
    double row = info->bytes;
    for (int i = 1; i < info->rank; i++)
        row *= (double)info->dims[i];
    double bytes = row * (double)info->chunk;
    if (info->cuts_rows)
        return "chunks cut through samples, several are read for each";
    if (bytes > most)
        return arena_text(arena, "a chunk has %.0f MB, a window is made of few", bytes / 1e6);
    if (info->chunk > 0 && bytes < least && info->chunk < info->dims[0])
        return arena_text(arena, "a chunk has %.0f bytes, each is read by itself", bytes);
    return NULL;
}

static bool show_chunks(const Dataset *data, const char *part, const H5Info *info, Arena *arena)
{
    const char *trouble = chunk_trouble(info, arena), *path = dataset_path(data);
    if (trouble)
        log_wrapped(4,
                    "  %s/x: %s; rewrite it: lockstep import h5 %s --x /train/x --y /train/y%s -o "
                    "NEW.h5",
                    part, trouble, path,
                    dataset_count(data, PART_TEST) ? " --test-x /test/x --test-y /test/y" : "");
    return trouble;
}

static bool show_flaws(const Dataset *data, Part part, const SurveyPart *p, Arena *arena)
{
    const char *name = part_name(part);
    const Labels *l = &p->labels;
    bool any = dataset_count(data, part) && show_chunks(data, name, &p->x_info, arena);
    any |= show_unreal(name, "x", &p->x, arena);
    any |= show_unreal(name, "y", &p->y, arena);
    any |= show_flaw(name, "y", "negative labels", &l->negative,
                     arena_text(arena, "%" PRId64, l->negative_label));
    any |= show_flaw(name, "y",
                     dataset_classes(data)
                         ? arena_text(arena, "labels beyond the %d classes", dataset_classes(data))
                         : "labels too large for a class",
                     &l->beyond, arena_text(arena, "%" PRId64, l->beyond_label));
    any |= show_constant(name, &p->x, arena);
    return show_repeats(name, p) || any;
}

static void show(const Dataset *data, const Survey *survey, Arena *arena)
{
    log_info("\n%-15s %-8s %-24s %-19s stored", "data set", "type", "shape", "layout");
    for (Part part = 0; part < PART_COUNT; part++) {
        if (dataset_count(data, part) == 0)
            continue;
        show_layout(part_name(part), "x", &survey->part[part].x_info, arena);
        if (dataset_targets(data) > 0)
            show_layout(part_name(part), "y", &survey->part[part].y_info, arena);
    }
    show_all_values(data, survey, arena);
    if (dataset_classifies(data) && dataset_targets(data) > 0)
        show_classes(data, survey, arena);
    bool any = false;
    log_info("\nto be looked at:");
    for (Part part = 0; part < PART_COUNT; part++)
        any |= show_flaws(data, part, &survey->part[part], arena);
    if (!any)
        log_info("  nothing: all is finite, no feature is constant, no row repeats another");
}

/* A file for training, or the first part of one that is none. */
static Err open_data(const char *path, Arena *arena, Dataset **data)
{
    H5 *file;
    Part part = PART_TRAIN;
    TRY(h5_open(&file, path));
    while (part < PART_COUNT && !h5_has(file, arena_text(arena, "%s/x", part_name(part))))
        part++;
    bool labelled = part < PART_COUNT && h5_has(file, arena_text(arena, "%s/y", part_name(part)));
    h5_close(file);
    if (part == PART_TRAIN || part == PART_COUNT)
        return dataset_open(data, path);
    return dataset_open_part(data, path, part, labelled);
}

Err describe_data(const char *path)
{
    Dataset *data;
    Survey survey;
    Arena arena = {0};
    Err err = open_data(path, &arena, &data);
    if (err) {
        arena_free(&arena);
        return err;
    }
    log_info("%s: a data file%s", path,
             dataset_count(data, PART_TRAIN) ? "" : " without /train: to measure or predict");
    show_sample(data, &arena);
    err = survey_make(&survey, data);
    if (!err)
        show(data, &survey, &arena);
    survey_free(&survey);
    dataset_close(data);
    arena_free(&arena);
    return err;
}
