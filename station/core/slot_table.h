/*
 * SlotTable: from a 64-bit keyed hash to the number of the record that has it.
 *
 * Open addressing with linear probing and backward-shift deletion (Knuth, TAOCP vol. 3, 6.4,
 * algorithm R), so there are no tombstones. A slot keeps the hash's high half beside the record's
 * number: enough to tell its home slot and nearly every stranger, so that probing touches no
 * record but the one it finds. Any number of slots: the home slot is the high half scaled to it.
 * Derived state, rebuilt whenever in doubt. Keys are keyed hashes, so nobody outside can choose
 * colliding ones.
 */
#ifndef LOCKER_SLOT_TABLE_H
#define LOCKER_SLOT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_TABLE_NONE UINT32_MAX

struct slot {
    uint32_t tag;    /* the hash's high half */
    uint32_t number; /* of the record, plus one; 0: the slot is empty */
};

struct slot_table {
    struct slot *slots;
    uint32_t count; /* of slots */
    uint64_t (*hash_of)(const void *records, uint32_t number);
};

/* How many slots keep a table of this many records at most three quarters full. */
uint32_t slot_table_slots(uint64_t records);

/* Forget everything. */
void slot_table_clear(struct slot_table *table);

/* The record's hash must not be in the table yet. */
void slot_table_insert(struct slot_table *table, uint64_t hash, uint32_t number);

/* Remove exactly this record; false when it is not there. */
bool slot_table_remove(struct slot_table *table, uint64_t hash, uint32_t number);

/* The record with this hash, or SLOT_TABLE_NONE. */
uint32_t slot_table_find(const struct slot_table *table, const void *records, uint64_t hash);

#endif
