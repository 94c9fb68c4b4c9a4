/* Ranks on cores. Whether each can have one of its own is a matching: ranks on one side, the CPUs
 * that each is bound to on the other,
 *
 *     rank 0 --- 0,1            rank 1 takes 0, and rank 0 moves to 1: both have one
 *     rank 1 --- 0
 *
 * of as many pairs as there can be. Fewer pairs than ranks: some share a CPU for the whole run, and
 * all others wait for them in every step. */
#include "train/preflight.h"

#include "math/limit.h"

#include <string.h>
#include <time.h>

/* ---- cores ---- */

typedef struct Match {
    const Preflight *p;
    bool by_core;          /* hyperthreads of a core count once */
    int holder[HOST_CPUS]; /* rank, or -1 */
    CpuSet tried;
} Match;

/* Whether the rank gets a CPU, with others moved on where that helps. */
static bool place(Match *m, int rank)
{
    const Host *host = &m->p->facts[rank].host;
    const CpuSet *set = m->by_core ? &host->cores : &host->bound;
    for (int i = 0; i < HOST_CPUS / 64; i++)
        for (uint64_t left; (left = set->bits[i] & ~m->tried.bits[i]) != 0;) {
            int cpu = 64 * i + __builtin_ctzll(left);
            cpu_set_add(&m->tried, cpu);
            if (m->holder[cpu] < 0 || place(m, m->holder[cpu])) {
                m->holder[cpu] = rank;
                return true;
            }
        }
    return false;
}

/* How many of the ranks on rank r's kernel can have one of their own. */
static int placed(const Preflight *p, int r, bool by_core)
{
    Match m = {.p = p, .by_core = by_core};
    int count = 0;
    memset(m.holder, -1, sizeof m.holder);
    for (int q = r; q < p->count; q++) {
        if (p->facts[q].host.kernel != p->facts[r].host.kernel)
            continue;
        m.tried = (CpuSet){0};
        count += place(&m, q);
    }
    return count;
}

/* The ranks of a kernel. */
typedef struct Kernel {
    int ranks;
    CpuSet allowed, bound; /* to any of them */
} Kernel;

/* Rank r's, if r is the first rank of it; else no ranks. */
static Kernel kernel_led_by(const Preflight *p, int r)
{
    Kernel kernel = {0};
    for (int q = 0; q < p->count; q++) {
        const Host *host = &p->facts[q].host;
        if (host->kernel != p->facts[r].host.kernel)
            continue;
        if (q < r)
            return (Kernel){0};
        kernel.ranks++;
        for (int i = 0; i < HOST_CPUS / 64; i++) {
            kernel.allowed.bits[i] |= host->allowed.bits[i];
            kernel.bound.bits[i] |= host->bound.bits[i];
        }
    }
    return kernel;
}

/* Whether all is well; else its line. */
static bool judge_kernel(Preflight *p, int r, const Kernel *kernel)
{
    Verdicts *v = &p->verdicts;
    const char *name = p->facts[r].host.name;
    int could = cpu_set_count(&kernel->allowed), have = cpu_set_count(&kernel->bound);
    int alone = placed(p, r, false), cores = placed(p, r, true);
    if (alone < kernel->ranks && alone < could)
        verdicts_add(v, "cores", VERDICT_WRONG, "mpirun --bind-to numa, or --bind-to none",
                     "%d ranks are bound to %d CPU%s of the %d that they could have on %s",
                     kernel->ranks, have, have > 1 ? "s" : "", could, name);
    else if (alone < kernel->ranks)
        verdicts_add(v, "cores", VERDICT_LOOK,
                     arena_text(&v->arena, "at most %d rank%s there, as --map-by ppr:%d:node",
                                could, could > 1 ? "s" : "", could),
                     "%d ranks share the %d CPU%s of %s", kernel->ranks, could,
                     could > 1 ? "s" : "", name);
    else if (cores < kernel->ranks)
        verdicts_add(
            v, "cores", VERDICT_LOOK,
            arena_text(&v->arena, "at most %d ranks there, and mpirun --bind-to core", cores),
            "%d ranks share %d cores of %s by hyperthreads", kernel->ranks, cores, name);
    return alone == kernel->ranks && cores == kernel->ranks;
}

