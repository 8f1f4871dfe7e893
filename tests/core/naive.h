/*
 * The station as a child would write it: arrays, linear scans, no index. The reference that the
 * model test holds the locker against.
 */
#ifndef TEST_NAIVE_H
#define TEST_NAIVE_H

#include "locker.h"

#define NAIVE_DOORS 24
#define NAIVE_CODES 100000

struct naive_door {
    uint64_t code;   /* 0: no live code */
    int64_t expires; /* 0: empty */
    bool out;        /* of service */
};

struct naive_end {
    uint64_t code;
    enum outcome how;
    int64_t at;
};

struct naive_done {
    uint64_t id;
    uint64_t fingerprint;
    struct answer answer;
};

struct naive {
    struct policy policy;
    const struct compartment *wall;
    uint32_t doors;
    uint32_t memory; /* how many ended codes are remembered at the most */
    struct naive_now {
        struct naive_door door[NAIVE_DOORS];
        uint32_t ended_count;
    } now;                               /* what a change without a disk leaves as it was */
    struct naive_end ended[NAIVE_CODES]; /* every code that ever ended, in order */
    struct naive_done done[NAIVE_CODES]; /* every id that ever succeeded, in order */
    uint32_t done_count;
    double guesses; /* left at guesses_at */
    int64_t guesses_at;
};

enum outcome naive_perform(struct naive *naive, int64_t now, const struct intent *intent,
                           bool storable, struct answer *answer);

/* The timer comes by: so many that are due expire, the longest due first. Until then what is due
 * stays where it is, unless an intent is about it or needs its door. */
void naive_expire(struct naive *naive, int64_t now, uint32_t limit);

/* How the i-th door looks from outside, whether the timer has come by or not. */
enum compartment_state naive_state(const struct naive *naive, uint32_t i, int64_t now);

#endif
