/* Hashes of blocks, and what becomes of one that is not as it was left. */
#include "train/integrity.h"

#include "base/host.h"
#include "base/term.h"
#include "math/checksum.h"
#include "train/fault.h"

enum {
    SAMPLED = 31, /* one look in so many is timed: an odd number, so that it comes to both kinds */
    FROZEN_TURN = 16 /* one step in so many looks at a block that nobody writes */
};

static const double interrupted = 20e-6;     /* seconds: in so long, another process had the core */
static const double exact = 281474976710656; /* 2^48: so many bits of a hash fit into a double */

/* ---- one block ---- */

static bool is_on(const Integrity *in)
{
    return in->every.count > 0;
}

static const Tensor *tensor_of(const Integrity *in, int64_t block)
{
    return in->descent->laid[in->descent->blocks.part[block]];
}

static bool is_frozen(const Integrity *in, int64_t block)
{
    const Descent *d = in->descent;
    int part = d->blocks.part[block];
    return part < d->net->parameter_tensors && d->rule[part].frozen;
}

/* A block's values or one of its slots, or NULL: of what lies over statistics, only the moving
 * average is in use. */
static Real *lines_of(const Integrity *in, int64_t block, int vector)
{
    const State *state = in->descent->state;
    Real *of = vector ? state->slot[vector - 1] : state->values;
    bool used = !vector || of == state->average || tensor_of(in, block)->kind == TENSOR_PARAMETER;
    return used ? of + in->descent->blocks.start[block] : NULL;
}

static uint64_t hash_now(const Integrity *in, int64_t block, int vector)
{
    const int64_t *start = in->descent->blocks.start;
    const Real *lines = lines_of(in, block, vector);
    return lines ? checksum_lines(lines, (start[block + 1] - start[block]) / LINE_REALS) : 0;
}

static void look(Integrity *in, int64_t block)
{
    const uint64_t *hash = in->hash + block * in->vectors;
    for (int v = 0; v < in->vectors && !in->change.any; v++)
        if (hash_now(in, block, v) != hash[v])
            in->change = (Change){true, block, in->descent->state->step, v};
}

static void keep(Integrity *in, int64_t block)
{
    uint64_t *hash = in->hash + block * in->vectors;
    for (int v = 0; v < in->vectors; v++)
        hash[v] = hash_now(in, block, v);
}

static void add_up(Integrity *in, int64_t block)
{
    const uint64_t *hash = in->hash + block * in->vectors;
    for (int v = 0; v < in->vectors; v++)
        in->sum += checksum_keyed(hash[v], (uint64_t)(block * in->vectors + v));
}

/* ---- in an update ---- */

/* Of a sample of the calls; 0: this is none of them. */
static double timed_from(Integrity *in)
{
    return ++in->turn % SAMPLED == 0 ? term_clock() : 0;
}

static void timed_to(Integrity *in, double from)
{
    double spent = from > 0 ? term_clock() - from - in->idle : 0;
    in->seconds += spent < interrupted ? SAMPLED * spent : 0;
}

void integrity_begin(Integrity *in)
{
    int64_t step = in->descent->state->step + 1;
    in->checking = in->taken;
    in->taking = clock_crosses(in->clock, in->every, step);
    in->taken = false;
    in->sum = 0;
}

void integrity_check_block(Integrity *in, int64_t block)
{
    bool frozen = is_frozen(in, block);
    int64_t turn = (in->descent->state->step + block) % FROZEN_TURN;
    if (frozen ? !in->taking || turn != 0 : !in->checking)
        return;
    double from = timed_from(in);
    look(in, block);
    timed_to(in, from);
}

void integrity_take_block(Integrity *in, int64_t block)
{
    if (!in->taking)
        return;
    double from = timed_from(in);
    if (!is_frozen(in, block))
        keep(in, block);
    add_up(in, block);
    timed_to(in, from);
}

void integrity_end(Integrity *in)
{
    in->taken = in->taking;
}

/* ---- around updates ---- */

static void take_block(void *context, int64_t block, const Real *sum)
{
    Integrity *in = context;
    (void)sum;
    keep(in, block);
    add_up(in, block);
}

void integrity_take(Integrity *in)
{
    if (!is_on(in))
        return;
    in->sum = 0;
    reduce_own(in->descent->reduce, take_block, in);
    in->taken = true;
    in->change = (Change){0};
}

/* The least that two looks at the clock lie apart. */
static double measure_idle(void)
{
    enum { LOOKS = 32 };
    double least = 1;
    for (int i = 0; i < LOOKS; i++) {
        double from = term_clock(), idle = term_clock() - from;
        least = idle < least ? idle : least;
    }
    return least;
}

