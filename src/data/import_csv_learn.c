/* What the columns of a table hold.
 *
 *     measure   every row: numbers, texts and gaps of each column, and where each was seen first
 *     judge     what cannot be taken is refused
 *     collect   once more, where text or classes are to be numbered: the words of each column
 *
 * Rows pass by one at a time; what stays are a few numbers and the words. */
#include "data/import_csv_inside.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_WORDS = 10000, /* of a column; more are no categories */
    FEW_WORDS = 32,     /* integers with at most so many values are classes */
    MOST_WORD = 1000,   /* bytes of a word */
    MOST_SHOWN = 40,    /* bytes of a field that a message shows */
    MOST_FEATURES = 1 << 24
};

/* What pandas.read_csv takes for missing, and UCI's question mark. */
static const char *const missing_words[] = {"",     "?",    "NA",   "N/A",      "n/a",  "NaN",
                                            "nan",  "-NaN", "-nan", "NULL",     "null", "None",
                                            "<NA>", "#N/A", "#NA",  "#N/A N/A", NULL};

static bool is_missing(const char *text)
{
    for (const char *const *word = missing_words; *word; word++)
        if (strcmp(*word, text) == 0)
            return true;
    return false;
}

/* "inf", "-Infinity": what else strtod would take, hexadecimal and "nan(...)", is text. */
static bool is_infinity(const char *text)
{
    static const char *const words[] = {"inf", "Inf", "INF", "infinity", "Infinity", NULL};
    text += *text == '+' || *text == '-';
    for (const char *const *word = words; *word; word++)
        if (strcmp(*word, text) == 0)
            return true;
    return false;
}

Cell cell_read(const Table *table, const char *text, double *value)
{
    char number[64];
    if (is_missing(text))
        return CELL_MISSING;
    if (is_infinity(text)) {
        *value = INFINITY;
        return CELL_NUMBER;
    }
    size_t length = strlen(text);
    if (length >= sizeof number)
        return CELL_TEXT;
    for (size_t i = 0; i <= length; i++) {
        if (text[i] && !strchr("0123456789+-eE", text[i]) && text[i] != table->point)
            return CELL_TEXT;
        number[i] = text[i] == table->point ? '.' : text[i];
    }
    char *end;
    *value = strtod(number, &end);
    return *end || end == number ? CELL_TEXT : CELL_NUMBER;
}

