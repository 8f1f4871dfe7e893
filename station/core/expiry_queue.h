/*
 * ExpiryQueue: the compartments with a live token, the earliest expiry first, a queue a size.
 *
 * Indexed 4-ary heaps (shallower than binary ones, and a node's children lie in one cache line),
 * by compartment number; ties go to the lower number. Derived state.
 */
#ifndef LOCKER_EXPIRY_QUEUE_H
#define LOCKER_EXPIRY_QUEUE_H

#include "locker_view.h"

#define EXPIRY_QUEUE_OUT UINT32_MAX

/* Forget everything. */
void expiry_queue_clear(struct expiry_queue *queue, uint32_t compartments);

/* The compartment's token is live and its expiry set. O(log n). */
void expiry_queue_insert(struct expiry_queue *queue, uint32_t compartment);

/* Before its token changes. O(log n). */
void expiry_queue_remove(struct expiry_queue *queue, uint32_t compartment);

/* A hint: this compartment is about to be removed. */
void expiry_queue_expect_removal(const struct expiry_queue *queue, uint32_t compartment);

/* The earliest of this size, or COMPARTMENT_NONE. O(1). */
uint32_t expiry_queue_first_of(const struct expiry_queue *queue, enum parcel_size size);

/* The earliest of this size that is due and in service, or COMPARTMENT_NONE. Looks past those that
 * are due and out of service, so O(1 + how many those are). */
uint32_t expiry_queue_first_of_use(const struct expiry_queue *queue, enum parcel_size size,
                                   int64_t now_ms);

/* The earliest of all, or COMPARTMENT_NONE. O(1). */
uint32_t expiry_queue_first(const struct expiry_queue *queue);

#endif
