#include "driver_answers.h"

#include <string.h>

static void fill_deposit(struct reply *reply)
{
    strcpy(reply->compartment, "M01");
    strcpy(reply->code, "012345");
    reply->size = SIZE_MEDIUM;
    reply->expires_at_ms = INT64_C(1800000000000);
}

bool good_answer(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    (void)request;
    fill_deposit(reply);
    reply->free[SIZE_MEDIUM] = 3;
    reply->total[SIZE_MEDIUM] = 8;
    reply->station = "lobby";
    reply->role = ROLE_DRIVER;
    return true;
}

bool small_is_full(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    fill_deposit(reply);
    reply->free[SIZE_MEDIUM] = 3;
    reply->total[SIZE_MEDIUM] = 8;
    reply->asked_size = SIZE_SMALL;
    if (request->operation == OP_DEPOSIT && request->size == SIZE_SMALL)
        reply->outcome = OUTCOME_NO_SPACE;
    return true;
}
