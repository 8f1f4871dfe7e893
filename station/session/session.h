/*
 * A session: one station process at work on the segment. What a desk and the keeper have in
 * common: how they begin, how they take the lock and read the time, and that they are told to stop.
 */
#ifndef LOCKER_SESSION_H
#define LOCKER_SESSION_H

#include "job.h"
#include "raw_clock.h"
#include "segment.h"

#include <stdatomic.h>
#include <stdint.h>

/* The process found the segment unusable: the supervisor is to build it again. */
#define SESSION_EXIT_SEGMENT_UNUSABLE 70

struct session {
    struct segment segment;
    struct raw_time raw;     /* as last read */
    uint32_t takeovers_seen; /* of the lock, for the log */
    int stop_fd;             /* a signalfd: readable when this process is to drain and end */
};

/* Name the speaker of the log, die with the supervisor, map the segment; SIGTERM comes by
 * stop_fd, SIGINT (a terminal's Ctrl-C goes to every process) is the supervisor's. Before any
 * thread is started. 0, or -errno after logging. */
int session_begin(struct session *session, const struct job *job)
    __attribute__((warn_unused_result));
void session_end(struct session *session);

/* This process serves: noted in *pid, and told to the supervisor. */
void session_announce(const struct job *job, _Atomic uint32_t *pid);

/* Take the lock and read the trusted time. 0: held. -errno: the segment cannot be used any more;
 * logged. */
int session_lock(struct session *session, struct moment *now) __attribute__((warn_unused_result));

/* The same for one of many that are done together: the time is that of session_read_clocks(), once
 * for all of them. Both clocks cost 42 ns, the lock itself 15. Trusted time does not mind an old
 * reading: it never goes back for one. */
void session_read_clocks(struct session *session);
int session_lock_as_read(struct session *session, struct moment *now)
    __attribute__((warn_unused_result));

/* Let go; logs, now that it may, when an owner's death was repaired meanwhile. */
void session_unlock(struct session *session);

#endif
