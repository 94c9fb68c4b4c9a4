/* Crew: all ranks in parts of ranks_per_trial, which run trials side by side. Each part's first
 * rank fetches the next job when its part has time (dist/comm_desk.h); what comes of a job does not
 * depend on who runs it, so the rows that it leaves (lab/trials.h) are the same on any number of
 * ranks and in any grouping. What the trials are, and in how many rounds, is the experiment's. */
#ifndef LAB_CREW_H
#define LAB_CREW_H

#include "lab/board.h"
#include "lab/trials.h"
#include "train/engine.h"

/* What the user asks for. */
typedef struct Experiment {
    const Comm *world;
    ConfigSource config;
    const char *directory; /* NULL: runs/NAME */
    bool resume;           /* trials that are over stay, those that were interrupted go on */
    double began;          /* on term_clock: when the program started */
} Experiment;

typedef struct Crew {
    /* Given by the experiment: */
    Experiment asked;
    const char *what;              /* "a sweep" */
    const char *const *may_change; /* paths that decide no result, when it goes on; NULL-ended */
    double (*figure_of)(const Summary *); /* that the board shows; NULL: test or validation's */
    /* Called at the end of every trial, with its folder, before it is over; NULL: not wanted.
     * Collective over the trial's ranks. */
    Err (*at_end)(struct Crew *crew, Engine *engine, const char *folder);
    void *context; /* of the experiment */
    /* Its own: */
    Arena arena;
    Conf *conf;           /* the document, out of which the experiment takes its section */
    const char *as_given; /* with the section */
    Grid grid;            /* that the experiment reads */
    Trials trials;
    int lock;
    bool locked;
    Comm part;      /* the ranks that run trials together; size 0: this rank has none to do */
    Board board;    /* of rank 0 */
    double *figure; /* of rank 0: [trials][DESK_FIGURES] that the board draws */
    double told;    /* on term_clock: when the desk was last written to */
    struct CrewRound *round;
} Crew;

/* One trial, up to its end, or to the first evaluation at or behind `pause` (NULL: its end). */
typedef struct Job {
    int64_t trial;
    int rung; /* that it pauses at: which row it leaves (lab/trials.h) */
    const Span *pause;
} Job;

/* What else is asked of a trial's engine before any trial runs. */
typedef Err (*CrewJudge)(const Engine *engine, void *context);

/* Reads the document and knows the directory. */
Err crew_open(Crew *crew);
void crew_close(Crew *crew);
/* Ranks in parts; those that are left over run nothing. Collective. */
Err crew_divide(Crew *crew);
/* A wrong value is found before hours have been spent on others: the keys of every trial of `grid`
 * are read, and those trials that have every value of every axis are built in earnest, by rank 0
 * alone. `judge` may be NULL. Collective. */
Err crew_check(Crew *crew, const Grid *grid, CrewJudge judge, void *context);
/* Locks the directory. STATUS_USER: it holds something else already. Collective. */
Err crew_claim(Crew *crew);
/* The board begins: trials that are over have no line. Rank 0 alone. */
void crew_begin(Crew *crew);
/* Does the jobs that are not over, side by side, and gathers the rows. STATUS_STOPPED when it was
 * told to stop. Collective. */
Err crew_run(Crew *crew, const Job *jobs, int64_t count);
/* Of an experiment of one round: crew_claim, crew_begin, and every trial of the grid to its end.
 * Collective. */
Err crew_run_grid(Crew *crew);
/* Trials that have their last row. Rank 0 alone. */
int64_t crew_over(const Crew *crew);

#endif
