/*
 * A wall of any size in malloc'ed memory, with customers: what the engine's benchmark works on.
 */
#ifndef LOCKER_ENGINE_WALL_H
#define LOCKER_ENGINE_WALL_H

#include "code_book.h"
#include "locker.h"
#include "locker_view.h"

/* A parcel inside: what its customer knows. */
struct engine_parcel {
    char code[CODE_SIZE];
    uint8_t size;
};

struct engine_wall {
    struct locker locker;
    void *memory;
    struct locker_shape shape;
    size_t bytes;
    size_t request_bytes; /* of them the memory of request ids */
    struct station_keys keys;
    unsigned digits;
    struct moment now;
    uint64_t random; /* of the customers, not of the codes */
    uint64_t ids;
    uint64_t hashed; /* of engine_hash_pair(), so that no compiler leaves the work out */
    struct engine_parcel *inside;
    uint32_t inside_count;
    uint64_t inside_by_size[SIZE_COUNT]; /* as filled: a pair leaves them as they are */
};

/* An empty wall: half the compartments small, a third medium, the rest large. 0 or -errno. */
int engine_wall_make(struct engine_wall *wall, uint32_t compartments)
    __attribute__((warn_unused_result));
void engine_wall_free(struct engine_wall *wall);

/* What a desk does for one request, hashes and codes included. Refusals are broken invariants
 * here: the benchmark asks only for what must succeed. */
void engine_deposit(struct engine_wall *wall, enum parcel_size size, const uint8_t *id,
                    struct engine_parcel *parcel);
void engine_pickup(struct engine_wall *wall, const struct engine_parcel *parcel, const uint8_t *id);

/* The keyed hashes, the drawing and the deriving of one deposit and its pickup, and nothing else:
 * what a pair is measured against. */
void engine_hash_pair(struct engine_wall *wall, const uint8_t *deposit_id,
                      const uint8_t *pickup_id);

/* A pseudo-random number below bound. */
uint32_t engine_draw(struct engine_wall *wall, uint32_t bound);
void engine_new_id(struct engine_wall *wall, uint8_t id[REQUEST_ID_SIZE]);

#endif
