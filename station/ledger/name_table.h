/*
 * The name table: every compartment that the ledger speaks of, by name. First the configured wall,
 * in its order, so that those numbers are the locker's; behind it the foreign ones, which are no
 * longer (or not here) configured.
 */
#ifndef LOCKER_NAME_TABLE_H
#define LOCKER_NAME_TABLE_H

#include "compartment.h"

#include <stdint.h>

struct name_table {
    const struct compartment *wall; /* the caller's */
    uint32_t configured;
    struct compartment *foreign;
    uint32_t foreign_count;
    uint32_t foreign_room;
    uint32_t *slots;     /* index + 1, 0: empty; open addressing */
    uint32_t slot_count; /* a power of two, more than twice the names */
};

/* 0 or -ENOMEM. */
int name_table_create(struct name_table *table, const struct compartment *wall, uint32_t count)
    __attribute__((warn_unused_result));
void name_table_destroy(struct name_table *table);

/* Ids are COMPARTMENT_ID_SIZE bytes, NUL-padded. COMPARTMENT_NONE when unknown. */
uint32_t name_table_find(const struct name_table *table, const char *id);

/* Add a foreign one unless it is known. 0 or -ENOMEM. */
int name_table_add(struct name_table *table, const char *id, uint8_t size)
    __attribute__((warn_unused_result));

uint32_t name_table_count(const struct name_table *table);
const struct compartment *name_table_at(const struct name_table *table, uint32_t index);

#endif
