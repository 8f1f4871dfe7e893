/*
 * The load: clients that deposit and pick up in turn for a while, as fast as they are answered or
 * at a fixed rate.
 *
 * Closed loop: `clients` threads, each with a link of its own and one request out at a time.
 * Pipelined: one thread with one link and `window` requests out at a time. Open loop, of stations
 * and echoes only: one thread with `clients` pairs of DEALER sockets, that sends when requests fall
 * due.
 */
#ifndef LOCKER_LOAD_CLIENT_H
#define LOCKER_LOAD_CLIENT_H

#include "load_protocol.h"
#include "load_table.h"
#include "size.h"

#include <stddef.h>

struct load_plan {
    const char *driver_uri; /* of a station or an echo; */
    const char *keypad_uri;
    const struct load_protocol *protocol; /* or, when not NULL, how to talk to another server, */
    void *server;                         /* and to which */
    enum parcel_size size;
    struct load_shape shape;
    double seconds;
    uint64_t answers; /* pipelined only: end after so many; 0: not before the time is over */
    void (*on_start)(void *context); /* open loop only: called before the first measured request */
    void *context;
};

/* Deposit so many parcels, and leave them inside. 0; -ENOSPC when one was refused; -ETIMEDOUT; … */
int load_fill(const struct load_plan *plan, uint32_t count) __attribute__((warn_unused_result));

/* Run the load. Rates count what was answered in time; service times are those of all that was
 * sent in time, or else whoever was kept waiting to the end would be left out.
 * Everything deposited is picked up again before it returns. 0; -ETIMEDOUT when an
 * answer took over five seconds; -ENOSPC when an open loop's 513 parcels do not fit; other -errno.
 */
int load_run(const struct load_plan *plan, struct load_round *round)
    __attribute__((warn_unused_result));

/* One deposit and its pickup: *wire's requests, and what they were answered with. */
struct load_sample {
    size_t deposit_size, pickup_size; /* of the requests */
    unsigned char deposit_reply[512], pickup_reply[512];
    size_t deposit_reply_size, pickup_reply_size;
};

/* 0; -EPROTO when it was refused (then the deposit's reply is the refusal); -ETIMEDOUT; … */
int load_take_sample(const struct load_plan *plan, struct load_sample *sample)
    __attribute__((warn_unused_result));

#endif
