/*
 * The operations of the protocol, the roles that may ask for them, and which of them change state.
 */
#ifndef LOCKER_OPERATION_H
#define LOCKER_OPERATION_H

#include <stdbool.h>

enum role { ROLE_DRIVER = 0, ROLE_KEYPAD = 1, ROLE_OPERATOR = 2 };

#define ROLE_COUNT 3

enum operation {
    OP_PING = 0,
    OP_DEPOSIT,
    OP_PICKUP,
    OP_CANCEL,
    OP_AVAILABILITY,
    OP_EXPIRED,
    OP_COLLECT,
    OP_STATUS,
    OP_COMPARTMENTS,
    OP_SERVICE,
    OP_RELEASE,
    OP_REISSUE,
    OP_EXTEND,
    OP_HISTORY,
    OP_SWEEP,
    OP_CLOCK,
};

#define OPERATION_COUNT 16

/* "driver", "keypad" or "operator": the word in the socket's name and in ping's reply. */
const char *role_name(enum role role);

/* The wire name, e.g. "deposit". */
const char *operation_name(enum operation operation);

/* 0 and *operation set, or -EINVAL when there is no operation of that name. */
int operation_from_name(const char *text, enum operation *operation)
    __attribute__((warn_unused_result));

bool operation_allowed(enum operation operation, enum role role);

/* Whether it changes the station's state: of clock only when it accepts (request_changes()). */
bool operation_changes(enum operation operation);

#endif
