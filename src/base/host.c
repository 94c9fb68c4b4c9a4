/* What /proc, /sys and the scheduler tell of a host. */
#define _GNU_SOURCE /* sched_setaffinity */
#include "base/host.h"

#include "base/digest.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The first bytes of a file, '\0' added; "" where there is none. */
static void read_head(const char *path, char *text, size_t room)
{
    FILE *file = fopen(path, "r");
    size_t got = file ? fread(text, 1, room - 1, file) : 0;
    text[got] = '\0';
    if (file)
        fclose(file);
}

/* ---- the processor ---- */

int cpu_set_count(const CpuSet *set)
{
    int count = 0;
    for (int i = 0; i < HOST_CPUS / 64; i++)
        count += __builtin_popcountll(set->bits[i]);
    return count;
}

/* The text behind "key\t: " of the first processor, up to the line's end; "" where there is none.
 */
static const char *value_of(char *info, const char *key, size_t *length)
{
    char *at = strstr(info, key);
    at = at ? strchr(at, ':') : NULL;
    *length = 0;
    if (!at)
        return "";
    at += 1 + strspn(at + 1, " \t");
    *length = strcspn(at, "\n");
    return at;
}

/* x86 calls them "model name" and "flags", ARM "CPU part" and "Features". */
static void look_at_cpu(Host *host)
{
    char info[8192];
    size_t length;
    read_head("/proc/cpuinfo", info, sizeof info);
    const char *name = value_of(info, "model name", &length);
    if (length == 0)
        name = value_of(info, "CPU part", &length);
    snprintf(host->cpu, sizeof host->cpu, "%.*s", (int)length, name);
    const char *flags = value_of(info, "\nflags", &length);
    if (length == 0)
        flags = value_of(info, "\nFeatures", &length);
    host->features = digest_bytes(flags, length);
}

static void look_at_mask(CpuSet *set)
{
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0)
        return;
    for (int cpu = 0; cpu < HOST_CPUS && cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &mask))
            cpu_set_add(set, cpu);
}

/* The kernel cuts what is asked for down to what the process may have. */
static void look_beyond(const CpuSet *bound, CpuSet *allowed)
{
    cpu_set_t mask, all;
    *allowed = *bound;
    if (cpu_set_count(bound) >= sysconf(_SC_NPROCESSORS_ONLN) ||
        sched_getaffinity(0, sizeof mask, &mask) != 0)
        return;
    memset(&all, 0xff, sizeof all);
    if (sched_setaffinity(0, sizeof all, &all) == 0)
        look_at_mask(allowed);
    sched_setaffinity(0, sizeof mask, &mask);
}

static void look_at_cores(Host *host)
{
    char text[64], path[96];
    read_head("/sys/devices/system/cpu/smt/active", text, sizeof text);
    bool threads = atoi(text) == 1;
    for (int cpu = 0; cpu < HOST_CPUS; cpu++) {
        if (!cpu_set_has(&host->bound, cpu))
            continue;
        int first = cpu;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                 cpu);
        if (threads)
            read_head(path, text, sizeof text);
        if (threads && text[0])
            first = atoi(text);
        cpu_set_add(&host->cores, first >= 0 && first < HOST_CPUS ? first : cpu);
    }
}

/* ---- limits ---- */

static double number_in(const char *root, const char *path, size_t length, const char *file)
{
    char whole[4096], text[64], *end;
    snprintf(whole, sizeof whole, "%s%.*s/%s", root, (int)length, path, file);
    read_head(whole, text, sizeof text);
    double number = strtod(text, &end);
    return end == text ? -1 : number; /* none, or "max" */
}

/* cpu.max: "150000 100000", microseconds of each period; "max 100000" where there is no limit. */
static double quota_here(const char *root, const char *path, size_t length)
{
    char whole[4096], text[64];
    double time = 0, period = 0;
    snprintf(whole, sizeof whole, "%s%.*s/cpu.max", root, (int)length, path);
    read_head(whole, text, sizeof text);
    if (sscanf(text, "%lf %lf", &time, &period) != 2) {
        time =
            number_in(root, path, length, "cpu.cfs_quota_us"); /* control groups' first version */
        period = number_in(root, path, length, "cpu.cfs_period_us");
    }
    return time > 0 && period > 0 ? time / period : INFINITY;
}

static double memory_left_here(const char *root, const char *path, size_t length)
{
    double most = number_in(root, path, length, "memory.max");
    double used = number_in(root, path, length, "memory.current");
    if (most < 0) {
        most = number_in(root, path, length, "memory.limit_in_bytes");
        used = number_in(root, path, length, "memory.usage_in_bytes");
    }
    return most < 0 || used < 0 ? INFINITY : most > used ? most - used : 0;
}

