/* Memory that a group shares. */
#include "dist/comm_inside.h"

#include "base/cut.h"
#include "base/host.h"

#include <string.h>

/* Too little shared memory would show as SIGBUS in the middle of a run. The group's first rank
 * looks; containers often have 64 MB. */
static Err room_for(const Comm *comm, const char *what, size_t bytes)
{
    if (comm->members == 1 || comm->member != 0)
        return NULL;
    double have = host_shared_memory();
    if (have < 0 || (double)bytes <= have)
        return NULL;
    FAIL(STATUS_USER,
         "/dev/shm has %.1f MB free and %s needs %.1f MB: enlarge it (a container: --shm-size), "
         "or set exchange: messages",
         have / 1e6, what, (double)bytes / 1e6);
}

Err comm_window(const Comm *comm, const char *what, size_t bytes, Window *window)
{
    *window = (Window){0};
    size_t whole = (size_t)round_up((int64_t)bytes, WINDOW_PAGE) + WINDOW_PAGE;
    TRY(comm_agree(comm, room_for(comm, what, whole)));
    MPI_Win *win = mem_alloc(1, sizeof *win);
    void *base;
    MPI_Aint size = comm->member == 0 ? (MPI_Aint)whole : 0;
    MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, comm->inside->group, &base, win);
    int unit;
    MPI_Win_shared_query(*win, 0, &size, &unit, &base);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, *win);
    window->base = (void *)round_up((intptr_t)base, WINDOW_PAGE);
    window->bytes = bytes;
    window->inside = win;
    if (comm->member == 0)
        memset(window->base, 0, bytes);
    comm_group_barrier(comm);
    return NULL;
}

void comm_window_free(Window *window)
{
    MPI_Win *win = window->inside;
    if (win) {
        MPI_Win_unlock_all(*win);
        MPI_Win_free(win);
        mem_free(win);
    }
    *window = (Window){0};
}
