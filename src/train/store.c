/* Sizes as people write them, and the choice between memory and stream. */
#include "train/store.h"

#include "base/host.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const store_words[] = {"auto", "memory", "stream", NULL};

static const struct Unit {
    const char *name;
    double bytes; /* 0: the unit is samples, or an epoch of them */
} units[] = {{"", 1},        {"B", 1},        {"kB", 1e3},     {"MB", 1e6},     {"GB", 1e9},
             {"TB", 1e12},   {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40},
             {"samples", 0}, {"sample", 0},   {"epochs", 0},   {"epoch", 0}};
enum { UNITS = sizeof units / sizeof *units };

/* "256 MB", "4GiB", "1e9", "50000 samples": NULL where it is none of these. */
static const struct Unit *parse_size(const char *text, double *number)
{
    char *end;
    if (!text || !*text || strspn(text, "0123456789.") == 0)
        return NULL;
    *number = strtod(text, &end);
    end += strspn(end, " ");
    for (int i = 0; i < UNITS; i++)
        if (strcmp(end, units[i].name) == 0 && *number > 0 && isfinite(*number))
            return &units[i];
    return NULL;
}

/* Half of what is free on this host, for each of its groups. */
static double free_share(const Comm *comm)
{
    return host_memory() / 2 / comm->neighbours;
}

static Err read_memory(const Config *config, const Comm *comm, double *bytes)
{
    const char *text = conf_scalar(config->memory);
    if (text && strcmp(text, "auto") == 0) {
        *bytes = free_share(comm);
        return NULL;
    }
    const struct Unit *unit = parse_size(text, bytes);
    if (!unit || unit->bytes == 0)
        return conf_fail(config->memory, "expected auto or a size such as \"4 GB\"");
    *bytes *= unit->bytes;
    return NULL;
}

static Err read_window(const Config *config, const Dataset *dataset, int64_t *window)
{
    double samples;
    const struct Unit *unit = parse_size(conf_scalar(config->window), &samples);
    if (!unit)
        return conf_fail(config->window, "expected a size such as \"256 MB\", \"50000 samples\" or "
                                         "\"1 epoch\"");
    if (unit->bytes > 0)
        samples *= unit->bytes / (double)dataset_row_bytes(dataset);
    else if (unit->name[0] == 'e')
        samples *= (double)dataset_count(dataset, PART_TRAIN);
    *window = samples < 1 ? 1 : samples > 1e15 ? (int64_t)1e15 : (int64_t)samples;
    return NULL;
}

Err store_choose(Store *store, const Comm *comm, const Config *config, const Dataset *dataset)
{
    Err err = read_memory(config, comm, &store->memory);
    if (!err)
        err = read_window(config, dataset, &store->window);
    TRY(comm_agree(comm, err));
    bool fits = (double)dataset_bytes(dataset) <= store->memory;
    bool streams = config->store == STORE_STREAM || (config->store == STORE_AUTO && !fits);
    store->streams = comm_max(comm, streams) > 0;
    return NULL;
}

Err store_check(const Store *store, const Config *config, double bytes, const char *what)
{
    if (strcmp(conf_scalar(config->memory), "auto") == 0 || bytes <= store->memory)
        return NULL;
    return conf_fail(config->memory, "%s take %.4g MB, more than the %.4g MB of data.memory; %s",
                     what, bytes / 1e6, store->memory / 1e6,
                     "a smaller data.window takes less, and shuffles less well");
}
