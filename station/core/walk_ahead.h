/*
 * Walks over all compartments of a large wall, or over a long ring, look up something at random for
 * each: every one a miss of the cache, half of what a start at a million compartments took. So what
 * will be looked up is fetched some steps ahead. For the files of this layer only.
 */
#ifndef LOCKER_WALK_AHEAD_H
#define LOCKER_WALK_AHEAD_H

#include "locker_state.h"
#include "name_index.h"

#define WALK_AHEAD 16

/* The walk is at this compartment: fetch the slots of the indexes that it will need later. */
static inline void walk_ahead(const struct locker *locker, uint32_t index)
{
    const uint32_t ahead = index + WALK_AHEAD;
    if (ahead >= locker->state->shape.compartments)
        return;
    slot_table_expect(&locker->names, name_index_hash_of(locker->compartments, ahead));
    if (locker->doors[ahead].code_hash != 0)
        slot_table_expect(&locker->codes, locker->doors[ahead].code_hash);
}

/* The same at this place of the ring of retired codes; */
static inline void walk_ahead_retired(const struct locker *locker, uint64_t position)
{
    const uint64_t ahead = position + WALK_AHEAD;
    if (ahead < locker->state->retired_head)
        slot_table_expect(&locker->codes,
                          retired_code_hash(&locker->retired[retired_slot(locker, ahead)]));
}

/* and at this of the ring of remembered requests. */
static inline void walk_ahead_requests(const struct locker *locker, uint64_t position)
{
    const uint64_t ahead = position + WALK_AHEAD;
    if (ahead < locker->state->request_head)
        slot_table_expect(&locker->request_keys,
                          locker->requests[request_slot(locker, ahead)].key[0]);
}

#endif