/* Where the word is, or where it would have to be put. */
static int find_word(const Column *column, const char *text, double value, bool *there)
{
    int lo = 0, hi = column->words.count;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        const char *word = column->words.word[mid];
        double step = column_is_text(column) ? strcmp(word, text) : strtod(word, NULL) - value;
        if (step == 0) {
            *there = true;
            return mid;
        }
        if (step < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *there = false;
    return lo;
}

int column_word(const Column *column, const char *text, double value)
{
    bool there;
    int index = find_word(column, text, value, &there);
    return there ? index : -1;
}

static void insert_word(Table *table, Words *words, int at, const char *text)
{
    if (words->count == words->room) {
        words->room = words->room ? 2 * words->room : 8;
        const char **larger = arena_take(&table->arena, words->room, sizeof *larger);
        if (words->count)
            memcpy(larger, words->word, (size_t)words->count * sizeof *larger);
        words->word = larger;
    }
    memmove(words->word + at + 1, words->word + at, (size_t)(words->count - at) * sizeof(char *));
    words->word[at] = text;
    words->count++;
}

/* Notes the first time only. */
static void see(Table *table, Sight *sight, const Csv *csv, const char *text)
{
    if (!sight->path)
        *sight = (Sight){.path = csv->path,
                         .line = csv->line,
                         .text = arena_text(&table->arena, "%.*s", MOST_SHOWN, text)};
}

static Err measure(Table *table, const Csv *csv, Part part, void *self)
{
    (void)self;
    *(part == PART_TEST ? &table->test_rows : &table->training_rows) += 1;
    for (int i = 0; i < table->columns; i++) {
        Column *column = &table->column[i];
        const char *text = csv_field(csv, i);
        double value = 0;
        Cell cell = column->role == ROLE_DROPPED ? CELL_MISSING : cell_read(table, text, &value);
        column->gaps += cell == CELL_MISSING;
        column->numbers += cell == CELL_NUMBER;
        if (cell == CELL_MISSING)
            see(table, &column->gap, csv, text);
        else if (cell == CELL_TEXT)
            see(table, &column->text, csv, text);
        else if (!isfinite((float)value))
            see(table, &column->infinite, csv, text);
        else if (value != floor(value) || fabs(value) > 0x1p53)
            see(table, &column->fraction, csv, text);
    }
    return NULL;
}

#define SIGHT_FORMAT "%s: line %" PRId64 ": column \"%s\": "
#define SIGHT(sight) (sight).path, (sight).line, column->name

/* A slip among numbers would make words of them all, so that has to be asked for. */
static Err judge_mixture(const Table *table, const Column *column)
{
    bool is_target = column->role == ROLE_TARGET;
    if (!column_is_text(column) || !column->numbers ||
        (is_target ? table->task == TASK_CLASSIFY : table->mixes))
        return NULL;
    FAIL(STATUS_USER,
         SIGHT_FORMAT "\"%s\" is no number, %" PRId64 " others are; %s takes all for words%s",
         SIGHT(column->text), column->text.text, column->numbers,
         is_target ? "--task classify" : "--categorical onehot or code",
         table->header == HEADER_NO && column->text.line == 1 ? " (or is this a header?)" : "");
}

static Err judge_column(const Table *table, const Column *column)
{
    bool is_target = column->role == ROLE_TARGET;
    if (column->numbers == 0 && !column_is_text(column))
        FAIL(STATUS_USER, "%s: column \"%s\" has no values; --drop leaves it out", table->file[0],
             column->name);
    if (column->gap.path && is_target)
        FAIL(STATUS_USER, SIGHT_FORMAT "the target is missing (\"%s\")", SIGHT(column->gap),
             column->gap.text);
    if (column->gap.path && table->missing == MISSING_REFUSE)
        FAIL(STATUS_USER,
             SIGHT_FORMAT "a value is missing (\"%s\"; %" PRId64
                          " in this column); --missing mean, "
                          "median or zero stands in for them, --drop leaves the column out",
             SIGHT(column->gap), column->gap.text, column->gaps);
    if (!column_is_text(column) && column->infinite.path)
        FAIL(STATUS_USER, SIGHT_FORMAT "%s is infinite in float32", SIGHT(column->infinite),
             column->infinite.text);
    return NULL;
}

static Err judge_target(const Table *table, const Column *column)
{
    bool classes = table->task == TASK_CLASSIFY;
    if (table->targets > 1 && classes)
        FAIL(STATUS_USER, "--task classify: classes stand in one column; --target names %d",
             table->targets);
    if (column_is_text(column) && (table->task == TASK_REGRESS || table->targets > 1))
        FAIL(STATUS_USER, SIGHT_FORMAT "\"%s\" is no number, so it cannot be regressed on",
             SIGHT(column->text), column->text.text);
    if (!column_is_text(column) && classes && column->fraction.path)
        FAIL(STATUS_USER, SIGHT_FORMAT "%s is no class; classes are words or integers",
             SIGHT(column->fraction), column->fraction.text);
    return NULL;
}

static Err judge(Table *table)
{
    if (table->training_rows == 0)
        FAIL(STATUS_USER, "%s: has a header and no rows", table->file[0]);
    if (table->has_test_file && table->test_rows == 0)
        FAIL(STATUS_USER, "%s: has a header and no rows", table->file[table->files]);
    for (int i = 0; i < table->columns; i++) {
        const Column *column = &table->column[i];
        if (column->role == ROLE_DROPPED)
            continue;
        TRY(judge_mixture(table, column));
        TRY(judge_column(table, column));
        if (column->role != ROLE_TARGET)
            continue;
        TRY(judge_target(table, column));
        bool whole = column_is_text(column) || !column->fraction.path;
        table->classifies = table->targets == 1 && table->task != TASK_REGRESS && whole;
    }
    return NULL;
}

static Err collect_word(Table *table, Column *column, const Csv *csv, const char *text)
{
    double value = 0;
    bool there;
    if (cell_read(table, text, &value) == CELL_MISSING)
        return NULL;
    int at = find_word(column, text, value, &there);
    if (there)
        return NULL;
    bool detects =
        column->role == ROLE_TARGET && !column_is_text(column) && table->task == TASK_DETECT;
    if (detects && column->words.count == FEW_WORDS) {
        table->classifies = false;
        return NULL;
    }
    if (column->words.count == MOST_WORDS)
        FAIL(STATUS_USER,
             SIGHT_FORMAT
             "\"%s\" is no number, and with this line there are more than %d different "
             "values, too many for categories; --drop leaves the column out",
             csv->path, csv->line, column->name, column_is_text(column) ? column->text.text : text,
             MOST_WORDS);
    if (strlen(text) > MOST_WORD)
        FAIL(STATUS_USER, SIGHT_FORMAT "a text of %zu bytes is no category", csv->path, csv->line,
             column->name, strlen(text));
    const char *word = column_is_text(column) ? arena_text(&table->arena, "%s", text)
                                              : arena_text(&table->arena, "%.0f", value);
    insert_word(table, &column->words, at, word);
    return NULL;
}

static Err collect(Table *table, const Csv *csv, Part part, void *self)
{
    (void)part, (void)self;
    for (int i = 0; i < table->columns; i++) {
        Column *column = &table->column[i];
        if (column->role == ROLE_FEATURE ? column_is_text(column)
                                         : column->role == ROLE_TARGET && table->classifies)
            TRY(collect_word(table, column, csv, csv_field(csv, i)));
    }
    return NULL;
}

/* Where each column's features, or targets, begin. */
static Err lay_out(Table *table)
{
    table->features = 0;
    int targets = 0;
    for (int i = 0; i < table->columns; i++) {
        Column *column = &table->column[i];
        bool spread = column_is_text(column) && !table->codes;
        int width = spread ? column->words.count : 1;
        column->first = column->role == ROLE_FEATURE ? table->features : targets;
        table->features += column->role == ROLE_FEATURE ? width : 0;
        targets += column->role == ROLE_TARGET;
        if (table->features > MOST_FEATURES)
            FAIL(STATUS_USER, "%s: makes more than %d features", table->file[0], MOST_FEATURES);
        if (column->role == ROLE_TARGET && table->classifies && column->words.count < 2)
            FAIL(STATUS_USER, "%s: column \"%s\": all rows are of one class, \"%s\"",
                 table->file[0], column->name, column->words.word[0]);
    }
    return NULL;
}

Err table_learn(Table *table)
{
    TRY(table_each(table, "measuring", measure, NULL));
    TRY(judge(table));
    bool words = table->classifies;
    for (int i = 0; i < table->columns; i++)
        words |= table->column[i].role == ROLE_FEATURE && column_is_text(&table->column[i]);
    if (words)
        TRY(table_each(table, "collecting words", collect, NULL));
    TRY(import_split(&table->split, table->training_rows, table->test_fraction, table->seed));
    return lay_out(table);
}
