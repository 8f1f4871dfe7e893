#include "slot_table.h"

#include "invariant.h"

#include <stddef.h>
#include <string.h>

#define DISTANCE_SHIFT (32 - SLOT_DISTANCE_BITS)
#define DISTANCE_ONE   (UINT32_C(1) << DISTANCE_SHIFT)
#define DISTANCE_MANY  ((UINT32_C(1) << SLOT_DISTANCE_BITS) - 1) /* so many, or more */

/* With fewer, the tag would reach below the bits of the hash that every record keeps. */
#define NUMBER_BITS_MIN (64 - SLOT_TABLE_HASH_BITS - SLOT_DISTANCE_BITS)

uint32_t slot_table_slots(uint64_t records, unsigned fill_percent)
{
    INVARIANT(records <= SLOT_TABLE_RECORDS_MAX);
    return (uint32_t)(records * 100 / fill_percent + 4);
}

void slot_table_measure(struct slot_table *table)
{
    INVARIANT(table->records_max <= SLOT_TABLE_RECORDS_MAX);
    table->number_mask = (UINT32_C(1) << NUMBER_BITS_MIN) - 1;
    while (table->number_mask < table->records_max)
        table->number_mask = table->number_mask << 1 | 1;
}

void slot_table_clear(struct slot_table *table)
{
    memset(table->slots, 0, (size_t)table->count * sizeof *table->slots);
}

static uint32_t after(const struct slot_table *table, uint32_t at)
{
    return at + 1 == table->count ? 0 : at + 1;
}

/* Tag and number, at distance 0. */
static uint32_t slot_of(const struct slot_table *table, uint64_t hash, uint32_t number)
{
    const uint32_t tag = (uint32_t)hash >> SLOT_DISTANCE_BITS & ~table->number_mask;
    return tag | (number + 1);
}

static uint32_t number_in(const struct slot_table *table, uint32_t slot)
{
    return (slot & table->number_mask) - 1;
}

static uint32_t with_distance(uint32_t slot, uint32_t distance)
{
    const uint32_t shown = distance < DISTANCE_MANY ? distance : DISTANCE_MANY;
    return (slot & (DISTANCE_ONE - 1)) | shown << DISTANCE_SHIFT;
}

static __attribute__((noinline)) uint32_t distance_of_record(const struct slot_table *table,
                                                             const void *records, uint32_t at)
{
    const uint32_t number = number_in(table, table->slots[at]);
    const uint32_t home = slot_table_home(table, table->hash_of(records, number));
    return at >= home ? at - home : at + table->count - home;
}

/* How far from home the record stands that is at `at`. */
static uint32_t distance_at(const struct slot_table *table, const void *records, uint32_t at)
{
    const uint32_t shown = table->slots[at] >> DISTANCE_SHIFT;
    return shown < DISTANCE_MANY ? shown : distance_of_record(table, records, at);
}

void slot_table_insert(struct slot_table *table, const void *records, uint64_t hash,
                       uint32_t number)
{
    uint32_t carried = slot_of(table, hash, number);
    uint32_t distance = 0;
    uint32_t at = slot_table_home(table, hash);
    for (uint32_t probes = 0; table->slots[at] != 0; probes++) {
        INVARIANT(probes < table->count);
        const uint32_t standing = distance_at(table, records, at);
        if (standing < distance) { /* it is nearer to its home: it makes room and moves on */
            const uint32_t slot = table->slots[at];
            table->slots[at] = with_distance(carried, distance);
            carried = slot;
            distance = standing;
        }
        at = after(table, at);
        distance++;
    }
    table->slots[at] = with_distance(carried, distance);
}

/* Where exactly this record stands, or NULL. */
static uint32_t *slot_table_locate(const struct slot_table *table, uint64_t hash, uint32_t number)
{
    const uint32_t wanted = slot_of(table, hash, number);
    uint32_t at = slot_table_home(table, hash);
    for (uint32_t distance = 0; distance < table->count; distance++) {
        uint32_t *slot = &table->slots[at];
        if (*slot == with_distance(wanted, distance))
            return slot;
        if (*slot < with_distance(0, distance))
            break;
        at = after(table, at);
    }
    return NULL;
}

bool slot_table_remove(struct slot_table *table, const void *records, uint64_t hash,
                       uint32_t number)
{
    const uint32_t *slot = slot_table_locate(table, hash, number);
    if (!slot)
        return false;
    uint32_t hole = (uint32_t)(slot - table->slots);
    for (uint32_t moved = 1; moved < table->count; moved++) {
        const uint32_t at = after(table, hole);
        const uint32_t distance = table->slots[at] != 0 ? distance_at(table, records, at) : 0;
        if (distance == 0)
            break;
        table->slots[hole] = with_distance(table->slots[at], distance - 1);
        hole = at;
    }
    table->slots[hole] = 0;
    return true;
}

void slot_table_renumber(struct slot_table *table, uint64_t hash, uint32_t from, uint32_t to)
{
    uint32_t *slot = slot_table_locate(table, hash, from);
    INVARIANT(slot);
    *slot = (*slot & ~table->number_mask) | (to + 1);
}

uint32_t slot_table_guess(const struct slot_table *table, uint64_t hash)
{
    const uint32_t tag = slot_of(table, hash, 0) & ~table->number_mask;
    uint32_t at = slot_table_home(table, hash);
    for (uint32_t distance = 0; distance < DISTANCE_MANY; distance++) {
        const uint32_t slot = __atomic_load_n(&table->slots[at], __ATOMIC_RELAXED);
        const uint32_t number = (slot ^ with_distance(tag, distance)) - 1;
        if (number < table->records_max)
            return number;
        if (slot < with_distance(0, distance))
            break;
        at = after(table, at);
    }
    return SLOT_TABLE_NONE;
}

uint32_t slot_table_find(const struct slot_table *table, const void *records, uint64_t hash)
{
    const uint32_t tag = slot_of(table, hash, 0) & ~table->number_mask;
    uint32_t at = slot_table_home(table, hash);
    for (uint32_t distance = 0; distance < table->count; distance++) {
        const uint32_t slot = table->slots[at];
        const uint32_t wanted = with_distance(tag, distance);
        /* One comparison for four questions: another distance, another tag, an empty slot and a
         * number that leads outside all leave what is no record's number. */
        const uint32_t number = (slot ^ wanted) - 1;
        if (number < table->records_max &&
            (table->hash_of(records, number) ^ hash) >> table->unkept_bits == 0)
            return number;
        /* Whoever stands here is nearer to its home than this one would be: it is not there. */
        if (slot < with_distance(0, distance))
            break;
        at = after(table, at);
    }
    return SLOT_TABLE_NONE;
}
