#include "slot_table.h"

#include "invariant.h"

#include <string.h>

uint32_t slot_table_slots(uint64_t records)
{
    const uint64_t slots = records + records / 3 + 4;
    INVARIANT(slots < UINT32_MAX);
    return (uint32_t)slots;
}

void slot_table_clear(struct slot_table *table)
{
    memset(table->slots, 0, (size_t)table->count * sizeof *table->slots);
}

static uint32_t slot_table_home(const struct slot_table *table, uint64_t hash)
{
    return (uint32_t)((hash >> 32) * table->count >> 32);
}

static uint32_t slot_table_after(const struct slot_table *table, uint32_t slot)
{
    return slot + 1 == table->count ? 0 : slot + 1;
}

void slot_table_insert(struct slot_table *table, uint64_t hash, uint32_t number)
{
    uint32_t slot = slot_table_home(table, hash);
    for (uint32_t probes = 0; table->slots[slot] != 0; probes++) {
        INVARIANT(probes < table->count);
        slot = slot_table_after(table, slot);
    }
    table->slots[slot] = number + 1;
}

uint32_t slot_table_find(const struct slot_table *table, const void *records, uint64_t hash)
{
    uint32_t slot = slot_table_home(table, hash);
    for (uint32_t probes = 0; table->slots[slot] != 0 && probes < table->count; probes++) {
        const uint32_t number = table->slots[slot] - 1;
        if (table->hash_of(records, number) == hash)
            return number;
        slot = slot_table_after(table, slot);
    }
    return SLOT_TABLE_NONE;
}

/* Close the gap at `hole`: move up every later record of the run that may stand there. */
static void slot_table_close(struct slot_table *table, const void *records, uint32_t hole)
{
    uint32_t slot = hole;
    for (;;) {
        slot = slot_table_after(table, slot);
        if (table->slots[slot] == 0)
            break;
        const uint32_t home =
            slot_table_home(table, table->hash_of(records, table->slots[slot] - 1));
        /* It may move unless its home lies cyclically in (hole, slot]. */
        const bool stays = hole <= slot ? home > hole && home <= slot : home > hole || home <= slot;
        if (stays)
            continue;
        table->slots[hole] = table->slots[slot];
        hole = slot;
    }
    table->slots[hole] = 0;
}

bool slot_table_remove(struct slot_table *table, const void *records, uint64_t hash,
                       uint32_t number)
{
    uint32_t slot = slot_table_home(table, hash);
    for (uint32_t probes = 0; table->slots[slot] != 0 && probes < table->count; probes++) {
        if (table->slots[slot] == number + 1) {
            slot_table_close(table, records, slot);
            return true;
        }
        slot = slot_table_after(table, slot);
    }
    return false;
}
