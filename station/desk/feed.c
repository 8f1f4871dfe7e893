#include "feed.h"

#include "doorkeeper.h"
#include "history_view.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/* Topics have up to 15 characters, and the handshake has to fit, too. A longer message ends its
 * connection. */
#define SUBSCRIPTION_BYTES_MAX 64

/*
 * Subscriptions that wait for us from one connection. libzmq reads a connection empty before it
 * comes back to us, faster than which a flooding one can refill a long queue: with one place it has
 * to ask the thread that reads for each.
 */
#define SUBSCRIPTION_QUEUE 1

/* Names of events have some 120 different beginnings. With more topics than this somebody fills our
 * memory: everybody is sent away, which forgets them all, and who means well comes back. */
#define TOPICS_MAX 1024

/* Messages a slow subscriber may be behind before it misses some. */
#define FEED_QUEUE 10000

/* Requests get in between so many subscriptions and messages. */
#define NOTES_A_ROUND    64
#define MESSAGES_A_ROUND 64

static int feed_set_limits(void *publisher)
{
    const int64_t longest = SUBSCRIPTION_BYTES_MAX;
    const int options[][2] = {
        {ZMQ_RCVHWM, SUBSCRIPTION_QUEUE},
        {ZMQ_SNDHWM, FEED_QUEUE},
        {ZMQ_LINGER, 200},
        {ZMQ_HANDSHAKE_IVL, 2000},
    };
    if (zmq_setsockopt(publisher, ZMQ_MAXMSGSIZE, &longest, sizeof longest) != 0)
        return -errno;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (zmq_setsockopt(publisher, options[i][0], &options[i][1], sizeof options[i][1]) != 0)
            return -errno;
    return 0;
}

