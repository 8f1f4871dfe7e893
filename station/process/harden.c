#include "harden.h"

#include "invariant.h"
#include "log.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
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

/* Runs where the trap stands, in code of ours that is in the middle of nothing of libc's. Returning
 * meets the trap again, now without a handler. */
static void tell_trap(int signal_number)
{
    const char *broken = invariant_broken;
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    /* The segment's lock may be held: whoever reads the log must not be waited for. */
    if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT))
        log_error("this program is wrong or its memory damaged: %s",
                  broken ? broken : strsignal(signal_number));
}

void process_tell_traps(void)
{
    struct sigaction action = {.sa_handler = tell_trap, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    /* Which of the two __builtin_trap() raises depends on the processor. */
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
}

void process_die_with(int parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* It may have died before that took effect. */
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}
