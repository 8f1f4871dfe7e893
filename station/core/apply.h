/*
 * The two halves of applying an event, for recovery. For the files of this layer only.
 */
#ifndef LOCKER_APPLY_H
#define LOCKER_APPLY_H

#include "locker.h"

/* A hint: this event is about to be recorded and applied; fetch meanwhile what it touches. */
void apply_expect(const struct locker *locker, const struct event *event);

/* Primary state: every write says what the event says, whatever stood there. Idempotent. */
void apply_write(struct locker *locker, const struct event *event);

/* Derived: put the compartment into every index that its state belongs into. */
void apply_index_compartment(struct locker *locker, uint32_t index);

#endif
