#include "supervisor.h"

#include "assignment.h"
#include "child.h"
#include "listeners.h"
#include "log.h"
#include "session.h"
#include "station_state.h"
#include "wake.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define DESKS_DRAIN_MS  5000  /* desks wait for the last flush */
#define KEEPER_DRAIN_MS 30000 /* the keeper flushes and writes a checkpoint */

/* When the archivist audits the ledger: out of the way of the first customers. */
#define ARCHIVIST_AFTER_MS 2000

/* More deaths than this in a minute are worth an alarm. */
#define DEATHS_PER_MINUTE 20

/* A segment found unusable so often in a minute is beyond our help. */
#define REBUILDS_PER_MINUTE 3

enum phase { PHASE_STARTING, PHASE_SERVING, PHASE_DESKS_DRAIN, PHASE_KEEPER_DRAINS, PHASE_OVER };

struct supervisor {
    struct config *config;
    int argc;
    char **argv;
    struct station_state state;
    struct listeners listeners;
    struct child children[JOB_KIND_COUNT];
    enum phase phase;
    int signal_fd;
    int status;            /* exit code */
    bool rebuild;          /* the segment is unusable: all over again */
    int64_t archive_at_ms; /* monotonic; 0: no archivist is due */
    int64_t deadline_ms;   /* of the drain; then what is left is killed */
    int64_t minute_ms;     /* when counting deaths began */
    unsigned deaths;       /* since then */
};

static struct child *supervisor_child(struct supervisor *supervisor, int kind)
{
    return &supervisor->children[kind];
}

static bool supervisor_is_up(const struct supervisor *supervisor)
{
    return supervisor->phase == PHASE_STARTING || supervisor->phase == PHASE_SERVING;
}

/* ---- starting processes ------------------------------------------------------------------ */

static int supervisor_start(struct supervisor *supervisor, int kind)
{
    struct job job;
    int error =
        assignment_write(&supervisor->state, &supervisor->listeners, (enum job_kind)kind, &job);
    if (error == 0)
        error = child_start(supervisor_child(supervisor, kind), &job, kind != JOB_ARCHIVIST);
    explicit_bzero(&job, sizeof job);
    return error;
}

/* The keeper first: desks need somebody to make their changes durable. */
static int supervisor_start_all(struct supervisor *supervisor)
{
    int error = supervisor_start(supervisor, JOB_KEEPER);
    for (int kind = 0; error == 0 && kind < ROLE_COUNT; kind++)
        error = supervisor_start(supervisor, kind);
    return error;
}

/* Start again what is due. A failure to (no memory, no process left) is tried again. */
static void supervisor_restart_due(struct supervisor *supervisor, int64_t now)
{
    for (int kind = 0; kind <= JOB_KEEPER; kind++) {
        struct child *child = supervisor_child(supervisor, kind);
        if (child->pid != 0 || child->restart_at_ms == 0 || child->restart_at_ms > now)
            continue;
        if (supervisor_start(supervisor, kind) != 0)
            child->restart_at_ms = now + 1000;
    }
}

static void supervisor_start_archivist(struct supervisor *supervisor, int64_t now)
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

static void supervisor_hear_ready(struct supervisor *supervisor, int kind)
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
        supervisor->archive_at_ms = child_clock_ms() + ARCHIVIST_AFTER_MS;
    supervisor_announce(supervisor);
    supervisor_tell_ready(supervisor);
}

/* ---- the end ----------------------------------------------------------------------------- */

/* Desks first, with the archivist; the keeper flushes what they have recorded to the last. */
static void supervisor_drain(struct supervisor *supervisor, int status)
{
    if (!supervisor_is_up(supervisor))
        return;
    supervisor->status = status;
    supervisor->phase = PHASE_DESKS_DRAIN;
    supervisor->deadline_ms = child_clock_ms() + DESKS_DRAIN_MS;
    sd_notify(0, "STOPPING=1");
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++)
        if (kind != JOB_KEEPER)
            child_signal(supervisor_child(supervisor, kind), SIGTERM);
}

