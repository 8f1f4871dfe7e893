/*
 * The world around a station, as a test wants it: the page through which the test tells the
 * station's processes. See world.h.
 */
#ifndef LOCKER_TEST_WORLD_PAGE_H
#define LOCKER_TEST_WORLD_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

/* Names the file of the page in the environment. */
#define WORLD_VARIABLE "LOCKER_TEST_WORLD"

/* Beside the page: a FIFO that is readable when the wall clock has been set. It is what a timerfd
 * of CLOCK_REALTIME is here: a kernel whose clock is set cancels those that ask for it. */
#define WORLD_STEPS_SUFFIX ".steps"

/* What a step leaves in it. */
#define WORLD_STEP 's'

struct world_page {
    _Atomic int64_t wall_shift_ms;    /* added to CLOCK_REALTIME */
    _Atomic int64_t elapsed_shift_ms; /* added to CLOCK_BOOTTIME */
    _Atomic int64_t stopped_wall_ms;  /* before the shift; 0: the clocks go */
    _Atomic int64_t stopped_elapsed_ms;
    _Atomic int32_t write_error; /* what pwrite(2) fails with; 0: it does not */
    _Atomic int32_t sync_error;  /* the same for fdatasync(2) and fsync(2) */
    _Atomic uint32_t syncs_held; /* they do not return while this is 1 */
    _Atomic uint32_t syncs_begun;
    _Atomic int32_t dies_waking; /* this process is killed where it would wake another; then 0 */
    _Atomic int32_t oversleeps;  /* this process's poll(2) has no timeout: it has to be woken */
};

#endif
