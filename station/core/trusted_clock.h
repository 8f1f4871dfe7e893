/*
 * The station's trusted time: wall time that never runs backwards and distrusts leaps.
 *
 * Pure: raw readings (CLOCK_REALTIME and CLOCK_BOOTTIME, milliseconds) come in as arguments.
 * Within a boot the clock expects wall time to be anchor + elapsed time. While the two agree to
 * within TRUSTED_CLOCK_TOLERANCE_MS it gives wall time, slewed so that it never runs backwards;
 * otherwise it is suspect and goes on with elapsed time, until they agree again or somebody
 * accepts the wall clock.
 *
 * Whoever dies in the middle of a reading leaves a clock that has lost some time, never one that
 * will count it twice.
 */
#ifndef LOCKER_TRUSTED_CLOCK_H
#define LOCKER_TRUSTED_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define TRUSTED_CLOCK_TOLERANCE_MS (INT64_C(3600) * 1000)
/* After a reboot: how far ahead of the floor a wall clock is believed. */
#define TRUSTED_CLOCK_AHEAD_MS (INT64_C(30) * 24 * 3600 * 1000)

struct trusted_clock {
    int64_t anchor_ms; /* trusted time at anchor_elapsed_ms */
    int64_t anchor_elapsed_ms;
    int64_t last_ms; /* the latest trusted time given out */
    int64_t last_elapsed_ms;
    bool suspect;
    uint8_t reserved[7];
};

/* What is known of the time before this start. */
struct clock_floor {
    int64_t at_ms;      /* the latest trusted time known; 0: none, this is a new station */
    int64_t elapsed_ms; /* CLOCK_BOOTTIME then */
    bool same_boot;     /* whether that was in this boot, so that elapsed times compare */
    int64_t origin_ms;  /* trusted_clock_origin() then; 0: not known */
};

/* Start: from the floor and the first raw readings. */
void trusted_clock_start(struct trusted_clock *clock, const struct clock_floor *floor,
                         int64_t wall_ms, int64_t elapsed_ms);

/* Where the anchor puts the beginning of this boot: what is to be handed to the next start in it,
 * so that small steps do not creep past the limit from start to start. */
int64_t trusted_clock_origin(const struct trusted_clock *clock);

/* The trusted time now. Never less than the last one given. */
int64_t trusted_clock_read(struct trusted_clock *clock, int64_t wall_ms, int64_t elapsed_ms);

/* Believe the wall clock from now on, wherever it stands (the one way trusted time may step
 * back: an operator said so). Returns the trusted time now. */
int64_t trusted_clock_accept(struct trusted_clock *clock, int64_t wall_ms, int64_t elapsed_ms);

#endif
