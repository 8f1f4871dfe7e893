#include "cancel_reason.h"

#include <errno.h>
#include <string.h>

static const char *const names[CANCEL_REASON_COUNT] = {
    [CANCEL_OTHER] = "other",
    [CANCEL_DOES_NOT_FIT] = "does_not_fit",
    [CANCEL_DOOR_BROKEN] = "door_broken",
    [CANCEL_OCCUPIED] = "occupied",
};

const char *cancel_reason_name(enum cancel_reason reason)
{
    return names[reason];
}

int cancel_reason_from_name(const char *text, enum cancel_reason *reason)
{
    for (unsigned i = 0; i < CANCEL_REASON_COUNT; i++) {
        if (strcmp(text, names[i]) == 0) {
            *reason = (enum cancel_reason)i;
            return 0;
        }
    }
    return -EINVAL;
}

bool cancel_reason_blames_compartment(enum cancel_reason reason)
{
    return reason == CANCEL_DOOR_BROKEN || reason == CANCEL_OCCUPIED;
}
