/*
 * The name table: every compartment that the ledger speaks of, by name. First the wall of a locker,
 * found by that locker's own index, so that those numbers are the locker's; behind it the foreign
 * ones, which are no longer (or not here) configured.
 */
#ifndef LOCKER_NAME_TABLE_H
#define LOCKER_NAME_TABLE_H

#include "locker.h"

#include <stdint.h>

struct name_table {
    const struct locker *locker; /* the caller's */
    struct compartment *foreign;
    uint32_t foreign_count;
    uint32_t foreign_room;
    uint32_t *slots;     /* of foreign ones: index + 1, 0: empty; open addressing */
    uint32_t slot_count; /* 0, or a power of two, more than twice the foreign ones */
};

/* Ids are COMPARTMENT_ID_SIZE bytes, NUL-padded. COMPARTMENT_NONE when unknown. guess: where on
 * the wall it is to be expected, any number; looked at first. */
uint32_t name_table_find(const struct name_table *table, const char *id, uint32_t guess);

/* Add a foreign one unless it is known. 0 or -ENOMEM. */
int name_table_add(struct name_table *table, const char *id, uint8_t size)
    __attribute__((warn_unused_result));

void name_table_free(struct name_table *table);

uint32_t name_table_count(const struct name_table *table);
const struct compartment *name_table_at(const struct name_table *table, uint32_t index);

#endif
