#include "harden.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void process_harden(void)
{
    const struct rlimit none = {0, 0};
    /* The limit does not bind a core_pattern that is a pipe; not being dumpable does. */
    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &none);
}

void process_die_with(int parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* It may have died before that took effect. */
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}
