/*
 * The event feed: a PUB socket with one message a durable change, two frames: the topic (the
 * event's name) and the msgpack map that `history` shows. No codes in it.
 *
 * It is the operator's desk that has it, not the keeper: whoever subscribes sends bytes, too, and
 * the process that everybody's changes wait for reads nobody's. Whoever floods the feed holds up
 * the staff at worst.
 *
 * Where it stands is in the segment: header->feed_wanted (somebody subscribes) and
 * header->published_sequence. A desk that dies leaves them, and the next one goes on from there
 * when the first subscriber is back, as long as the event ring reaches.
 */
#ifndef LOCKER_FEED_H
#define LOCKER_FEED_H

#include "codec.h"
#include "job.h"
#include "segment.h"

#include <stdbool.h>
#include <stdint.h>

struct feed {
    const struct job *job;
    struct segment *segment;
    void *context;   /* libzmq's, the desk's */
    void *publisher; /* XPUB, so that we know whether anybody listens; NULL: no feed here */
    int fd;          /* readable when somebody may have come or gone (ZMQ_FD): feed_hear(); or -1 */
    bool quiet;      /* nobody came or went since last looked, and nothing was sent since */
    int topics;      /* subscribed to, each counted once */
    bool sent_away;  /* all subscribers, once at least: logged */
    struct buffer body;
};

/* On the listening unix socket that the supervisor bound; without one this desk has no feed, and
 * everything below does nothing. The doorkeeper is there already. 0 or -errno after logging. */
int feed_open(struct feed *feed, void *context, const struct job *job, struct segment *segment)
    __attribute__((warn_unused_result));
/* What is durable by now still goes out. */
void feed_close(struct feed *feed);

/* One round: note who came and went, publish what has become durable, a slice of each. A
 * subscriber that does not keep up misses messages, and sees it by the sequence. 0 or -errno. */
int feed_serve(struct feed *feed) __attribute__((warn_unused_result));

/* Another round at once would find something to do. */
bool feed_is_busy(const struct feed *feed);

/* The sequence whose durability makes something to publish; SLEEPER_UNTIL_TOLD: nobody listens. */
uint64_t feed_awaits(const struct feed *feed);

/* fd was readable. */
void feed_hear(struct feed *feed);

#endif
