/* Room: in memory, and on the disk that the run directory is on. Rank 0 writes; a rank as far from
 * it as there is looks whether locks and files are seen there, too. */
#include "train/preflight.h"

#include "base/file.h"
#include "base/seal.h"
#include "base/term.h"
#include "train/checkpoint.h"
#include "train/coordinator.h"
#include "train/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *inside(Preflight *p, const char *name)
{
    return arena_text(&p->verdicts.arena, "%s/%s", p->run, name);
}

/* "5.4 MB" */
static const char *size_text(Preflight *p, double bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    int unit = 0;
    for (bytes /= 1000; bytes >= 999.5 && unit < 4; unit++)
        bytes /= 1000;
    return arena_text(&p->verdicts.arena, "%.*f %s", bytes < 99.95, bytes, units[unit]);
}

/* ---- memory ---- */

/* The sum over rank r's host. */
static double sum_of_host(const Preflight *p, const double *needs, int r)
{
    double sum = 0;
    for (int q = r; q < p->count; q = preflight_neighbour(p, r, q + 1))
        sum += needs[q];
    return sum;
}

void storage_judge_room(Preflight *p, const double *needs, bool shared)
{
    static const char *const names[] = {"memory", "shared memory"};
    static const char *const cures[] = {
        "a smaller batch.micro, data.store: stream, or more hosts with fewer ranks each",
        "enlarge /dev/shm (a container: --shm-size), or set exchange: messages"};
    const double narrow = 0.9;
    double worst = -1, need = 0, have = 0;
    int at = 0;
    for (int r = 0; r < p->count; r++) {
        double has = shared ? p->facts[r].host.shared : p->facts[r].host.memory;
        double wants = preflight_leads_host(p, r) && has > 0 ? sum_of_host(p, needs, r) : -1;
        if (wants < 0 || wants / has <= worst)
            continue;
        worst = wants / has;
        need = wants;
        have = has;
        at = r;
    }
    Judgement verdict = worst > 1 ? VERDICT_WRONG : worst > narrow ? VERDICT_LOOK : VERDICT_OK;
    if (worst >= 0)
        verdicts_add(&p->verdicts, names[shared], verdict, verdict ? cures[shared] : NULL,
                     "%s needed, %s free on %s", size_text(p, need), size_text(p, have),
                     p->facts[at].host.name);
}

/* Of what every rank takes, which all tell. */
static void judge_room(Preflight *p, bool shared)
{
    EngineMemory m = engine_bytes(p->engine);
    double group = (m.data + m.state + m.leaves) / p->comm->members;
    double all = group + m.own + (p->comm->rank == 0 ? m.checkpoint : 0);
    double mine = !shared ? all : p->comm->members > 1 ? group : 0;
    double *needs = mem_alloc(p->count, sizeof *needs);
    comm_share(p->comm, &mine, sizeof mine, needs);
    storage_judge_room(p, needs, shared);
    mem_free(needs);
}

void storage_memory(Preflight *p)
{
    judge_room(p, false);
}

void storage_shared(Preflight *p)
{
    judge_room(p, true);
}

/* ---- the run directory ---- */

/* The last group's first rank is on another host where there is one. */
static int far_rank(const Comm *comm)
{
    return comm->group_first[comm->groups - 1] ? comm->group_first[comm->groups - 1]
                                               : comm->size - 1;
}

/* Whether the file is seen here; a network file system may take a moment. */
static bool is_seen(const char *path)
{
    const double patience = 1;
    double begun = term_clock();
    while (!file_exists(path)) {
        if (term_clock() - begun > patience)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
    }
    return true;
}

/* Rank 0's outcome as a line; every rank has `err` of its own call. */
static void add_failure(Preflight *p, const char *check, Err err, const char *cure)
{
    verdicts_add(&p->verdicts, check, VERDICT_WRONG, cure, "%s", err_text(err));
    err_free(err);
}

