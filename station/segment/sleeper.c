#include "sleeper.h"

void sleeper_lie_down(struct sleeper *sleeper, uint64_t sequence)
{
    atomic_exchange(&sleeper->wakes_at, sequence); /* an exchange: a barrier behind it */
}

void sleeper_get_up(struct sleeper *sleeper)
{
    atomic_store_explicit(&sleeper->wakes_at, 0, memory_order_relaxed);
}

bool sleeper_rouse(struct sleeper *sleeper, uint64_t reached)
{
    /* A read-modify-write that changes nothing is the barrier that ThreadSanitizer knows, too. */
    const uint64_t wakes_at = atomic_fetch_or(&sleeper->wakes_at, 0);
    return wakes_at != 0 && wakes_at <= reached && atomic_exchange(&sleeper->wakes_at, 0) != 0;
}
