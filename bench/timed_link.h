/*
 * Links that take the time of each deposit, from when it was sent until it was answered: a
 * load_protocol around another one, for whoever must tell deposits from pickups.
 */
#ifndef LOCKER_TIMED_LINK_H
#define LOCKER_TIMED_LINK_H

#include "histogram.h"
#include "load_protocol.h"

#include <pthread.h>

/* The server of such links: another protocol's, and what its links measured. */
struct timed_server {
    const struct load_protocol *protocol;
    void *server;
    pthread_mutex_t lock;      /* of what follows; links add to it when they are closed */
    struct histogram deposits; /* ns */
    uint64_t sum_ns;
};

void timed_server_begin(struct timed_server *timed, const struct load_protocol *protocol,
                        void *server);
void timed_server_end(struct timed_server *timed);

extern const struct load_protocol timed_link;

#endif