void integrity_open(Integrity *in, Descent *descent, const Clock *clock, Span every)
{
    *in = (Integrity){.descent = descent, .clock = clock, .every = every};
    in->vectors = 1 + descent->state->slots;
    descent->integrity = in;
    if (!is_on(in))
        return;
    in->hash = mem_alloc(descent->blocks.count * in->vectors, sizeof *in->hash);
    in->idle = measure_idle();
    integrity_take(in);
}

void integrity_close(Integrity *in)
{
    mem_free(in->hash);
    *in = (Integrity){0};
}

double integrity_seconds(const Integrity *in)
{
    double seconds = in->seconds;
    comm_merge(in->descent->comm, &seconds, 1);
    return seconds / in->descent->comm->size;
}

Word integrity_word(const Integrity *in, Word mine)
{
    reduce_say(in->descent->reduce, in->sum);
    if (!in->change.any)
        return mine;
    return (Word){mine.flags | WORD_FAILED | WORD_CHANGED, in->descent->comm->rank};
}

/* ---- what is said ---- */

/* "exp_avg of 02_dense/weight (elements 1024 to 2047)" */
static const char *place_text(const Integrity *in, int64_t block, int vector, Arena *arena)
{
    const Descent *d = in->descent;
    const Tensor *t = tensor_of(in, block);
    int64_t first = d->blocks.start[block] - t->offset;
    int64_t last = first + BLOCK_REALS < t->size ? first + BLOCK_REALS : t->size;
    const char *slot = vector ? d->state->slot_names[vector - 1] : "";
    return arena_text(arena, "%s%s%s (elements %lld to %lld)", slot, vector ? " of " : "",
                      net_tensor_name(d->net, t), (long long)first, (long long)last - 1);
}

static Err own_change(const Integrity *in)
{
    Arena arena = {0};
    char host[HOST_NAME];
    if (!in->change.any)
        return NULL;
    host_name(host, sizeof host);
    Err err = ERR(STATUS_FAILED,
                  "step %lld: rank %d on %s: %s has changed in memory without an update; --resume "
                  "goes on from the last checkpoint, which is older",
                  (long long)in->change.step, in->descent->comm->rank, host,
                  place_text(in, in->change.block, in->change.vector, &arena));
    arena_free(&arena);
    return err;
}

/* ---- between groups ---- */

/* Every group's sum on every rank. Halves add up without rounding. */
static void find_sums(const Integrity *in, uint64_t *sums)
{
    const Comm *comm = in->descent->comm;
    double *halves = mem_alloc(2 * (int64_t)comm->groups, sizeof *halves);
    halves[2 * comm->group] = (double)(in->sum & UINT32_MAX);
    halves[2 * comm->group + 1] = (double)(in->sum >> 32);
    comm_merge(comm, halves, 2 * (int64_t)comm->groups);
    for (int g = 0; g < comm->groups; g++)
        sums[g] = (uint64_t)halves[2 * g] + ((uint64_t)halves[2 * g + 1] << 32);
    mem_free(halves);
}

static int groups_like(const uint64_t *sums, int groups, uint64_t sum)
{
    int count = 0;
    for (int g = 0; g < groups; g++)
        count += sums[g] == sum;
    return count;
}

/* Two groups that differ: one of those that most agree with, and the first that does not. */
typedef struct Pair {
    int most, other;
    int agree; /* with the first; all included */
} Pair;

static Pair find_pair(const uint64_t *sums, int groups)
{
    Pair pair = {.other = -1};
    for (int g = 0; g < groups; g++) {
        int count = groups_like(sums, groups, sums[g]);
        if (count > pair.agree)
            pair = (Pair){g, -1, count};
    }
    for (int g = groups - 1; g >= 0; g--)
        pair.other = sums[g] != sums[pair.most] ? g : pair.other;
    return pair;
}

static void give_block(void *context, int64_t block, const Real *sum)
{
    void **what = context;
    const Integrity *in = what[0];
    double *hashes = what[1];
    (void)sum;
    for (int64_t at = block * in->vectors; at < (block + 1) * in->vectors; at++)
        hashes[at] = (double)(in->hash[at] % (uint64_t)exact);
}

/* A group's hashes, as far as a double holds them, on every rank. */
static double *bring_hashes(const Integrity *in, int group)
{
    const Descent *d = in->descent;
    int64_t count = d->blocks.count * in->vectors;
    double *hashes = mem_alloc(count, sizeof *hashes);
    if (d->comm->group == group)
        reduce_own(d->reduce, give_block, (void *[]){(void *)in, hashes});
    comm_merge(d->comm, hashes, count);
    return hashes;
}

