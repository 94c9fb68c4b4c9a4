/* What a pre-flight makes of what the ranks know: hosts, processors, clocks and limits made up. */
#define _GNU_SOURCE /* sched_setaffinity */
#include "train/preflight.h"

#include "base/json.h"

#include "scratch.h"
#include "unit.h"

#include <sched.h>

static Fact facts[8];
static Preflight preflight;

/* `count` ranks on one host with CPUs 0 .. cpus-1, all of which each may run on. */
static void begin(int count, int cpus)
{
    memset(facts, 0, sizeof facts);
    preflight = (Preflight){.facts = facts, .count = count};
    for (int r = 0; r < count; r++) {
        Host *host = &facts[r].host;
        strcpy(host->name, "node1");
        strcpy(host->cpu, "Model A");
        host->kernel = 1;
        facts[r].blas_threads = 1;
        for (int cpu = 0; cpu < cpus; cpu++)
            cpu_set_add(&host->bound, cpu);
        host->allowed = host->cores = host->bound;
    }
}

static void bind(int rank, int first, int last)
{
    Host *host = &facts[rank].host;
    host->bound = (CpuSet){0};
    for (int cpu = first; cpu <= last; cpu++)
        cpu_set_add(&host->bound, cpu);
    host->cores = host->bound;
}

static void move(int rank, const char *name, uint64_t kernel)
{
    strcpy(facts[rank].host.name, name);
    facts[rank].host.kernel = kernel;
}

/* Whether the check gives one line, of this verdict, that says `text`; ends the preflight. */
static bool gives(void (*check)(Preflight *), Judgement verdict, const char *text)
{
    check(&preflight);
    const Verdict *line = preflight.verdicts.list;
    bool as_told = preflight.verdicts.count == 1 && line->verdict == verdict &&
                   strstr(line->figure, text) && (verdict == VERDICT_OK) == !line->cure;
    if (!as_told && preflight.verdicts.count)
        printf("\n    %s: %s; %s\n", verdict_words[line->verdict], line->figure, line->cure);
    verdicts_free(&preflight.verdicts);
    return as_told;
}

static void own_cores(void)
{
    begin(4, 4);
    CU_ASSERT(gives(placement_cores, VERDICT_OK, "4 ranks"));
    /* Each can have one, but only if rank 0 leaves CPU 0 to rank 1, and so on. */
    begin(3, 4);
    bind(0, 0, 2);
    bind(1, 0, 1);
    bind(2, 0, 0);
    CU_ASSERT(gives(placement_cores, VERDICT_OK, "3 ranks"));
}

static void too_many_ranks(void)
{
    begin(4, 2);
    CU_ASSERT(gives(placement_cores, VERDICT_LOOK, "4 ranks share the 2 CPUs of node1"));
}

static void bound_together(void)
{
    begin(2, 4);
    bind(0, 1, 1);
    bind(1, 1, 1);
    CU_ASSERT(gives(placement_cores, VERDICT_WRONG, "bound to 1 CPU of the 4"));
    begin(4, 3);
    for (int r = 0; r < 4; r++)
        bind(r, 0, 0);
    CU_ASSERT(gives(placement_cores, VERDICT_WRONG, "bound to 1 CPU of the 3"));
}

static void a_job_of_few_cpus(void)
{
    begin(2, 2); /* of a larger host, but the job may have no others */
    CU_ASSERT(gives(placement_cores, VERDICT_OK, "2 CPUs"));
}

static void hyperthreads(void)
{
    begin(4, 4);
    for (int r = 0; r < 4; r++) {
        facts[r].host.cores = (CpuSet){0};
        cpu_set_add(&facts[r].host.cores, 0); /* threads 0, 2 and 1, 3 */
        cpu_set_add(&facts[r].host.cores, 1);
    }
    CU_ASSERT(gives(placement_cores, VERDICT_LOOK, "4 ranks share 2 cores of node1 by hyper"));
}

static void two_hosts(void)
{
    begin(4, 2);
    move(1, "node2", 2);
    move(3, "node2", 2);
    CU_ASSERT(gives(placement_cores, VERDICT_OK, "4 CPUs on 2 hosts"));
    /* Two containers on one kernel have the same CPUs: enough for two ranks, not for four. */
    begin(2, 2);
    move(1, "node2", 1);
    CU_ASSERT(gives(placement_cores, VERDICT_OK, "2 CPUs on 1 host"));
    begin(4, 2);
    move(1, "node2", 1);
    move(3, "node2", 1);
    CU_ASSERT(gives(placement_cores, VERDICT_LOOK, "4 ranks share the 2 CPUs"));
}

static void quotas(void)
{
    begin(2, 4);
    CU_ASSERT(gives(placement_quota, VERDICT_OK, "none"));
    begin(2, 4);
    facts[0].host.quota = facts[1].host.quota = 1.5;
    CU_ASSERT(gives(placement_quota, VERDICT_LOOK, "2 ranks on node1 may use 1.5 CPUs"));
    begin(2, 4);
    facts[0].host.quota = facts[1].host.quota = 0.5;
    CU_ASSERT(gives(placement_quota, VERDICT_LOOK, "2 ranks on node1 may use 0.5 CPUs"));
    begin(2, 4);
    move(1, "node2", 1); /* a container of its own */
    facts[0].host.quota = facts[1].host.quota = 1.5;
    CU_ASSERT(gives(placement_quota, VERDICT_OK, "at least 1.5"));
}

