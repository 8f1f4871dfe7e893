#include "gathering.h"

void gathering_flushed(struct gathering *gathering, uint64_t durable, uint64_t recorded,
                       uint64_t released, uint64_t most, int64_t began_ns, int64_t now_ns)
{
    const uint64_t company = recorded - durable + released;
    gathering->expected = durable + (company < most ? company : most);
    gathering->until_ns = now_ns + (now_ns - began_ns);
}

uint64_t gathering_begins_at(const struct gathering *gathering, uint64_t durable, int64_t now_ns)
{
    const uint64_t next = durable + 1;
    return now_ns < gathering->until_ns && gathering->expected > next ? gathering->expected : next;
}
