/* Ranks, groups and what they say to each other; with the other comm_*.c, the files that know MPI.
 */
#include "dist/comm_inside.h"

#include "base/cut.h"
#include "base/mem.h"

#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void abort_job(void)
{
    MPI_Abort(MPI_COMM_WORLD, STATUS_FAILED);
}

void comm_start(int *argc, char ***argv)
{
    int provided;
    comm_limit(1);
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
    err_abort_hook = abort_job;
}

void comm_stop(void)
{
    err_abort_hook = NULL;
    comm_limit(1);
    MPI_Finalize();
}

void comm_abort(int status)
{
    MPI_Abort(MPI_COMM_WORLD, status);
    for (;;)
        sched_yield();
}

/* ---- groups ---- */

/* A test instrument: LOCKSTEP_GROUP=n deals the ranks of a host out, like cards, to groups of at
 * most n, so that one machine tests several groups of several ranks, numbered across. */
static void deal_out(MPI_Comm *local)
{
    const char *text = getenv("LOCKSTEP_GROUP");
    int most = text ? atoi(text) : 0, rank, size;
    if (most < 1)
        return;
    MPI_Comm_rank(*local, &rank);
    MPI_Comm_size(*local, &size);
    MPI_Comm dealt;
    MPI_Comm_split(*local, rank % ((size + most - 1) / most), rank, &dealt);
    MPI_Comm_free(local);
    *local = dealt;
}

/* Numbers ranks group by group, groups in the order of their lowest rank. Takes over `all`. */
static void comm_build(MPI_Comm all, bool share, Comm *comm)
{
    struct CommInside *in = mem_alloc(1, sizeof *in);
    int rank;
    MPI_Comm_rank(all, &rank);
    MPI_Comm local;
    if (share)
        MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &local);
    else
        MPI_Comm_split(all, rank, 0, &local);
    deal_out(&local);
    int first = rank;
    MPI_Bcast(&first, 1, MPI_INT, 0, local);
    /* Stable order: by the group's first rank, then by rank. */
    int size;
    MPI_Comm_size(all, &size);
    int *firsts = mem_alloc(size, sizeof *firsts);
    MPI_Allgather(&first, 1, MPI_INT, firsts, 1, MPI_INT, all);
    int key = 0;
    for (int r = 0; r < size; r++)
        key += firsts[r] < first || (firsts[r] == first && r < rank);
    MPI_Comm_split(all, 0, key, &in->all);
    MPI_Comm_split(in->all, first, key, &in->group);
    MPI_Comm_free(&local);
    mem_free(firsts);

    MPI_Comm_rank(in->all, &comm->rank);
    MPI_Comm_size(in->all, &comm->size);
    MPI_Comm_rank(in->group, &comm->member);
    MPI_Comm_size(in->group, &comm->members);
    comm->inside = in;
}

/* group_first, groups, group, columns, from everybody's member number. */
static void comm_count_groups(Comm *comm)
{
    int *members = mem_alloc(comm->size, sizeof *members);
    MPI_Allgather(&comm->member, 1, MPI_INT, members, 1, MPI_INT, comm->inside->all);
    comm->group_first = mem_alloc(comm->size + 1, sizeof *comm->group_first);
    comm->groups = 0;
    for (int r = 0; r < comm->size; r++)
        if (members[r] == 0)
            comm->group_first[comm->groups++] = r;
    comm->group_first[comm->groups] = comm->size;
    comm->columns = comm->size;
    for (int g = 0; g < comm->groups; g++) {
        int count = comm->group_first[g + 1] - comm->group_first[g];
        comm->columns = count < comm->columns ? count : comm->columns;
        if (comm->rank >= comm->group_first[g])
            comm->group = g;
    }
    mem_free(members);
}

/* The groups and ranks on this host, whatever the groups are. */
static void comm_count_neighbours(MPI_Comm all, Comm *comm)
{
    MPI_Comm local;
    int ranks, first = comm->member == 0;
    MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
    MPI_Comm_size(local, &ranks);
    MPI_Allreduce(&first, &comm->neighbours, 1, MPI_INT, MPI_SUM, local);
    MPI_Comm_free(&local);
    comm->crowded = ranks > sysconf(_SC_NPROCESSORS_ONLN);
}

