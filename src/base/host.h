/* The host as this process finds it: its name and processor, the cores that the process may use,
 * and the limits that stand around it. Linux tells these in files of /proc and /sys; what it does
 * not tell is left 0 or empty, and no check then speaks of it. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

enum { HOST_CPUS = 1024, HOST_NAME = 64 };

/* Processors by their number. */
typedef struct CpuSet {
    uint64_t bits[HOST_CPUS / 64];
} CpuSet;

static inline bool cpu_set_has(const CpuSet *set, int cpu)
{
    return set->bits[cpu / 64] >> (cpu % 64) & 1;
}
static inline void cpu_set_add(CpuSet *set, int cpu)
{
    set->bits[cpu / 64] |= (uint64_t)1 << (cpu % 64);
}
int cpu_set_count(const CpuSet *set);

/* Without pointers: ranks send it to each other. */
typedef struct Host {
    char name[HOST_NAME];
    uint64_t kernel;   /* alike where processes run on the same kernel, in whatever containers */
    char cpu[64];      /* "AMD EPYC 9554" */
    uint64_t features; /* digest of the CPU's flags */
    CpuSet bound;      /* the CPUs that this process runs on */
    CpuSet allowed;    /* those that it could be bound to instead */
    CpuSet cores;      /* `bound` by cores: of hyperthreads, the first */
    double quota;      /* CPUs' time that its control group may use; 0: no such limit */
    double memory;     /* bytes that can still be taken */
    double shared;     /* bytes free in /dev/shm; -1: there is none */
} Host;

/* What the host calls itself, cut to `room`; "?" where it does not say. */
void host_name(char *name, size_t room);
/* Bytes that can still be taken without swapping: what Linux says it has, within the limits of the
 * process's control groups. */
double host_memory(void);
/* Bytes free in /dev/shm; -1: there is none. */
double host_shared_memory(void);
/* All of it. Has the calling thread for a moment bound to all CPUs, to see which it gets. */
void host_look(Host *host);

/* The least of the limits of a control group and of those above it, of its files below `root`
 * ("/sys/fs/cgroup"), where it is called `path` ("/slurm/job_7"); 0: there is none. */
double host_quota(const char *root, const char *path);
/* The same of memory: bytes that can still be taken; -1: there is no limit. */
double host_memory_left(const char *root, const char *path);
/* What the file system of `path` is called: "ext4", "nfs", "tmpfs"; "" where it has no name here.
 */
const char *host_file_system(const char *path);

#endif
