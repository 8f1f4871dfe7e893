/*
 * The open loop of load_run(): see load_client.h and pace.h.
 */
#ifndef LOCKER_LOAD_OPEN_H
#define LOCKER_LOAD_OPEN_H

#include "load_client.h"

int load_run_open(void *context, const struct load_plan *plan, struct load_round *round)
    __attribute__((warn_unused_result));

#endif
