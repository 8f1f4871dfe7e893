#include "patience.h"

#include <time.h>

#define PATIENCE_MS 40000
#define POLL_NS     2000000

int64_t patience_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t patience_begin(void)
{
    return patience_clock_ms() + PATIENCE_MS;
}

bool patience_goes_on(int64_t until_ms)
{
    const struct timespec interval = {.tv_nsec = POLL_NS};
    if (patience_clock_ms() >= until_ms)
        return false;
    nanosleep(&interval, NULL);
    return true;
}
