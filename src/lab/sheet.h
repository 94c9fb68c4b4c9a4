/* A CSV file of our own in memory, by columns: metrics.csv, trials.csv and their like. (The files
 * of others, of any size and habit, are the importer's: data/import_csv.c.) A job may be writing it
 * at this moment, so a last line without its end does not count. */
#ifndef LAB_SHEET_H
#define LAB_SHEET_H

#include "base/err.h"
#include "base/mem.h"

typedef struct Sheet {
    const char *path;
    int columns;
    int64_t rows;
    const char **heading; /* [columns] */
    const char **cell;    /* [rows * columns], "" where empty */
} Sheet;

/* Reads a file into the arena; without a heading it has no columns. STATUS_USER: missing, or a row,
 * named by its line, that has more or fewer cells than the heading. */
Err sheet_read(Sheet *sheet, const char *path, Arena *arena);
/* -1: there is no such column. */
int sheet_column(const Sheet *sheet, const char *name);
/* A cell; "" of column -1. */
const char *sheet_text(const Sheet *sheet, int64_t row, int column);
/* A cell as a number; NAN: it is none, or the column is -1. */
double sheet_number(const Sheet *sheet, int64_t row, int column);
/* A text as a cell of CSV has it: quoted where it must be. */
const char *sheet_quote(const char *text, Arena *arena);

#endif
