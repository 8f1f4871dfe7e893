/*
 * Time for measuring: CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef LOCKER_STOPWATCH_H
#define LOCKER_STOPWATCH_H

#include <stdint.h>
#include <time.h>

static inline uint64_t stopwatch_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
