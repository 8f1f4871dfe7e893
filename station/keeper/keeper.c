#include "keeper.h"

#include "feed.h"
#include "ledger.h"
#include "log.h"
#include "session.h"
#include "wake.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Events appended in one transaction at most. */
#define BATCH_MAX 1024

/* Tokens expired under one hold of the lock: desks get in between. */
#define EXPIRY_SLICE 64

/* How often the disk is tried again after it failed. */
#define STORAGE_RETRY_MS 1000

/* However busy the disk is, tokens expire and the mark is written this often. */
#define CHORES_EVERY_MS 50

/* How often the mark notes that the station is alive: outages are measured to within this. */
#define ALIVE_EVERY_MS 10000

/* Rows after the checkpoint that call for an archivist. */
#define ARCHIVE_AFTER_ROWS 100000

struct keeper {
    const struct job *job;
    struct session session;
    struct feed feed;
    struct ledger *ledger;     /* NULL when ephemeral */
    struct event *batch;       /* BATCH_MAX */
    int clock_step_fd;         /* a timerfd that is cancelled when the wall clock is set */
    int64_t retry_at_ms;       /* CLOCK_BOOTTIME; 0: the disk is good */
    uint64_t archive_asked_at; /* sequence */
    int64_t marked_at_ms;      /* CLOCK_BOOTTIME of the last mark that was flushed */
    int64_t chores_at_ms;      /* CLOCK_BOOTTIME by which chores are done even under load */
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

static void keeper_wake_desks(struct keeper *keeper)
{
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        struct desk_line *line = &keeper_header(keeper)->desks[role];
        if (atomic_exchange(&line->waiting, 0) != 0)
            wake_signal(keeper->job->wake_fd[role]);
    }
}

/* The disk failed or is back: desks answer accordingly from now on. */
static void keeper_set_storage(struct keeper *keeper, int error)
{
    const uint32_t state = error == 0 ? STORAGE_GOOD : STORAGE_UNAVAILABLE;
    const uint32_t before = atomic_exchange(&keeper_header(keeper)->storage, state);
    keeper->retry_at_ms = error == 0 ? 0 : raw_clock_read().elapsed_ms + STORAGE_RETRY_MS;
    if (before == state)
        return;
    if (error == 0)
        log_notice("the ledger takes changes again");
    else
        log_error("the ledger %s cannot take changes: %s; answering storage_unavailable and "
                  "trying again every second",
                  ledger_path(keeper->ledger), strerror(-error));
    keeper_wake_desks(keeper);
}

/* Copy what has been recorded after `after` into the batch. */
static size_t keeper_gather(struct keeper *keeper, uint64_t after)
{
    const struct locker *locker = keeper_locker(keeper);
    const uint64_t last = locker_sequence(locker);
    size_t count = 0;
    while (count < BATCH_MAX && after + count < last &&
           locker_read_event(locker, after + count + 1, &keeper->batch[count]) == 0)
        count++;
    return count;
}

static void keeper_publish(struct keeper *keeper, size_t count)
{
    if (count == 0)
        return;
    if (atomic_load_explicit(&keeper_header(keeper)->feed_wanted, memory_order_relaxed)) {
        for (size_t i = 0; i < count; i++)
            feed_publish(&keeper->feed, keeper_locker(keeper), &keeper->batch[i]);
    }
    atomic_store(&keeper_header(keeper)->published_sequence, keeper->batch[count - 1].sequence);
}

/* One batch to the disk. Returns how many events became durable. */
static size_t keeper_flush(struct keeper *keeper)
{
    struct locker *locker = keeper_locker(keeper);
    const size_t count = keeper_gather(keeper, locker_durable_sequence(locker));
    if (count == 0)
        return 0;
    const int error = ledger_append(keeper->ledger, keeper->batch, count);
    if (error != 0) {
        keeper_set_storage(keeper, error);
        return 0;
    }
    locker_set_durable(locker, keeper->batch[count - 1].sequence);
    if (keeper->retry_at_ms != 0)
        keeper_set_storage(keeper, 0);
    keeper_wake_desks(keeper);
    keeper_publish(keeper, count);
    return count;
}

/* Without a ledger the desks declare their changes durable; only the feed is left to us. */
static size_t keeper_publish_ephemeral(struct keeper *keeper)
{
    const struct locker *locker = keeper_locker(keeper);
    uint64_t published = atomic_load(&keeper_header(keeper)->published_sequence);
    size_t count = keeper_gather(keeper, published);
    if (count == 0 && published < locker_sequence(locker)) {
        /* Fallen behind the ring: what was overwritten is lost to the feed, as to a slow
         * subscriber. */
        atomic_store(&keeper_header(keeper)->published_sequence, locker_sequence(locker));
        return 0;
    }
    keeper_publish(keeper, count);
    return count;
}

