/*
 * The bound on guessing at the keypad: a burst of wrong codes, one earned back every 3 s.
 *
 * Kept as one moment (the generic cell rate algorithm, ITU-T I.371): when the whole burst will
 * have been earned back. A single durable number, right across restarts.
 */
#ifndef LOCKER_GUESS_LIMIT_H
#define LOCKER_GUESS_LIMIT_H

#include <stdint.h>

struct guess_limit {
    int64_t full_at_ms; /* trusted time; in the past: the whole burst is there */
};

/* 0 when an attempt is allowed now, else the milliseconds until one is. burst 0: no limit.
 * No more than the whole burst is ever owed: a moment beyond that (the clock was set back, or the
 * burst made smaller) is brought near, or it would lock the keypad until the clock has caught up.
 */
int64_t guess_limit_wait_ms(struct guess_limit *limit, uint32_t burst, int64_t now_ms);

/* Spend one. */
void guess_limit_spend(struct guess_limit *limit, uint32_t burst, int64_t now_ms);

#endif