static void mixed_cpus(void)
{
    begin(3, 4);
    CU_ASSERT(gives(placement_cpus, VERDICT_OK, "Model A for all"));
    begin(3, 4);
    move(2, "node2", 2);
    strcpy(facts[2].host.cpu, "Model B");
    CU_ASSERT(gives(placement_cpus, VERDICT_LOOK, "node1 has Model A, node2 Model B"));
    begin(3, 4);
    move(2, "node2", 2);
    facts[2].host.features = 7;
    CU_ASSERT(gives(placement_cpus, VERDICT_LOOK, "node2 the same with other features"));
}

static void blas_threads(void)
{
    begin(2, 4);
    CU_ASSERT(gives(placement_blas, VERDICT_OK, "1 a rank"));
    begin(2, 4);
    facts[1].blas_threads = 8;
    CU_ASSERT(gives(placement_blas, VERDICT_LOOK, "rank 1 has 8"));
}

static void other_programs(void)
{
    begin(3, 4);
    facts[2].program = 5;
    strcpy(facts[0].identity, "lockstep 1; gcc 12; float32");
    strcpy(facts[2].identity, "lockstep 1; gcc 13; float32");
    facts[0].program = facts[1].program = 4;
    CU_ASSERT(gives(agreement_programs, VERDICT_WRONG,
                    "rank 2 on node1 runs another program than rank 0 (was \"gcc 12\""));
    begin(3, 4);
    facts[0].program = 4; /* the others' could not be read */
    CU_ASSERT(gives(agreement_programs, VERDICT_OK, ""));
}

static void other_configurations(void)
{
    begin(3, 4);
    facts[1].configuration = facts[2].configuration = 3;
    CU_ASSERT(gives(agreement_configurations, VERDICT_WRONG, "rank 1 on node1 and 1 other"));
    begin(2, 4);
    preflight.difference = "rank 1 was started with";
    CU_ASSERT(gives(agreement_configurations, VERDICT_WRONG, "rank 1 was started with"));
}

static void other_environments(void)
{
    begin(2, 4);
    facts[1].environment[0] = 1;
    CU_ASSERT(gives(agreement_environments, VERDICT_WRONG, "another LOCKSTEP_BUCKET"));
    begin(2, 4);
    facts[1].environment[2] = 1;
    CU_ASSERT(gives(agreement_environments, VERDICT_LOOK, "another OPENBLAS_CORETYPE"));
}

static const double needs[] = {60e6, 60e6, 60e6};
static bool shared;
static void judge_room(Preflight *p)
{
    storage_judge_room(p, needs, shared);
}

static void room(void)
{
    for (int kind = 0; kind < 2; kind++) {
        shared = kind;
        begin(3, 4);
        move(2, "node2", 2);
        for (int r = 0; r < 3; r++)
            facts[r].host.memory = facts[r].host.shared = 200e6;
        CU_ASSERT(gives(judge_room, VERDICT_OK, "120 MB needed, 200 MB free on node1"));
        facts[0].host.memory = facts[0].host.shared = 130e6;
        CU_ASSERT(gives(judge_room, VERDICT_LOOK, "120 MB needed, 130 MB free on node1"));
        facts[2].host.memory = facts[2].host.shared = 50e6;
        CU_ASSERT(gives(judge_room, VERDICT_WRONG, "60.0 MB needed, 50.0 MB free on node2"));
    }
}

static void grace(void)
{
    CU_ASSERT_EQUAL(storage_in_time(10, 4, 30), VERDICT_OK);
    CU_ASSERT_EQUAL(storage_in_time(10, 6, 30), VERDICT_LOOK);
    CU_ASSERT_EQUAL(storage_in_time(10, 21, 30), VERDICT_WRONG);
}

static void clocks(void)
{
    ClockBound bounds[3] = {{0, 0}, {-1e300, 1e300}, {-1e300, 1e300}};
    int late, early;
    /* Rank 1's clock is 5 s ahead: one long round trip says little, a short one enough. */
    clock_narrow(&bounds[1], 100, 106, 110);
    CU_ASSERT(bounds[1].low == -4 && bounds[1].high == 6);
    clock_narrow(&bounds[2], 100, 100, 110);
    CU_ASSERT(clock_skew(bounds, 3, &late, &early) == 0);
    clock_narrow(&bounds[1], 200, 205.25, 200.5);
    CU_ASSERT(bounds[1].low == 4.75 && bounds[1].high == 5.25);
    clock_narrow(&bounds[1], 300, 306, 310); /* what is known stays known */
    CU_ASSERT(bounds[1].low == 4.75 && bounds[1].high == 5.25);
    CU_ASSERT(clock_skew(bounds, 3, &late, &early) == 4.75);
    CU_ASSERT(late != 1 && early == 1);
    /* Rank 2's is 3 s behind: the two differ most. */
    clock_narrow(&bounds[2], 300, 297.5, 301);
    CU_ASSERT(clock_skew(bounds, 3, &late, &early) == 4.75 + 2.5);
    CU_ASSERT(late == 2 && early == 1);
}

