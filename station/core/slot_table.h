/*
 * SlotTable: from a 64-bit keyed hash to the number of the record that has it.
 *
 * Open addressing with linear probing in Robin Hood order (Celis 1986): along a run, records stand
 * in the order of their homes. So a search for what is not there ends after as few steps as one for
 * what is, however full the table; removing moves the rest of the run back, and there are no
 * tombstones.
 *
 * A slot is 32 bits, sixteen to a cache line; 0 is an empty one. From the low end: the record's
 * number plus one; a tag, the bits of the hash that there is room for; how far from home it stands,
 * in SLOT_DISTANCE_BITS (the greatest value meaning that or more: the record's hash must tell).
 * Distance and tag are enough to tell nearly every stranger, so that a search touches no record but
 * the one it finds. Home and tag come from the 46 high bits of the hash: a record may keep only
 * those. Any number of slots: the home is the hash's high half scaled to it.
 *
 * Memory and records are the caller's; every record in the table must have its hash whenever
 * another one is put in or taken out. Derived state, rebuilt whenever in doubt. Keys are keyed
 * hashes, so nobody outside can choose colliding ones.
 */
#ifndef LOCKER_SLOT_TABLE_H
#define LOCKER_SLOT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_TABLE_NONE UINT32_MAX

#define SLOT_DISTANCE_BITS 5

/* Fewer slots than 2^27, for a number plus one and no tag at all. */
#define SLOT_TABLE_RECORDS_MAX ((UINT32_C(1) << (32 - SLOT_DISTANCE_BITS)) - 2)

/* What a record's hash must have, at least: the high bits. */
#define SLOT_TABLE_HASH_BITS 46

struct slot_table {
    uint32_t *slots;
    uint32_t count;       /* of slots */
    uint32_t number_mask; /* the part of a slot that is the number */
    uint32_t records_max; /* numbers are below this */
    unsigned unkept_bits; /* low bits of a hash that the records do not keep, at most 18 */
    uint64_t (*hash_of)(const void *records, uint32_t number);
};

/* How many slots keep a table of this many records at most so full. */
uint32_t slot_table_slots(uint64_t records, unsigned fill_percent);

/* Once slots, count, records_max, unkept_bits and hash_of are set: the rest. */
void slot_table_measure(struct slot_table *table);

/* Forget everything. */
void slot_table_clear(struct slot_table *table);

/* The record's hash, as far as it is kept, must not be in the table yet. */
void slot_table_insert(struct slot_table *table, const void *records, uint64_t hash,
                       uint32_t number);

/* Remove exactly this record; false when it is not there. */
bool slot_table_remove(struct slot_table *table, const void *records, uint64_t hash,
                       uint32_t number);

/* What this record had, another record has now: the number changes where it stands. It must be
 * there. */
void slot_table_renumber(struct slot_table *table, uint64_t hash, uint32_t from, uint32_t to);

/* The record with this hash, as far as the records keep it, or SLOT_TABLE_NONE. */
uint32_t slot_table_find(const struct slot_table *table, const void *records, uint64_t hash);

/* What find() will most likely give, without looking at any record. A hint, not even certain when
 * somebody is changing the table meanwhile. */
uint32_t slot_table_guess(const struct slot_table *table, uint64_t hash);

static inline uint32_t slot_table_home(const struct slot_table *table, uint64_t hash)
{
    return (uint32_t)((hash >> 32) * table->count >> 32);
}

/* This hash will be looked for soon: fetch the slots of its home into the cache meanwhile. */
static inline void slot_table_expect(const struct slot_table *table, uint64_t hash)
{
    __builtin_prefetch(&table->slots[slot_table_home(table, hash)], 1);
}

#endif