static void supervisor_drain_on(struct supervisor *supervisor, int64_t now)
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
    const int64_t now = child_clock_ms();
    if (now - supervisor->minute_ms > 60000) {
        supervisor->minute_ms = now;
        supervisor->deaths = 0;
    }
    if (++supervisor->deaths == DEATHS_PER_MINUTE + 1)
        log_error("ALARM: more than %d deaths of processes within a minute; the reasons are "
                  "above; going on",
                  DEATHS_PER_MINUTE);
}

static void supervisor_child_ended(struct supervisor *supervisor, struct child *child, int status)
{
    const bool is_archivist = child->kind == JOB_ARCHIVIST;
    const bool orderly = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
    const bool exited = WIFEXITED(status);
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

static void supervisor_reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int kind = 0; kind < JOB_KIND_COUNT; kind++)
            if (supervisor->children[kind].pid == pid)
                supervisor_child_ended(supervisor, &supervisor->children[kind], status);
}

/* Whatever is left, at once. */
static void supervisor_kill_all(struct supervisor *supervisor)
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

/* ---- signals ----------------------------------------------------------------------------- */

static void supervisor_reload(struct supervisor *supervisor)
{
    struct policy policy;
    struct segment *segment = &supervisor->state.segment;
    if (!supervisor_is_up(supervisor))
        return;
    if (config_reload(supervisor->config, supervisor->argc, supervisor->argv, &policy) != 0) {
        log_error("the configuration has mistakes; going on with the one of before");
        return;
    }
    const int error = segment_lock(segment, NULL);
    if (error != 0) {
        log_error("the segment cannot be locked: %s; all processes start over", strerror(-error));
        supervisor->rebuild = true;
        supervisor->phase = PHASE_OVER;
        return;
    }
    locker_set_policy(&segment->locker, &policy);
    segment_unlock(segment);
    supervisor->config->policy = policy;
    atomic_store(&segment->header->chores_wanted, 1);
    wake_signal(supervisor->listeners.wake_fd[JOB_KEEPER]);
    log_notice("the configuration was read again");
}

static void supervisor_hear_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    while (read(supervisor->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        switch (info.ssi_signo) {
        case SIGCHLD:
            supervisor_reap(supervisor);
            break;
        case SIGHUP:
            supervisor_reload(supervisor);
            break;
        default:
            if (supervisor_is_up(supervisor)) {
                log_notice("ending: %s", strsignal((int)info.ssi_signo));
                supervisor_drain(supervisor, EXIT_SUCCESS);
            } else {
                supervisor->deadline_ms = 0; /* asked twice: no more patience */
            }
        }
    }
}

/* ---- the loop ---------------------------------------------------------------------------- */

static int64_t earlier(int64_t a, int64_t b)
{
    return b != 0 && b < a ? b : a;
}

/* Milliseconds until something is due by itself; -1: nothing is. */
static int supervisor_patience(const struct supervisor *supervisor, int64_t now)
{
    int64_t next = INT64_MAX;
    if (supervisor_is_up(supervisor)) {
        for (int kind = 0; kind <= JOB_KEEPER; kind++)
            if (supervisor->children[kind].pid == 0)
                next = earlier(next, supervisor->children[kind].restart_at_ms);
        if (supervisor->children[JOB_ARCHIVIST].pid == 0)
            next = earlier(next, supervisor->archive_at_ms);
    } else {
        next = supervisor->deadline_ms;
    }
    if (next == INT64_MAX)
        return -1;
    return next <= now ? 0 : (int)(next - now);
}

static void supervisor_wait(struct supervisor *supervisor)
{
    struct pollfd fds[JOB_KEEPER + 3];
    for (int kind = 0; kind <= JOB_KEEPER; kind++)
        fds[kind] = (struct pollfd){.fd = supervisor->children[kind].ready_fd, .events = POLLIN};
    fds[JOB_KEEPER + 1] = (struct pollfd){.fd = supervisor->signal_fd, .events = POLLIN};
    fds[JOB_KEEPER + 2] = (struct pollfd){.fd = supervisor->listeners.archive_fd, .events = POLLIN};
    const int patience = supervisor_patience(supervisor, child_clock_ms());
    if (poll(fds, JOB_KEEPER + 3, patience) < 0)
        return; /* interrupted: what was due is looked at anyway */
    for (int kind = 0; kind <= JOB_KEEPER; kind++)
        if (fds[kind].revents)
            supervisor_hear_ready(supervisor, kind);
    if (fds[JOB_KEEPER + 2].revents) {
        wake_drain(supervisor->listeners.archive_fd);
        supervisor->archive_at_ms = child_clock_ms();
    }
    if (fds[JOB_KEEPER + 1].revents)
        supervisor_hear_signals(supervisor);
}

