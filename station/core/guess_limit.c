#include "guess_limit.h"

#include "policy.h"

int64_t guess_limit_wait_ms(struct guess_limit *limit, uint32_t burst, int64_t now_ms)
{
    if (burst == 0)
        return 0;
    const int64_t latest_full_at_ms = now_ms + (int64_t)burst * WRONG_CODE_EARNED_EVERY_MS;
    if (limit->full_at_ms > latest_full_at_ms)
        limit->full_at_ms = latest_full_at_ms;
    const int64_t allowed_from_ms =
        limit->full_at_ms - (int64_t)(burst - 1) * WRONG_CODE_EARNED_EVERY_MS;
    return allowed_from_ms > now_ms ? allowed_from_ms - now_ms : 0;
}

void guess_limit_spend(struct guess_limit *limit, uint32_t burst, int64_t now_ms)
{
    if (burst == 0)
        return;
    if (limit->full_at_ms < now_ms)
        limit->full_at_ms = now_ms;
    limit->full_at_ms += WRONG_CODE_EARNED_EVERY_MS;
}
