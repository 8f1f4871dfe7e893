#include "desk.h"

#include "counter.h"
#include "dispatch.h"
#include "feed.h"
#include "group.h"
#include "held_replies.h"
#include "log.h"
#include "reply_message.h"
#include "stage.h"
#include "wake.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * How many requests are taken in before replies are sent. Without a ledger a small batch keeps
 * the terminals busy while we work (one at a time leaves them waiting and wakes libzmq's thread
 * for each, everything at once leaves them idle); with one, what a batch holds up is the keeper.
 */
#define BATCH_EPHEMERAL 8
#define BATCH_DURABLE   64

/* Places in the event ring that may be needed at once: by a slice of a sweep, or by a group of
 * other changes at each of the three desks, 1 a pickup and 2 any other. Whoever is overtaken all
 * the same is told to try later. */
#define ROOM_WANTED 64

/* What a desk looks at; requests last, so that they can be left out. */
enum { LOOK_HANDSHAKE, LOOK_WAKE, LOOK_STOP, LOOK_FEED, LOOK_REQUEST, LOOK_COUNT };

/* Without a pause in the requests, handshakes and signals are looked at this often, in batches. */
#define LOOK_UP_EVERY 32

struct desk {
    const struct job *job;
    struct session session;
    struct counter counter;
    struct dispatch dispatch;
    struct held_replies held;
    struct feed feed;    /* the operator desk's; the others have none */
    struct group group;  /* the requests at work */
    struct buffer reply; /* the one being encoded; reused */
    bool chores;         /* the keeper has more to do than to flush */
    bool draining;
};

static struct segment_header *desk_header(const struct desk *desk)
{
    return desk->session.segment.header;
}

static struct sleeper *desk_sleeper(const struct desk *desk)
{
    return &desk_header(desk)->desks[desk->dispatch.role].sleeper;
}

static uint64_t desk_durable(const struct desk *desk)
{
    return locker_durable_sequence(&desk->session.segment.locker);
}

static bool desk_storage_is_good(const struct desk *desk)
{
    return atomic_load_explicit(&desk_header(desk)->storage, memory_order_acquire) == STORAGE_GOOD;
}

/* Decide the group at work, and hold its replies back: replies leave together, so that a batch
 * costs one wake-up of libzmq's thread. */
static int desk_serve(struct desk *desk)
{
    int error = 0;
    while (error == 0 && !group_is_done(&desk->group))
        error = group_perform(&desk->group, &desk->dispatch, &desk->held, &desk->reply);
    desk->chores |= desk->group.chores;
    group_drop(&desk->group);
    return error;
}

/* The disk cannot take what this reply was decided on: say so instead. */
static int desk_take_back(struct desk *desk, struct held_reply *held)
{
    zmq_msg_close(&held->body);
    const int error = dispatch_take_back(&desk->dispatch, &desk->reply);
    return error == 0 ? reply_message(&desk->reply, false, &held->body) : error;
}

/* Send every reply that may leave. */
static int desk_release(struct desk *desk)
{
    struct held_reply *held;
    while ((held = held_replies_oldest(&desk->held)) != NULL) {
        if (held->sequence > desk_durable(desk)) {
            if (desk_storage_is_good(desk))
                return 0;
            const int error = desk_take_back(desk, held);
            if (error != 0)
                return error;
        }
        stage_end(STAGE_RELEASE);
        counter_send(&desk->counter, &held->identity, held->envelope, &held->body);
        stage_sent(held->sequence);
        held_replies_drop_oldest(&desk->held);
    }
    return 0;
}

static void desk_wake_others(struct desk *desk)
{
    struct segment_header *header = desk_header(desk);
    uint64_t reached = locker_sequence(&desk->session.segment.locker);
    stage_handed();
    if (desk->chores) {
        desk->chores = false;
        atomic_store(&header->chores_wanted, 1);
        reached = SLEEPER_UNTIL_TOLD;
    }
    if (sleeper_rouse(&header->keeper_sleeper, reached)) {
        stage_rouse(JOB_KEEPER);
        wake_signal(desk->job->wake_fd[JOB_KEEPER]);
    }
    /* What was recorded is durable at once: there is no flush after which the keeper would tell
     * the event feed. */
    if (header->ephemeral &&
        sleeper_rouse(&header->desks[ROLE_OPERATOR].sleeper, desk_durable(desk))) {
        stage_rouse(JOB_DESK_OPERATOR);
        wake_signal(desk->job->wake_fd[JOB_DESK_OPERATOR]);
    }
    stage_end(STAGE_WAKE);
}

/* Whether no more requests may be taken in. While the disk is bad nothing is recorded, so a full
 * ring is no reason to leave anybody without an answer. */
static bool desk_is_full(const struct desk *desk)
{
    return held_replies_room(&desk->held) == 0 ||
           (!locker_has_room(&desk->session.segment.locker, ROOM_WANTED) &&
            desk_storage_is_good(desk));
}

/* Take in what waits, up to a batch, in groups. Returns how many, or -errno. */
static int desk_take_in(struct desk *desk)
{
    const int batch = desk_header(desk)->ephemeral ? BATCH_EPHEMERAL : BATCH_DURABLE;
    int taken = 0;
    session_read_clocks(&desk->session);
    while (taken < batch && !desk->counter.quiet && !desk->draining && !desk_is_full(desk)) {
        const int count = group_take(&desk->group, &desk->counter, &desk->dispatch,
                                     held_replies_room(&desk->held));
        const int error = count < 0 ? count : desk_serve(desk);
        if (error != 0)
            return error;
        taken += count;
    }
    return taken;
}

