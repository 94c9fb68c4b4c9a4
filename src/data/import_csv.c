/* The CSV importer: tables of numbers and words into a data file. Here are its arguments and the
 * writing; import_csv_inside.h says where the rest is.
 *
 * The files are read several times and never held: names and kinds of columns first, then words and
 * what stands in for missing values where there are such, and at last the rows are written. What a
 * column becomes follows from the set of its values, never from the order of the rows. */
#include "data/import.h"

#include "base/log.h"
#include "data/import_csv_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const header_words[] = {"detect", "yes", "no", NULL};
static const char *const missing_words[] = {"refuse", "mean", "median", "zero", NULL};
static const char *const task_words[] = {"detect", "classify", "regress", NULL};
static const char *const categorical_words[] = {"onehot", "code", NULL};
static const char *const decimal_words[] = {".", ",", NULL};

/* A word, or the character itself. */
static Err read_separator(const char *text, char *separator)
{
    static const struct {
        const char *word;
        char separator;
    } words[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"\\t", '\t'}, {"space", ' '}};
    *separator = 0;
    if (!text)
        return NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, text) == 0)
            *separator = words[i].separator;
    if (text[0] && !text[1] && text[0] != '"' && text[0] != '\n' && text[0] != '\r')
        *separator = text[0];
    if (!*separator)
        FAIL(STATUS_USER,
             "--separator: found \"%s\"; one character is wanted, or comma, semicolon, tab, space",
             text);
    return NULL;
}

/* What the options say, before they are read as what they mean. */
typedef struct Options {
    const char *test, *target, *drop, *task, *header, *separator, *decimal, *missing, *categorical;
    const char *fraction, *seed;
} Options;

static Err take_options(Table *table, const Options *given)
{
    int header, missing, task, categorical, decimal;
    TRY(import_word("--header", given->header, header_words, &header));
    TRY(import_word("--missing", given->missing, missing_words, &missing));
    TRY(import_word("--task", given->task, task_words, &task));
    TRY(import_word("--categorical", given->categorical, categorical_words, &categorical));
    TRY(import_word("--decimal", given->decimal, decimal_words, &decimal));
    TRY(read_separator(given->separator, &table->separator));
    TRY(import_fraction(given->fraction, given->seed, &table->test_fraction, &table->seed));
    table->header = (Header)header;
    table->missing = (Missing)missing;
    table->task = (Task)task;
    table->mixes = given->categorical != NULL;
    table->codes = categorical == 1;
    table->point = *decimal_words[decimal];
    table->target = given->target;
    table->drop = given->drop;
    return NULL;
}

static Err take_arguments(Table *table, int count, char *const *arguments)
{
    Options given = {0};
    const ImportOption options[] = {{"--target", &given.target},
                                    {"--task", &given.task},
                                    {"--drop", &given.drop},
                                    {"--test", &given.test},
                                    {"--test-fraction", &given.fraction},
                                    {"--seed", &given.seed},
                                    {"--missing", &given.missing},
                                    {"--categorical", &given.categorical},
                                    {"--header", &given.header},
                                    {"--separator", &given.separator},
                                    {"--decimal", &given.decimal},
                                    {0}};
    table->file = arena_take(&table->arena, count + 1, sizeof(char *));
    TRY(import_arguments("csv", options, count, arguments, table->file, &table->files));
    TRY(take_options(table, &given));
    if (table->files == 0)
        FAIL(STATUS_USER, "import csv: which file?");
    if (given.test && given.fraction)
        FAIL(STATUS_USER, "import csv: --test and --test-fraction exclude each other");
    table->has_test_file = given.test != NULL;
    table->file[table->files] = given.test;
    return NULL;
}

/* --- writing --- */

/* "age", "color_red": the features, in order. */
static Err write_features(Table *table, H5 *file)
{
    const char **name = arena_take(&table->arena, table->features, sizeof *name);
    for (int i = 0; i < table->columns; i++) {
        const Column *column = &table->column[i];
        if (column->role != ROLE_FEATURE)
            continue;
        bool spread = column_is_text(column) && !table->codes;
        name[column->first] = column->name;
        for (int w = 0; w < column->words.count && spread; w++)
            name[column->first + w] =
                arena_text(&table->arena, "%s_%s", column->name, column->words.word[w]);
    }
    return h5_write_texts(file, "/", "features", name, table->features);
}

static Err write_targets(Table *table, H5 *file)
{
    const char **name = arena_take(&table->arena, table->targets, sizeof *name);
    for (int i = 0; i < table->columns; i++) {
        const Column *column = &table->column[i];
        if (column->role != ROLE_TARGET)
            continue;
        name[column->first] = column->name;
        if (table->classifies)
            TRY(h5_write_texts(file, "/", "classes", column->words.word, column->words.count));
    }
    return h5_write_texts(file, "/", "targets", name, table->targets);
}

