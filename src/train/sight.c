/* Looking at the arrays of one layer. */
#include "train/sight.h"

#include "math/vec.h"

#include <math.h>
#include <string.h>

typedef struct Flat {
    const char *type;
    double low, high;
} Flat;

static const Flat flats[] = {
    {"sigmoid", 0.02, 0.98},
    {"tanh", -0.97, 0.97},
};

static const Flat *flat_of(const Layer *layer)
{
    for (size_t i = 0; i < sizeof flats / sizeof *flats; i++)
        if (strcmp(layer->type->name, flats[i].type) == 0)
            return &flats[i];
    return NULL;
}

bool sight_dies(const Layer *layer)
{
    return strcmp(layer->type->name, "relu") == 0;
}

bool sight_saturates(const Layer *layer)
{
    return flat_of(layer) != NULL;
}

static void look_at_row(const Pass *pass, const Real *y, double samples, Sight *sight)
{
    double sum = 0, square = 0, largest = sight->largest;
    for (int lane = 0; lane < pass->lanes; lane++) {
        double v = pass->mask[lane] != 0 ? (double)y[lane] : 0, size = fabs(v);
        sum += v;
        square += v * v;
        if (!(size <= largest) && !isnan(largest))
            largest = size;
    }
    sight->largest = largest;
    sight->squares += square;
    sight->within += fmax(square - sum * sum / samples, 0);
}

static int count_flat(const Pass *pass, const Real *y, const Flat *ends)
{
    int count = 0;
    for (int lane = 0; lane < pass->lanes; lane++) {
        double v = (double)y[lane];
        count += pass->mask[lane] != 0 && (v < ends->low || v > ends->high);
    }
    return count;
}

Sight sight_output(const Layer *layer, const Pass *pass, const Real *y)
{
    Sight sight = {0};
    int64_t rows = shape_size(layer->out);
    const Flat *ends = flat_of(layer);
    double samples = 0;
    for (int lane = 0; lane < pass->lanes; lane++)
        samples += pass->mask[lane] != 0;
    for (int64_t r = 0; r < rows; r++) {
        look_at_row(pass, y + r * pass->lanes, samples, &sight);
        if (ends)
            sight.flat += count_flat(pass, y + r * pass->lanes, ends);
    }
    sight.count = samples * (double)rows;
    return sight;
}

void sight_alive(const Layer *layer, const Pass *pass, const Real *y, bool *alive)
{
    int channels = layer->out.channels;
    int64_t rows = shape_size(layer->out);
    for (int64_t r = 0; r < rows; r++)
        for (int lane = 0; lane < pass->lanes && !alive[r % channels]; lane++)
            alive[r % channels] = pass->mask[lane] != 0 && y[r * pass->lanes + lane] > 0;
}

bool sight_wanted(const Net *net, int layer)
{
    bool wanted = layer == net->layer_count - 1;
    for (int i = layer + 1; i < net->layer_count && !wanted; i++)
        for (int k = 0; k < net->layers[i].type->input_count; k++)
            wanted |= net->learns[i] && net->layers[i].inputs[k] == layer && net->dx[i][k];
    return wanted;
}

void sight_gradients(const Net *net, int layer, int lanes, double *square)
{
    const Layer *l = &net->layers[layer];
    for (int k = 0; k < l->type->input_count; k++)
        if (l->inputs[k] >= 0 && net->dx[layer][k])
            square[l->inputs[k]] =
                vec_square_sum(net->dy[l->inputs[k]], shape_size(l->in[k]) * lanes);
}
