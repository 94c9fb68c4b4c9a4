/* Verdicts: what checks have found, one line each: the check's name, ok / look / wrong, the figure
 * that says so, and what cures it.
 *
 *     check            verdict  figure
 *     cores            look     4 ranks on 2 cores of node1
 *                               cure: at most 2 ranks there (-n 2)
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

#include "base/mem.h"

#include <stdbool.h>

typedef enum Judgement {
    VERDICT_OK,
    VERDICT_LOOK, /* it works, and somebody should look */
    VERDICT_WRONG
} Judgement;

typedef struct Verdict {
    const char *check;
    Judgement verdict;
    const char *figure, *cure; /* cure NULL: there is nothing to cure */
} Verdict;

/* A list; a zeroed one is empty. Texts may lie in its arena. */
typedef struct Verdicts {
    Arena arena;
    Verdict *list;
    int count, room;
} Verdicts;

/* The names of verdicts, in the order of Judgement. */
extern const char *const verdict_words[];

/* Adds a line; `check` and `cure` stay the caller's, the printf text is copied. */
void verdicts_add(Verdicts *verdicts, const char *check, Judgement verdict, const char *cure,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
int verdicts_count(const Verdicts *verdicts, Judgement verdict);
void verdicts_free(Verdicts *verdicts);

/* As a table of at most 80 columns, through the log; or as one JSON list of objects {check,
 * verdict, figure, cure}, one a line; or as warnings, a line that is ok not at all. */
void verdicts_print(const Verdicts *verdicts);
void verdicts_print_json(const Verdicts *verdicts);
void verdicts_warn(const Verdicts *verdicts);

#endif
