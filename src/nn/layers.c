/* THE TABLE of layer types, and the few things that every type's setup needs. A new layer is one
 * file beside this one, its line in the first list and its line in the second. */
#include "nn/layer.h"

#include "math/lanes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

extern const LayerType layer_dense;
extern const LayerType layer_conv2d;
extern const LayerType layer_max_pool;
extern const LayerType layer_avg_pool;
extern const LayerType layer_global_average_pool;
extern const LayerType layer_relu;
extern const LayerType layer_leaky_relu;
extern const LayerType layer_elu;
extern const LayerType layer_sigmoid;
extern const LayerType layer_tanh;
extern const LayerType layer_linear;
extern const LayerType layer_gelu;
extern const LayerType layer_softmax;
extern const LayerType layer_batch_norm;
extern const LayerType layer_layer_norm;
extern const LayerType layer_group_norm;
extern const LayerType layer_dropout;
extern const LayerType layer_flatten;
extern const LayerType layer_add;
extern const LayerType layer_residual;

/* clang-format off */
const LayerType *const layer_types[] = {
    &layer_dense,
    &layer_conv2d,
    &layer_max_pool,
    &layer_avg_pool,
    &layer_global_average_pool,
    &layer_relu,
    &layer_leaky_relu,
    &layer_elu,
    &layer_sigmoid,
    &layer_tanh,
    &layer_linear,
    &layer_gelu,
    &layer_softmax,
    &layer_batch_norm,
    &layer_layer_norm,
    &layer_group_norm,
    &layer_dropout,
    &layer_flatten,
    &layer_add,
    &layer_residual,
    NULL,
};
/* clang-format on */

const LayerType *layer_type(const char *name)
{
    for (const LayerType *const *type = layer_types; *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}

int layer_tensor(Layer *layer, const char *name, TensorKind kind, int rank, const int64_t *dims)
{
    CHECK(layer->tensor_count < LAYER_TENSORS && rank <= TENSOR_RANK,
          "%s declares too many tensors, or one of too many dimensions", layer->type->name);
    Tensor *tensor = &layer->tensors[layer->tensor_count];
    *tensor = (Tensor){.name = name, .kind = kind, .rank = rank, .size = 1, .layer = layer->index};
    for (int d = 0; d < rank; d++) {
        tensor->dims[d] = dims[d];
        tensor->size *= dims[d];
    }
    return layer->tensor_count++;
}

int64_t layer_work_rows(int64_t count, size_t size)
{
    int64_t row = LANES * (int64_t)sizeof(Real); /* at least */
    return (count * (int64_t)size + row - 1) / row;
}

Err layer_fail(const Layer *layer, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return conf_fail(layer->node, "layer %d (%s): %s", layer->position, layer->name, text);
}

const char *shape_text(Shape shape)
{
    static _Thread_local char texts[4][40];
    static _Thread_local unsigned turn;
    char *text = texts[turn++ % 4];
    if (shape_pixels(shape) == 1)
        snprintf(text, sizeof texts[0], "%d", shape.channels);
    else
        snprintf(text, sizeof texts[0], "%dx%dx%d", shape.height, shape.width, shape.channels);
    return text;
}
