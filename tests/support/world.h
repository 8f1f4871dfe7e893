/*
 * The world around a station: clocks that leap, or pass days in no time, a disk that fails or takes
 * its time, and a death at the worst moment, as the test wants it and when.
 *
 * A library that LD_PRELOAD brings into each process of the station stands between it and the
 * kernel. CLOCK_MONOTONIC and sleeping are left as they are: what the station waits for in real
 * time still comes in real time. The test's own clocks are never touched.
 */
#ifndef LOCKER_TEST_WORLD_H
#define LOCKER_TEST_WORLD_H

#include "station.h"
#include "world_page.h"

/* The world of stations prepared before and started afterwards, by this test. */
struct world_page *world_begin(const struct station *station);

/* Time passes: both clocks go forward. */
void world_pass(struct world_page *world, int64_t ms);

/* The wall clock is set, forward or (negative) back; elapsed time knows nothing of it, but whoever
 * asked to be told of such a step (TFD_TIMER_CANCEL_ON_SET) is. */
void world_leap(struct world_page *world, int64_t ms);

/* Both clocks stand still, but for passing and leaping. */
void world_stop_clocks(struct world_page *world);

#endif
