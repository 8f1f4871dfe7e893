#include "name_index.h"

#include <string.h>

/* FNV-1a (64 bits) with the finaliser of MurmurHash3, because the table uses the high bits. Ids
 * come from the operator's configuration: no key is needed. */
static uint64_t name_hash(const char *id)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < COMPARTMENT_ID_SIZE && id[i] != '\0'; i++)
        hash = (hash ^ (unsigned char)id[i]) * UINT64_C(0x100000001b3);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ (hash >> 33);
}

uint64_t name_index_hash_of(const void *records, uint32_t number)
{
    const struct compartment *compartments = records;
    return name_hash(compartments[number].id);
}

void name_index_insert(struct locker *locker, uint32_t number)
{
    slot_table_insert(&locker->names, locker->compartments,
                      name_index_hash_of(locker->compartments, number), number);
}

uint32_t name_index_find(const struct locker *locker, const char *id)
{
    const uint32_t number = slot_table_find(&locker->names, locker->compartments, name_hash(id));
    if (number == SLOT_TABLE_NONE ||
        strncmp(locker->compartments[number].id, id, COMPARTMENT_ID_SIZE) != 0)
        return COMPARTMENT_NONE;
    return number;
}
