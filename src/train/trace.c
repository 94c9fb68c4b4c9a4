/* Events in a fixed room, and one JSON file of them.
 *
 * Times are whole nanoseconds since the run began, so that an event lies inside the one around it
 * to the last digit. Ranks of one host read the same clock; that of another host begins at the same
 * barrier, which is as exact as a barrier is. */
#include "train/trace.h"

#include "base/file.h"
#include "base/host.h"
#include "base/json.h"
#include "base/log.h"
#include "base/term.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Event {
    int64_t begin, end; /* nanoseconds */
    int64_t step;
    int32_t name; /* in Trace.names */
} Event;

/* A phase that has begun. */
typedef struct Open {
    int name; /* -1: nothing */
    int64_t begin;
} Open;

/* What a rank says of itself before its events. */
typedef struct Head {
    char host[64];
    int group;
    int64_t count, missed;
} Head;

struct Trace {
    const Comm *comm;
    Arena arena;
    const char **names; /* phases, the loss, then each layer's forward and backward */
    int phases;
    double origin; /* on term_clock */
    int64_t step;
    Open phase;
    int64_t layer_begin;
    Head head;
    int64_t most;
    Event *events; /* [most] */
};

/* ---- in a run ---- */

static void keep(Trace *trace, const Open *open, int64_t end)
{
    if (open->name < 0)
        return;
    if (trace->head.count == trace->most)
        trace->head.missed++;
    else
        trace->events[trace->head.count++] =
            (Event){open->begin, end, trace->step, (int32_t)open->name};
}

/* What was before began, for this rank, with the run. */
static int64_t nanoseconds(const Trace *trace, double clock)
{
    return clock > trace->origin ? (int64_t)((clock - trace->origin) * 1e9) : 0;
}

void trace_phase(Trace *trace, int phase, int64_t step, double now)
{
    int64_t at = nanoseconds(trace, now);
    keep(trace, &trace->phase, at);
    trace->phase = (Open){phase, at};
    trace->layer_begin = at;
    trace->step = step;
}

void trace_begin_layers(Trace *trace)
{
    trace->layer_begin = nanoseconds(trace, term_clock());
}

/* What has begun where the one before ended. */
static void end_part(Trace *trace, int name)
{
    int64_t at = nanoseconds(trace, term_clock());
    keep(trace, &(Open){name, trace->layer_begin}, at);
    trace->layer_begin = at;
}

void trace_loss(Trace *trace)
{
    end_part(trace, trace->phases);
}

void trace_layer(Trace *trace, int layer, bool backward)
{
    end_part(trace, trace->phases + 1 + 2 * layer + backward);
}

/* ---- opening ---- */

/* Rank 0's clock where it is this rank's, too. */
static void set_origin(Trace *trace)
{
    comm_barrier(trace->comm);
    struct {
        char host[sizeof trace->head.host];
        double clock;
    } first = {.clock = term_clock()};
    host_name(trace->head.host, sizeof trace->head.host);
    trace->origin = first.clock;
    memcpy(first.host, trace->head.host, sizeof first.host);
    comm_broadcast(trace->comm, &first, sizeof first, 0);
    if (strcmp(first.host, trace->head.host) == 0)
        trace->origin = first.clock;
}

void trace_open(Trace **out, const Comm *comm, const char *const *phases, int count, const Net *net,
                int64_t most)
{
    Trace *trace = *out = mem_alloc(1, sizeof *trace);
    trace->comm = comm;
    trace->phases = count;
    trace->phase.name = -1;
    trace->most = most;
    trace->events = mem_alloc(most, sizeof *trace->events);
    trace->head.group = comm->group;
    trace->names =
        arena_take(&trace->arena, count + 1 + 2 * net->layer_count, sizeof *trace->names);
    for (int i = 0; i < count; i++)
        trace->names[i] = json_text(phases[i], &trace->arena);
    const char **names = trace->names + count;
    *names++ = "\"loss\"";
    for (int i = 0; i < net->layer_count; i++) {
        const char *layer = net->layers[i].name;
        Arena *arena = &trace->arena;
        *names++ = json_text(arena_text(arena, "%s forward", layer), arena);
        *names++ = json_text(arena_text(arena, "%s backward", layer), arena);
    }
    set_origin(trace);
}

void trace_close(Trace *trace)
{
    if (!trace)
        return;
    mem_free(trace->events);
    arena_free(&trace->arena);
    mem_free(trace);
}

/* ---- the file ---- */

static void write_head(FILE *file, const Trace *trace, int rank, const Head *head)
{
    bool first = rank == trace->comm->group_first[head->group];
    if (first)
        fprintf(file,
                "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"tid\":%d,"
                "\"args\":{\"name\":\"group %d on %s\"}},\n",
                head->group, rank, head->group, head->host);
    fprintf(file,
            "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%d,\"tid\":%d,"
            "\"args\":{\"name\":\"rank %d\"}}",
            head->group, rank, rank);
}

static void write_events(FILE *file, const Trace *trace, int rank, const Head *head,
                         const Event *events)
{
    for (int64_t i = 0; i < head->count; i++) {
        const Event *e = &events[i];
        int64_t duration = e->end - e->begin;
        fprintf(file,
                ",\n{\"ph\":\"X\",\"name\":%s,\"pid\":%d,\"tid\":%d,"
                "\"ts\":%" PRId64 ".%03d,\"dur\":%" PRId64 ".%03d,\"args\":{\"step\":%" PRId64 "}}",
                trace->names[e->name], head->group, rank, e->begin / 1000, (int)(e->begin % 1000),
                duration / 1000, (int)(duration % 1000), e->step);
    }
}

/* Every rank's events to rank 0, which writes them. Returns how many are missing. */
static int64_t gather(Trace *trace, FILE *file)
{
    const Comm *comm = trace->comm;
    int64_t missed = 0;
    Event *room = comm->rank == 0 && comm->size > 1 ? mem_alloc(trace->most, sizeof *room) : NULL;
    for (int rank = 0; rank < comm->size; rank++) {
        Head head = trace->head;
        Event *events = rank == comm->rank ? trace->events : room;
        comm_bring(comm, &head, sizeof head, rank);
        comm_bring(comm, events, (size_t)head.count * sizeof *events, rank);
        missed += head.missed;
        if (comm->rank != 0 || !file)
            continue;
        fputs(rank ? ",\n" : "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", file);
        write_head(file, trace, rank, &head);
        write_events(file, trace, rank, &head, events);
    }
    mem_free(room);
    if (file)
        fputs("\n]}\n", file);
    return missed;
}

Err trace_write(Trace *trace, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    Err err = NULL;
    trace_phase(trace, -1, trace->step, term_clock());
    FILE *file = trace->comm->rank == 0 ? open_memstream(&text, &size) : NULL;
    int64_t missed = gather(trace, file);
    if (trace->comm->rank == 0) {
        bool whole = file && fclose(file) == 0;
        err = whole ? file_replace(path, text, size)
                    : ERR(STATUS_FAILED, "%s: no memory for the trace", path);
        free(text);
        if (!err && missed > 0)
            log_warning("%s: %" PRId64 " events found no more room: it ends before the run", path,
                        missed);
    }
    return comm_agree(trace->comm, err);
}
