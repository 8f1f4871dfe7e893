#include "feed.h"

#include "history_view.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

/* Subscriptions are short; a longer message ends its connection. */
#define SUBSCRIPTION_BYTES_MAX 256

/* Messages a slow subscriber may be behind before it misses some. */
#define FEED_QUEUE 10000

static int feed_bind(struct feed *feed, const struct job *job)
{
    const int64_t longest = SUBSCRIPTION_BYTES_MAX;
    const int queue = FEED_QUEUE;
    const int linger_ms = 200;
    const int handshake_ms = 2000;
    size_t size = sizeof feed->fd;
    char uri[CONFIG_PATH_MAX + 8] = "ipc://";
    strncat(uri, job->socket_path, sizeof uri - strlen(uri) - 1);
    if (zmq_setsockopt(feed->publisher, ZMQ_MAXMSGSIZE, &longest, sizeof longest) != 0 ||
        zmq_setsockopt(feed->publisher, ZMQ_SNDHWM, &queue, sizeof queue) != 0 ||
        zmq_setsockopt(feed->publisher, ZMQ_LINGER, &linger_ms, sizeof linger_ms) != 0 ||
        zmq_setsockopt(feed->publisher, ZMQ_HANDSHAKE_IVL, &handshake_ms, sizeof handshake_ms) !=
            0 ||
        zmq_getsockopt(feed->publisher, ZMQ_FD, &feed->fd, &size) != 0 ||
        zmq_setsockopt(feed->publisher, ZMQ_USE_FD, &job->listen_fd, sizeof job->listen_fd) != 0 ||
        zmq_bind(feed->publisher, uri) != 0)
        return -errno;
    return 0;
}

int feed_open(struct feed *feed, const struct job *job)
{
    *feed = (struct feed){.context = zmq_ctx_new()};
    if (feed->context)
        feed->publisher = zmq_socket(feed->context, ZMQ_XPUB);
    const int error = feed->publisher ? feed_bind(feed, job) : -errno;
    if (error != 0) {
        log_error("cannot serve the event feed %s: %s", job->socket_path, zmq_strerror(-error));
        feed_close(feed);
    }
    return error;
}

void feed_close(struct feed *feed)
{
    if (feed->publisher)
        zmq_close(feed->publisher);
    if (feed->context)
        zmq_ctx_term(feed->context);
    buffer_free(&feed->body);
    *feed = (struct feed){0};
}

bool feed_listeners(struct feed *feed)
{
    unsigned char note[SUBSCRIPTION_BYTES_MAX];
    int size;
    /* An XPUB hands on the first subscription to a topic and the last one's end. */
    while ((size = zmq_recv(feed->publisher, note, sizeof note, ZMQ_DONTWAIT)) >= 0) {
        if (size >= 1 && note[0] == 1)
            feed->subscriptions++;
        else if (size >= 1 && note[0] == 0 && feed->subscriptions > 0)
            feed->subscriptions--;
    }
    return feed->subscriptions > 0;
}

void feed_publish(struct feed *feed, const struct locker *locker, const struct event *event)
{
    struct history_line line;
    history_view_of_event(locker, event, &line);
    feed->body.used = 0;
    if (codec_encode_feed(&line, &feed->body) != 0) {
        log_error("no memory to publish change %llu", (unsigned long long)line.sequence);
        return;
    }
    if (zmq_send(feed->publisher, line.event, strlen(line.event), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        zmq_send(feed->publisher, feed->body.data, feed->body.used, ZMQ_DONTWAIT);
}
