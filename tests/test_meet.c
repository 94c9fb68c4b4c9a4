/* How long ranks wait for each other where no watchdog looks on (dist/comm_meet.c). */
#include "dist/comm.h"

#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAITED = 7 };

static void wait_for(double seconds)
{
    struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) != 0)
        ;
}

/* A process that waits for others, for a limit of one second, and then has met them. */
static pid_t begin(double seconds)
{
    int told[2];
    char byte = 0;
    CU_ASSERT_FATAL(pipe(told) == 0);
    pid_t child = fork();
    if (child == 0) {
        setenv("LOCKSTEP_MEET", "1", 1);
        close(STDERR_FILENO);
        comm_limit(1);
        if (write(told[1], &byte, 1) != 1)
            _exit(WAITED + 1);
        wait_for(seconds);
        _exit(WAITED);
    }
    CU_ASSERT(read(told[0], &byte, 1) == 1);
    close(told[0]);
    close(told[1]);
    return child;
}

static int end(pid_t child)
{
    int status;
    CU_ASSERT_FATAL(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void too_long(void)
{
    CU_ASSERT_EQUAL(end(begin(30)), STATUS_FAILED);
}

static void stopped(void)
{
    pid_t child = begin(0.1);
    kill(child, SIGSTOP);
    wait_for(1.8);
    kill(child, SIGCONT);
    CU_ASSERT_EQUAL(end(child), WAITED);
}

static const Promise promises[] = {{"a rank that waits for too long ends with status 1", too_long},
                                   {"time in which the job was stopped does not count", stopped},
                                   {0}};

int main(void)
{
    return unit_run("meet", promises);
}
