/*
 * RequestMemory: the ring of the latest successful requests with an id, and what each was answered.
 * For the files of this layer only.
 *
 * The ring is primary state; its entries are found by the index of request keys.
 */
#ifndef LOCKER_REQUEST_MEMORY_H
#define LOCKER_REQUEST_MEMORY_H

#include "locker.h"

/* What an event is answered with. */
void request_memory_answer_of(const struct event *event, struct answer *answer);

/* An entry from and to an answer. */
void request_memory_fill(struct remembered_request *request, const uint64_t key[2],
                         uint64_t fingerprint, const struct answer *answer);
void request_memory_answer(const struct remembered_request *request, struct answer *answer);

/* The entry of this key, or NULL. */
const struct remembered_request *request_memory_find(const struct locker *locker,
                                                     const uint64_t key[2]);

/* Primary: the event's request, if it has one, at the place that the event names. */
void request_memory_write(struct locker *locker, const struct event *event);

/* Before that: forget the oldest when the ring is full and the event has a request. */
void request_memory_trim(struct locker *locker, const struct event *event);

/* The index: the event's request; all there are; an id used again, no more. */
void request_memory_index(struct locker *locker, const struct event *event);
void request_memory_index_all(struct locker *locker);
void request_memory_supersede(struct locker *locker, const struct event *event);

#endif