void placement_cores(Preflight *p)
{
    bool well = true;
    int all = 0, hosts = 0;
    for (int r = 0; r < p->count; r++) {
        Kernel kernel = kernel_led_by(p, r);
        int could = cpu_set_count(&kernel.allowed);
        if (kernel.ranks == 0 || could == 0)
            continue;
        all += could;
        hosts++;
        well &= judge_kernel(p, r, &kernel);
    }
    if (well && hosts > 0)
        verdicts_add(&p->verdicts, "cores", VERDICT_OK, NULL,
                     "%d rank%s, each with a core of its own (%d CPU%s on %d host%s)", p->count,
                     p->count > 1 ? "s" : "", all, all > 1 ? "s" : "", hosts, hosts > 1 ? "s" : "");
}

/* A container's share of the CPUs' time is told to nobody who asks for CPUs. */
void placement_quota(Preflight *p)
{
    int before = p->verdicts.count;
    double least = 0;
    for (int r = 0; r < p->count; r++) {
        const Host *host = &p->facts[r].host;
        int ranks = 0;
        if (host->quota <= 0 || !preflight_leads_host(p, r))
            continue;
        for (int q = r; q < p->count; q = preflight_neighbour(p, r, q + 1))
            ranks++;
        least = least == 0 || host->quota < least ? host->quota : least;
        if (host->quota < ranks)
            verdicts_add(&p->verdicts, "CPU quota", VERDICT_LOOK,
                         "as many ranks as CPUs, or more CPUs (a container: --cpus)",
                         "%d rank%s on %s may use %.1f CPUs' time together", ranks,
                         ranks > 1 ? "s" : "", host->name, host->quota);
    }
    if (p->verdicts.count == before && least > 0)
        verdicts_add(&p->verdicts, "CPU quota", VERDICT_OK, NULL, "at least %.1f CPUs a host",
                     least);
    else if (p->verdicts.count == before)
        verdicts_add(&p->verdicts, "CPU quota", VERDICT_OK, NULL, "none");
}

/* ---- kinds ---- */

void placement_cpus(Preflight *p)
{
    const Host *first = &p->facts[0].host;
    for (int r = 1; r < p->count; r++) {
        const Host *host = &p->facts[r].host;
        if (strcmp(host->cpu, first->cpu) == 0 && host->features == first->features)
            continue;
        verdicts_add(&p->verdicts, "CPU type", VERDICT_LOOK,
                     "one build for the oldest (-DLOCKSTEP_ARCH); the slowest rank sets the pace, "
                     "so choose hosts of one kind",
                     "%s has %s, %s %s", first->name, first->cpu, host->name,
                     strcmp(host->cpu, first->cpu) == 0 ? "the same with other features"
                                                        : host->cpu);
        return;
    }
    verdicts_add(&p->verdicts, "CPU type", VERDICT_OK, NULL, "%s%s",
                 first->cpu[0] ? first->cpu : "of a kind that is not told",
                 p->count > 1 ? " for all ranks" : "");
}

void placement_blas(Preflight *p)
{
    for (int r = 0; r < p->count; r++)
        if (p->facts[r].blas_threads > 1) {
            verdicts_add(&p->verdicts, "BLAS threads", VERDICT_LOOK,
                         "set OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1",
                         "rank %d has %d although one was asked for", r, p->facts[r].blas_threads);
            return;
        }
    verdicts_add(&p->verdicts, "BLAS threads", VERDICT_OK, NULL, "%s",
                 p->facts[0].blas_threads == 1 ? "1 a rank" : "of a BLAS that does not tell");
}

