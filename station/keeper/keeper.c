#include "keeper.h"

#include "chores.h"
#include "flush.h"
#include "log.h"
#include "session.h"
#include "stage.h"
#include "wake.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct keeper {
    const struct job *job;
    struct session session;
    struct flush flush;
    struct chores chores;
    int clock_step_fd;  /* a timerfd that is cancelled when the wall clock is set */
    bool chores_called; /* a timer, the clock or a signal asks for chores */
    bool draining;
};

static struct locker *keeper_locker(struct keeper *keeper)
{
    return &keeper->session.segment.locker;
}

static struct segment_header *keeper_header(struct keeper *keeper)
{
    return keeper->session.segment.header;
}

/* ---- waiting ----------------------------------------------------------------------------- */

/* A timer that never goes off, but is cancelled, and so readable, when somebody sets the wall
 * clock: the moment to look what is due by the new time. Arming it anew takes that back, and says
 * ECANCELED the first time, though it is done (timerfd_create(2)). */
static int keeper_watch_clock(struct keeper *keeper)
{
    /* No year that a clock may show: a time that has come goes off at once, again and again. */
    const struct itimerspec never = {.it_value = {.tv_sec = INT64_MAX}};
    if (keeper->clock_step_fd < 0)
        keeper->clock_step_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (keeper->clock_step_fd < 0 ||
        (timerfd_settime(keeper->clock_step_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                         NULL) != 0 &&
         errno != ECANCELED))
        return -errno;
    return 0;
}

/* How long to sleep at most, in milliseconds; or -errno. While the disk is bad nothing expires,
 * however long it has been due, and the next thing to do is to try the disk again. */
static int keeper_patience_ms(struct keeper *keeper)
{
    int patience_ms;
    const int error = chores_patience_ms(&keeper->chores, &patience_ms);
    if (error != 0 || keeper->flush.retry_at_ms == 0)
        return error != 0 ? error : patience_ms;
    const int64_t retry_ms = keeper->flush.retry_at_ms - raw_clock_read().elapsed_ms;
    return retry_ms < 0 ? 0 : (int)retry_ms;
}

static int keeper_look(struct keeper *keeper, int patience_ms)
{
    struct pollfd fds[] = {
        {.fd = keeper->job->wake_fd[JOB_KEEPER], .events = POLLIN},
        {.fd = keeper->session.stop_fd, .events = POLLIN},
        {.fd = keeper->clock_step_fd, .events = POLLIN},
    };
    stage_end(STAGE_LOOK);
    const int ready = poll(fds, 3, patience_ms);
    stage_end(STAGE_SLEEP);
    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    keeper->chores_called = ready == 0;
    if (fds[0].revents) {
        stage_woken();
        wake_drain(fds[0].fd);
        stage_end(STAGE_STIR);
    }
    if (fds[1].revents)
        keeper->draining = true;
    if (!fds[2].revents)
        return 0;
    keeper->chores_called = true;
    return keeper_watch_clock(keeper);
}

/* Sleep until there is something to flush, or else to do. */
static int keeper_wait(struct keeper *keeper)
{
    struct sleeper *sleeper = &keeper_header(keeper)->keeper_sleeper;
    const uint64_t wakes_at = flush_begins_at(&keeper->flush);
    if (locker_sequence(keeper_locker(keeper)) >= wakes_at)
        return 0;
    const int patience_ms = keeper_patience_ms(keeper);
    if (patience_ms < 0)
        return patience_ms;
    int error = 0;
    sleeper_lie_down(sleeper, wakes_at);
    if (locker_sequence(keeper_locker(keeper)) < wakes_at &&
        atomic_load(&keeper_header(keeper)->chores_wanted) == 0)
        error = keeper_look(keeper, patience_ms);
    sleeper_get_up(sleeper);
    return error;
}

/* ---- serving ----------------------------------------------------------------------------- */

static int keeper_do_chores(struct keeper *keeper)
{
    flush_look(&keeper->flush);
    const bool storable = keeper->flush.retry_at_ms == 0;
    const int error = chores_do(&keeper->chores, keeper->flush.ledger, storable);
    if (keeper->job->ephemeral) /* what expired is durable at once: no flush will tell it */
        flush_tell_desks(&keeper->flush, locker_durable_sequence(keeper_locker(keeper)));
    keeper->chores_called = false;
    return error;
}

static int keeper_serve(struct keeper *keeper)
{
    int error = keeper_do_chores(keeper);
    while (error == 0 && !keeper->draining) {
        if (locker_sequence(keeper_locker(keeper)) >= flush_begins_at(&keeper->flush))
            flush_batch(&keeper->flush);
        if (keeper->chores_called || chores_are_due(&keeper->chores))
            error = keeper_do_chores(keeper);
        if (error == 0 && !keeper->chores_called)
            error = keeper_wait(keeper);
    }
    return error;
}

/* An orderly end: everything to the disk, and a checkpoint, so that the next start is short. */
static int keeper_close_books(struct keeper *keeper)
{
    struct locker *locker = keeper_locker(keeper);
    char why[LEDGER_WHY_SIZE];
    if (keeper->job->ephemeral)
        return 0;
    while (flush_batch(&keeper->flush) > 0)
        continue;
    if (locker_sequence(locker) != locker_durable_sequence(locker)) {
        log_error("%" PRIu64 " changes that nobody was told of could not be stored",
                  locker_sequence(locker) - locker_durable_sequence(locker));
        return -EIO;
    }
    if (!keeper->flush.ledger)
        return 0;
    int error = chores_mark_time(&keeper->chores, keeper->flush.ledger);
    if (error != 0)
        return error;
    error = ledger_checkpoint(keeper->flush.ledger, locker, why);
    if (error != 0)
        log_warning("no checkpoint was written, the next start reads more of the ledger: %s", why);
    return 0;
}

static int keeper_open(struct keeper *keeper)
{
    keeper->chores = (struct chores){.session = &keeper->session, .job = keeper->job};
    int error = keeper_watch_clock(keeper);
    if (error == 0)
        error = flush_open(&keeper->flush, keeper->job, &keeper->session.segment);
    return error;
}

int keeper_main(const struct job *job)
{
    struct keeper keeper = {.job = job, .clock_step_fd = -1};
    int status = EXIT_FAILURE;
    if (session_begin(&keeper.session, job) != 0)
        return SESSION_EXIT_SEGMENT_UNUSABLE;
    int error = keeper_open(&keeper);
    if (error == 0) {
        session_announce(job, &keeper_header(&keeper)->keeper_pid);
        error = keeper_serve(&keeper);
        if (error == 0)
            error = keeper_close_books(&keeper);
        status = error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        if (error == -ETIMEDOUT || error == -ENOTRECOVERABLE)
            status = SESSION_EXIT_SEGMENT_UNUSABLE;
    }
    if (error != 0)
        log_error("the keeper ends: %s", strerror(-error));
    flush_close(&keeper.flush);
    if (keeper.clock_step_fd >= 0)
        close(keeper.clock_step_fd);
    session_end(&keeper.session);
    return status;
}
