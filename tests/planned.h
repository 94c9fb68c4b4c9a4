/* A schedule by hand, for tests: an epoch of 1000 samples, a base rate of 0.1. */
#ifndef TESTS_PLANNED_H
#define TESTS_PLANNED_H

#include "optim/schedule.h"

#include "scratch.h"
#include "unit.h"

#include <math.h>

enum { EPOCH = 1000 };

typedef struct Planned {
    Conf *conf;
    Schedule schedule;
} Planned;

/* A run of ten epochs at base rate 0.1; `section` is YAML, NULL: none. */
static inline Err plan_long(Planned *planned, const char *section, int64_t batch, int64_t length)
{
    char text[1024];
    Node node;
    Clock clock = {.epoch = EPOCH, .batch = batch};
    snprintf(text, sizeof text, "%s: %s\n", section ? "schedule" : "other",
             section ? section : "1");
    TRY(conf_parse(&planned->conf, "test.yaml", text, NULL, 0));
    TRY(conf_section(conf_root(planned->conf), "schedule", &node));
    return schedule_build(&planned->schedule, node, 0.1, batch, &clock, length);
}

static inline Planned plan(const char *section, int64_t batch)
{
    Planned planned;
    CU_ASSERT_FATAL(fine(plan_long(&planned, section, batch, 10 * EPOCH)));
    return planned;
}

/* The rate of a step that begins at `before` samples. */
static inline double rate(const Planned *planned, int64_t before)
{
    return schedule_rate(&planned->schedule, &(Plateau){0}, before,
                         before + planned->schedule.global);
}

static inline bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b);
}

#endif
