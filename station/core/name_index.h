/*
 * NameIndex: from a compartment's id to its number. The wall never changes while a segment lives.
 * For the files of this layer only.
 */
#ifndef LOCKER_NAME_INDEX_H
#define LOCKER_NAME_INDEX_H

#include "locker_view.h"

/* The hash of a compartment's id; records: array of struct compartment. */
uint64_t name_index_hash_of(const void *records, uint32_t number);

void name_index_insert(struct locker *locker, uint32_t number);

/* The number of the compartment of that id, or COMPARTMENT_NONE. O(1). */
uint32_t name_index_find(const struct locker *locker, const char *id);

#endif