static void supervisor_serve(struct supervisor *supervisor)
{
    if (supervisor_start_all(supervisor) != 0)
        supervisor_drain(supervisor, EXIT_FAILURE);
    while (supervisor->phase != PHASE_OVER) {
        supervisor_wait(supervisor);
        const int64_t now = child_clock_ms();
        if (supervisor_is_up(supervisor)) {
            supervisor_restart_due(supervisor, now);
            supervisor_start_archivist(supervisor, now);
        } else if (supervisor->phase != PHASE_OVER) {
            supervisor_drain_on(supervisor, now);
        }
    }
    supervisor_kill_all(supervisor);
}

/* ---- from start to end ------------------------------------------------------------------- */

static void supervisor_prepare(struct supervisor *supervisor)
{
    supervisor->phase = PHASE_STARTING;
    supervisor->status = EXIT_FAILURE;
    supervisor->rebuild = false;
    supervisor->archive_at_ms = 0;
    for (int kind = 0; kind < JOB_KIND_COUNT; kind++)
        supervisor->children[kind] = (struct child){.kind = (enum job_kind)kind, .ready_fd = -1};
}

/* One life of the station. distrust: see state_open(). */
static void supervisor_run(struct supervisor *supervisor, bool distrust)
{
    supervisor_prepare(supervisor);
    if (listeners_open(&supervisor->listeners, supervisor->config->run_dir) != 0)
        return;
    if (state_open(&supervisor->state, distrust) == 0) {
        supervisor_serve(supervisor);
        if (!supervisor->rebuild)
            state_end(&supervisor->state);
    }
    state_let_go(&supervisor->state);
    listeners_close(&supervisor->listeners);
}

static int signals_open(int *signal_fd)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, as we may have been started, it would lose the dead */
    if (sigprocmask(SIG_BLOCK, &signals, NULL) == 0)
        *signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (*signal_fd >= 0)
        return 0;
    log_error("cannot wait for signals: %s", strerror(errno));
    return -errno;
}

/* Live again after the segment was found unusable: the first time what is in it is looked at once
 * more (its stuck owner is dead now), then it is built from the ledger. */
static void supervisor_live(struct supervisor *supervisor)
{
    unsigned rebuilds = 0;
    int64_t minute_ms = child_clock_ms();
    do {
        supervisor_run(supervisor, rebuilds > 1);
        const int64_t now = child_clock_ms();
        if (now - minute_ms > 60000) {
            minute_ms = now;
            rebuilds = 0;
        }
        rebuilds++;
    } while (supervisor->rebuild && rebuilds <= REBUILDS_PER_MINUTE);
    if (supervisor->rebuild)
        log_error("the segment became unusable %d times within a minute; giving up",
                  REBUILDS_PER_MINUTE);
}

int supervise(struct config *config, int argc, char **argv)
{
    struct supervisor supervisor = {
        .config = config, .argc = argc, .argv = argv, .signal_fd = -1, .status = EXIT_FAILURE};
    log_set_speaker("supervisor");
    log_set_quiet(config->quiet);
    if (config->ready_fd >= 0 && fcntl(config->ready_fd, F_SETFD, FD_CLOEXEC) != 0) {
        log_error("--ready-fd %d: %s; name a descriptor that is open", config->ready_fd,
                  strerror(errno));
        return EXIT_FAILURE;
    }
    if (signals_open(&supervisor.signal_fd) != 0)
        return EXIT_FAILURE;
    if (state_claim(&supervisor.state, config) == 0)
        supervisor_live(&supervisor);
    state_release(&supervisor.state);
    close(supervisor.signal_fd);
    return supervisor.status;
}
