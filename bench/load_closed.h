/*
 * The closed loop of load_run(): see load_client.h.
 */
#ifndef LOCKER_LOAD_CLOSED_H
#define LOCKER_LOAD_CLOSED_H

#include "load_client.h"

int load_run_closed(const struct load_plan *plan, struct load_round *round)
    __attribute__((warn_unused_result));

#endif