/* A tree of control groups as Linux shows it. */
static void put(Scratch *scratch, const char *folder, const char *name, const char *text)
{
    const char *path = scratch_path(scratch, folder);
    CU_ASSERT(fine(file_make_directory(path)));
    scratch_write(arena_text(&scratch->arena, "%s/%s", path, name), text, strlen(text));
}

static void control_groups(void)
{
    Scratch scratch = scratch_make();
    const char *root = scratch.folder;
    CU_ASSERT(host_quota(root, "/slurm/job") == 0);
    CU_ASSERT(host_memory_left(root, "/slurm/job") == -1);
    put(&scratch, "slurm/job/step", "cpu.max", "max 100000\n");
    put(&scratch, "slurm/job", "cpu.max", "200000 100000\n");
    put(&scratch, "slurm", "cpu.max", "150000 100000\n");
    put(&scratch, ".", "cpu.max", "400000 100000\n");
    CU_ASSERT(host_quota(root, "/slurm/job/step") == 1.5);
    CU_ASSERT(host_quota(root, "") == 4);
    put(&scratch, "slurm/job", "memory.max", "1000000\n");
    put(&scratch, "slurm/job", "memory.current", "400000\n");
    put(&scratch, "slurm", "memory.max", "max\n");
    put(&scratch, "slurm", "memory.current", "900000\n");
    CU_ASSERT(host_memory_left(root, "/slurm/job") == 600000);
    CU_ASSERT(host_memory_left(root, "/slurm") == -1);
    put(&scratch, "odd", "memory.max", "1000000\n"); /* and nobody says how much is used */
    CU_ASSERT(host_memory_left(root, "/odd") == -1);
    put(&scratch, "old", "memory.limit_in_bytes", "5000\n");
    put(&scratch, "old", "memory.usage_in_bytes", "6000\n");
    put(&scratch, "old", "cpu.cfs_quota_us", "-1\n");
    put(&scratch, "old", "cpu.cfs_period_us", "100000\n");
    CU_ASSERT(host_memory_left(root, "/old") == 0);
    CU_ASSERT(host_quota(root, "/old") == 4);
    scratch_remove(&scratch);
}

/* Looking at what could be had leaves the thread as it was bound: here, to its first CPU. */
static void looking(void)
{
    Host free_one, bound, again;
    cpu_set_t all, first;
    host_look(&free_one);
    sched_getaffinity(0, sizeof all, &all);
    CPU_ZERO(&first);
    for (int cpu = 0; CPU_COUNT(&first) == 0; cpu++)
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &first);
    sched_setaffinity(0, sizeof first, &first);
    host_look(&bound);
    host_look(&again);
    sched_setaffinity(0, sizeof all, &all);
    CU_ASSERT_EQUAL(cpu_set_count(&free_one.bound), CPU_COUNT(&all));
    CU_ASSERT_EQUAL(cpu_set_count(&bound.bound), 1);
    CU_ASSERT_EQUAL(cpu_set_count(&again.bound), 1);
    CU_ASSERT(cpu_set_count(&bound.allowed) >= CPU_COUNT(&all));
    CU_ASSERT_EQUAL(cpu_set_count(&bound.cores), 1);
    CU_ASSERT(bound.name[0] && bound.memory > 0);
}

static void json(void)
{
    Arena arena = {0};
    CU_ASSERT_STRING_EQUAL(json_text("a \"b\" c:\\d\n\x01", &arena),
                           "\"a \\\"b\\\" c:\\\\d\\u000a\\u0001\"");
    CU_ASSERT_STRING_EQUAL(json_text(NULL, &arena), "null");
    arena_free(&arena);
}

static const Promise promises[] = {
    {"ranks with a core of their own are well, however they must move for it", own_cores},
    {"more ranks than CPUs is worth a look", too_many_ranks},
    {"ranks bound to one CPU beside idle ones is wrong", bound_together},
    {"a job that may use few of its host's CPUs is well when it fills them", a_job_of_few_cpus},
    {"ranks on two threads of one core are worth a look", hyperthreads},
    {"hosts have CPUs of their own, containers on one kernel have not", two_hosts},
    {"a container's quota is shared by its ranks", quotas},
    {"hosts of different processors are named", mixed_cpus},
    {"more than one BLAS thread is told", blas_threads},
    {"another program is wrong, and what differs is said", other_programs},
    {"another configuration is wrong, and the ranks are named", other_configurations},
    {"another environment is wrong where it decides something", other_environments},
    {"memory is judged host by host", room},
    {"a step and a save must fit the grace, and half of it at ease", grace},
    {"clocks differ by no more than is certain", clocks},
    {"the least limit of a control group and those above it counts", control_groups},
    {"a thread is left bound as it was", looking},
    {"texts become JSON", json},
    {0}};

int main(void)
{
    return unit_run("preflight", promises);
}