static void write_feature(const Table *table, const Column *column, const char *text, float *x)
{
    double value;
    Cell cell = cell_read(table, text, &value);
    x += column->first;
    if (!column_is_text(column)) {
        *x = cell == CELL_MISSING ? column->fill : (float)value;
        return;
    }
    /* As in pandas: a missing word is -1 as a code, and no column's as one-hot. */
    int word = cell == CELL_MISSING ? -1 : column_word(column, text, value);
    if (table->codes)
        *x = (float)word;
    for (int w = 0; w < column->words.count && !table->codes; w++)
        x[w] = w == word ? 1 : 0;
}

static Err write_row(Table *table, const Csv *csv, Part part, void *self)
{
    ImportOut *out = self;
    void *x, *y;
    TRY(import_out_row(out, part, &x, &y));
    for (int i = 0; i < table->columns; i++) {
        const Column *column = &table->column[i];
        const char *text = csv_field(csv, i);
        double value = 0;
        if (column->role == ROLE_FEATURE)
            write_feature(table, column, text, x);
        if (column->role != ROLE_TARGET)
            continue;
        cell_read(table, text, &value);
        if (table->classifies)
            *(int32_t *)y = column_word(column, text, value);
        else
            ((float *)y)[column->first] = (float)value;
    }
    return NULL;
}

static Err write_file(Table *table, ImportOut *out, const char *output)
{
    int64_t rows[PART_COUNT] = {0};
    ImportShape shape = {.x_type = H5_F32, .rank = 1, .dims = {table->features}};
    rows[PART_TRAIN] = table->training_rows - table->split.test;
    rows[PART_TEST] = table->test_rows + table->split.test;
    shape.y_type = table->classifies ? H5_I32 : H5_F32;
    shape.targets = table->classifies ? 0 : table->targets;
    TRY(import_out_open(out, output, rows, &shape));
    TRY(write_features(table, out->file));
    TRY(write_targets(table, out->file));
    TRY(table_each(table, "writing", write_row, out));
    TRY(import_out_commit(out));
    log_info("%s: %" PRId64 " training samples, %" PRId64 " test samples, %d features, %s", output,
             rows[PART_TRAIN], rows[PART_TEST], table->features,
             table->classifies ? "classes" : "values to be regressed on");
    return NULL;
}

static void say_choices(const Table *table)
{
    for (int i = 0; i < table->columns; i++) {
        const Column *column = &table->column[i];
        if (column->role == ROLE_TARGET && table->classifies)
            log_info("target \"%s\": %d classes, from \"%s\" to \"%s\"", column->name,
                     column->words.count, column->words.word[0],
                     column->words.word[column->words.count - 1]);
        else if (column->role == ROLE_TARGET)
            log_info("target \"%s\": a number", column->name);
    }
    log_info("separator '%c', %s", table->separator,
             table->header == HEADER_YES ? "the first line names the columns" : "no header");
}

static Err convert(Table *table, const char *output)
{
    TRY(table_open(table));
    TRY(table_learn(table));
    TRY(table_fill(table));
    say_choices(table);
    ImportOut out = {0};
    Err err = write_file(table, &out, output);
    import_out_close(&out);
    return err;
}

static Err run(int count, char *const *arguments, const char *output)
{
    Table table = {0};
    Err err = take_arguments(&table, count, arguments);
    if (!err)
        err = convert(&table, output);
    arena_free(&table.arena);
    return err;
}

const Importer import_csv = {
    .name = "csv",
    .help = "tables of numbers and words, plain or .gz",
    .usage =
        "FILE... [OPTION VALUE]... -o DATA.h5\n"
        "  --target NAME,...     what is to be predicted, by name or number (-1: the last column)\n"
        "  --task T              classify or regress; words and few integers are classes\n"
        "  --drop NAME,...       columns to leave out\n"
        "  --test FILE           the test part\n"
        "  --test-fraction F     or: so much of the rows, chosen by --seed N (1) and row number\n"
        "  --missing M           mean, median (of the training part) or zero for missing numbers;\n"
        "                        missing words are all 0, or -1 as a code. Else they are refused\n"
        "  --categorical C       onehot (a column for each word) or code (sorted, from 0)\n"
        "                        for words; given at all, numbers among them are words, too\n"
        "  --header yes|no       else: the first line is one if it has no number\n"
        "  --separator S         else: , ; or tab, whichever the first line has most of\n"
        "  --decimal ,           for 3,14",
    .run = run,
};
