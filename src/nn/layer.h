/* A layer type is one file: settings read from the configuration, shapes checked, initial values,
 * forward, backward; everything in it static but one const LayerType, and one row in layers.c.
 * Parser, help, gradient check and docs pick it up from that table.
 *
 * There is no tensor object. A net is laid out once (net_build): a Tensor is a name for an offset
 * into the values (parameters, then statistics) and into the leaf (gradients, then statistics of
 * the micro-batch), which have the same layout.
 *
 *     x [in.height * in.width][in.channels][lanes]   ->   y [out...][lanes]
 */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include "base/conf.h"
#include "base/real.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Shape {
    int height, width, channels; /* a dense layer's features: 1 x 1 x features */
} Shape;

static inline int64_t shape_pixels(Shape s)
{
    return (int64_t)s.height * s.width;
}
static inline int64_t shape_size(Shape s)
{
    return shape_pixels(s) * s.channels;
}
static inline bool shape_equal(Shape a, Shape b)
{
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

enum { LAYER_INPUTS = 2, LAYER_TENSORS = 4, TENSOR_RANK = 4 };

typedef enum TensorKind { TENSOR_PARAMETER, TENSOR_STATISTIC } TensorKind;

typedef struct Tensor {
    const char *name; /* "weight" */
    TensorKind kind;
    int rank;
    int64_t dims[TENSOR_RANK]; /* as PyTorch has them: dense (out, in), conv (out, in, kh, kw) */
    int64_t size;              /* elements */
    int64_t offset;            /* elements from the start of the values; a multiple of LINE_REALS */
    Real momentum;             /* statistics: running += momentum (batch average - running) */
    int layer;                 /* index in the net */
} Tensor;

/* The micro-batch that is under way. */
typedef struct Pass {
    int lanes;               /* padded to a multiple of LANES */
    bool training;           /* dropout and batch norm behave differently */
    uint64_t seed;           /* of the run */
    const int64_t *position; /* [lanes] the sample's position in the run: what dropout is keyed by
                              */
    const Real *mask;        /* [lanes] 1: a sample, 0: padding */
    double weight;           /* sum of the samples' weights: that of statistics in the leaf */
    const struct NetMarks *marks; /* who is told of each layer (net.h); NULL: nobody */
} Pass;

/* What one layer reads and writes in a pass. Arrays are aligned to LINE_BYTES. */
typedef struct Io {
    const Real *x[LAYER_INPUTS];
    Real *y;
    Real *dx[LAYER_INPUTS]; /* written, never added into; NULL where nobody wants it */
    const Real *dy;
    const Real *values; /* parameters and statistics of the net; see Tensor.offset */
    Real *leaf;         /* gradients and statistics of this micro-batch: written, every element */
    Real *work;         /* [layer->work_rows][lanes], kept from forward to backward */
    Real *scratch;      /* layer->scratch elements and scratch_rows rows; nothing is kept in it */
} Io;

typedef struct Layer Layer;

typedef struct LayerType {
    const char *name;
    const char *help;     /* one line */
    const char *main_key; /* the setting meant by `name: value`; NULL: none */
    const Field *fields;  /* settings, read into `self`; NULL: none */
    size_t self_size;
    int variant;              /* which one, where one file holds a family of types */
    int input_count;          /* 1, or 2 for a sum of two paths */
    const char *const *paths; /* settings that hold lists of layers, an input each; or NULL */
    bool is_activation, is_rectifier; /* for the default initialisation of the layer before it */
    bool is_norm;                     /* its parameters take no weight decay */
    /* What lets arrays be shared (net_build.c). */
    bool reads_output;      /* backward reads y: nobody may write over it */
    bool forward_in_place;  /* y may be x[0], which backward then does not read */
    bool backward_in_place; /* dx[0] may be dy */
    /* Checks layer->in against the settings; sets layer->out, work_rows, scratch and flops,
     * and declares tensors with layer_tensor. STATUS_USER with layer_fail. */
    Err (*setup)(Layer *layer);
    /* Writes the initial values of its tensors. NULL: they start at zero. */
    void (*init)(const Layer *layer, uint64_t seed, Real *values);
    void (*forward)(const Layer *layer, const Pass *pass, const Io *io);
    void (*backward)(const Layer *layer, const Pass *pass, const Io *io);
} LayerType;

struct Layer {
    const LayerType *type;
    const char *name; /* "05_dense", or the user's `name:`; nested "05_residual/main/00_dense" */
    Node node;        /* its place in the configuration, for messages */
    Node settings;
    int index;    /* in the net, which is flat */
    int position; /* in the list that the user wrote: what messages and names count by */
    int inputs[LAYER_INPUTS]; /* indices of the layers that feed it; -1: the net's input */
    Shape in[LAYER_INPUTS], out;
    void *self; /* of type->self_size bytes */
    Tensor tensors[LAYER_TENSORS];
    int tensor_count;
    int64_t work_rows;
    int least_samples;                /* that a micro-batch must have in training */
    int64_t scratch, scratch_rows;    /* elements, and rows of lanes beside them; see Io */
    double flops;                     /* forward, for one sample */
    const LayerType *next_activation; /* the first activation downstream, or NULL */
};

/* THE TABLE, ended by NULL. */
extern const LayerType *const layer_types[];
const LayerType *layer_type(const char *name);

/* Declares a tensor in setup and returns its index in layer->tensors. */
int layer_tensor(Layer *layer, const char *name, TensorKind kind, int rank, const int64_t *dims);
/* Rows of work that hold so many things of `size` bytes. */
int64_t layer_work_rows(int64_t count, size_t size);
/* STATUS_USER: file:line, "layer 3 (03_conv2d): text". */
Err layer_fail(const Layer *layer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "28x28x1", or "784" for features; in one of a few rotating buffers. */
const char *shape_text(Shape shape);

#endif