/* Wait for the descriptors, and do what they ask for but serving requests. */
static int desk_look(struct desk *desk, nfds_t count, int patience_ms)
{
    struct pollfd fds[LOOK_COUNT] = {
        [LOOK_HANDSHAKE] = {desk->counter.doorkeeper.fd, POLLIN, 0},
        [LOOK_WAKE] = {desk->job->wake_fd[desk->job->kind], POLLIN, 0},
        /* The signal stays there to be read: heard once, nobody would sleep any more. */
        [LOOK_STOP] = {desk->draining ? -1 : desk->session.stop_fd, POLLIN, 0},
        [LOOK_FEED] = {desk->feed.fd, POLLIN, 0},
        [LOOK_REQUEST] = {desk->counter.fd, POLLIN, 0},
    };
    stage_end(STAGE_RELEASE);
    const int ready = poll(fds, count, patience_ms);
    stage_end(STAGE_SLEEP);
    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    if (fds[LOOK_HANDSHAKE].revents)
        doorkeeper_serve(&desk->counter.doorkeeper);
    if (fds[LOOK_WAKE].revents) {
        stage_woken();
        wake_drain(fds[LOOK_WAKE].fd);
    }
    if (fds[LOOK_STOP].revents)
        desk->draining = true;
    if (fds[LOOK_FEED].revents)
        feed_hear(&desk->feed);
    if (fds[LOOK_REQUEST].revents)
        counter_hear(&desk->counter);
    stage_end(STAGE_STIR);
    return 0;
}

/* The sequence whose flush gives this desk something to do. */
static uint64_t desk_awaits(struct desk *desk, bool full)
{
    const struct held_reply *held = held_replies_oldest(&desk->held);
    const uint64_t published = feed_awaits(&desk->feed);
    const uint64_t released = held   ? held->sequence
                              : full ? desk_durable(desk) + 1
                                     : SLEEPER_UNTIL_TOLD;
    return released < published ? released : published;
}

/*
 * Sleep until a request, a flush, a handshake, a subscriber or a signal comes. poll(2) on libzmq's
 * descriptors: zmq_poll() looks at them all twice.
 *
 * full: found so by the caller, once for all, for others make room and use it up meanwhile. Was it
 * full, then requests may wait of which no descriptor tells; when there is room by now, they must
 * be taken in and not slept on.
 */
static int desk_wait(struct desk *desk, bool full)
{
    const uint64_t awaited = desk_awaits(desk, full);
    sleeper_lie_down(desk_sleeper(desk), awaited);
    const bool at_once = awaited <= desk_durable(desk) || feed_is_busy(&desk->feed) ||
                         (desk->held.count > 0 && !desk_storage_is_good(desk)) ||
                         (full && !desk_is_full(desk));
    const int error =
        desk_look(desk, full || desk->draining ? LOOK_REQUEST : LOOK_COUNT, at_once ? 0 : -1);
    sleeper_get_up(desk_sleeper(desk));
    return error;
}

static int desk_serve_all(struct desk *desk)
{
    int error = 0;
    unsigned busy = 0; /* batches since the last pause */
    while (error == 0 && !(desk->draining && desk->held.count == 0)) {
        const int taken = desk_take_in(desk);
        if (taken < 0)
            return taken;
        if (taken > 0)
            desk_wake_others(desk);
        error = desk_release(desk);
        if (error == 0)
            error = feed_serve(&desk->feed);
        if (error != 0 || (desk->draining && desk->held.count == 0))
            continue;
        /* Not merely because nothing was taken in: what came while replies were sent is not told.
         */
        const bool full = desk_is_full(desk);
        const bool pause = desk->counter.quiet || desk->draining || full;
        busy = pause ? 0 : busy + 1;
        if (pause)
            error = desk_wait(desk, full);
        else if (busy % LOOK_UP_EVERY == 0)
            error = desk_look(desk, LOOK_REQUEST, 0); /* lets terminals in, hears the signal */
    }
    return error;
}

/*
 * A thread that is woken does not take the processor from one that runs, libzmq's neither: on a
 * busy machine requests gather while others work, and more of them share each switch. On one that
 * is not busy it changes nothing.
 */
static void desk_let_others_finish(void)
{
    const struct sched_param none = {0};
    if (sched_setscheduler(0, SCHED_BATCH, &none) != 0)
        log_warning("cannot be scheduled for throughput: %s", strerror(errno));
}

static int desk_open(struct desk *desk)
{
    desk_let_others_finish(); /* before libzmq starts its thread, which inherits it */
    int error = held_replies_create(&desk->held);
    if (error == 0)
        error = dispatch_create(&desk->dispatch, &desk->session, desk->job);
    if (error == 0)
        error = counter_open(&desk->counter, desk->job);
    if (error == 0)
        error = feed_open(&desk->feed, desk->counter.context, desk->job, &desk->session.segment);
    return error;
}

int desk_main(const struct job *job)
{
    struct desk desk = {.job = job};
    int status = EXIT_FAILURE;
    if (session_begin(&desk.session, job) != 0)
        return SESSION_EXIT_SEGMENT_UNUSABLE;
    int error = desk_open(&desk);
    if (error == 0) {
        session_announce(job, &desk_header(&desk)->desks[desk.dispatch.role].pid);
        error = desk_serve_all(&desk);
        if (error == 0)
            status = EXIT_SUCCESS;
        else if (error == -ETIMEDOUT || error == -ENOTRECOVERABLE)
            status = SESSION_EXIT_SEGMENT_UNUSABLE;
        if (error != 0)
            log_error("this desk ends: %s", strerror(-error));
    }
    held_replies_destroy(&desk.held);
    feed_close(&desk.feed);
    counter_close(&desk.counter);
    dispatch_destroy(&desk.dispatch);
    buffer_free(&desk.reply);
    session_end(&desk.session);
    return status;
}