/* The first block and vector that the two have different. */
static const char *find_place(const Integrity *in, Pair pair, Arena *arena)
{
    double *a = bring_hashes(in, pair.most), *b = bring_hashes(in, pair.other);
    int64_t at = 0, count = in->descent->blocks.count * in->vectors;
    while (at < count - 1 && a[at] == b[at])
        at++;
    mem_free(a);
    mem_free(b);
    return place_text(in, at / in->vectors, (int)(at % in->vectors), arena);
}

/* "ranks 2 to 3 on node7" */
static const char *group_text(const Integrity *in, int group, Arena *arena)
{
    const Comm *comm = in->descent->comm;
    char host[HOST_NAME];
    int first = comm->group_first[group], last = comm->group_first[group + 1] - 1;
    host_name(host, sizeof host);
    comm_broadcast(comm, host, sizeof host, first);
    return first == last ? arena_text(arena, "rank %d on %s", first, host)
                         : arena_text(arena, "ranks %d to %d on %s", first, last, host);
}

/* What all know, all say alike. */
static Err compare_groups(const Integrity *in)
{
    const Comm *comm = in->descent->comm;
    Arena arena = {0};
    uint64_t *sums = arena_take(&arena, comm->groups, sizeof *sums);
    Err err = NULL;
    find_sums(in, sums);
    Pair pair = find_pair(sums, comm->groups);
    if (pair.other >= 0) {
        const char *place = find_place(in, pair, &arena);
        const char *other = group_text(in, pair.other, &arena);
        const char *most = group_text(in, pair.most, &arena);
        err = ERR(
            STATUS_FAILED,
            "step %lld: %s of %s is not that of %s%s: memory or arithmetic has failed; "
            "--resume goes on from the last checkpoint, which is older",
            (long long)in->descent->state->step, place, other, most,
            2 * pair.agree > comm->groups && pair.agree > 1
                ? arena_text(&arena, ", with whom %d of %d groups agree", pair.agree, comm->groups)
                : ", and nobody can say which is right");
    }
    arena_free(&arena);
    return err;
}

static void verify_block(void *context, int64_t block, const Real *sum)
{
    Integrity *in = context;
    if (in->taken || is_frozen(in, block))
        look(in, block);
    take_block(in, block, sum);
}

Err integrity_verify(Integrity *in)
{
    const Comm *comm = in->descent->comm;
    if (!is_on(in))
        return NULL;
    in->sum = 0;
    reduce_own(in->descent->reduce, verify_block, in);
    in->taken = true;
    TRY(comm_agree(comm, own_change(in)));
    return comm->groups > 1 ? compare_groups(in) : NULL;
}

Err integrity_explain(Integrity *in)
{
    TRY(integrity_verify(in));
    FAIL(STATUS_FAILED,
         "step %lld: what the groups of ranks had in memory differed, and at a second look does "
         "not; --resume goes on from the last checkpoint",
         (long long)in->descent->state->step);
}

/* ---- the planted fault ---- */

/* The blocks of this rank that a fault may meet, and the one of them that it does. */
typedef struct Aim {
    const Integrity *in;
    FaultStage stage;
    int64_t seen, meant;
} Aim;

static void flip_bit(Real *lines)
{
    unsigned char *bytes = (unsigned char *)(lines + LINE_REALS / 2);
    bytes[sizeof(Real) - 2] ^= 0x10; /* of the mantissa: what it does to a loss is small */
}

static void aim_at_block(void *context, int64_t block, const Real *sum)
{
    Aim *aim = context;
    bool statistic = tensor_of(aim->in, block)->kind != TENSOR_PARAMETER;
    (void)sum;
    if (statistic == (aim->stage == FAULT_STATISTIC) && !is_frozen(aim->in, block) &&
        aim->seen++ == aim->meant)
        flip_bit(lines_of(aim->in, block, aim->stage == FAULT_SLOT));
}

void integrity_fault(const Integrity *in)
{
    const Descent *d = in->descent;
    for (FaultStage stage = FAULT_UPDATE; stage <= FAULT_STATISTIC; stage++) {
        Aim aim = {in, stage, 0, -1};
        if (!fault_flips(stage, d->state->step, d->comm->rank) ||
            (stage == FAULT_SLOT && d->state->slots == 0))
            continue;
        reduce_own(d->reduce, aim_at_block, &aim);
        aim = (Aim){in, stage, 0, aim.seen / 2};
        reduce_own(d->reduce, aim_at_block, &aim);
    }
}
