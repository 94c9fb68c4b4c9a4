/* A trace: what each rank did when, as events in a file that chrome://tracing and ui.perfetto.dev
 * show as a row for each rank:
 *
 *     rank 0   | reading |       compute       | the exchange | waiting |  ...
 *                        | dense | relu | .. |                          layers and loss, inside
 *
 * Room for the events of a run is taken before the first step; where it is used up, later events
 * are counted and not kept. */
#ifndef TRAIN_TRACE_H
#define TRAIN_TRACE_H

#include "dist/comm.h"
#include "nn/net.h"

enum { TRACE_EVENTS = 1 << 20 }; /* of all ranks: some 100 MB of text */

typedef struct Trace Trace;

/* For so many phases, of these names, and the layers of the net; keeps at most `most` events of
 * this rank. Times count from here. Collective. */
void trace_open(Trace **trace, const Comm *comm, const char *const *phases, int count,
                const Net *net, int64_t most);
void trace_close(Trace *trace);
/* At `now`, on term_clock, the phase before ends and this one begins, in this step. */
void trace_phase(Trace *trace, int phase, int64_t step, double now);
/* Inside a phase, with which a first layer begins: one begins now; a layer has ended, or the loss,
 * and the next one begins. */
void trace_begin_layers(Trace *trace);
void trace_layer(Trace *trace, int layer, bool backward);
void trace_loss(Trace *trace);
/* Writes the events of all ranks to `path`, whole or not at all, and warns of those that were not
 * kept. STATUS_FAILED. Collective. */
Err trace_write(Trace *trace, const char *path);

#endif
