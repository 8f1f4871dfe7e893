/*
 * Assignments: what each kind of process is handed, and nothing it does not need.
 */
#ifndef LOCKER_ASSIGNMENT_H
#define LOCKER_ASSIGNMENT_H

#include "listeners.h"
#include "station_state.h"

/* Fill in the job of this kind. 0, or -errno after logging. The caller wipes it: keys are in it. */
int assignment_write(const struct station_state *state, const struct listeners *listeners,
                     enum job_kind kind, struct job *job) __attribute__((warn_unused_result));

#endif
