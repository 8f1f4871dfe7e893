#include "name_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MINIMUM_SLOTS 64

/* Names come from the configuration and from verified files: no hash against an adversary. The
 * multipliers are those of splitmix64's finalizer. */
static uint64_t hash_name(const char *id)
{
    uint64_t half[2];
    _Static_assert(sizeof half == COMPARTMENT_ID_SIZE, "two words a name");
    memcpy(half, id, sizeof half);
    uint64_t x = half[0] ^ (half[1] * UINT64_C(0x9e3779b97f4a7c15));
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint32_t name_table_count(const struct name_table *table)
{
    return table->configured + table->foreign_count;
}

const struct compartment *name_table_at(const struct name_table *table, uint32_t index)
{
    return index < table->configured ? &table->wall[index]
                                     : &table->foreign[index - table->configured];
}

static uint32_t *find_slot(const struct name_table *table, const char *id)
{
    uint32_t i = (uint32_t)hash_name(id) & (table->slot_count - 1);
    while (table->slots[i] != 0 &&
           memcmp(name_table_at(table, table->slots[i] - 1)->id, id, COMPARTMENT_ID_SIZE) != 0)
        i = (i + 1) & (table->slot_count - 1);
    return &table->slots[i];
}

static int make_slots(struct name_table *table, uint32_t names)
{
    uint32_t count = MINIMUM_SLOTS;
    while (count / 2 <= names && count < UINT32_C(1) << 31)
        count *= 2;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    free(table->slots);
    table->slots = slots;
    table->slot_count = count;
    for (uint32_t i = 0; i < name_table_count(table); i++)
        *find_slot(table, name_table_at(table, i)->id) = i + 1;
    return 0;
}

int name_table_create(struct name_table *table, const struct compartment *wall, uint32_t count)
{
    *table = (struct name_table){.wall = wall, .configured = count};
    return make_slots(table, count);
}

void name_table_destroy(struct name_table *table)
{
    free(table->slots);
    free(table->foreign);
    *table = (struct name_table){0};
}

uint32_t name_table_find(const struct name_table *table, const char *id)
{
    const uint32_t slot = *find_slot(table, id);
    return slot == 0 ? COMPARTMENT_NONE : slot - 1;
}

int name_table_add(struct name_table *table, const char *id, uint8_t size)
{
    if (name_table_find(table, id) != COMPARTMENT_NONE)
        return 0;
    if (table->foreign_count == table->foreign_room) {
        const uint32_t room = table->foreign_room == 0 ? 16 : table->foreign_room * 2;
        struct compartment *foreign = reallocarray(table->foreign, room, sizeof *foreign);
        if (foreign == NULL)
            return -ENOMEM;
        table->foreign = foreign;
        table->foreign_room = room;
    }
    struct compartment *added = &table->foreign[table->foreign_count];
    memcpy(added->id, id, COMPARTMENT_ID_SIZE);
    added->size = size;
    table->foreign_count++;
    if (table->slot_count / 2 <= name_table_count(table))
        return make_slots(table, name_table_count(table));
    *find_slot(table, id) = name_table_count(table);
    return 0;
}
