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

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static uint32_t slot_table_home(const struct slot_table *table, uint32_t tag)
{
    return (uint32_t)((uint64_t)tag * table->count >> 32);
}

static uint32_t slot_table_after(const struct slot_table *table, uint32_t slot)
{
    return slot + 1 == table->count ? 0 : slot + 1;
}

void slot_table_insert(struct slot_table *table, uint64_t hash, uint32_t number)
{
    uint32_t at = slot_table_home(table, tag_of(hash));
    for (uint32_t probes = 0; table->slots[at].number != 0; probes++) {
        INVARIANT(probes < table->count);
        at = slot_table_after(table, at);
    }
    table->slots[at] = (struct slot){.tag = tag_of(hash), .number = number + 1};
}

uint32_t slot_table_find(const struct slot_table *table, const void *records, uint64_t hash)
{
    const uint32_t tag = tag_of(hash);
    uint32_t at = slot_table_home(table, tag);
    for (uint32_t probes = 0; table->slots[at].number != 0 && probes < table->count; probes++) {
        const struct slot slot = table->slots[at];
        if (slot.tag == tag && table->hash_of(records, slot.number - 1) == hash)
            return slot.number - 1;
        at = slot_table_after(table, at);
    }
    return SLOT_TABLE_NONE;
}

/* Close the gap at `hole`: move up every later record of the run that may stand there. */
static void slot_table_close(struct slot_table *table, uint32_t hole)
{
    uint32_t at = hole;
    for (;;) {
        at = slot_table_after(table, at);
        if (table->slots[at].number == 0)
            break;
        const uint32_t home = slot_table_home(table, table->slots[at].tag);
        /* It may move unless its home lies cyclically in (hole, at]. */
        const bool stays = hole <= at ? home > hole && home <= at : home > hole || home <= at;
        if (stays)
            continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole].number = 0;
}

bool slot_table_remove(struct slot_table *table, uint64_t hash, uint32_t number)
{
    uint32_t at = slot_table_home(table, tag_of(hash));
    for (uint32_t probes = 0; table->slots[at].number != 0 && probes < table->count; probes++) {
        if (table->slots[at].number == number + 1) {
            slot_table_close(table, at);
            return true;
        }
        at = slot_table_after(table, at);
    }
    return false;
}
