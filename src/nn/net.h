/* A net: a list of layers in the order of computation, each naming the layers that feed it. Built
 * once from the configuration's `model:`; afterwards forward and backward decide and allocate
 * nothing.
 *
 *     values   [ parameters, last layer first | statistics ]      shared, read only in a pass
 *     leaf     [ gradients                    | statistics ]      one micro-batch, same layout
 *
 * A layer reads the one before it in the list, unless it says otherwise; so the list is a graph:
 *
 *     - dense: {units: 64, name: stem}     `name`: how others, files and listings call it
 *     - relu
 *     - dense: 64
 *     - add: [stem, 02_dense]              the setting `from`: one earlier layer, or a list
 *
 * or, for two paths that part and meet again, the lists are written inside:
 *
 *     - residual: {main: [{dense: 64}, relu], skip: identity}        skip may be a list, too
 *
 * and what comes many times in a row is written once:
 *
 *     - repeat: {times: 20, layers: [{dense: 64}, relu]}
 *
 * `name` and `from` are accepted by every layer. Without a name a layer is called "%02d_type", by
 * its place in its list; inside a residual "05_residual/main/00_dense", the third time of a repeat
 * "05_repeat/02/00_dense"; `from` may leave out what its own list begins with. "input" is the net's
 * input. The last layer is the output, and every other must feed another.
 *
 * Parameters lie in backward order, so that what is finished first in the backward pass is one
 * prefix of the leaf. Files, digests and listings use layer order instead (net_tensor). */
#ifndef NN_NET_H
#define NN_NET_H

#include "nn/layer.h"

typedef struct Net {
    Arena arena;
    Layer *layers;
    int layer_count;
    Shape input, output;
    int lanes;                /* the most a pass may have */
    Tensor **tensors;         /* layer order: all parameters, then all statistics */
    int tensor_count;         /* both */
    int parameter_tensors;    /* the first so many of `tensors` are parameters */
    int64_t parameter_count;  /* elements, without padding */
    int64_t parameter_extent; /* where statistics begin in values: parameters with padding */
    int64_t extent;           /* of values and of a leaf, in elements; multiple of LINE_REALS */
    double flops;             /* forward, one sample */
    bool *learns;             /* whether layer i, or one that feeds it, has tensors */
    /* Activations, this rank's own: output, gradient and work of each layer. A dy is NULL where no
     * gradient is wanted (nothing learns up to there) and for the last layer, whose dy is given.
     * Arrays are shared where one is no longer needed when the other is: an activation writes over
     * what it is applied to, and a dy is there only until its layer has passed it on. */
    Real **y, **dy, **work;
    Real *scratch; /* of the layer that runs: enough for any */
    /* Where layer i writes the gradient of its input k: that layer's dy if it is the first to write
     * there in the backward pass, else sum[k], which is then added to it. NULL: not wanted. */
    Real *(*dx)[LAYER_INPUTS];
    Real *sum[LAYER_INPUTS];
    int64_t rows; /* of all these arrays; a row is `lanes` elements */
} Net;

/* Who looks on while a net runs, to time it: told of each layer when its forward or its backward
 * pass has finished. A layer that has nothing to learn from has no backward pass. */
typedef struct NetMarks {
    void (*layer)(void *context, int layer, bool backward);
    void *context;
} NetMarks;

/* Settings of `repeat`. */
extern const Field repeat_fields[];
/* Builds the net that the list `model` describes, for samples of shape `input` and passes of up to
 * `lanes` lanes. STATUS_USER naming layer, line and shapes. */
Err net_build(Net **net, Node model, Shape input, int lanes);
void net_free(Net *net);
/* The initial values: a pure function of net and seed. `values` has net->extent elements; padding
 * is left alone (it must be zero). */
void net_init(const Net *net, uint64_t seed, Real *values);
/* A layer before an activation whose weights are all 0, so that its units are alike and, where the
 * next layer does not tell them apart, stay alike; NULL: there is none. Of the last layer zeros are
 * fine: each of its outputs has a target of its own. */
const Layer *net_symmetric(const Net *net, const Real *values);
/* Output [output features][lanes] for x [input size][lanes]. */
const Real *net_forward(Net *net, const Pass *pass, const Real *values, const Real *x);
/* From d(loss)/d(output), after net_forward of the same pass and values. Writes the whole leaf
 * but its padding. x as given to net_forward. */
void net_backward(Net *net, const Pass *pass, const Real *values, const Real *x, const Real *dy,
                  Real *leaf);
/* "03_dense/weight" of a tensor. In one of a few rotating buffers. */
const char *net_tensor_name(const Net *net, const Tensor *tensor);
/* How many elements of the leaf are final when this layer's backward pass has finished; 0: no more
 * than before. */
int64_t net_final(const Net *net, int layer);
/* Floating-point operations of one sample in training: those of the forward pass, and as many again
 * for each gradient that a layer is asked for, of its inputs and of its parameters. The first layer
 * of a net is not asked for that of its input. */
double net_training_flops(const Net *net);
/* Bytes that a rank holds for activations. */
int64_t net_activation_bytes(const Net *net);

#endif
