#include "desk.h"

#include "counter.h"
#include "dispatch.h"
#include "held_replies.h"
#include "log.h"
#include "wake.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * How many requests are taken in before replies are sent. Without a ledger a small batch keeps
 * the terminals busy while we work (one at a time leaves them waiting, everything at once leaves
 * them idle); with one, the more requests share a flush the better.
 */
#define BATCH_EPHEMERAL 8
#define BATCH_DURABLE   256

/* Places in the event ring that a request may need: a sweep takes the most. */
#define ROOM_WANTED 64

/* What a desk looks at; requests last, so that they can be left out. */
enum { LOOK_HANDSHAKE, LOOK_WAKE, LOOK_STOP, LOOK_REQUEST, LOOK_COUNT };

/* Without a pause in the requests, handshakes and signals are looked at this often, in batches. */
#define LOOK_UP_EVERY 32

struct desk {
    const struct job *job;
    struct session session;
    struct counter counter;
    struct dispatch dispatch;
    struct held_replies held;
    struct buffer reply; /* the one being encoded; reused */
    bool wake_keeper;
    bool draining;
};

static struct desk_line *desk_line(struct desk *desk)
{
    return &desk->session.segment.header->desks[desk->dispatch.role];
}

static uint64_t desk_durable(const struct desk *desk)
{
    return locker_durable_sequence(&desk->session.segment.locker);
}

/* The encoded reply as a message of its own. */
static int desk_take_reply(struct desk *desk, zmq_msg_t *body)
{
    if (zmq_msg_init_size(body, desk->reply.used) != 0)
        return -ENOMEM;
    memcpy(zmq_msg_data(body), desk->reply.data, desk->reply.used);
    explicit_bzero(desk->reply.data, desk->reply.used); /* a code may be in it */
    desk->reply.used = 0;
    return 0;
}

/* Decide one request; its reply leaves now or is held back. */
static int desk_serve(struct desk *desk, struct counter_request *request)
{
    struct verdict verdict;
    zmq_msg_t body;
    int error = dispatch_request(&desk->dispatch,
                                 request->well_framed ? zmq_msg_data(&request->body) : NULL,
                                 zmq_msg_size(&request->body), &desk->reply, &verdict);
    zmq_msg_close(&request->body);
    if (error == 0)
        error = desk_take_reply(desk, &body);
    if (error != 0) {
        zmq_msg_close(&request->identity);
        return error;
    }
    desk->wake_keeper |= verdict.wake_keeper;
    if (verdict.sequence <= desk_durable(desk) && desk->held.count == 0) {
        counter_send(&desk->counter, &request->identity, &body);
        return 0;
    }
    struct held_reply *held = held_replies_add(&desk->held);
    *held = (struct held_reply){.identity = request->identity,
                                .body = body,
                                .sequence = verdict.sequence,
                                .is_change = verdict.is_change};
    return 0;
}

/* The disk cannot take the change that this reply speaks of: say so instead. */
static int desk_take_back(struct desk *desk, struct held_reply *held)
{
    zmq_msg_close(&held->body);
    const int error = dispatch_storage_unavailable(&desk->reply);
    return error == 0 ? desk_take_reply(desk, &held->body) : error;
}

/* Send every reply that may leave. */
static int desk_release(struct desk *desk)
{
    struct held_reply *held;
    while ((held = held_replies_oldest(&desk->held)) != NULL) {
        if (held->sequence > desk_durable(desk)) {
            const struct segment_header *header = desk->session.segment.header;
            if (atomic_load_explicit(&header->storage, memory_order_acquire) == STORAGE_GOOD)
                return 0;
            const int error = held->is_change ? desk_take_back(desk, held) : 0;
            if (error != 0)
                return error;
        }
        counter_send(&desk->counter, &held->identity, &held->body);
        held_replies_drop_oldest(&desk->held);
    }
    return 0;
}

static void desk_wake_keeper(struct desk *desk)
{
    struct segment_header *header = desk->session.segment.header;
    if (!desk->wake_keeper)
        return;
    desk->wake_keeper = false;
    /* Written only when the keeper said that it sleeps: a wake-up costs about as much as all the
     * work of a request. */
    if (atomic_exchange(&header->keeper_sleeping, 0) != 0)
        wake_signal(desk->job->wake_fd[JOB_KEEPER]);
}

/* Whether no more requests may be taken in. */
static bool desk_is_full(const struct desk *desk)
{
    return held_replies_full(&desk->held) ||
           !locker_has_room(&desk->session.segment.locker, ROOM_WANTED);
}

/* Take in what waits, up to a batch. Returns how many, or -errno. */
static int desk_take_in(struct desk *desk)
{
    const int batch = desk->session.segment.header->ephemeral ? BATCH_EPHEMERAL : BATCH_DURABLE;
    int taken = 0;
    while (taken < batch && !desk->draining && !desk_is_full(desk)) {
        struct counter_request request;
        int error = counter_receive(&desk->counter, &request);
        if (error == -EAGAIN || error == -EINTR)
            break;
        if (error == 0)
            error = desk_serve(desk, &request);
        if (error != 0)
            return error;
        taken++;
    }
    return taken;
}

