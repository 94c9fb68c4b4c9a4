/* Successive halving and Hyperband (Li et al. 2018, "Hyperband", JMLR 18:185): many trials begin,
 * and of those that come to a rung the best 1 / eta go on.
 *
 *     rung        0     1     2     3         at least, least x eta, least x eta^2 .. the length
 *     bracket 0   27 -> 9  -> 3  -> 1         trials: what is told by few epochs
 *     bracket 1         12 -> 4  -> 1
 *     bracket 2               6  -> 2
 *     bracket 3                     4         and what is not
 *
 * All arithmetic is of whole numbers. */
#ifndef LAB_HALVING_H
#define LAB_HALVING_H

#include <stdint.h>

enum { HALVING_RUNGS = 40 };

/* Trials that go one way together; at which rung they are first compared. */
typedef struct Bracket {
    int64_t first, count; /* of the trials */
    int rung;
} Bracket;

/* How many rungs there are, the last one at the length, which is `ratio` times the least. */
int halving_rungs(double ratio, int64_t eta);
/* How many trials bracket `bracket` of as many brackets as rungs begins with: ceil(rungs / (rungs -
 * bracket) x eta^(rungs - 1 - bracket)). */
int64_t halving_size(int rungs, int64_t eta, int bracket);
/* Deals `trials` trials out to brackets: 0 .. brackets - 1, and again, until there are none left;
 * the last may be smaller. Into `dealt` with room for them all (NULL: not wanted); how many. */
int64_t halving_deal(int rungs, int64_t eta, int brackets, int64_t trials, Bracket *dealt);
/* The places of the best values go first, least first: `order` gets 0 .. count - 1 so. NAN is
 * worst; of equals the first is better. */
void halving_rank(const double *values, int64_t count, int64_t *order);
/* How many of `order` go on to the next rung: one in eta, at least one, and none whose value is
 * NAN. */
int64_t halving_promoted(const double *values, const int64_t *order, int64_t count, int64_t eta);

#endif