/* The group's name without its last part. */
static size_t shorter(const char *path, size_t length)
{
    while (length > 0 && path[length - 1] != '/')
        length--;
    return length > 0 ? length - 1 : 0;
}

/* The least of a limit, in the group and those above it; INFINITY: there is none. */
static double least(const char *root, const char *path,
                    double (*here)(const char *root, const char *path, size_t length))
{
    size_t length = strlen(path);
    double limit = here(root, path, length);
    while (length > 0) {
        length = shorter(path, length);
        limit = fmin(limit, here(root, path, length));
    }
    return limit;
}

double host_quota(const char *root, const char *path)
{
    double limit = least(root, path, quota_here);
    return isinf(limit) ? 0 : limit;
}

double host_memory_left(const char *root, const char *path)
{
    double limit = least(root, path, memory_left_here);
    return isinf(limit) ? -1 : limit;
}

/* The process's control group: of the lines "7:cpu,cpuacct:/path" the one that names the
 * controller, or "0::/path". `path` has room for 4096 bytes. */
static bool group_of(const char *controller, char *path)
{
    char text[8192];
    read_head("/proc/self/cgroup", text, sizeof text);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *names = strchr(line, ':'), *at = names ? strchr(names + 1, ':') : NULL;
        if (!at)
            continue;
        *at++ = '\0';
        if (strcmp(names + 1, controller) == 0 && *at == '/') {
            snprintf(path, 4096, "%s", strcmp(at, "/") == 0 ? "" : at);
            return true;
        }
    }
    return false;
}

/* What Linux says it has; where it does not say, half of all. */
static double memory_of_machine(void)
{
    char text[4096];
    size_t length;
    read_head("/proc/meminfo", text, sizeof text);
    const char *available = value_of(text, "\nMemAvailable", &length);
    return length ? strtod(available, NULL) * 1024
                  : (double)sysconf(_SC_PHYS_PAGES) / 2 * (double)sysconf(_SC_PAGESIZE);
}

double host_memory(void)
{
    char path[4096];
    double memory = memory_of_machine(), left;
    if (group_of("", path) && (left = host_memory_left("/sys/fs/cgroup", path)) >= 0)
        memory = fmin(memory, left);
    if (group_of("memory", path) && (left = host_memory_left("/sys/fs/cgroup/memory", path)) >= 0)
        memory = fmin(memory, left);
    return memory;
}

static double look_at_quota(void)
{
    char path[4096];
    double quota = group_of("", path) ? host_quota("/sys/fs/cgroup", path) : 0;
    if (quota == 0 && (group_of("cpu,cpuacct", path) || group_of("cpu", path)))
        quota = host_quota("/sys/fs/cgroup/cpu", path);
    return quota;
}

/* ---- files ---- */

const char *host_file_system(const char *path)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } kinds[] = {
        {0xEF53, "ext4"},        {0x58465342, "xfs"},    {0x9123683E, "btrfs"},
        {0x2FC12FC1, "zfs"},     {0x01021994, "tmpfs"},  {0x858458F6, "ramfs"},
        {0x794C7630, "overlay"}, {0x6969, "nfs"},        {0x0BD00BD0, "lustre"},
        {0x47504653, "gpfs"},    {0x19830326, "beegfs"}, {0x00C36400, "ceph"},
        {0xFF534D42, "cifs"},    {0xFE534D42, "smb"},    {0x65735546, "fuse"},
        {0x01021997, "9p"},      {0xF2F52010, "f2fs"},   {0x20030528, "orangefs"},
    };
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return "";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if ((unsigned long)fs.f_type == kinds[i].magic)
            return kinds[i].name;
    return "";
}

void host_name(char *name, size_t room)
{
    snprintf(name, room, "?");
    gethostname(name, room - 1);
    name[room - 1] = '\0';
}

double host_shared_memory(void)
{
    struct statvfs shm;
    return statvfs("/dev/shm", &shm) == 0 ? (double)shm.f_bavail * (double)shm.f_frsize : -1;
}

void host_look(Host *host)
{
    char boot[64];
    *host = (Host){0};
    host_name(host->name, sizeof host->name);
    read_head("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    host->kernel =
        boot[0] ? digest_bytes(boot, strlen(boot)) : digest_bytes(host->name, strlen(host->name));
    look_at_cpu(host);
    look_at_mask(&host->bound);
    look_beyond(&host->bound, &host->allowed);
    look_at_cores(host);
    host->quota = look_at_quota();
    host->memory = host_memory();
    host->shared = host_shared_memory();
}