/* Whether something can be done without waiting: tested after `waiting` is set, so that the
 * keeper's wake-up cannot be missed. */
static bool desk_may_release(struct desk *desk)
{
    const struct held_reply *held = held_replies_oldest(&desk->held);
    const struct segment_header *header = desk->session.segment.header;
    return held &&
           (held->sequence <= desk_durable(desk) || atomic_load(&header->storage) != STORAGE_GOOD);
}

/* Wait for the descriptors, and do what they ask for but serving requests. */
static int desk_look(struct desk *desk, struct pollfd *fds, nfds_t count, int patience_ms)
{
    if (poll(fds, count, patience_ms) < 0)
        return errno == EINTR ? 0 : -errno;
    if (fds[LOOK_HANDSHAKE].revents)
        doorkeeper_serve(&desk->counter.doorkeeper);
    if (fds[LOOK_WAKE].revents)
        wake_drain(fds[LOOK_WAKE].fd);
    if (fds[LOOK_STOP].revents)
        desk->draining = true;
    return 0;
}

static void desk_descriptors(const struct desk *desk, struct pollfd fds[LOOK_COUNT])
{
    fds[LOOK_HANDSHAKE] = (struct pollfd){desk->counter.doorkeeper.fd, POLLIN, 0};
    fds[LOOK_WAKE] = (struct pollfd){desk->job->wake_fd[desk->job->kind], POLLIN, 0};
    fds[LOOK_STOP] = (struct pollfd){desk->session.stop_fd, POLLIN, 0};
    fds[LOOK_REQUEST] = (struct pollfd){desk->counter.fd, POLLIN, 0};
}

/*
 * Sleep until a request, a flush, a handshake or a signal comes. poll(2) on libzmq's descriptors:
 * zmq_poll() looks at them all twice.
 */
static int desk_wait(struct desk *desk)
{
    const bool full = desk_is_full(desk);
    struct pollfd fds[LOOK_COUNT];
    desk_descriptors(desk, fds);
    const bool deaf = full || desk->draining;
    if (desk->held.count > 0 || full) {
        atomic_exchange(&desk_line(desk)->waiting, 1);
        if (desk_may_release(desk) || (full && !desk_is_full(desk)))
            return 0;
    }
    if (!deaf && counter_has_request(&desk->counter))
        return 0;
    return desk_look(desk, fds, deaf ? LOOK_REQUEST : LOOK_COUNT, -1);
}
/* A desk that never pauses still lets new terminals in, and hears that it is to stop. */
static int desk_look_up(struct desk *desk)
{
    struct pollfd fds[LOOK_COUNT];
    desk_descriptors(desk, fds);
    return desk_look(desk, fds, LOOK_REQUEST, 0);
}

static int desk_serve_all(struct desk *desk)
{
    int error = 0;
    unsigned busy = 0; /* batches since the last pause */
    while (error == 0 && !(desk->draining && desk->held.count == 0)) {
        const int taken = desk_take_in(desk);
        if (taken < 0)
            return taken;
        desk_wake_keeper(desk);
        error = desk_release(desk);
        /* Known to be empty: no second look, each costs a system call. */
        const bool pause = taken == 0 || desk->counter.quiet;
        busy = pause ? 0 : busy + 1;
        if (error == 0 && pause && !(desk->draining && desk->held.count == 0))
            error = desk_wait(desk);
        else if (error == 0 && busy % LOOK_UP_EVERY == 0)
            error = desk_look_up(desk);
    }
    return error;
}

static int desk_open(struct desk *desk)
{
    int error = held_replies_create(&desk->held);
    if (error == 0)
        error = dispatch_create(&desk->dispatch, &desk->session, desk->job);
    if (error == 0)
        error = counter_open(&desk->counter, desk->job);
    return error;
}

static void desk_announce(struct desk *desk)
{
    atomic_store(&desk_line(desk)->pid, (uint32_t)getpid());
    if (desk->job->ready_fd < 0)
        return;
    if (write(desk->job->ready_fd, "r", 1) != 1)
        log_warning("cannot report that this process serves: %s", strerror(errno));
    close(desk->job->ready_fd);
}

int desk_main(const struct job *job)
{
    struct desk desk = {.job = job};
    int status = EXIT_FAILURE;
    if (session_begin(&desk.session, job) != 0)
        return SESSION_EXIT_SEGMENT_UNUSABLE;
    int error = desk_open(&desk);
    if (error == 0) {
        desk_announce(&desk);
        error = desk_serve_all(&desk);
        if (error == 0)
            status = EXIT_SUCCESS;
        else if (error == -ETIMEDOUT || error == -ENOTRECOVERABLE)
            status = SESSION_EXIT_SEGMENT_UNUSABLE;
        if (error != 0)
            log_error("this desk ends: %s", strerror(-error));
    }
    held_replies_destroy(&desk.held);
    counter_close(&desk.counter);
    dispatch_destroy(&desk.dispatch);
    buffer_free(&desk.reply);
    session_end(&desk.session);
    return status;
}
