/*
 * The clock for durations within a process.
 */
#ifndef LOCKER_MONOTONIC_H
#define LOCKER_MONOTONIC_H

#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds. */
int64_t monotonic_ms(void);

#endif
