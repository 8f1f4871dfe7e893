/*
 * One hardware counter of this thread in user mode, where the kernel lets us have it
 * (perf_event_open; see /proc/sys/kernel/perf_event_paranoid; virtual machines often have none).
 */
#ifndef LOCKER_PERF_COUNTER_H
#define LOCKER_PERF_COUNTER_H

#include <stdint.h>

enum perf_event { PERF_CACHE_MISSES, PERF_INSTRUCTIONS };

struct perf_counter {
    int fd;    /* -1: not available, */
    int error; /* and why: an errno */
};

/* Open it, stopped at 0. Without one, the calls below do nothing. */
void perf_counter_open(struct perf_counter *counter, enum perf_event event);
void perf_counter_close(struct perf_counter *counter);

void perf_counter_resume(struct perf_counter *counter);
void perf_counter_pause(struct perf_counter *counter);

/* Since it was opened, scaled up when the kernel had to share it; negative: not available. */
double perf_counter_read(const struct perf_counter *counter);

#endif
