#include "session.h"

#include "harden.h"
#include "log.h"
#include "stage.h"
#include "stage_board.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

_Static_assert(STAGE_PROCESSES == JOB_KIND_COUNT, "an account of its own for each kind of job");

int session_begin(struct session *session, const struct job *job)
{
    *session = (struct session){.stop_fd = -1};
    log_set_speaker(job_name((enum job_kind)job->kind));
    log_set_quiet(job->quiet);
    process_die_with(job->supervisor_pid);

    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit is -EFBIG, an answer, not a death */
    if (sigprocmask(SIG_BLOCK, &stop, NULL) != 0 ||
        (session->stop_fd = signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC)) < 0) {
        const int error = -errno;
        log_error("cannot wait for signals: %s", strerror(-error));
        return error;
    }
    const int error = segment_map(&session->segment, job->segment_fd);
    if (error != 0) {
        log_error("cannot map the segment: %s", strerror(-error));
        close(session->stop_fd);
        return error;
    }
    session->takeovers_seen = session->segment.header->lock.takeovers;
    stage_open(segment_stages(&session->segment), job->kind);
    return 0;
}

void session_end(struct session *session)
{
    segment_unmap(&session->segment);
    close(session->stop_fd);
}

void session_announce(const struct job *job, _Atomic uint32_t *pid)
{
    atomic_store(pid, (uint32_t)getpid());
    if (job->ready_fd < 0)
        return;
    if (write(job->ready_fd, "r", 1) != 1)
        log_warning("cannot report that this process serves: %s", strerror(errno));
    close(job->ready_fd);
}

void session_read_clocks(struct session *session)
{
    session->raw = raw_clock_read();
}

int session_lock(struct session *session, struct moment *now)
{
    session_read_clocks(session);
    return session_lock_as_read(session, now);
}

int session_lock_as_read(struct session *session, struct moment *now)
{
    const int error = segment_lock(&session->segment, NULL);
    if (error != 0) {
        log_error("the segment cannot be used any more: %s",
                  error == -ETIMEDOUT ? "a process holds its lock and does not let go"
                                      : strerror(-error));
        return error;
    }
    now->elapsed_ms = session->raw.elapsed_ms;
    now->now_ms = trusted_clock_read(locker_clock(&session->segment.locker), session->raw.wall_ms,
                                     session->raw.elapsed_ms);
    return 0;
}

void session_unlock(struct session *session)
{
    const uint32_t takeovers = session->segment.header->lock.takeovers;
    segment_unlock(&session->segment);
    if (takeovers != session->takeovers_seen) {
        session->takeovers_seen = takeovers;
        log_warning("a process died holding the segment's lock; what it left half done has been "
                    "put right");
    }
}
