/*
 * The pipelined load of load_run(): see load_client.h.
 */
#ifndef LOCKER_LOAD_PIPELINED_H
#define LOCKER_LOAD_PIPELINED_H

#include "load_client.h"

int load_run_pipelined(const struct load_plan *plan, struct load_round *round)
    __attribute__((warn_unused_result));

#endif
