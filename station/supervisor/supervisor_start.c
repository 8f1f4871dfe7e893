#include "supervisor_parts.h"

#include "assignment.h"
#include "log.h"
#include "monotonic.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* When the archivist audits the ledger: out of the way of the first customers. */
#define ARCHIVIST_AFTER_MS 2000

/* ---- starting processes ------------------------------------------------------------------ */

static int supervisor_start(struct supervisor *supervisor, int kind)
{
    struct job job;
    int error =
        assignment_write(&supervisor->state, &supervisor->listeners, (enum job_kind)kind, &job);
    /* All the rows once a life of the station; after that only what has come since. */
    job.audit = kind == JOB_ARCHIVIST && !supervisor->audited;
    if (error == 0)
        error = child_start(supervisor_child(supervisor, kind), &job, kind != JOB_ARCHIVIST);
    supervisor->audited |= error == 0 && job.audit;
    explicit_bzero(&job, sizeof job);
    return error;
}

int supervisor_start_all(struct supervisor *supervisor)
{
    int error = supervisor_start(supervisor, JOB_KEEPER);
    for (int kind = 0; error == 0 && kind < ROLE_COUNT; kind++)
        error = supervisor_start(supervisor, kind);
    return error;
}

void supervisor_restart_due(struct supervisor *supervisor, int64_t now)
{
    for (int kind = 0; kind <= JOB_KEEPER; kind++) {
        struct child *child = supervisor_child(supervisor, kind);
        if (child->pid != 0 || child->restart_at_ms == 0 || child->restart_at_ms > now)
            continue;
        if (supervisor_start(supervisor, kind) != 0)
            child->restart_at_ms = now + 1000;
    }
}

void supervisor_start_archivist(struct supervisor *supervisor, int64_t now)
{
    if (supervisor->archive_at_ms == 0 || supervisor->archive_at_ms > now ||
        supervisor_child(supervisor, JOB_ARCHIVIST)->pid != 0)
        return;
    supervisor->archive_at_ms = 0;
    if (supervisor_start(supervisor, JOB_ARCHIVIST) != 0)
        log_warning("no archivist: the next start will read more of the ledger");
}

/* ---- readiness --------------------------------------------------------------------------- */

static void supervisor_tell_ready(struct supervisor *supervisor)
{
    static const char word[] = "ready\n";
    int *fd = &supervisor->config->ready_fd;
    sd_notify(0, "READY=1");
    if (*fd < 0)
        return;
    if (write(*fd, word, sizeof word - 1) != (ssize_t)sizeof word - 1)
        log_warning("cannot write to --ready-fd %d: %s", *fd, strerror(errno));
    close(*fd);
    *fd = -1;
}

static void supervisor_announce(struct supervisor *supervisor)
{
    const struct config *config = supervisor->config;
    struct occupancy occupancy;
    locker_occupancy(&supervisor->state.segment.locker, &occupancy);
    log_notice("station %s serves: %" PRIu32 " compartments (%" PRIu32 " small, %" PRIu32
               " medium, %" PRIu32 " large), %" PRIu32 " with a parcel; sockets in %s; %s%s",
               config->name, config->compartments, occupancy.total[SIZE_SMALL],
               occupancy.total[SIZE_MEDIUM], occupancy.total[SIZE_LARGE],
               occupancy.occupied + occupancy.expired, config->run_dir,
               config->ephemeral ? "no ledger" : "ledger in ", config->data_dir);
    log_notice("processes: driver desk %d, keypad desk %d, operator desk %d, keeper %d",
               (int)supervisor->children[JOB_DESK_DRIVER].pid,
               (int)supervisor->children[JOB_DESK_KEYPAD].pid,
               (int)supervisor->children[JOB_DESK_OPERATOR].pid,
               (int)supervisor->children[JOB_KEEPER].pid);
    if (config->ephemeral)
        log_warning("EPHEMERAL: there is no ledger; a restart may forget every parcel");
}

void supervisor_hear_ready(struct supervisor *supervisor, int kind)
{
    struct child *child = supervisor_child(supervisor, kind);
    if (!child_hear_ready(child))
        return;
    if (supervisor->phase == PHASE_SERVING)
        log_notice("the %s serves again (process %d)", job_name(child->kind), (int)child->pid);
    if (supervisor->phase != PHASE_STARTING)
        return;
    for (int i = 0; i <= JOB_KEEPER; i++)
        if (!supervisor->children[i].ready)
            return;
    supervisor->phase = PHASE_SERVING;
    if (!supervisor->config->ephemeral)
        supervisor->archive_at_ms = monotonic_ms() + ARCHIVIST_AFTER_MS;
    supervisor_announce(supervisor);
    supervisor_tell_ready(supervisor);
}
