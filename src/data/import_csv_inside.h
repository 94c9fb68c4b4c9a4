/* The CSV importer's insides: a text file taken apart into records (import_csv_read.c), the table
 * that files make (import_csv_table.c), what its columns hold (import_csv_learn.c), what stands in
 * for missing values (import_csv_fill.c), and the importer itself (import_csv.c). */
#ifndef DATA_IMPORT_CSV_INSIDE_H
#define DATA_IMPORT_CSV_INSIDE_H

#include "data/import_inside.h"
#include "data/unzip.h"

/* A CSV file, read record by record: RFC 4180, and also LF or CR alone at the end of a line, a
 * UTF-8 byte order mark, blank lines, and spaces around fields, which do not count. */
typedef struct Csv {
    const char *path;
    char separator;
    Unzip *file;
    unsigned char *bytes; /* a piece of the file: [at, filled) is still to come */
    int64_t at, filled;
    int64_t next_line; /* of the byte at `at`, counted from 1 */
    bool after_cr;
    /* The record. */
    int64_t line; /* where it begins */
    int fields, field_room;
    int64_t *begin; /* [fields]: where each lies in `text`, ended by '\0' */
    char *text;
    int64_t length, text_room;
} Csv;

/* Opens a file, plain or gzipped; separator 0: the one of , ; and tab that the first line has most
 * of. STATUS_USER, here and below, naming the line. `path` is kept. */
Err csv_open(Csv *csv, const char *path, char separator);
void csv_close(Csv *csv);
/* The next record; *more is false at the end of the file. */
Err csv_next(Csv *csv, bool *more);

static inline const char *csv_field(const Csv *csv, int i)
{
    return csv->text + csv->begin[i];
}

typedef enum Header { HEADER_DETECT, HEADER_YES, HEADER_NO } Header;
typedef enum Missing { MISSING_REFUSE, MISSING_MEAN, MISSING_MEDIAN, MISSING_ZERO } Missing;
typedef enum Task { TASK_DETECT, TASK_CLASSIFY, TASK_REGRESS } Task;
typedef enum Role { ROLE_FEATURE, ROLE_TARGET, ROLE_DROPPED } Role;

/* Where something was seen first. A NULL path: nowhere. */
typedef struct Sight {
    const char *path, *text;
    int64_t line;
} Sight;

/* Different texts, sorted: by bytes, or as numbers. */
typedef struct Words {
    const char **word;
    int count, room;
} Words;

typedef struct Column {
    const char *name;
    Role role;
    int64_t numbers, gaps; /* fields that are numbers; that are missing */
    Sight text, gap, infinite, fraction;
    Words words; /* of text, and of a target that is classes */
    int first;   /* of the features, or of the targets, that it becomes */
    float fill;  /* for a missing number */
} Column;

typedef struct Table {
    Arena arena;
    /* As asked for. */
    const char **file;
    int files; /* training files; the test file, if there is one, is file[files] */
    bool has_test_file;
    char separator; /* 0: to be found out */
    char point;     /* in numbers: '.' or ',' */
    Header header;
    Missing missing;
    Task task;
    bool mixes; /* words and numbers in one column are fine */
    bool codes; /* text becomes a number, not a column for each word */
    const char *target, *drop;
    double test_fraction;
    uint64_t seed;
    /* As found. */
    Column *column;
    int columns, features, targets;
    bool classifies;
    ImportSplit split;
    int64_t training_rows, test_rows; /* of the training files, of the test file */
} Table;

typedef enum Cell { CELL_MISSING, CELL_NUMBER, CELL_TEXT } Cell;
/* What a field is, and its value as a number. */
Cell cell_read(const Table *table, const char *text, double *value);
/* Does this column's text become words? */
static inline bool column_is_text(const Column *column)
{
    return column->text.path != NULL;
}

/* Calls `visit` for each row of all files, in order, with the part it goes to. */
typedef Err (*RowVisit)(Table *table, const Csv *csv, Part part, void *self);
Err table_each(Table *table, const char *what, RowVisit visit, void *self);
/* Reads the names of the first file's columns, and gives each its role. */
Err table_open(Table *table);
/* Reads all files and finds out the rest of "as found", but for `fill`. */
Err table_learn(Table *table);
/* The index of a word among the column's, by text or, where it holds numbers, by value; -1: none.
 */
int column_word(const Column *column, const char *text, double value);
/* Sets each column's `fill`, from the training part. */
Err table_fill(Table *table);

#endif
