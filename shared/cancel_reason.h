/*
 * Why a driver takes a deposit back, and what that says about the compartment.
 */
#ifndef LOCKER_CANCEL_REASON_H
#define LOCKER_CANCEL_REASON_H

#include <stdbool.h>

enum cancel_reason {
    CANCEL_OTHER = 0,
    CANCEL_DOES_NOT_FIT,
    CANCEL_DOOR_BROKEN,
    CANCEL_OCCUPIED,
};

#define CANCEL_REASON_COUNT 4

/* "other", "does_not_fit", "door_broken", "occupied". */
const char *cancel_reason_name(enum cancel_reason reason);

/* 0 and *reason set, or -EINVAL. */
int cancel_reason_from_name(const char *text, enum cancel_reason *reason)
    __attribute__((warn_unused_result));

/* Whether the compartment goes out of service with this reason. */
bool cancel_reason_blames_compartment(enum cancel_reason reason);

#endif
