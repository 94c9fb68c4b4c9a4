/* The table of checks, and the three times that it is gone through: before anything is built, at
 * the start of a run, and for `lockstep check`. */
#include "train/preflight.h"

#include "math/gemm.h"

#include <string.h>

typedef enum Stage {
    STAGE_AGREE = 1, /* before the engine is built: going on would be wrong */
    STAGE_START = 2, /* cheap enough for every start */
    STAGE_CHECK = 4, /* `lockstep check` */
    STAGE_WRITE = 8  /* the same, with a folder to write in */
} Stage;

static const struct {
    unsigned stages;
    void (*judge)(Preflight *preflight);
} checks[] = {
    {STAGE_AGREE, agreement_programs},
    {STAGE_AGREE, agreement_configurations},
    {STAGE_AGREE, agreement_environments},
    {STAGE_AGREE, agreement_data},
    {STAGE_START | STAGE_CHECK, placement_cores},
    {STAGE_START | STAGE_CHECK, placement_quota},
    {STAGE_START | STAGE_CHECK, placement_cpus},
    {STAGE_CHECK, placement_speed},
    {STAGE_START | STAGE_CHECK, placement_blas},
    {STAGE_CHECK, placement_shares},
    {STAGE_START | STAGE_CHECK, placement_clocks},
    {STAGE_START | STAGE_CHECK, storage_memory},
    {STAGE_START | STAGE_CHECK, storage_shared},
    {STAGE_WRITE, storage_folder},
    {STAGE_WRITE, storage_locks},
    {STAGE_START, storage_probe},
    {STAGE_WRITE, storage_save},
    {STAGE_START | STAGE_WRITE, storage_space},
};

static void judge(Preflight *p, Stage stage)
{
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i].stages & stage)
            checks[i].judge(p);
}

void preflight_open(Preflight *p, const Comm *comm, const Config *config, const char *difference)
{
    *p = (Preflight){.comm = comm, .config = config, .difference = difference};
    Fact mine = {.blas_threads = gemm_threads()};
    host_look(&mine.host);
    agreement_learn(&mine, comm, config);
    p->count = comm->size;
    p->facts = mem_alloc(p->count, sizeof *p->facts);
    comm_share(comm, &mine, sizeof mine, p->facts);
    judge(p, STAGE_AGREE);
}

Err preflight_refuse(const Preflight *p)
{
    for (int i = 0; i < p->verdicts.count; i++) {
        const Verdict *line = &p->verdicts.list[i];
        if (line->verdict == VERDICT_WRONG)
            FAIL(STATUS_USER, "%s: %s; %s", line->check, line->figure, line->cure);
    }
    return NULL;
}

void preflight_warn(Preflight *p, Engine *engine, const char *run)
{
    p->engine = engine;
    p->run = p->path = run;
    judge(p, STAGE_START);
    verdicts_warn(&p->verdicts);
}

void preflight_check(Preflight *p, Engine *engine, const char *path, const char *scratch)
{
    p->engine = engine;
    p->path = path;
    p->run = scratch;
    judge(p, STAGE_CHECK);
    if (scratch)
        judge(p, STAGE_WRITE);
}

void preflight_close(Preflight *p)
{
    mem_free(p->facts);
    verdicts_free(&p->verdicts);
    *p = (Preflight){0};
}

int preflight_neighbour(const Preflight *p, int r, int from)
{
    const Host *host = &p->facts[r].host;
    while (from < p->count && (p->facts[from].host.kernel != host->kernel ||
                               strcmp(p->facts[from].host.name, host->name) != 0))
        from++;
    return from;
}

bool preflight_leads_host(const Preflight *p, int r)
{
    return preflight_neighbour(p, r, 0) == r;
}