static void comm_open(MPI_Comm all, bool share, Comm *comm)
{
    *comm = (Comm){0};
    comm_build(all, share, comm);
    comm_count_groups(comm);
    struct CommInside *in = comm->inside;
    int color = comm->member < comm->columns ? comm->member : MPI_UNDEFINED;
    MPI_Comm_split(in->all, color, comm->group, &in->column);
    MPI_Type_contiguous(LINE_BYTES, MPI_BYTE, &in->line);
    MPI_Type_commit(&in->line);
    comm_count_neighbours(in->all, comm);
    in->counts = mem_alloc(comm->groups, sizeof *in->counts);
    in->offsets = mem_alloc(comm->groups, sizeof *in->offsets);
}

void comm_world(Comm *comm)
{
    comm_open(MPI_COMM_WORLD, false, comm);
    comm_limit(0);
}

Err comm_divide(const Comm *parent, int ranks, Exchange exchange, Comm *comm)
{
    *comm = (Comm){0};
    MPI_Comm part;
    bool inside = parent->rank < ranks;
    MPI_Comm_split(parent->inside->all, inside ? 0 : MPI_UNDEFINED, parent->rank, &part);
    if (!inside)
        return NULL;
    comm_open(part, exchange != EXCHANGE_MESSAGES, comm);
    MPI_Comm_free(&part);
    if (exchange == EXCHANGE_SHARED && comm->groups > 1)
        FAIL(STATUS_USER, "exchange: shared, but the %d ranks are on %d hosts; use auto",
             comm->size, comm->groups);
    return NULL;
}

void comm_part(const Comm *parent, int part, Comm *comm)
{
    MPI_Comm ranks;
    *comm = (Comm){0};
    MPI_Comm_split(parent->inside->all, part < 0 ? MPI_UNDEFINED : part, parent->rank, &ranks);
    if (part < 0)
        return;
    comm_open(ranks, false, comm);
    MPI_Comm_free(&ranks);
}

void comm_free(Comm *comm)
{
    struct CommInside *in = comm->inside;
    if (in) {
        if (in->column != MPI_COMM_NULL)
            MPI_Comm_free(&in->column);
        MPI_Comm_free(&in->group);
        MPI_Comm_free(&in->all);
        MPI_Type_free(&in->line);
        mem_free(in->counts);
        mem_free(in->offsets);
        mem_free(in);
    }
    mem_free(comm->group_first);
    *comm = (Comm){0};
}

/* ---- small talk ---- */

Err comm_agree(const Comm *comm, Err err)
{
    int mine = err ? comm->rank : INT_MAX, lowest;
    MPI_Allreduce(&mine, &lowest, 1, MPI_INT, MPI_MIN, comm->inside->all);
    if (lowest == INT_MAX)
        return NULL;
    int head[2] = {(int)err_status(err), (int)strlen(err_text(err))};
    MPI_Bcast(head, 2, MPI_INT, lowest, comm->inside->all);
    char *text = mem_alloc(head[1] + 1, 1);
    if (comm->rank == lowest)
        memcpy(text, err_text(err), (size_t)head[1]);
    MPI_Bcast(text, head[1], MPI_CHAR, lowest, comm->inside->all);
    if (comm->rank != lowest) {
        err_free(err);
        err = ERR((Status)head[0], "%s", text);
    }
    mem_free(text);
    return err;
}

void comm_broadcast(const Comm *comm, void *bytes, size_t size, int root)
{
    for (size_t at = 0; at < size; at += INT_MAX) {
        size_t part = size - at < INT_MAX ? size - at : INT_MAX;
        MPI_Bcast((char *)bytes + at, (int)part, MPI_BYTE, root, comm->inside->all);
    }
}

void comm_bring(const Comm *comm, void *bytes, size_t size, int from)
{
    MPI_Comm all = comm->inside->all;
    if (from == 0 || (comm->rank != from && comm->rank != 0))
        return;
    for (size_t at = 0; at < size; at += INT_MAX) {
        int part = (int)(size - at < INT_MAX ? size - at : INT_MAX);
        if (comm->rank == from)
            MPI_Send((char *)bytes + at, part, MPI_BYTE, 0, 2, all);
        else
            MPI_Recv((char *)bytes + at, part, MPI_BYTE, from, 2, all, MPI_STATUS_IGNORE);
    }
}

