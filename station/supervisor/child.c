#include "child.h"

#include "log.h"
#include "monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKOFF_FIRST_MS   50
#define BACKOFF_LONGEST_MS 1000

/* Alive so long: the next death starts from the beginning. */
#define STEADY_MS 10000

/* Descriptors are close-on-exec; duplicating one onto itself is how posix_spawn lets it through. */
static int let_through(posix_spawn_file_actions_t *actions, int fd)
{
    return fd >= 0 ? posix_spawn_file_actions_adddup2(actions, fd, fd) : 0;
}

static int let_job_through(posix_spawn_file_actions_t *actions, const struct job *job, int job_fd)
{
    int error = let_through(actions, job_fd);
    if (error == 0)
        error = let_through(actions, job->segment_fd);
    if (error == 0)
        error = let_through(actions, job->listen_fd);
    if (error == 0)
        error = let_through(actions, job->feed_fd);
    if (error == 0)
        error = let_through(actions, job->archive_fd);
    if (error == 0)
        error = let_through(actions, job->run_lock_fd);
    if (error == 0)
        error = let_through(actions, job->data_lock_fd);
    if (error == 0)
        error = let_through(actions, job->ready_fd);
    for (int i = 0; error == 0 && i <= JOB_KEEPER; i++)
        error = let_through(actions, job->wake_fd[i]);
    return error;
}

/* Signals as at login: nothing blocked, nothing ignored. */
static int spawn_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attributes, &all);
    if (error == 0)
        error =
            posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return error;
}

static int spawn(pid_t *pid, const struct job *job, int job_fd)
{
    char title[64];
    char fd_text[16];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    snprintf(title, sizeof title, "locker-station: %s", job_name((enum job_kind)job->kind));
    snprintf(fd_text, sizeof fd_text, "%d", job_fd);
    char *argv[] = {title, (char[]){"--job"}, fd_text, NULL};
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return -error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = spawn_attributes(&attributes);
        if (error == 0)
            error = let_job_through(&actions, job, job_fd);
        if (error == 0)
            error = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

int child_start(struct child *child, struct job *job, bool wants_ready)
{
    int ready[2] = {-1, -1};
    pid_t pid = 0;
    child->restart_at_ms = 0;
    int error = wants_ready && pipe2(ready, O_CLOEXEC | O_NONBLOCK) != 0 ? -errno : 0;
    job->ready_fd = ready[1];
    if (error == 0) {
        const int job_fd = job_seal(job);
        error = job_fd < 0 ? job_fd : spawn(&pid, job, job_fd);
        if (job_fd >= 0)
            close(job_fd);
    }
    if (ready[1] >= 0)
        close(ready[1]);
    if (error != 0) {
        log_error("cannot start the %s: %s", job_name(child->kind), strerror(-error));
        if (ready[0] >= 0)
            close(ready[0]);
        return error;
    }
    child->pid = pid;
    child->told = 0;
    child->ready = false;
    child->ready_fd = ready[0];
    child->started_ms = monotonic_ms();
    return 0;
}

static void close_ready(struct child *child)
{
    if (child->ready_fd >= 0)
        close(child->ready_fd);
    child->ready_fd = -1;
}

bool child_hear_ready(struct child *child)
{
    char byte;
    const ssize_t got = read(child->ready_fd, &byte, 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    close_ready(child);
    child->ready = got == 1;
    return child->ready;
}

static void log_death(const struct child *child, int status)
{
    if (WIFSIGNALED(status))
        log_error("the %s (process %d) was killed by signal %d (%s)", job_name(child->kind),
                  (int)child->pid, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        log_error("the %s (process %d) ended with exit code %d", job_name(child->kind),
                  (int)child->pid, WEXITSTATUS(status));
}

static void child_is_gone(struct child *child)
{
    child->pid = 0;
    child->ready = false;
    child->renewed = false;
    close_ready(child);
}

void child_died(struct child *child, int status, bool quietly)
{
    const int64_t now = monotonic_ms();
    const bool as_told = WIFSIGNALED(status) && WTERMSIG(status) == child->told;
    if (!quietly && !as_told)
        log_death(child, status);
    if (now - child->started_ms >= STEADY_MS)
        child->backoff_ms = 0;
    child->restart_at_ms = now + child->backoff_ms;
    if (child->backoff_ms == 0)
        child->backoff_ms = BACKOFF_FIRST_MS;
    else if (child->backoff_ms * 2 < BACKOFF_LONGEST_MS)
        child->backoff_ms *= 2;
    else
        child->backoff_ms = BACKOFF_LONGEST_MS;
    child_is_gone(child);
}

void child_ended_as_asked(struct child *child)
{
    child->restart_at_ms = monotonic_ms();
    child_is_gone(child);
}

void child_signal(struct child *child, int signal_number)
{
    if (child->pid <= 0)
        return;
    child->told = signal_number;
    kill(child->pid, signal_number);
}
