/* Ranges of settings and quasi-random points in them. */
#include "lab/space.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

static const char *const words[] = {[SCALE_LINEAR] = "linear",
                                    [SCALE_LOG] = "log",
                                    [SCALE_LOG_DISTANCE] = "log_distance_to_1",
                                    [SCALE_INTEGER] = "integer",
                                    [SCALE_LOG_INTEGER] = "log_integer",
                                    [SCALE_CHOICE] = "choice",
                                    NULL};

static bool is_log(ScaleKind kind)
{
    return kind == SCALE_LOG || kind == SCALE_LOG_DISTANCE || kind == SCALE_LOG_INTEGER;
}

static bool is_integer(ScaleKind kind)
{
    return kind == SCALE_INTEGER || kind == SCALE_LOG_INTEGER;
}

static Err read_bounds(Param *param, Node bounds)
{
    double limit[2];
    if (!conf_is_list(bounds) || conf_count(bounds) != 2)
        return conf_fail(bounds, "a range has two ends, such as [0.001, 1]");
    TRY(conf_numbers(bounds, -1e300, 1e300, limit));
    param->low = limit[0];
    param->high = limit[1];
    if (param->low >= param->high)
        return conf_fail(bounds, "the range ends at %g, where it begins or before", param->high);
    if (is_log(param->kind) && param->low <= 0)
        return conf_fail(bounds, "%s wants ends above 0", words[param->kind]);
    if (param->kind == SCALE_LOG_DISTANCE && param->high > 1)
        return conf_fail(bounds, "%s wants distances of at most 1", words[param->kind]);
    if (is_integer(param->kind) &&
        (param->low != floor(param->low) || param->high != floor(param->high)))
        return conf_fail(bounds, "%s wants whole numbers", words[param->kind]);
    return NULL;
}

Err space_add(Space *space, Node entry)
{
    const char *name = NULL;
    Node range = conf_entry(entry, 0);
    if (space->count == SPACE_MOST)
        return conf_fail(entry, "more than %d ranges", SPACE_MOST);
    if (conf_entries(entry) != 1)
        return conf_fail(entry, "expected a range, such as {log: [0.001, 1]}");
    Param *param = &space->param[space->count++];
    *param = (Param){.path = conf_key(entry)};
    TRY(conf_choice(entry, &name));
    while (words[param->kind] && strcmp(words[param->kind], name) != 0)
        param->kind++;
    if (!words[param->kind])
        return conf_fail_unknown(range, "range", name, words);
    if (param->kind != SCALE_CHOICE)
        return read_bounds(param, range);
    if (!conf_is_list(range) || conf_count(range) < 1)
        return conf_fail(range, "a choice is a list of values");
    param->choices = range;
    param->high = conf_count(range);
    return NULL;
}

/* The value at a place of the range. */
static double value_at(const Param *param, double unit)
{
    double low = param->low, high = param->high;
    if (is_integer(param->kind)) { /* all whole numbers between the halves around them */
        low -= 0.5;
        high += 0.5;
    }
    double value = is_log(param->kind) ? low * pow(high / low, unit) : low + (high - low) * unit;
    if (is_integer(param->kind))
        value = fmin(fmax(nearbyint(value), param->low), param->high);
    return param->kind == SCALE_LOG_DISTANCE ? 1 - value : value;
}

const char *space_value(const Param *param, double unit, Arena *arena)
{
    if (param->kind == SCALE_CHOICE)
        return conf_line(conf_item(param->choices, (int)(unit * param->high)), arena);
    return arena_text(arena, is_integer(param->kind) ? "%.0f" : "%.6g", value_at(param, unit));
}

double space_place(const Param *param, double unit)
{
    if (param->kind == SCALE_CHOICE)
        return floor(unit * param->high);
    double place = is_integer(param->kind) ? space_unit(param, value_at(param, unit)) : unit;
    return nearbyint(place * 1e6) / 1e6;
}

double space_unit(const Param *param, double value)
{
    double low = param->low, high = param->high;
    if (param->kind == SCALE_LOG_DISTANCE)
        value = 1 - value;
    return is_log(param->kind) ? log(value / low) / log(high / low) : (value - low) / (high - low);
}

double space_halton(uint64_t seed, int64_t index, int dimension)
{
    static const int prime[SPACE_MOST] = {2,  3,  5,  7,  11, 13, 17, 19,
                                          23, 29, 31, 37, 41, 43, 47, 53};
    int base = prime[dimension];
    double at = rng_unit(rng_draw(seed, RNG_TRIALS, (uint64_t)dimension, 0).word[0]), digit = 1;
    for (int64_t i = index + 1; i > 0; i /= base) {
        digit /= base;
        at += digit * (double)(i % base);
    }
    return at - floor(at);
}
