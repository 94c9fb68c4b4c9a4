/* What stands in for missing numbers: mean or median of the column's numbers in the training part.
 *
 * The mean is a sum in double, in the order of the rows. The median is exact, and takes memory for
 * counts alone: a float32's bits, made to sort as whole numbers, are searched from the top.
 *
 *     pass 1   count by bits 31..21      the bin of the middle value is known
 *     pass 2   of that bin, by 20..10    a finer bin
 *     pass 3   of that one, by 9..0      the value
 *
 * Of an even number of values there are two in the middle, searched side by side. */
#include "data/import_csv_inside.h"

#include <string.h>

enum { PASSES = 3, BINS = 1 << 11, MIDDLES = 2 };

static const int shift_of[PASSES] = {21, 10, 0};
static const int bits_of[PASSES] = {11, 11, 10};

/* One column's search. */
typedef struct Search {
    double sum;
    int64_t count;            /* of the numbers in the training part */
    uint64_t prefix[MIDDLES]; /* the bits known so far */
    int64_t rank[MIDDLES];    /* of the middle value among those with the prefix */
    int64_t (*seen)[BINS];    /* [MIDDLES]; NULL: nothing is missing */
} Search;

typedef struct Searches {
    Search *column; /* [columns] */
    int pass;
} Searches;

/* Order of the keys = order of the values. */
static uint64_t key_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ (bits >> 31 ? 0xffffffff : 0x80000000);
}

static float value_of(uint64_t key)
{
    uint32_t bits = (uint32_t)key;
    float value;
    bits ^= bits >> 31 ? 0x80000000 : 0xffffffff;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Is a number of this column to be made up? */
static bool has_gaps(const Column *column)
{
    return column->role == ROLE_FEATURE && column->gap.path && !column_is_text(column);
}

static void count_value(Search *search, int pass, float value)
{
    uint64_t key = key_of(value) >> shift_of[pass];
    for (int m = 0; m < MIDDLES; m++)
        if (key >> bits_of[pass] == search->prefix[m])
            search->seen[m][key & (((uint64_t)1 << bits_of[pass]) - 1)]++;
}

static Err add_row(Table *table, const Csv *csv, Part part, void *self)
{
    const Searches *searches = self;
    for (int i = 0; i < table->columns && part == PART_TRAIN; i++) {
        Search *search = &searches->column[i];
        double value;
        if (!has_gaps(&table->column[i]) ||
            cell_read(table, csv_field(csv, i), &value) != CELL_NUMBER)
            continue;
        if (searches->pass == 0) {
            search->sum += (float)value;
            search->count++;
        }
        if (search->seen)
            count_value(search, searches->pass, (float)value);
    }
    return NULL;
}

/* From the counts of a pass to a longer prefix. */
static void narrow(Search *search, int pass)
{
    for (int m = 0; m < MIDDLES; m++) {
        if (pass == 0)
            search->rank[m] = (search->count - 1 + m) / 2;
        uint64_t bin = 0;
        while (search->rank[m] >= search->seen[m][bin])
            search->rank[m] -= search->seen[m][bin++];
        search->prefix[m] = search->prefix[m] << bits_of[pass] | bin;
    }
    memset(search->seen, 0, MIDDLES * sizeof *search->seen);
}

static Err check_counts(const Table *table, const Searches *searches)
{
    for (int i = 0; i < table->columns; i++)
        if (has_gaps(&table->column[i]) && searches->column[i].count == 0)
            FAIL(STATUS_USER,
                 "%s: column \"%s\" has no value in the training part; --drop leaves "
                 "it out",
                 table->file[0], table->column[i].name);
    return NULL;
}

static Err search(Table *table, Searches *searches)
{
    int passes = table->missing == MISSING_MEDIAN ? PASSES : 1;
    for (searches->pass = 0; searches->pass < passes; searches->pass++) {
        TRY(table_each(table, "filling gaps", add_row, searches));
        TRY(check_counts(table, searches));
        for (int i = 0; i < table->columns; i++)
            if (searches->column[i].seen)
                narrow(&searches->column[i], searches->pass);
    }
    for (int i = 0; i < table->columns; i++) {
        const Search *s = &searches->column[i];
        if (s->seen)
            table->column[i].fill =
                (float)(((double)value_of(s->prefix[0]) + value_of(s->prefix[1])) / 2);
        else if (has_gaps(&table->column[i]))
            table->column[i].fill = (float)(s->sum / (double)s->count);
    }
    return NULL;
}

Err table_fill(Table *table)
{
    bool gaps = false;
    for (int i = 0; i < table->columns; i++)
        gaps |= has_gaps(&table->column[i]);
    if (!gaps || table->missing == MISSING_ZERO)
        return NULL;
    Searches searches = {.column = mem_alloc(table->columns, sizeof(Search))};
    for (int i = 0; i < table->columns && table->missing == MISSING_MEDIAN; i++)
        if (has_gaps(&table->column[i]))
            searches.column[i].seen = mem_alloc(MIDDLES, sizeof *searches.column[i].seen);
    Err err = search(table, &searches);
    for (int i = 0; i < table->columns; i++)
        mem_free(searches.column[i].seen);
    mem_free(searches.column);
    return err;
}
