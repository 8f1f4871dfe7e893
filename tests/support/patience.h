/*
 * Waiting for a condition, for a bounded time, instead of sleeping.
 */
#ifndef LOCKER_TEST_PATIENCE_H
#define LOCKER_TEST_PATIENCE_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

/* CLOCK_MONOTONIC, milliseconds. */
int64_t patience_clock_ms(void);

/* Until when somebody waits who begins now: far longer than anything takes, sanitizers and a busy
 * machine included. */
int64_t patience_begin(void);

/* False when that time is over; else true after a very short while. */
bool patience_goes_on(int64_t until_ms);

/* Wait until the condition is true; fail the test when it does not become so. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        const int64_t await_until_ms = patience_begin();                                           \
        while (!(condition))                                                                       \
            ck_assert_msg(patience_goes_on(await_until_ms), "waited in vain for: %s", #condition); \
    } while (0)

#endif
