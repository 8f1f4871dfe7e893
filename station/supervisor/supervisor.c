#include "supervisor.h"

#include "log.h"
#include "monotonic.h"
#include "stage.h"
#include "supervisor_parts.h"
#include "wake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* timeout(1), a terminal and others send a signal to the process and to its group: that is one. */
#define SAME_SIGNAL_MS 500

/* A segment found unusable so often in a minute is beyond our help. */
#define REBUILDS_PER_MINUTE 3

/* ---- signals ----------------------------------------------------------------------------- */

/* A desk asks for a key only when a terminal connects: for a revoked one to be out, all come anew.
 * They wait at the socket meanwhile, and ask again under the same ids. */
static void supervisor_renew_desks(struct supervisor *supervisor, const struct reload *reload)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        struct child *desk = supervisor_child(supervisor, role);
        if (!reload->keys_changed[role] || desk->pid == 0)
            continue;
        log_notice("other keys are allowed at the %s now: its connections are made anew",
                   job_name(desk->kind));
        desk->renewed = true;
        child_signal(desk, SIGTERM);
    }
}

static void supervisor_reload(struct supervisor *supervisor)
{
    struct reload reload;
    struct segment *segment = &supervisor->state.segment;
    if (!supervisor_is_up(supervisor))
        return;
    if (config_reload(supervisor->config, supervisor->argc, supervisor->argv, &reload) != 0) {
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
    locker_set_policy(&segment->locker, &reload.policy);
    segment_unlock(segment);
    supervisor->config->policy = reload.policy;
    atomic_store(&segment->header->chores_wanted, 1);
    wake_signal(supervisor->listeners.wake_fd[JOB_KEEPER]);
    log_notice("the configuration was read again");
    supervisor_renew_desks(supervisor, &reload);
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
                log_notice("ending, on %s", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
                supervisor_drain(supervisor, EXIT_SUCCESS);
            } else if (monotonic_ms() - supervisor->drain_began_ms > SAME_SIGNAL_MS) {
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
    const int patience = supervisor_patience(supervisor, monotonic_ms());
    if (poll(fds, JOB_KEEPER + 3, patience) < 0)
        return; /* interrupted: what was due is looked at anyway */
    for (int kind = 0; kind <= JOB_KEEPER; kind++)
        if (fds[kind].revents)
            supervisor_hear_ready(supervisor, kind);
    if (fds[JOB_KEEPER + 2].revents) {
        wake_drain(supervisor->listeners.archive_fd);
        supervisor->archive_at_ms = monotonic_ms();
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
        const int64_t now = monotonic_ms();
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
        struct stage_board *stages = segment_stages(&supervisor->state.segment);
        stage_clear(stages);
        stage_give(stages, supervisor->config->run_dir); /* there, if empty: this is traced */
        supervisor_serve(supervisor);
        stage_give(stages, supervisor->config->run_dir);
        if (!supervisor->rebuild && state_end(&supervisor->state) != 0)
            supervisor->status = EXIT_FAILURE; /* who stops us should know before a reboot */
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
    int64_t minute_ms = monotonic_ms();
    do {
        supervisor_run(supervisor, rebuilds > 1);
        const int64_t now = monotonic_ms();
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
    if (supervisor.status == EXIT_SUCCESS) /* else what is amiss has been said */
        log_notice("station %s has ended%s", config->name,
                   config->ephemeral ? "" : "; every change is in its ledger");
    close(supervisor.signal_fd);
    return supervisor.status;
}