void storage_folder(Preflight *p)
{
    static const char cure[] = "a run directory on a file system that all hosts share (--run)";
    const char *path = comm_broadcast_text(p->comm, inside(p, "seen"), &p->verdicts.arena);
    Err err = p->comm->rank == 0 ? file_replace(path, "seen", 4) : NULL;
    comm_barrier(p->comm);
    bool looks = p->comm->member == 0;
    int64_t blind = comm_max(p->comm, looks && !err && !is_seen(path) ? p->comm->rank : 0);
    comm_barrier(p->comm);
    if (p->comm->rank == 0)
        remove(path);
    const char *kind = host_file_system(p->run);
    if (err)
        add_failure(p, "run directory", err, "a directory that can be written (--run)");
    else if (blind)
        verdicts_add(&p->verdicts, "run directory", VERDICT_LOOK, cure,
                     "%s is not seen by rank %lld on %s, so no run can be resumed there", p->path,
                     (long long)blind, p->facts[blind].host.name);
    else if (strcmp(kind, "tmpfs") == 0 || strcmp(kind, "ramfs") == 0)
        verdicts_add(&p->verdicts, "run directory", VERDICT_LOOK,
                     "a run directory on a disk (--run)",
                     "%s is in memory (%s): what is saved there goes with the host", p->path, kind);
    else
        verdicts_add(&p->verdicts, "run directory", VERDICT_OK, NULL,
                     "%s%s%s%s: written, synced, renamed, read back", p->path, kind[0] ? " (" : "",
                     kind, kind[0] ? ")" : "");
}

/* 1: another process's lock on the file is seen, 0: it is not; negative: nothing is known. */
static int sees_lock(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return -1;
    int seen = fcntl(file, F_GETLK, &lock) == 0 ? lock.l_type != F_UNLCK : -1;
    close(file);
    return seen;
}

/* A process does not see its own locks, so where there is no other rank a child looks. */
static int child_sees_lock(const char *path)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(sees_lock(path) + 1);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status) - 1;
}

void storage_locks(Preflight *p)
{
    static const char cure[] = "mount it with locks (NFS: no `nolock`; Lustre: -o flock), or take "
                               "care that no two jobs share a run directory";
    int handle = -1, far = far_rank(p->comm), seen = -1;
    const char *path = comm_broadcast_text(p->comm, inside(p, "lock"), &p->verdicts.arena);
    const char *who =
        far ? arena_text(&p->verdicts.arena, "rank %d on %s", far, p->facts[far].host.name)
            : "another process";
    Err err = p->comm->rank == 0 ? file_lock(path, 0, &handle) : NULL;
    comm_barrier(p->comm);
    if (p->comm->rank == far && !err)
        seen = far == 0 ? child_sees_lock(path) : sees_lock(path);
    comm_broadcast(p->comm, &seen, sizeof seen, far);
    file_unlock(handle);
    if (p->comm->rank == 0)
        remove(path);
    if (err)
        add_failure(p, "locks", err, "mount it with locks (Lustre: -o flock), or --run elsewhere");
    else if (seen != 1)
        verdicts_add(&p->verdicts, "locks", VERDICT_LOOK, cure, "%s %s", who,
                     seen == 0 ? "does not see a lock in the run directory"
                               : "cannot try the lock in the run directory");
    else
        verdicts_add(&p->verdicts, "locks", VERDICT_OK, NULL,
                     "one job at a time: seen by %s; HDF5's own are off", who);
}

/* ---- checkpoints ---- */

/* The most files that there are at a time: those that are kept, the best one, and the one being
 * written; by the clock there may be any number. A run that goes back to one keeps it, too, and
 * begins with step 0's. */
static int64_t count_files(const Engine *e)
{
    const Config *c = e->config;
    bool best = e->feed.count[PART_VALIDATION] > 0;
    bool returns = c->divergence.answer == DIVERGED_BACK;
    int64_t samples = clock_samples(&e->clock, c->checkpoint_every);
    int64_t saves = c->checkpoint_auto ? c->keep : 1 + returns;
    if (c->checkpoint_every.count > 0 && samples > 0)
        saves += (clock_before(&e->clock, e->length) - 1) / samples;
    return (saves < c->keep ? saves : c->keep + returns) + best + 1;
}

static int64_t count_saved(const char *run)
{
    Arena arena = {0};
    const char **names;
    int count = 0;
    err_free(
        file_list(arena_text(&arena, "%s/checkpoints", run), "", ".h5", &arena, &names, &count));
    arena_free(&arena);
    return count;
}