/* All ranks multiply at once, as they will train at once. */
void placement_speed(Preflight *p)
{
    const double seconds = 0.1, fair = 0.75;
    double *rates = mem_alloc(p->count, sizeof *rates);
    comm_barrier(p->comm);
    double mine = limit_rate(seconds);
    comm_share(p->comm, &mine, sizeof mine, rates);
    int slow = 0, fast = 0;
    for (int r = 0; r < p->count; r++) {
        slow = rates[r] < rates[slow] ? r : slow;
        fast = rates[r] > rates[fast] ? r : fast;
    }
    if (rates[slow] < fair * rates[fast])
        verdicts_add(&p->verdicts, "CPU speed", VERDICT_LOOK,
                     "see what else runs on that host; all ranks wait for the slowest",
                     "%.1f GF/s on rank %d (%s), %.1f on rank %d (%s)", rates[slow], slow,
                     p->facts[slow].host.name, rates[fast], fast, p->facts[fast].host.name);
    else
        verdicts_add(&p->verdicts, "CPU speed", VERDICT_OK, NULL,
                     "%.1f GF/s in products of matrices on the slowest rank", rates[slow]);
    mem_free(rates);
}

/* ---- work ---- */

void placement_shares(Preflight *p)
{
    const double poor = 0.75;
    int64_t ranks = p->count, leaves = p->engine->leaves, most = (leaves + ranks - 1) / ranks;
    double busy = (double)leaves / (double)(most * ranks);
    Arena *arena = &p->verdicts.arena;
    const char *cure =
        busy >= poor ? NULL
        : ranks > leaves
            ? arena_text(arena, "at most %lld ranks, or a larger batch.global", (long long)leaves)
            : "a number of ranks that divides it, or a larger batch.global";
    verdicts_add(&p->verdicts, "shares", busy < poor ? VERDICT_LOOK : VERDICT_OK, cure,
                 "%lld micro-batch%s a step on %lld rank%s keep%s %s %.0f%% busy",
                 (long long)leaves, leaves > 1 ? "es" : "", (long long)ranks, ranks > 1 ? "s" : "",
                 leaves > 1 ? "" : "s", ranks > 1 ? "them" : "it", 100 * busy);
}

/* ---- clocks ---- */

void clock_narrow(ClockBound *bound, double before, double reading, double after)
{
    bound->low = reading - after > bound->low ? reading - after : bound->low;
    bound->high = reading - before < bound->high ? reading - before : bound->high;
}

double clock_skew(const ClockBound *bounds, int count, int *late, int *early)
{
    *late = *early = 0;
    for (int r = 0; r < count; r++) {
        *late = bounds[r].high < bounds[*late].high ? r : *late;
        *early = bounds[r].low > bounds[*early].low ? r : *early;
    }
    double skew = bounds[*early].low - bounds[*late].high;
    return skew > 0 ? skew : 0;
}

static double clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A rank's reading is sent after rank 0 has come to the barrier and before rank 0 has it. */
static void bound_clocks(Preflight *p, ClockBound *bounds)
{
    enum { ROUNDS = 3 };
    double *readings = mem_alloc(p->count, sizeof *readings);
    for (int r = 0; r < p->count; r++)
        bounds[r] = r ? (ClockBound){-1e300, 1e300} : (ClockBound){0, 0};
    for (int i = 0; i < ROUNDS; i++) {
        double before = clock_now();
        comm_barrier(p->comm);
        double mine = clock_now();
        comm_share(p->comm, &mine, sizeof mine, readings);
        double after = clock_now();
        for (int r = 1; r < p->count; r++)
            clock_narrow(&bounds[r], before, readings[r], after);
    }
    mem_free(readings);
}

void placement_clocks(Preflight *p)
{
    const double allowed = 1;
    ClockBound *bounds = mem_alloc(p->count, sizeof *bounds);
    int late, early;
    bound_clocks(p, bounds);
    double skew = clock_skew(bounds, p->count, &late, &early);
    if (p->comm->rank != 0)
        verdicts_add(&p->verdicts, "clocks", VERDICT_OK, NULL, "judged by rank 0");
    else if (skew > allowed)
        verdicts_add(&p->verdicts, "clocks", VERDICT_LOOK,
                     "set the clocks (chrony, ntpd); files' times and logs are misleading",
                     "that of %s is at least %.1f s ahead of that of %s", p->facts[early].host.name,
                     skew, p->facts[late].host.name);
    else
        verdicts_add(&p->verdicts, "clocks", VERDICT_OK, NULL, "%s",
                     p->count > 1 ? "no two ranks' differ by more than a second" : "of one rank");
    mem_free(bounds);
}
