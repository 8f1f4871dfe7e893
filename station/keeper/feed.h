/*
 * The event feed: a PUB socket with one message a durable change, two frames: the topic (the
 * event's name) and the msgpack map that `history` shows. No codes in it.
 */
#ifndef LOCKER_FEED_H
#define LOCKER_FEED_H

#include "codec.h"
#include "job.h"
#include "locker.h"

#include <stdbool.h>

struct feed {
    void *context;
    void *publisher; /* XPUB, so that we know whether anybody listens */
    int fd;          /* readable when somebody may have come or gone (ZMQ_FD) */
    int subscriptions;
    struct buffer body;
};

/* On the listening unix socket that the supervisor bound. 0 or -errno after logging. */
int feed_open(struct feed *feed, const struct job *job) __attribute__((warn_unused_result));
void feed_close(struct feed *feed);

/* Take note of who came and went; returns whether anybody listens now. */
bool feed_listeners(struct feed *feed);

/* A subscriber that does not keep up misses messages, and sees it by the sequence. */
void feed_publish(struct feed *feed, const struct locker *locker, const struct event *event);

#endif
