/* A sweep is one round of a crew: all trials of the grid. */
#include "lab/sweep.h"

#include "lab/folds.h"

static Err prepare(Crew *crew)
{
    TRY(crew_open(crew));
    TRY(grid_read(&crew->grid, crew->conf));
    if (crew->grid.folds)
        folds_announce(crew->conf, crew->grid.folds);
    return NULL;
}

static Err work(Crew *crew)
{
    const Comm *world = crew->asked.world;
    TRY(comm_agree(world, prepare(crew)));
    TRY(comm_agree(world, crew_divide(crew)));
    TRY(crew_check(crew, &crew->grid, NULL, NULL));
    return crew_run_grid(crew);
}

Err sweep_run(const Experiment *asked)
{
    static const char *const may_change[] = {CONFIG_DECIDES_NO_BIT, "checkpoint",
                                             "sweep.ranks_per_trial", NULL};
    Crew crew = {.asked = *asked, .what = "a sweep", .may_change = may_change};
    Err err = work(&crew);
    crew_close(&crew);
    return err;
}