const char *comm_broadcast_text(const Comm *comm, const char *text, Arena *arena)
{
    int64_t length = text ? (int64_t)strlen(text) : -1;
    comm_broadcast(comm, &length, sizeof length, 0);
    if (length < 0)
        return NULL;
    char *copy = comm->rank == 0 ? (char *)text : arena_take(arena, length + 1, 1);
    comm_broadcast(comm, copy, (size_t)length, 0);
    return copy;
}

int64_t comm_max(const Comm *comm, int64_t value)
{
    int64_t largest;
    MPI_Allreduce(&value, &largest, 1, MPI_INT64_T, MPI_MAX, comm->inside->all);
    return largest;
}

void comm_merge(const Comm *comm, double *values, int64_t count)
{
    enum { PART = 1 << 24 };
    for (int64_t at = 0; at < count; at += PART) {
        int part = (int)(count - at < PART ? count - at : PART);
        MPI_Allreduce(MPI_IN_PLACE, values + at, part, MPI_DOUBLE, MPI_SUM, comm->inside->all);
    }
}

void comm_share(const Comm *comm, const void *mine, size_t size, void *all)
{
    CHECK(size <= INT_MAX, "%zu bytes a rank to share", size);
    MPI_Allgather(mine, (int)size, MPI_BYTE, all, (int)size, MPI_BYTE, comm->inside->all);
}

void comm_allreduce(const Comm *comm, Real *vector, int64_t count)
{
    enum { PART = 1 << 30 };
    MPI_Datatype type = sizeof(Real) == sizeof(double) ? MPI_DOUBLE : MPI_FLOAT;
    for (int64_t at = 0; at < count; at += PART) {
        int part = (int)(count - at < PART ? count - at : PART);
        MPI_Allreduce(MPI_IN_PLACE, vector + at, part, type, MPI_SUM, comm->inside->all);
    }
}

void comm_barrier(const Comm *comm)
{
    MPI_Barrier(comm->inside->all);
}

void comm_rest(const Comm *comm)
{
    static const struct timespec nap = {0, 1000000};
    MPI_Request request;
    int all_here = 0;
    MPI_Ibarrier(comm->inside->all, &request);
    while (MPI_Test(&request, &all_here, MPI_STATUS_IGNORE), !all_here)
        nanosleep(&nap, NULL);
}

void comm_group_barrier(const Comm *comm)
{
    MPI_Barrier(comm->inside->group);
}

/* ---- a column's exchanges ---- */

static int line_count(int64_t lines)
{
    CHECK(lines >= 0 && lines <= INT_MAX, "a message of %lld lines", (long long)lines);
    return (int)lines;
}

void messages_open(Messages *messages, int room, int tag)
{
    *messages = (Messages){.tag = tag, .room = room};
    messages->inside = mem_alloc(room, sizeof(MPI_Request));
}

void messages_close(Messages *messages)
{
    mem_free(messages->inside);
    *messages = (Messages){0};
}

static MPI_Request *next_request(Messages *messages)
{
    CHECK(messages->count < messages->room, "more than %d messages posted", messages->room);
    return (MPI_Request *)messages->inside + messages->count++;
}

void messages_send(Messages *messages, const Comm *comm, int peer, const void *lines, int64_t count)
{
    const struct CommInside *in = comm->inside;
    MPI_Isend(lines, line_count(count), in->line, peer, messages->tag, in->column,
              next_request(messages));
}

void messages_receive(Messages *messages, const Comm *comm, int peer, void *lines, int64_t count)
{
    const struct CommInside *in = comm->inside;
    MPI_Irecv(lines, line_count(count), in->line, peer, messages->tag, in->column,
              next_request(messages));
}

bool messages_done(Messages *messages)
{
    int done = 1;
    if (messages->count)
        MPI_Testall(messages->count, messages->inside, &done, MPI_STATUSES_IGNORE);
    messages->count = done ? 0 : messages->count;
    return done;
}

void messages_wait(Messages *messages)
{
    MPI_Waitall(messages->count, messages->inside, MPI_STATUSES_IGNORE);
    messages->count = 0;
}

void column_gather(const Comm *comm, void *lines, const int64_t *first)
{
    const struct CommInside *in = comm->inside;
    for (int q = 0; q < comm->groups; q++) {
        in->counts[q] = line_count(first[q + 1] - first[q]);
        in->offsets[q] = line_count(first[q]);
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, in->line, lines, in->counts, in->offsets, in->line, in->column);
}