/* A descriptor of its own: libzmq closes it with the socket. */
static int feed_bind(void *publisher, const struct job *job)
{
    char uri[CONFIG_PATH_MAX + 8] = "ipc://";
    strncat(uri, job->feed_path, sizeof uri - strlen(uri) - 1);
    const int fd = fcntl(job->feed_fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (zmq_setsockopt(publisher, ZMQ_ZAP_DOMAIN, DOORKEEPER_LOCAL, strlen(DOORKEEPER_LOCAL)) ==
            0 &&
        zmq_setsockopt(publisher, ZMQ_USE_FD, &fd, sizeof fd) == 0 && zmq_bind(publisher, uri) == 0)
        return 0;
    const int error = -errno;
    close(fd);
    return error;
}

static int feed_begin(struct feed *feed)
{
    size_t size = sizeof feed->fd;
    feed->publisher = zmq_socket(feed->context, ZMQ_XPUB);
    int error = feed->publisher ? feed_set_limits(feed->publisher) : -errno;
    if (error == 0 && zmq_getsockopt(feed->publisher, ZMQ_FD, &feed->fd, &size) != 0)
        error = -errno;
    if (error == 0)
        error = feed_bind(feed->publisher, feed->job);
    if (error != 0)
        log_error("cannot serve the event feed %s: %s", feed->job->feed_path, zmq_strerror(-error));
    return error;
}

static void feed_end(struct feed *feed)
{
    if (feed->publisher)
        zmq_close(feed->publisher);
    feed->publisher = NULL;
    feed->fd = -1;
    feed->topics = 0;
    feed->quiet = false;
}

int feed_open(struct feed *feed, void *context, const struct job *job, struct segment *segment)
{
    *feed = (struct feed){.job = job, .segment = segment, .context = context, .fd = -1};
    return job->feed_fd >= 0 ? feed_begin(feed) : 0;
}

/* ---- who listens ------------------------------------------------------------------------- */

static void feed_note_listeners(struct feed *feed)
{
    struct segment_header *header = feed->segment->header;
    const bool wanted = feed->topics > 0;
    if (wanted && !atomic_load_explicit(&header->feed_wanted, memory_order_relaxed))
        atomic_store(&header->published_sequence, locker_durable_sequence(&feed->segment->locker));
    atomic_store(&header->feed_wanted, wanted);
}

/* An XPUB hands on the first subscription to a topic and the last one's end. */
static void feed_take_notes(struct feed *feed)
{
    unsigned char note[SUBSCRIPTION_BYTES_MAX];
    int taken = 0;
    while (taken < NOTES_A_ROUND && !feed->quiet) {
        const int size = zmq_recv(feed->publisher, note, sizeof note, ZMQ_DONTWAIT);
        feed->quiet = size < 0 && errno == EAGAIN;
        if (size < 0)
            break;
        if (size >= 1 && note[0] == 1)
            feed->topics++;
        else if (size >= 1 && note[0] == 0 && feed->topics > 0)
            feed->topics--;
        taken++;
    }
    if (taken > 0)
        feed_note_listeners(feed);
}

static int feed_send_all_away(struct feed *feed)
{
    const int linger_ms = 0;
    if (!feed->sent_away)
        log_warning("more than %d topics are subscribed to at the event feed, which has a few: all "
                    "subscribers are sent away, to come back, now and whenever that happens again",
                    TOPICS_MAX);
    feed->sent_away = true;
    zmq_setsockopt(feed->publisher, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    feed_end(feed);
    return feed_begin(feed);
}

/* ---- what they hear ---------------------------------------------------------------------- */

static void feed_send(struct feed *feed, const struct event *event)
{
    struct history_line line;
    history_view_of_event(&feed->segment->locker, event, &line);
    feed->body.used = 0;
    if (codec_encode_feed(&line, &feed->body) != 0) {
        log_error("no memory to publish change %llu", (unsigned long long)line.sequence);
        return;
    }
    feed->quiet = false; /* while it sends, libzmq may note who came: fd does not tell any more */
    if (zmq_send(feed->publisher, line.event, strlen(line.event), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        zmq_send(feed->publisher, feed->body.data, feed->body.used, ZMQ_DONTWAIT);
}

/* The sequence of the next message; beyond what is durable: there is none. */
static uint64_t feed_next(const struct feed *feed)
{
    return atomic_load_explicit(&feed->segment->header->published_sequence, memory_order_relaxed) +
           1;
}

static void feed_publish(struct feed *feed)
{
    const struct locker *locker = &feed->segment->locker;
    const uint64_t durable = locker_durable_sequence(locker);
    uint64_t next = feed_next(feed);
    struct event event;
    for (int sent = 0; sent < MESSAGES_A_ROUND && next <= durable; sent++, next++) {
        if (locker_read_event(locker, next, &event) == 0)
            feed_send(feed, &event);
        else
            next = durable; /* the ring has gone round: lost, as to a slow subscriber */
    }
    atomic_store(&feed->segment->header->published_sequence, next - 1);
}

/* ---- rounds ------------------------------------------------------------------------------ */

static bool feed_is_behind(const struct feed *feed)
{
    return feed->topics > 0 && feed_next(feed) <= locker_durable_sequence(&feed->segment->locker);
}

int feed_serve(struct feed *feed)
{
    if (!feed->publisher)
        return 0;
    if (!feed->quiet)
        feed_take_notes(feed);
    if (feed->topics > TOPICS_MAX)
        return feed_send_all_away(feed);
    if (feed_is_behind(feed))
        feed_publish(feed);
    return 0;
}

bool feed_is_busy(const struct feed *feed)
{
    return feed->publisher && (!feed->quiet || feed_is_behind(feed));
}

uint64_t feed_awaits(const struct feed *feed)
{
    return feed->topics > 0 ? feed_next(feed) : SLEEPER_UNTIL_TOLD;
}

void feed_hear(struct feed *feed)
{
    feed->quiet = false;
}

void feed_close(struct feed *feed)
{
    while (feed->publisher && feed_is_behind(feed))
        feed_publish(feed);
    feed_end(feed);
    buffer_free(&feed->body);
}
