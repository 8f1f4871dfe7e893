/*
 * FreeSet: a set of compartment numbers that gives its smallest member.
 *
 * A hierarchical bitmap: each bit of a level says whether the 64-bit word below it has any bit
 * set. Insert, remove and lowest touch one word a level: four levels for ten million numbers.
 * Memory is the caller's; derived state, rebuilt whenever in doubt.
 */
#ifndef LOCKER_FREE_SET_H
#define LOCKER_FREE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FREE_SET_LEVELS 6 /* 64^6 is more than 2^32 */
#define FREE_SET_NONE   UINT32_MAX

struct free_set {
    uint64_t *level[FREE_SET_LEVELS]; /* [0] has a bit a member, the last one word */
    uint32_t words[FREE_SET_LEVELS];
    uint32_t levels;
};

/* How many 64-bit words a set of numbers below `limit` needs. */
size_t free_set_words(uint32_t limit);

/* View `words` (free_set_words(limit) of them) as a set; empty when they are all zero. */
void free_set_attach(struct free_set *set, uint64_t *words, uint32_t limit);

void free_set_clear(struct free_set *set);
void free_set_insert(struct free_set *set, uint32_t member);
void free_set_remove(struct free_set *set, uint32_t member); /* no harm when it is no member */
bool free_set_has(const struct free_set *set, uint32_t member);

/* The smallest member that is at least `from`, or FREE_SET_NONE. */
uint32_t free_set_next(const struct free_set *set, uint32_t from);

/* The smallest member, or FREE_SET_NONE. */
uint32_t free_set_lowest(const struct free_set *set);

#endif
