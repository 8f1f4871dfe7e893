#include "supervisor_parts.h"

#include "log.h"
#include "monotonic.h"
#include "session.h"
#include "wake.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>

#define DESKS_DRAIN_MS  5000  /* desks wait for the last flush */
#define KEEPER_DRAIN_MS 30000 /* the keeper flushes and writes a checkpoint */

/* More deaths than this in a minute are worth an alarm. */
#define DEATHS_PER_MINUTE 20

/* ---- the end ----------------------------------------------------------------------------- */

void supervisor_drain(struct supervisor *supervisor, int status)
{
    if (!supervisor_is_up(supervisor))
        return;
    supervisor->status = status;
    supervisor->phase = PHASE_DESKS_DRAIN;
    supervisor->drain_began_ms = monotonic_ms();
    supervisor->deadline_ms = supervisor->drain_began_ms + DESKS_DRAIN_MS;
    sd_notify(0, "STOPPING=1");
    for (int kind = JOB_DESK_DRIVER; kind <= JOB_DESK_OPERATOR; kind++)
        child_signal(supervisor_child(supervisor, kind), SIGTERM);
    /* Whatever it is at takes its place whole or not at all, and nobody waits for it. */
    child_signal(supervisor_child(supervisor, JOB_ARCHIVIST), SIGKILL);
}

void supervisor_drain_on(struct supervisor *supervisor, int64_t now)
{
    bool others = false;
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++)
        others |= kind != JOB_KEEPER && supervisor->children[kind].pid != 0;
    if (supervisor->phase == PHASE_DESKS_DRAIN && !others) {
        supervisor->phase = PHASE_KEEPER_DRAINS;
        supervisor->deadline_ms = now + KEEPER_DRAIN_MS;
        child_signal(supervisor_child(supervisor, JOB_KEEPER), SIGTERM);
    }
    if (supervisor->phase == PHASE_KEEPER_DRAINS &&
        supervisor_child(supervisor, JOB_KEEPER)->pid == 0)
        supervisor->phase = PHASE_OVER;
    if (supervisor->phase == PHASE_OVER || now < supervisor->deadline_ms)
        return;
    supervisor->deadline_ms = now + KEEPER_DRAIN_MS;
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++) {
        struct child *child = supervisor_child(supervisor, kind);
        if (child->pid == 0 || (kind == JOB_KEEPER && supervisor->phase == PHASE_DESKS_DRAIN))
            continue;
        log_warning("the %s does not end; killing it", job_name(child->kind));
        child_signal(child, SIGKILL);
    }
}

/* ---- deaths ------------------------------------------------------------------------------ */

static void supervisor_count_death(struct supervisor *supervisor)
{
    const int64_t now = monotonic_ms();
    if (now - supervisor->minute_ms > 60000) {
        supervisor->minute_ms = now;
        supervisor->deaths = 0;
    }
    if (++supervisor->deaths == DEATHS_PER_MINUTE + 1)
        log_error("ALARM: more than %d deaths of processes within a minute; the reasons are "
                  "above; going on",
                  DEATHS_PER_MINUTE);
}

/* One that dies may have taken it upon itself to wake another and not have come to it. Everybody
 * looks again: to be woken for nothing is harmless. */
static void supervisor_wake_all(const struct supervisor *supervisor)
{
    for (int kind = 0; kind <= JOB_KEEPER; kind++)
        wake_signal(supervisor->listeners.wake_fd[kind]);
}

static void supervisor_child_ended(struct supervisor *supervisor, struct child *child, int status)
{
    const bool is_archivist = child->kind == JOB_ARCHIVIST;
    const bool orderly = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
    const bool exited = WIFEXITED(status);
    if (child->renewed && orderly && supervisor_is_up(supervisor)) {
        child_ended_as_asked(child);
        return;
    }
    supervisor_wake_all(supervisor);
    child_died(child, status, orderly && (is_archivist || !supervisor_is_up(supervisor)));
    if (is_archivist)
        child->restart_at_ms = 0;
    if (is_archivist || !supervisor_is_up(supervisor))
        return;
    if (exited && WEXITSTATUS(status) == SESSION_EXIT_SEGMENT_UNUSABLE) {
        log_error("the %s found the segment unusable; all processes start over",
                  job_name(child->kind));
        supervisor->rebuild = true;
        supervisor->phase = PHASE_OVER;
    } else if (exited && supervisor->phase == PHASE_STARTING) {
        log_error("the station cannot start without its %s", job_name(child->kind));
        supervisor_drain(supervisor, EXIT_FAILURE);
    } else {
        supervisor_count_death(supervisor);
    }
}

void supervisor_reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int kind = 0; kind < JOB_KIND_COUNT; kind++)
            if (supervisor->children[kind].pid == pid)
                supervisor_child_ended(supervisor, &supervisor->children[kind], status);
}

void supervisor_kill_all(struct supervisor *supervisor)
{
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++) {
        struct child *child = supervisor_child(supervisor, kind);
        int status;
        if (child->pid == 0)
            continue;
        child_signal(child, SIGKILL);
        while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
            ;
        child_died(child, status, true);
    }
}
