/*
 * The three sizes of parcels and compartments, and their wire names.
 */
#ifndef LOCKER_SIZE_H
#define LOCKER_SIZE_H

enum parcel_size { SIZE_SMALL = 0, SIZE_MEDIUM = 1, SIZE_LARGE = 2 };

#define SIZE_COUNT 3

/* "small", "medium" or "large". */
const char *size_name(enum parcel_size size);

/* The size that text names (exactly, lower case); 0 and *size set, or -EINVAL. */
int size_from_name(const char *text, enum parcel_size *size) __attribute__((warn_unused_result));

#endif
