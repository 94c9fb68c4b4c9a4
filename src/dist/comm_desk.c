/* The desk: one window in rank 0's memory, [taken, done, shut, then the entries], locked for all as
 * long as it stands. A desk is shut by taking as many numbers as there are. */
#include "dist/comm_desk.h"

#include "dist/comm_inside.h"

enum { TAKEN, DONE, SHUT, HEAD }; /* in the window, 8 bytes each */

struct Desk {
    const Comm *comm;
    int64_t count;
    MPI_Win window;
    int64_t *head;   /* rank 0: [HEAD] */
    double *entries; /* rank 0: behind it */
    double *seen;    /* rank 0: a copy of the entries */
};

void desk_open(Desk **out, const Comm *comm, int64_t count)
{
    Desk *desk = *out = mem_alloc(1, sizeof *desk);
    bool keeps = comm->rank == 0;
    MPI_Aint bytes = (MPI_Aint)(HEAD + count * DESK_FIGURES) * (MPI_Aint)sizeof(double);
    *desk = (Desk){.comm = comm, .count = count};
    MPI_Win_allocate(keeps ? bytes : 0, sizeof(double), MPI_INFO_NULL, comm->inside->all,
                     &desk->head, &desk->window);
    if (keeps) {
        for (int i = 0; i < HEAD; i++)
            desk->head[i] = 0;
        desk->entries = (double *)(desk->head + HEAD);
        for (int64_t i = 0; i < count * DESK_FIGURES; i++)
            desk->entries[i] = 0;
        desk->seen = mem_alloc(count * DESK_FIGURES, sizeof *desk->seen);
    }
    MPI_Barrier(comm->inside->all);
    MPI_Win_lock_all(0, desk->window);
}

void desk_close(Desk *desk)
{
    if (!desk)
        return;
    MPI_Win_unlock_all(desk->window);
    MPI_Win_free(&desk->window);
    mem_free(desk->seen);
    mem_free(desk);
}

/* Adds to one of the head's numbers; what it was before. */
static int64_t add(Desk *desk, int which, int64_t term)
{
    int64_t before;
    MPI_Fetch_and_op(&term, &before, MPI_INT64_T, 0, which, MPI_SUM, desk->window);
    MPI_Win_flush(0, desk->window);
    return before;
}

int64_t desk_take(Desk *desk)
{
    int64_t number = add(desk, TAKEN, 1);
    return number < desk->count ? number : -1;
}

void desk_shut(Desk *desk)
{
    if (add(desk, SHUT, 1) > 0)
        return;
    int64_t kept = desk->count - add(desk, TAKEN, desk->count);
    if (kept > 0)
        add(desk, DONE, kept);
}

bool desk_is_shut(Desk *desk)
{
    return add(desk, SHUT, 0) > 0;
}

void desk_write(Desk *desk, int64_t number, const double figures[DESK_FIGURES])
{
    MPI_Accumulate(figures, DESK_FIGURES, MPI_DOUBLE, 0, HEAD + number * DESK_FIGURES, DESK_FIGURES,
                   MPI_DOUBLE, MPI_REPLACE, desk->window);
    MPI_Win_flush(0, desk->window);
}

const double *desk_read(Desk *desk)
{
    double nothing = 0;
    MPI_Get_accumulate(&nothing, 0, MPI_DOUBLE, desk->seen, (int)(desk->count * DESK_FIGURES),
                       MPI_DOUBLE, 0, HEAD, (int)(desk->count * DESK_FIGURES), MPI_DOUBLE,
                       MPI_NO_OP, desk->window);
    MPI_Win_flush(0, desk->window);
    return desk->seen;
}

void desk_done(Desk *desk)
{
    add(desk, DONE, 1);
}

int64_t desk_pending(Desk *desk)
{
    return desk->count - add(desk, DONE, 0);
}

void desk_serve(Desk *desk)
{
    int any;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, desk->comm->inside->all, &any, MPI_STATUS_IGNORE);
}
