/*
 * Running a trace through real clients: a driver's terminal and a keypad, in real time divided by
 * the speed-up, and a record of what was asked and answered when.
 */
#ifndef LOCKER_REPLAY_RUN_H
#define LOCKER_REPLAY_RUN_H

#include "bounds.h"
#include "histogram.h"
#include "trace.h"

#include <stdint.h>

enum replay_fate {
    REPLAY_WAITING = 0, /* not deposited yet */
    REPLAY_REFUSED,     /* no_space: the driver takes the parcel back */
    REPLAY_INSIDE,
    REPLAY_PICKED_UP,
    REPLAY_EXPIRED, /* its code was answered code_expired */
    REPLAY_BROKEN,  /* an answer that must not be: replay->broken counts them */
};

/* Times are microseconds since the epoch by the wall clock of the replay's start, so that they
 * compare with the station's expires_at_ms. */
struct replay_parcel {
    const struct trace_parcel *planned;
    enum replay_fate fate;
    char compartment[COMPARTMENT_ID_SIZE];
    char code[CODE_SIZE];
    int64_t deposit_sent_us, deposit_done_us;
    int64_t pickup_sent_us, pickup_done_us;
    int64_t expires_at_us;
};

struct replay {
    struct replay_parcel *parcels; /* by offset */
    size_t count;
    double speed_up;
    const char *driver_uri;
    const char *keypad_uri;
    int timeout_ms;
    uint64_t broken;            /* answers that must not be; the first few were printed on stderr */
    struct histogram slip;      /* us that requests went out after they were due */
    struct replay_state *state; /* while it runs */
};

int replay_prepare(struct replay *replay, const struct trace *trace)
    __attribute__((warn_unused_result));

/* Deposit and pick up all of it, then try the forgotten codes once they have expired. 0; -EINTR on
 * Ctrl-C; -ETIMEDOUT when the station did not answer; other -errno. */
int replay_run(struct replay *replay) __attribute__((warn_unused_result));

void replay_free(struct replay *replay);

#endif