/* Expire a slice of what is due. Returns how many, or -errno. */
static int keeper_expire(struct keeper *keeper)
{
    struct locker *locker = keeper_locker(keeper);
    struct moment now;
    const int error = session_lock(&keeper->session, &now);
    if (error != 0)
        return error;
    const uint32_t expired = locker_expire(locker, now, EXPIRY_SLICE);
    if (keeper_header(keeper)->ephemeral)
        locker_set_durable(locker, locker_sequence(locker));
    const int64_t next_ms = locker_next_expiry_ms(locker);
    const int64_t latest_ms = now.now_ms + locker_policy(locker)->sweep_every_ms;
    atomic_store(&keeper_header(keeper)->timer_ms, next_ms < latest_ms ? next_ms : latest_ms);
    session_unlock(&keeper->session);
    return (int)expired;
}

/* Note the time, and what the next start must know of it. */
static void keeper_mark_time(struct keeper *keeper, bool flush)
{
    struct moment now;
    if (!keeper->ledger || session_lock(&keeper->session, &now) != 0)
        return;
    const int64_t full_at_ms = locker_guess_limit(keeper_locker(keeper))->full_at_ms;
    session_unlock(&keeper->session);
    ledger_mark_time(keeper->ledger, keeper->job->boot_id, now.now_ms, now.elapsed_ms, full_at_ms,
                     flush);
}

static void keeper_ask_for_archivist(struct keeper *keeper)
{
    const uint64_t durable = locker_durable_sequence(keeper_locker(keeper));
    const uint64_t checkpoint = atomic_load(&keeper_header(keeper)->checkpoint_sequence);
    const uint64_t base =
        checkpoint > keeper->archive_asked_at ? checkpoint : keeper->archive_asked_at;
    if (!keeper->ledger || durable < base + ARCHIVE_AFTER_ROWS)
        return;
    keeper->archive_asked_at = durable;
    wake_signal(keeper->job->archive_fd);
}

/* A timer that never goes off, but is cancelled, and so readable, when somebody sets the wall
 * clock: the moment to look what is due by the new time. */
static int keeper_watch_clock(struct keeper *keeper)
{
    const struct itimerspec never = {.it_value = {.tv_sec = INT32_MAX}};
    if (keeper->clock_step_fd < 0)
        keeper->clock_step_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (keeper->clock_step_fd < 0 ||
        timerfd_settime(keeper->clock_step_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                        NULL) != 0)
        return -errno;
    return 0;
}

/* Milliseconds until something is to be done without being asked. */
static int keeper_patience_ms(struct keeper *keeper)
{
    struct moment now;
    if (session_lock(&keeper->session, &now) != 0)
        return 0;
    session_unlock(&keeper->session);
    int64_t patience_ms = atomic_load(&keeper_header(keeper)->timer_ms) - now.now_ms;
    if (keeper->ledger && patience_ms > ALIVE_EVERY_MS)
        patience_ms = ALIVE_EVERY_MS;
    if (keeper->retry_at_ms != 0)
        patience_ms = keeper->retry_at_ms - now.elapsed_ms;
    if (patience_ms < 0)
        return 0;
    return patience_ms > INT_MAX ? INT_MAX : (int)patience_ms;
}

/* Whether the desks have recorded something that waits for us. Tested after keeper_sleeping is
 * set, so that no wake-up is missed. */
static bool keeper_has_work(struct keeper *keeper)
{
    const struct locker *locker = keeper_locker(keeper);
    if (keeper->retry_at_ms != 0)
        return false; /* the disk is tried again when its time has come */
    if (keeper->ledger)
        return locker_sequence(locker) > locker_durable_sequence(locker);
    return atomic_load(&keeper_header(keeper)->feed_wanted) &&
           locker_sequence(locker) > atomic_load(&keeper_header(keeper)->published_sequence);
}

static int keeper_wait(struct keeper *keeper)
{
    struct pollfd fds[] = {
        {.fd = keeper->job->wake_fd[JOB_KEEPER], .events = POLLIN},
        {.fd = keeper->session.stop_fd, .events = POLLIN},
        {.fd = keeper->clock_step_fd, .events = POLLIN},
        {.fd = keeper->feed.fd, .events = POLLIN},
    };
    const int patience_ms = keeper_patience_ms(keeper);
    atomic_exchange(&keeper_header(keeper)->keeper_sleeping, 1);
    if (keeper_has_work(keeper)) {
        atomic_store(&keeper_header(keeper)->keeper_sleeping, 0);
        return 0;
    }
    const int ready = poll(fds, 4, patience_ms);
    const int error = ready < 0 && errno != EINTR ? -errno : 0;
    atomic_store(&keeper_header(keeper)->keeper_sleeping, 0);
    if (fds[0].revents)
        wake_drain(fds[0].fd);
    if (fds[1].revents)
        keeper->draining = true;
    if (error == 0 && fds[2].revents)
        return keeper_watch_clock(keeper);
    return error;
}

