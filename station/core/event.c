#include "event.h"

#include <errno.h>
#include <string.h>

static const char *const names[EVENT_KIND_COUNT] = {
    [EVENT_NONE] = "none",
    [EVENT_DEPOSITED] = "deposited",
    [EVENT_PICKED_UP] = "picked_up",
    [EVENT_EXPIRED] = "expired",
    [EVENT_CANCELLED] = "cancelled",
    [EVENT_EXCHANGED] = "exchanged",
    [EVENT_COLLECTED] = "collected",
    [EVENT_RELEASED] = "released",
    [EVENT_REISSUED] = "reissued",
    [EVENT_EXTENDED] = "extended",
    [EVENT_SERVICE_CHANGED] = "service_changed",
    [EVENT_SWEPT] = "swept",
    [EVENT_CLOCK_ACCEPTED] = "clock_accepted",
    [EVENT_OUTAGE_CREDITED] = "outage_credited",
};

const char *event_name(enum event_kind kind)
{
    return (unsigned)kind < EVENT_KIND_COUNT ? names[kind] : names[EVENT_NONE];
}

int event_from_name(const char *text, enum event_kind *kind)
{
    for (unsigned i = 1; i < EVENT_KIND_COUNT; i++) {
        if (strcmp(text, names[i]) == 0) {
            *kind = (enum event_kind)i;
            return 0;
        }
    }
    return -EINVAL;
}
