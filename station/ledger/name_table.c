#include "name_table.h"

#include <errno.h>
#include <stdbool.h>
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
    return locker_compartment_count(table->locker) + table->foreign_count;
}

const struct compartment *name_table_at(const struct name_table *table, uint32_t index)
{
    const uint32_t configured = locker_compartment_count(table->locker);
    return index < configured ? locker_compartment(table->locker, index)
                              : &table->foreign[index - configured];
}

static bool same_name(const char *a, const char *b)
{
    return memcmp(a, b, COMPARTMENT_ID_SIZE) == 0;
}

static uint32_t *find_slot(const struct name_table *table, const char *id)
{
    uint32_t i = (uint32_t)hash_name(id) & (table->slot_count - 1);
    while (table->slots[i] != 0 && !same_name(table->foreign[table->slots[i] - 1].id, id))
        i = (i + 1) & (table->slot_count - 1);
    return &table->slots[i];
}

/* Room for one more, with half of the slots left empty. */
static int make_slots(struct name_table *table)
{
    uint32_t count = MINIMUM_SLOTS;
    if (table->foreign_count + 1 < table->slot_count / 2)
        return 0;
    while (count / 2 <= table->foreign_count + 1 && count < UINT32_C(1) << 31)
        count *= 2;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    free(table->slots);
    table->slots = slots;
    table->slot_count = count;
    for (uint32_t i = 0; i < table->foreign_count; i++)
        *find_slot(table, table->foreign[i].id) = i + 1;
    return 0;
}

static int make_room(struct name_table *table)
{
    if (table->foreign_count < table->foreign_room)
        return 0;
    const uint32_t room = table->foreign_room == 0 ? 16 : table->foreign_room * 2;
    struct compartment *foreign = reallocarray(table->foreign, room, sizeof *foreign);
    if (foreign == NULL)
        return -ENOMEM;
    table->foreign = foreign;
    table->foreign_room = room;
    return 0;
}

uint32_t name_table_find(const struct name_table *table, const char *id, uint32_t guess)
{
    const uint32_t configured = locker_compartment_count(table->locker);
    if (guess < configured && same_name(locker_compartment(table->locker, guess)->id, id))
        return guess;
    const uint32_t found = locker_find_compartment(table->locker, id);
    if (found != COMPARTMENT_NONE || table->slot_count == 0)
        return found;
    const uint32_t slot = *find_slot(table, id);
    return slot == 0 ? COMPARTMENT_NONE : configured + slot - 1;
}

int name_table_add(struct name_table *table, const char *id, uint8_t size)
{
    if (name_table_find(table, id, COMPARTMENT_NONE) != COMPARTMENT_NONE)
        return 0;
    int rc = make_slots(table);
    if (rc == 0)
        rc = make_room(table);
    if (rc < 0)
        return rc;
    struct compartment *added = &table->foreign[table->foreign_count];
    memcpy(added->id, id, COMPARTMENT_ID_SIZE);
    added->size = size;
    *find_slot(table, id) = ++table->foreign_count;
    return 0;
}

void name_table_free(struct name_table *table)
{
    free(table->slots);
    free(table->foreign);
    *table = (struct name_table){0};
}
