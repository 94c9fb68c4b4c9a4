/* What importers' command lines have in common. Their options are their own, so the verb hands
 * them over as they are. */
#include "data/import_inside.h"

#include "base/conf.h"
#include "base/rng.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MOST = 32 };

static Err unknown_option(const char *importer, const ImportOption *options, const char *word)
{
    const char *names[OPTIONS_MOST + 1] = {0};
    for (int i = 0; i < OPTIONS_MOST && options[i].name; i++)
        names[i] = options[i].name;
    const char *meant = conf_closest(word, names);
    FAIL(STATUS_USER, "import %s: unknown option %s%s%s%s", importer, word,
         meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

Err import_arguments(const char *importer, const ImportOption *options, int count,
                     char *const *arguments, const char **files, int *file_count)
{
    *file_count = 0;
    for (int i = 0; i < count; i++) {
        if (arguments[i][0] != '-') {
            files[(*file_count)++] = arguments[i];
            continue;
        }
        const ImportOption *option = options;
        while (option->name && strcmp(option->name, arguments[i]) != 0)
            option++;
        if (!option->name)
            return unknown_option(importer, options, arguments[i]);
        if (i + 1 == count)
            FAIL(STATUS_USER, "import %s: %s needs a value", importer, arguments[i]);
        *option->value = arguments[++i];
    }
    return NULL;
}

const char *const import_array_options[IMPORT_ARRAYS] = {"--x", "--y", "--test-x", "--test-y"};

Err import_array_arguments(const char *importer, const char **value, ImportCommon *common,
                           int count, char *const *arguments, const char **files, int *file_count)
{
    const ImportOption table[] = {{import_array_options[TRAIN_X], &value[TRAIN_X]},
                                  {import_array_options[TRAIN_Y], &value[TRAIN_Y]},
                                  {import_array_options[TEST_X], &value[TEST_X]},
                                  {import_array_options[TEST_Y], &value[TEST_Y]},
                                  IMPORT_COMMON_OPTIONS(*common),
                                  {0}};
    return import_arguments(importer, table, count, arguments, files, file_count);
}

Err import_pairs(const char *importer, const char *const *option, const char *const *value)
{
    bool tests = value[TEST_X] || value[TEST_Y];
    for (int i = 0; i < IMPORT_ARRAYS; i++)
        if (!value[i] && (i < TEST_X || tests))
            FAIL(STATUS_USER, "import %s: %s is missing", importer, option[i]);
    return NULL;
}

Err import_list(const char *option, const char *list, Arena *arena, const char ***item, int *count)
{
    *count = 1;
    for (const char *c = list; *c; c++)
        *count += *c == ',';
    *item = arena_take(arena, *count, sizeof(char *));
    for (int i = 0; i < *count; i++) {
        size_t length = strcspn(list, ",");
        if (length == 0)
            FAIL(STATUS_USER, "%s: name %d is empty", option, i);
        (*item)[i] = arena_text(arena, "%.*s", (int)length, list);
        list += length + 1;
    }
    return NULL;
}

Err import_word(const char *option, const char *word, const char *const *words, int *index)
{
    *index = 0;
    if (!word)
        return NULL;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0) {
            *index = i;
            return NULL;
        }
    Arena arena = {0};
    const char *all = words[0];
    for (int i = 1; words[i]; i++)
        all = arena_text(&arena, "%s, %s", all, words[i]);
    Err err = ERR(STATUS_USER, "%s: found \"%s\"; one of these is wanted: %s", option, word, all);
    arena_free(&arena);
    return err;
}

Err import_fraction(const char *fraction, const char *seed, double *part, uint64_t *number)
{
    char *end;
    *part = 0;
    *number = 1;
    if (fraction) {
        *part = strtod(fraction, &end);
        if (end == fraction || *end || !(*part > 0 && *part < 1))
            FAIL(STATUS_USER,
                 "--test-fraction: found \"%s\"; a number between 0 and 1 is wanted, such as 0.2",
                 fraction);
    }
    if (seed) {
        errno = 0;
        *number = strtoull(seed, &end, 10);
        if (end == seed || *end || *seed == '-' || errno)
            FAIL(STATUS_USER, "--seed: found \"%s\"; a whole number from 0 is wanted", seed);
    }
    return NULL;
}

Err import_split(ImportSplit *split, int64_t rows, double fraction, uint64_t seed)
{
    *split = (ImportSplit){.test = (int64_t)((double)rows * fraction + 0.5)};
    if (fraction == 0)
        return NULL;
    if (split->test < 1 || split->test >= rows)
        FAIL(STATUS_USER,
             "--test-fraction: %" PRId64 " of %" PRId64 " rows leave nothing for the %s part",
             split->test, rows, split->test < 1 ? "test" : "training");
    /* Number 1: data.validation takes number 0 of what is left. */
    split->order = permute_build(rows, seed, RNG_SPLIT, 1);
    return NULL;
}

Part import_split_part(const ImportSplit *split, int64_t row)
{
    return split->test && permute(&split->order, row) < split->test ? PART_TEST : PART_TRAIN;
}
