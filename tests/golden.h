/* Reads the records of tests/golden: one net at a time, its texts and arrays found by name. The
 * format is told in tests/golden/make_golden.py. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "base/err.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef TESTS_DIR
#define TESTS_DIR "tests"
#endif

enum { GOLDEN_TEXTS = 16, GOLDEN_ARRAYS = 64 };

typedef struct Golden {
    char texts[GOLDEN_TEXTS][512]; /* "model [{dense: 5}, relu]" */
    int text_count;
    struct {
        char name[128];
        int count;
        double *values;
    } arrays[GOLDEN_ARRAYS];
    int array_count;
} Golden;

static inline FILE *golden_open(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/golden/%s", TESTS_DIR, name);
    return fopen(path, "r");
}

static inline void golden_clear(Golden *golden)
{
    for (int a = 0; a < golden->array_count; a++)
        mem_free(golden->arrays[a].values);
    memset(golden, 0, sizeof *golden);
}

static inline void golden_read_array(Golden *golden, const char *header, FILE *file)
{
    CHECK(golden->array_count < GOLDEN_ARRAYS, "too many golden arrays for the reader");
    int a = golden->array_count++, *count = &golden->arrays[a].count;
    CHECK(sscanf(header, "array %127s %d", golden->arrays[a].name, count) == 2 && *count > 0,
          "a golden array that makes no sense: %s", header);
    golden->arrays[a].values = mem_alloc(*count, sizeof(double));
    for (int i = 0; i < *count; i++)
        CHECK(fscanf(file, "%lf", &golden->arrays[a].values[i]) == 1, "%s is short",
              golden->arrays[a].name);
}

/* The next net of the file, in place of the one before; 0 when there is none. */
static inline int golden_next(Golden *golden, FILE *file)
{
    char line[512];
    golden_clear(golden);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "end") == 0)
            return 1;
        if (strncmp(line, "array ", 6) == 0)
            golden_read_array(golden, line, file);
        else if (line[0] && line[0] != '#' && golden->text_count < GOLDEN_TEXTS)
            strcpy(golden->texts[golden->text_count++], line);
    }
    return 0;
}

/* What follows the word `key`, or NULL. */
static inline const char *golden_text(const Golden *golden, const char *key)
{
    size_t length = strlen(key);
    for (int t = 0; t < golden->text_count; t++)
        if (strncmp(golden->texts[t], key, length) == 0 && golden->texts[t][length] == ' ')
            return golden->texts[t] + length + 1;
    return NULL;
}

/* Whether there is an array of this name. */
static inline int golden_has(const Golden *golden, const char *name)
{
    int a = 0;
    while (a < golden->array_count && strcmp(golden->arrays[a].name, name) != 0)
        a++;
    return a < golden->array_count;
}

/* The array "PREFIX/NAME" (prefix "": NAME), of exactly so many numbers. */
static inline const double *golden_array(const Golden *golden, const char *prefix, const char *name,
                                         int64_t count)
{
    char full[256];
    snprintf(full, sizeof full, "%s%s%s", prefix, *prefix ? "/" : "", name);
    for (int a = 0; a < golden->array_count; a++)
        if (strcmp(golden->arrays[a].name, full) == 0) {
            CHECK(golden->arrays[a].count == count, "%s has %d numbers", full,
                  golden->arrays[a].count);
            return golden->arrays[a].values;
        }
    CHECK(0, "no golden array %s", full);
}

#endif
