/* What must be alike on all ranks. Each rank has digests of its own; those of rank 0 are the
 * measure, and the first rank that differs is named. */
#include "train/preflight.h"

#include "base/file.h"
#include "train/identity.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the environment has a say in. */
static const struct {
    const char *name;
    bool decides; /* ranks that differ in it would wait for each other, or not be found alike */
} variables[PREFLIGHT_VARIABLES] = {
    {"LOCKSTEP_BUCKET", true}, {"LOCKSTEP_GROUP", true}, {"OPENBLAS_CORETYPE", false}};

/* ---- learning ---- */

/* Of large files only pieces are read: each start does this. */
static uint64_t digest_file(const char *path, int64_t pieces)
{
    enum { PIECE = 1 << 14 };
    char piece[PIECE];
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0) {
        if (file >= 0)
            close(file);
        return 0;
    }
    Digest *digest = digest_open();
    digest_start(digest);
    digest_add(digest, &status.st_size, sizeof status.st_size);
    for (int64_t i = 0; i <= pieces; i++) {
        int64_t last = status.st_size > PIECE ? status.st_size - PIECE : 0;
        ssize_t got =
            pread(file, piece, PIECE, last / pieces * i + (i == pieces ? last % pieces : 0));
        digest_add(digest, piece, got > 0 ? (size_t)got : 0);
    }
    uint64_t value = digest_value(digest);
    digest_close(digest);
    close(file);
    return value;
}

/* All of the running program's file. */
static uint64_t digest_program(void)
{
    char *bytes;
    size_t size;
    Err err = file_read("/proc/self/exe", &bytes, &size);
    if (err) {
        err_free(err);
        return 0;
    }
    uint64_t value = digest_bytes(bytes, size);
    mem_free(bytes);
    return value;
}

/* 0 where a file cannot be read: whoever opens it in earnest says why. */
static uint64_t digest_data(const Config *config)
{
    enum { PIECES = 8, MANY = 16 };
    uint64_t all = 0;
    for (int i = 0; i < config->data_file_count; i++) {
        uint64_t one =
            digest_file(config->data_files[i], config->data_file_count > MANY ? 1 : PIECES);
        uint64_t both[2] = {all, one};
        if (!one)
            return 0;
        all = digest_bytes(both, sizeof both);
    }
    return all;
}

void agreement_learn(Fact *fact, const Comm *comm, const Config *config)
{
    Arena arena = {0};
    const char *text = conf_text(config->conf);
    snprintf(fact->identity, sizeof fact->identity, "%s", identity_text(&arena));
    fact->program = digest_program();
    fact->configuration = digest_bytes(text, strlen(text));
    for (int i = 0; i < PREFLIGHT_VARIABLES; i++) {
        const char *value = getenv(variables[i].name);
        fact->environment[i] = value ? digest_bytes(value, strlen(value)) : 0;
    }
    fact->data = comm->member == 0 ? digest_data(config) : 0;
    arena_free(&arena);
}

/* ---- judging ---- */

/* The first rank whose digest at this place of Fact is another than rank 0's, and how many there
 * are; 0: none. A digest of 0 was not taken. */
static int first_other(const Preflight *p, size_t offset, bool zero_counts, int *others)
{
    uint64_t wanted, has;
    int first = 0;
    memcpy(&wanted, (const char *)&p->facts[0] + offset, sizeof wanted);
    *others = 0;
    for (int r = 1; r < p->count; r++) {
        memcpy(&has, (const char *)&p->facts[r] + offset, sizeof has);
        if (has == wanted || (!zero_counts && (has == 0 || wanted == 0)))
            continue;
        first = first ? first : r;
        ++*others;
    }
    return first;
}

/* "rank 3 on node2", "rank 3 on node2 and 4 others" */
static const char *who(Preflight *p, int rank, int others)
{
    const char *more = others > 1 ? arena_text(&p->verdicts.arena, " and %d other%s", others - 1,
                                               others > 2 ? "s" : "")
                                  : "";
    return arena_text(&p->verdicts.arena, "rank %d on %s%s", rank, p->facts[rank].host.name, more);
}

/* " on all 4 ranks"; of one rank there is nothing to say. */
static const char *on_all(Preflight *p)
{
    return p->count == 1 ? "" : arena_text(&p->verdicts.arena, " on all %d ranks", p->count);
}

void agreement_programs(Preflight *p)
{
    static const char cure[] = "copy one build to all hosts, made for the oldest CPU among them "
                               "(-DLOCKSTEP_ARCH=x86-64-v3)";
    int others, r = first_other(p, offsetof(Fact, program), false, &others);
    if (!r) {
        verdicts_add(&p->verdicts, "program", VERDICT_OK, NULL, "%s%s%s", p->facts[0].identity,
                     p->count > 1 ? "; the same file" : "", on_all(p));
        return;
    }
    const char *change =
        identity_change(p->facts[0].identity, p->facts[r].identity, &p->verdicts.arena);
    verdicts_add(&p->verdicts, "program", VERDICT_WRONG, cure,
                 "%s %s another program than rank 0 (%s)", who(p, r, others),
                 others > 1 ? "run" : "runs",
                 change ? change : "of the same version and build, but its file differs");
}

void agreement_configurations(Preflight *p)
{
    static const char cure[] = "start all ranks with the same command line";
    int others, r = first_other(p, offsetof(Fact, configuration), true, &others);
    if (p->difference)
        verdicts_add(&p->verdicts, "configuration", VERDICT_WRONG, cure, "%s", p->difference);
    else if (r)
        verdicts_add(&p->verdicts, "configuration", VERDICT_WRONG, cure,
                     "that of %s is resolved to another one than rank 0's", who(p, r, others));
    else
        verdicts_add(&p->verdicts, "configuration", VERDICT_OK, NULL, "%016" PRIx64 "%s",
                     p->facts[0].configuration, on_all(p));
}

void agreement_environments(Preflight *p)
{
    int before = p->verdicts.count;
    for (int i = 0; i < PREFLIGHT_VARIABLES; i++) {
        int others, r = first_other(p, offsetof(Fact, environment) + (size_t)i * sizeof(uint64_t),
                                    true, &others);
        if (r)
            verdicts_add(&p->verdicts, "environment",
                         variables[i].decides ? VERDICT_WRONG : VERDICT_LOOK,
                         arena_text(&p->verdicts.arena, "hand it on to all hosts: mpirun -x %s",
                                    variables[i].name),
                         "%s has another %s than rank 0", who(p, r, others), variables[i].name);
    }
    if (p->verdicts.count == before)
        verdicts_add(&p->verdicts, "environment", VERDICT_OK, NULL, "%s",
                     p->count == 1 ? "of one rank" : "alike in what lockstep reads");
}

void agreement_data(Preflight *p)
{
    int others, r = first_other(p, offsetof(Fact, data), false, &others);
    const char *files = p->config->data_file_count == 1
                            ? p->config->data_files[0]
                            : arena_text(&p->verdicts.arena, "%s and %d others",
                                         p->config->data_files[0], p->config->data_file_count - 1);
    if (p->facts[0].data == 0)
        return; /* whoever opens it says why */
    if (r)
        verdicts_add(&p->verdicts, "data file", VERDICT_WRONG,
                     "have one file for all hosts, or equal copies of it",
                     "%s is another file for %s than for rank 0", files, who(p, r, others));
    else
        verdicts_add(&p->verdicts, "data file", VERDICT_OK, NULL, "%s%s%s", files,
                     p->count > 1 ? ": the same" : "", on_all(p));
}
