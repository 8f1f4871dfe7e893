#include "operation.h"

#include <errno.h>
#include <string.h>

#define DRIVER   (1U << ROLE_DRIVER)
#define KEYPAD   (1U << ROLE_KEYPAD)
#define OPERATOR (1U << ROLE_OPERATOR)

static const struct {
    const char *name;
    unsigned roles;
    bool changes;
} operations[OPERATION_COUNT] = {
    [OP_PING] = {"ping", DRIVER | KEYPAD | OPERATOR, false},
    [OP_DEPOSIT] = {"deposit", DRIVER, true},
    [OP_PICKUP] = {"pickup", KEYPAD, true},
    [OP_CANCEL] = {"cancel", DRIVER, true},
    [OP_AVAILABILITY] = {"availability", DRIVER | OPERATOR, false},
    [OP_EXPIRED] = {"expired", DRIVER | OPERATOR, false},
    [OP_COLLECT] = {"collect", DRIVER | OPERATOR, true},
    [OP_STATUS] = {"status", OPERATOR, false},
    [OP_COMPARTMENTS] = {"compartments", OPERATOR, false},
    [OP_SERVICE] = {"service", OPERATOR, true},
    [OP_RELEASE] = {"release", OPERATOR, true},
    [OP_REISSUE] = {"reissue", OPERATOR, true},
    [OP_EXTEND] = {"extend", OPERATOR, true},
    [OP_HISTORY] = {"history", OPERATOR, false},
    [OP_SWEEP] = {"sweep", OPERATOR, true},
    [OP_CLOCK] = {"clock", OPERATOR, true},
};

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_DRIVER] = "driver",
    [ROLE_KEYPAD] = "keypad",
    [ROLE_OPERATOR] = "operator",
};

const char *role_name(enum role role)
{
    return role_names[role];
}

const char *operation_name(enum operation operation)
{
    return operations[operation].name;
}

int operation_from_name(const char *text, enum operation *operation)
{
    for (unsigned i = 0; i < OPERATION_COUNT; i++) {
        if (strcmp(text, operations[i].name) == 0) {
            *operation = (enum operation)i;
            return 0;
        }
    }
    return -EINVAL;
}

bool operation_allowed(enum operation operation, enum role role)
{
    return (operations[operation].roles & (1U << role)) != 0;
}

bool operation_changes(enum operation operation)
{
    return operations[operation].changes;
}
