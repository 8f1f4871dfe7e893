#include "trusted_clock.h"

#include <stdatomic.h>

static bool within(int64_t a_ms, int64_t b_ms, int64_t tolerance_ms)
{
    return a_ms - b_ms <= tolerance_ms && b_ms - a_ms <= tolerance_ms;
}

static void trusted_clock_anchor(struct trusted_clock *clock, int64_t at_ms, int64_t elapsed_ms)
{
    clock->anchor_ms = at_ms;
    clock->anchor_elapsed_ms = elapsed_ms;
    clock->last_ms = at_ms;
    clock->last_elapsed_ms = elapsed_ms;
}

void trusted_clock_start(struct trusted_clock *clock, const struct clock_floor *floor,
                         int64_t wall_ms, int64_t elapsed_ms)
{
    *clock = (struct trusted_clock){.suspect = false};
    if (floor->at_ms == 0) {
        trusted_clock_anchor(clock, wall_ms, elapsed_ms);
        return;
    }
    if (floor->same_boot && elapsed_ms >= floor->elapsed_ms) {
        trusted_clock_anchor(clock, floor->at_ms, floor->elapsed_ms);
        if (floor->origin_ms != 0)
            clock->anchor_ms = floor->origin_ms + clock->anchor_elapsed_ms;
        trusted_clock_read(clock, wall_ms, elapsed_ms);
        return;
    }
    clock->suspect = wall_ms < floor->at_ms || wall_ms - floor->at_ms > TRUSTED_CLOCK_AHEAD_MS;
    trusted_clock_anchor(clock, clock->suspect ? floor->at_ms : wall_ms, elapsed_ms);
}

int64_t trusted_clock_origin(const struct trusted_clock *clock)
{
    return clock->anchor_ms - clock->anchor_elapsed_ms;
}

/*
 * Elapsed time first, trusted time after it: a death between the two loses what has passed since
 * the last reading; the other way round it would be counted twice, and codes expire early. Only
 * the compiler can put them out of order for whoever takes the lock after the dead.
 */
static void trusted_clock_advance(struct trusted_clock *clock, int64_t elapsed_by_ms, int64_t by_ms)
{
    clock->last_elapsed_ms += elapsed_by_ms;
    atomic_signal_fence(memory_order_seq_cst);
    clock->last_ms += by_ms;
}

int64_t trusted_clock_read(struct trusted_clock *clock, int64_t wall_ms, int64_t elapsed_ms)
{
    int64_t passed_ms = elapsed_ms - clock->last_elapsed_ms;
    if (passed_ms < 0)
        passed_ms = 0; /* two processes' readings, taken before the lock, may come out of order */
    const int64_t expected_ms = clock->anchor_ms + (elapsed_ms - clock->anchor_elapsed_ms);
    clock->suspect = !within(wall_ms, expected_ms, TRUSTED_CLOCK_TOLERANCE_MS);
    if (clock->suspect) {
        trusted_clock_advance(clock, passed_ms, passed_ms);
    } else if (wall_ms >= clock->last_ms) {
        trusted_clock_advance(clock, passed_ms, wall_ms - clock->last_ms);
    } else {
        /* The wall clock was set back a little: half pace until it has caught up. Whole
         * milliseconds only, the odd one is kept for the next reading. */
        trusted_clock_advance(clock, passed_ms / 2 * 2, passed_ms / 2);
    }
    return clock->last_ms;
}

int64_t trusted_clock_accept(struct trusted_clock *clock, int64_t wall_ms, int64_t elapsed_ms)
{
    trusted_clock_anchor(clock, wall_ms, elapsed_ms);
    clock->suspect = false;
    return wall_ms;
}
