#include "layout.h"

#include "locker_state.h"

#include <errno.h>

/* How full the indexes may get. Half full, hardly anything in them stands beside its home (70 ns a
 * pair of deposit and pickup less than at three quarters). But the index of codes is a fifth of a
 * large wall's memory: there it is fuller, beyond so many slots. */
#define FILL_PERCENT       50
#define FILL_PERCENT_LARGE 85
#define ROOMY_SLOTS        (UINT32_C(1) << 18)

static uint32_t slots_for(uint64_t records)
{
    const uint32_t roomy = slot_table_slots(records, FILL_PERCENT);
    const uint32_t tight = slot_table_slots(records, FILL_PERCENT_LARGE);
    if (roomy <= ROOMY_SLOTS)
        return roomy;
    return tight < ROOMY_SLOTS ? ROOMY_SLOTS : tight;
}

/* Times of retirement: each to the millisecond where there is one for every code, as in every wall
 * of up to 16,384 compartments; of a larger one so many codes in a row share the time of their
 * last, and are remembered a little longer than promised. 8 bytes a code would be 32 a compartment.
 */
#define RETIRED_TIMES_MAX 65536

unsigned locker_retired_times_shift(const struct locker_shape *shape)
{
    unsigned shift = 0;
    while ((shape->remember_codes - 1) >> shift >= RETIRED_TIMES_MAX)
        shift++;
    return shift;
}

/* Part after part, each on a cache line of its own. */
static size_t take(size_t *used, uint64_t count, size_t size)
{
    const size_t at = *used;
    *used = (at + (size_t)count * size + 63) / 64 * 64;
    return at;
}

void locker_layout_of(const struct locker_shape *shape, struct locker_layout *layout)
{
    const uint32_t n = shape->compartments;
    const size_t words = free_set_words(n);
    size_t used = 0;
    layout->code_slots = slots_for((uint64_t)n + shape->remember_codes);
    layout->name_slots = slots_for(n);
    layout->request_slots = slot_table_slots(shape->remember_requests, FILL_PERCENT);
    take(&used, 1, sizeof(struct locker_state));
    layout->compartments = take(&used, n, sizeof(struct compartment));
    layout->services = take(&used, n, sizeof(struct service_record));
    layout->doors = take(&used, n, sizeof(struct door));
    layout->retired = take(&used, shape->remember_codes, sizeof(struct retired_code));
    layout->retired_times =
        take(&used, ((shape->remember_codes - 1) >> locker_retired_times_shift(shape)) + 1,
             sizeof(int64_t));
    layout->requests = take(&used, shape->remember_requests, sizeof(struct remembered_request));
    layout->events = take(&used, shape->event_ring, sizeof(struct event));
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        layout->free[size] = take(&used, words, sizeof(uint64_t));
    layout->spent = take(&used, words, sizeof(uint64_t));
    layout->heap = take(&used, n, sizeof(uint32_t));
    layout->heap_place = take(&used, n, sizeof(uint32_t));
    layout->codes = take(&used, layout->code_slots, sizeof(uint32_t));
    layout->names = take(&used, layout->name_slots, sizeof(uint32_t));
    layout->request_keys = take(&used, layout->request_slots, sizeof(uint32_t));
    layout->bytes = used;
}

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ (64 bits). */
static uint64_t fold(uint64_t hash, uint64_t number)
{
    for (int i = 0; i < 8; i++, number >>= 8)
        hash = (hash ^ (number & 0xff)) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t locker_layout_fingerprint(void)
{
    const size_t facts[] = {
        sizeof(struct locker_state),
        offsetof(struct locker_state, retired_head),
        offsetof(struct locker_state, free_count),
        offsetof(struct locker_state, durable_sequence),
        sizeof(struct locker_shape),
        sizeof(struct policy),
        sizeof(struct trusted_clock),
        sizeof(struct compartment),
        sizeof(struct service_record),
        sizeof(struct door),
        sizeof(struct retired_code),
        sizeof(struct remembered_request),
        sizeof(struct event),
        offsetof(struct event, compartment),
        offsetof(struct event, retired_position),
        offsetof(struct event, reason),
        LOCKER_LAYOUT_VERSION,
    };
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        hash = fold(hash, facts[i]);
    return hash;
}

size_t locker_memory_bytes(const struct locker_shape *shape)
{
    struct locker_layout layout;
    locker_layout_of(shape, &layout);
    return layout.bytes;
}

/* Three parcels a compartment a day for thirty days, but no more than this for a small wall; and
 * for the smallest enough that somebody who plays with it has not forgotten a code in a minute. */
#define CODES_A_COMPARTMENT 90
#define CODES_MODEST_MAX    65536
#define CODES_LEAST         4096
#define EVENT_RING          8192

struct locker_shape locker_shape_for(const struct compartment *wall, uint32_t compartments,
                                     uint32_t remember_requests)
{
    struct locker_shape shape = {
        .compartments = compartments,
        .remember_requests = remember_requests,
        .event_ring = EVENT_RING,
    };
    uint64_t codes = (uint64_t)compartments * CODES_A_COMPARTMENT;
    if (codes > CODES_MODEST_MAX)
        codes = CODES_MODEST_MAX;
    if (codes < CODES_LEAST)
        codes = CODES_LEAST;
    if (codes < (uint64_t)compartments * 4)
        codes = (uint64_t)compartments * 4;
    shape.remember_codes = (uint32_t)codes;
    for (uint32_t i = 0; i < compartments; i++)
        shape.by_size[wall[i].size]++;
    return shape;
}

uint64_t locker_codes_in_use_max(const struct locker_shape *shape)
{
    return (uint64_t)shape->compartments + shape->remember_codes;
}

int locker_examine(const void *memory, size_t bytes, struct locker_shape *shape)
{
    const struct locker_state *state = memory;
    if (bytes < sizeof *state || state->memory_bytes != bytes)
        return -EINVAL;
    *shape = state->shape;
    uint64_t sum = 0;
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        sum += shape->by_size[size];
    if (shape->compartments == 0 || sum != shape->compartments || shape->remember_codes == 0 ||
        locker_codes_in_use_max(shape) > SLOT_TABLE_RECORDS_MAX || shape->remember_requests == 0 ||
        shape->remember_requests > SLOT_TABLE_RECORDS_MAX || shape->event_ring < 64 ||
        locker_memory_bytes(shape) != bytes)
        return -EINVAL;
    return 0;
}
