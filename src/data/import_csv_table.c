/* The table that CSV files make: the names of its columns and what each is for, which come from the
 * first file's first line; and going through all rows of all files. */
#include "data/import_csv_inside.h"

#include "base/conf.h"
#include "base/term.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_NAME = 1000,          /* bytes of a column's name */
    PROGRESS_BYTES = 16 << 20, /* a smaller file is read in no time */
    PROGRESS_ROWS = 1024
};

/* By name, and equal names by their place. */
static int compare_names(const void *a, const void *b)
{
    const Column *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order ? order : (*x > *y) - (*x < *y);
}

static Err repeated_name(const Table *table, const Csv *csv)
{
    const Column **sorted = mem_alloc(table->columns, sizeof *sorted);
    Err err = NULL;
    for (int i = 0; i < table->columns; i++)
        sorted[i] = &table->column[i];
    qsort(sorted, (size_t)table->columns, sizeof *sorted, compare_names);
    for (int i = 1; i < table->columns && !err; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            err = ERR(
                STATUS_USER, "%s: line %" PRId64 ": columns %d and %d have the same name, \"%s\"%s",
                csv->path, csv->line, (int)(sorted[i - 1] - table->column),
                (int)(sorted[i] - table->column), sorted[i]->name,
                table->header == HEADER_DETECT ? "; is this line no header (--header no)?" : "");
    mem_free(sorted);
    return err;
}

static Err name_columns(Table *table, const Csv *csv)
{
    table->columns = csv->fields;
    table->column = arena_take(&table->arena, csv->fields, sizeof *table->column);
    for (int i = 0; i < csv->fields; i++) {
        const char *text = csv_field(csv, i);
        if (table->header == HEADER_NO)
            table->column[i].name = arena_text(&table->arena, "%d", i);
        else if (*text)
            table->column[i].name = arena_text(&table->arena, "%s", text);
        else
            table->column[i].name = arena_text(&table->arena, "Unnamed: %d", i); /* as in pandas */
        if (strlen(text) > MOST_NAME)
            FAIL(STATUS_USER, "%s: line %" PRId64 ": the name of column %d has %zu bytes",
                 csv->path, csv->line, i, strlen(text));
    }
    return repeated_name(table, csv);
}

static Err read_names(Table *table, Csv *csv)
{
    bool more;
    TRY(csv_next(csv, &more));
    if (!more)
        FAIL(STATUS_USER, "%s: is empty", csv->path);
    if (csv->fields < 2)
        FAIL(STATUS_USER,
             "%s: line %" PRId64 ": has one column; a feature and a target are wanted at least (is "
             "the separator not '%c'?)",
             csv->path, csv->line, csv->separator);
    table->separator = csv->separator;
    if (table->header != HEADER_DETECT)
        return name_columns(table, csv);
    double value;
    int numbers = 0;
    for (int i = 0; i < csv->fields; i++)
        numbers += cell_read(table, csv_field(csv, i), &value) == CELL_NUMBER;
    if (numbers)
        table->header = HEADER_NO;
    TRY(name_columns(table, csv));
    table->header = numbers ? HEADER_NO : HEADER_YES;
    return NULL;
}

/* By name, or by number: from 0, or from the end as -1, -2, ... */
static Err find_column(const Table *table, const char *option, const char *name, int *index)
{
    const char **names = mem_alloc(table->columns + 1, sizeof *names);
    for (*index = 0; *index < table->columns; ++*index) {
        names[*index] = table->column[*index].name;
        if (strcmp(names[*index], name) == 0)
            break;
    }
    Err err = NULL;
    char *end;
    long number = strtol(name, &end, 10);
    if (*index == table->columns && *name && !*end && number >= -table->columns &&
        number < table->columns)
        *index = (int)(number < 0 ? number + table->columns : number);
    if (*index == table->columns) {
        const char *meant = conf_closest(name, names);
        err = ERR(STATUS_USER, "%s: %s: there is no column \"%s\"%s%s%s", table->file[0], option,
                  name, meant ? "; did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
    }
    mem_free(names);
    return err;
}

/* Gives the role to the columns of a list "a,b,c". */
static Err give_role(Table *table, const char *option, const char *list, Role role)
{
    const char **name;
    int count, index;
    TRY(import_list(option, list, &table->arena, &name, &count));
    for (int i = 0; i < count; i++) {
        TRY(find_column(table, option, name[i], &index));
        Column *column = &table->column[index];
        if (column->role != ROLE_FEATURE)
            FAIL(STATUS_USER, "%s: column \"%s\" is named twice by --target and --drop", option,
                 column->name);
        column->role = role;
        table->targets += role == ROLE_TARGET;
    }
    return NULL;
}

static Err give_roles(Table *table)
{
    if (table->drop)
        TRY(give_role(table, "--drop", table->drop, ROLE_DROPPED));
    TRY(give_role(table, "--target", table->target ? table->target : "-1", ROLE_TARGET));
    int features = 0;
    for (int i = 0; i < table->columns; i++)
        features += table->column[i].role == ROLE_FEATURE;
    if (features == 0)
        FAIL(STATUS_USER, "%s: --target and --drop leave no column to learn from", table->file[0]);
    return NULL;
}

Err table_open(Table *table)
{
    Csv csv;
    Err err = csv_open(&csv, table->file[0], table->separator);
    if (!err)
        err = read_names(table, &csv);
    csv_close(&csv);
    return err ? err : give_roles(table);
}

/* A file's own header against the first file's. */
static Err check_names(const Table *table, const Csv *csv)
{
    for (int i = 0; i < table->columns && i < csv->fields; i++) {
        const char *text = csv_field(csv, i);
        if (*text && strcmp(text, table->column[i].name) != 0)
            FAIL(STATUS_USER, "%s: line %" PRId64 ": column %d is \"%s\", in %s it is \"%s\"",
                 csv->path, csv->line, i, text, table->file[0], table->column[i].name);
    }
    return NULL;
}

static Err check_width(const Table *table, const Csv *csv)
{
    if (csv->fields != table->columns)
        FAIL(STATUS_USER, "%s: line %" PRId64 ": has %d fields, the first line of %s has %d",
             csv->path, csv->line, csv->fields, table->file[0], table->columns);
    return NULL;
}

/* All rows of one file; *row counts those of the training files. */
static Err each_row(Table *table, Csv *csv, Term *term, bool is_test, int64_t *row, RowVisit visit,
                    void *self)
{
    bool more, first = table->header == HEADER_YES;
    for (;;) {
        TRY(csv_next(csv, &more));
        if (!more)
            return NULL;
        TRY(check_width(table, csv));
        if (first) {
            TRY(check_names(table, csv));
            first = false;
            continue;
        }
        Part part = is_test ? PART_TEST : import_split_part(&table->split, *row);
        TRY(visit(table, csv, part, self));
        if (++*row % PROGRESS_ROWS == 0 && unzip_size(csv->file) >= PROGRESS_BYTES)
            term_progress(term, unzip_place(csv->file) >> 10, "%s", csv->path);
    }
}

Err table_each(Table *table, const char *what, RowVisit visit, void *self)
{
    int64_t row = 0;
    for (int f = 0; f < table->files + table->has_test_file; f++) {
        Csv csv;
        Term term;
        Err err = csv_open(&csv, table->file[f], table->separator);
        if (!err) {
            term_begin(&term, what, "KB", 0, unzip_size(csv.file) >> 10);
            err = each_row(table, &csv, &term, f == table->files, &row, visit, self);
            term_clear(&term);
        }
        csv_close(&csv);
        TRY(err);
    }
    return NULL;
}
