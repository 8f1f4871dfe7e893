/*
 * SlotTable: from a 64-bit keyed hash to the number of the record that has it.
 *
 * Open addressing with linear probing and backward-shift deletion (Knuth, TAOCP vol. 3, 6.4,
 * algorithm R), so there are no tombstones. A slot holds a record's number plus one, nothing else;
 * the hash is read from the record itself (hash_of, in the records given with each call). Any
 * number of slots: the home slot is the hash's high half scaled to it. Derived state, rebuilt
 * whenever in doubt. Keys are keyed hashes, so nobody outside can choose colliding ones.
 */
#ifndef LOCKER_SLOT_TABLE_H
#define LOCKER_SLOT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_TABLE_NONE UINT32_MAX

struct slot_table {
    uint32_t *slots;
    uint32_t count; /* of slots */
    uint64_t (*hash_of)(const void *records, uint32_t number);
};

/* How many slots keep a table of this many records at most three quarters full. */
uint32_t slot_table_slots(uint64_t records);

/* Forget everything. */
void slot_table_clear(struct slot_table *table);

/* The record's hash must not be in the table yet. */
void slot_table_insert(struct slot_table *table, uint64_t hash, uint32_t number);

/* Remove exactly this record; false when it is not there. Its hash must still be readable. */
bool slot_table_remove(struct slot_table *table, const void *records, uint64_t hash,
                       uint32_t number);

/* The record with this hash, or SLOT_TABLE_NONE. */
uint32_t slot_table_find(const struct slot_table *table, const void *records, uint64_t hash);

#endif
