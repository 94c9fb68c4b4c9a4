/* The signal flag: the one piece of state that a handler can set. */
#include "train/signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

static volatile sig_atomic_t seen;

static void note(int number)
{
    seen = number;
}

void signals_catch(void)
{
    static const int caught[] = {SIGUSR1, SIGTERM, SIGINT};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaction(caught[i], &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit shows as an error in words */
    seen = 0;
}

int signals_seen(void)
{
    return seen;
}