static void keeper_note_listeners(struct keeper *keeper)
{
    const bool wanted = feed_listeners(&keeper->feed);
    struct segment_header *header = keeper_header(keeper);
    if (wanted && !atomic_load(&header->feed_wanted) && !keeper->ledger)
        atomic_store(&header->published_sequence, locker_sequence(keeper_locker(keeper)));
    atomic_store(&header->feed_wanted, wanted ? 1 : 0);
}

static bool keeper_retry_is_due(const struct keeper *keeper)
{
    return keeper->retry_at_ms == 0 || raw_clock_read().elapsed_ms >= keeper->retry_at_ms;
}

/* What comes up besides flushing. Returns how many tokens expired, or -errno. */
static int keeper_do_chores(struct keeper *keeper)
{
    const int64_t now_ms = raw_clock_read().elapsed_ms;
    const int expired = keeper->retry_at_ms == 0 ? keeper_expire(keeper) : 0;
    const bool flush =
        now_ms >= keeper->marked_at_ms + locker_policy(keeper_locker(keeper))->sweep_every_ms;
    if (flush)
        keeper->marked_at_ms = now_ms;
    keeper_mark_time(keeper, flush);
    keeper_ask_for_archivist(keeper);
    keeper->chores_at_ms = now_ms + CHORES_EVERY_MS;
    return expired;
}

static int keeper_serve(struct keeper *keeper)
{
    int error = 0;
    while (error == 0 && !keeper->draining) {
        size_t moved = 0;
        keeper_note_listeners(keeper);
        if (keeper_retry_is_due(keeper))
            moved = keeper->ledger ? keeper_flush(keeper) : keeper_publish_ephemeral(keeper);
        if (moved > 0 && raw_clock_read().elapsed_ms < keeper->chores_at_ms)
            continue;
        const int expired = keeper_do_chores(keeper);
        if (expired < 0)
            return expired;
        if (expired == 0 && moved == 0)
            error = keeper_wait(keeper);
    }
    return error;
}

/* An orderly end: everything to the disk, and a checkpoint, so that the next start is short. */
static int keeper_close_books(struct keeper *keeper)
{
    struct locker *locker = keeper_locker(keeper);
    char why[LEDGER_WHY_SIZE];
    if (!keeper->ledger)
        return 0;
    while (keeper_flush(keeper) > 0)
        continue;
    if (locker_sequence(locker) != locker_durable_sequence(locker)) {
        log_error("%" PRIu64 " changes that nobody was told of could not be stored",
                  locker_sequence(locker) - locker_durable_sequence(locker));
        return -EIO;
    }
    keeper_mark_time(keeper, true);
    const int error = ledger_checkpoint(keeper->ledger, locker, why);
    if (error != 0)
        log_warning("no checkpoint was written, the next start reads more of the ledger: %s", why);
    return 0;
}

static int keeper_open(struct keeper *keeper)
{
    const struct locker *locker = keeper_locker(keeper);
    char why[LEDGER_WHY_SIZE];
    keeper->batch = calloc(BATCH_MAX, sizeof *keeper->batch);
    if (!keeper->batch)
        return -ENOMEM;
    int error = keeper_watch_clock(keeper);
    if (error == 0)
        error = feed_open(&keeper->feed, keeper->job);
    if (error != 0 || keeper->job->ephemeral)
        return error;
    const struct ledger_options options = {
        .directory = keeper->job->data_dir,
        .key = keeper->job->keys.ledger,
        .station = keeper->job->station,
        .wall = locker_compartment(locker, 0),
        .compartments = locker_compartment_count(locker),
    };
    error = ledger_open(&keeper->ledger, &options, why);
    if (error != 0)
        log_error("%s", why);
    return error;
}

static void keeper_announce(struct keeper *keeper)
{
    atomic_store(&keeper_header(keeper)->keeper_pid, (uint32_t)getpid());
    if (keeper->job->ready_fd < 0)
        return;
    if (write(keeper->job->ready_fd, "r", 1) != 1)
        log_warning("cannot report that this process serves: %s", strerror(errno));
    close(keeper->job->ready_fd);
}

int keeper_main(const struct job *job)
{
    struct keeper keeper = {.job = job, .clock_step_fd = -1};
    int status = EXIT_FAILURE;
    if (session_begin(&keeper.session, job) != 0)
        return SESSION_EXIT_SEGMENT_UNUSABLE;
    int error = keeper_open(&keeper);
    if (error == 0) {
        keeper_announce(&keeper);
        error = keeper_serve(&keeper);
        if (error == 0)
            error = keeper_close_books(&keeper);
        status = error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        if (error == -ETIMEDOUT || error == -ENOTRECOVERABLE)
            status = SESSION_EXIT_SEGMENT_UNUSABLE;
    }
    if (error != 0)
        log_error("the keeper ends: %s", strerror(-error));
    if (keeper.ledger)
        ledger_close(keeper.ledger);
    feed_close(&keeper.feed);
    if (keeper.clock_step_fd >= 0)
        close(keeper.clock_step_fd);
    free(keeper.batch);
    session_end(&keeper.session);
    return status;
}