void storage_space(Preflight *p)
{
    if (p->comm->rank != 0)
        return;
    int64_t files = count_files(p->engine), there = count_saved(p->path);
    int64_t have = file_free_space(p->run);
    double size = (double)checkpoint_bytes(&p->engine->state, conf_text(p->config->conf));
    double need = size * (double)(files > there ? files - there : 1);
    if (have < 0)
        return; /* the file system does not say */
    verdicts_add(&p->verdicts, "disk space", (double)have < need ? VERDICT_WRONG : VERDICT_OK,
                 (double)have < need ? "make room, a smaller checkpoint.keep, or --run elsewhere"
                                     : NULL,
                 "%s needed for up to %lld checkpoints of %s, %s free", size_text(p, need),
                 (long long)files, size_text(p, size), size_text(p, (double)have));
}

/* Seconds to write a file of so many bytes, or NAN. */
static double time_file(const char *path, const void *bytes, size_t size, Err *err)
{
    double begun = term_clock();
    *err = file_replace(path, bytes, size);
    double seconds = term_clock() - begun;
    remove(path);
    return *err ? NAN : seconds;
}

Judgement storage_in_time(double save, double step, double grace)
{
    return save + step > grace       ? VERDICT_WRONG
           : save + step > grace / 2 ? VERDICT_LOOK
                                     : VERDICT_OK;
}

/* A line on what is saved after a signal: at the end of a step, and before the end of the grace. */
static void judge_save(Preflight *p, double bytes, double save, double step, const char *how)
{
    double grace = p->config->grace;
    Judgement verdict = storage_in_time(save, step, grace);
    Arena *arena = &p->verdicts.arena;
    const char *after = step > 0 ? arena_text(arena, ", after a step of %.3g s", step) : "";
    verdicts_add(&p->verdicts, "save", verdict,
                 verdict ? "a longer grace (sbatch --signal=B:USR1@SECONDS, Kubernetes "
                           "terminationGracePeriodSeconds), told by train.grace; or a faster disk"
                         : NULL,
                 "%s %s %.3g s%s; the grace is %g s (train.grace)", size_text(p, bytes), how, save,
                 after, grace);
}

/* At every start there is time for a small file alone; a large one takes as much longer. */
void storage_probe(Preflight *p)
{
    enum { PROBE = 256 << 10 };
    if (p->comm->rank != 0)
        return;
    size_t whole = checkpoint_bytes(&p->engine->state, conf_text(p->config->conf));
    size_t size = whole < PROBE ? whole : PROBE;
    void *bytes = mem_alloc((int64_t)size, 1);
    Err err;
    double seconds = time_file(inside(p, "preflight.tmp"), bytes, size, &err);
    mem_free(bytes);
    if (err)
        add_failure(p, "save", err, "the first checkpoint will meet the same");
    else
        judge_save(p, (double)whole, seconds * (double)whole / (double)size, 0,
                   "may take as much as");
}

/* The next step, as it would be made. The state moves on. */
static Err time_step(Engine *e, double *seconds)
{
    Word all;
    Result result;
    double begun = term_clock();
    TRY(step_run(e, coordinator_rate(e), false, coordinator_word(e, begun), &all, &result));
    *seconds = term_clock() - begun;
    return NULL;
}

/* Composes, seals and writes the state as it is. */
static Err time_save(Preflight *p, double *seconds, double *bytes)
{
    Engine *e = p->engine;
    Arena arena = {0};
    Buffer image = {0};
    double begun = term_clock();
    const char *config = conf_text(p->config->conf);
    Err err = checkpoint_compose(&e->state, &e->feed.normal, config, identity_text(&arena), &image);
    if (!err) {
        seal_buffer(&image);
        *seconds = term_clock() - begun;
        *seconds += time_file(inside(p, "save.h5"), image.bytes, image.size, &err);
        *bytes = (double)image.size;
    }
    buffer_free(&image);
    arena_free(&arena);
    return err;
}

void storage_save(Preflight *p)
{
    double save = NAN, step = NAN, bytes = 0;
    Err err = time_step(p->engine, &step);
    if (err) {
        add_failure(p, "save", err, "no step, no save: see to the first step");
        return;
    }
    watch_phase(p->engine->watch, p->engine->state.step, PHASE_SAVE);
    err = p->comm->rank == 0 ? time_save(p, &save, &bytes) : NULL;
    watch_phase(p->engine->watch, p->engine->state.step, PHASE_BETWEEN);
    if (err)
        add_failure(p, "save", err, "make it possible to write there, or --run elsewhere");
    else if (p->comm->rank == 0)
        judge_save(p, bytes, save, step, "saved in");
}
