/*
 * The wall of compartments as it is configured: by counts a size, or door by door. The order in
 * which they are added is the order of placement.
 */
#ifndef LOCKER_WALL_H
#define LOCKER_WALL_H

#include "compartment.h"
#include "mistakes.h"

#include <stdbool.h>
#include <stdint.h>

#define WALL_COMPARTMENTS_MAX 10000000

struct wall {
    struct compartment *compartments; /* owned */
    int *lines;                       /* door by door: of each, in the file; else NULL. Owned */
    uint32_t count;
    uint32_t room;
};

/* How many of each size, in the order in which they were named. */
struct wall_counts {
    struct {
        enum parcel_size size;
        uint32_t count;
    } runs[SIZE_COUNT];
    unsigned used;
};

void wall_free(struct wall *wall);

/* "12" as a number of compartments of this size, to be added behind those already counted. */
void wall_counts_add(struct wall_counts *counts, enum parcel_size size, const char *text,
                     const struct place *place, const char *subject, struct mistakes *mistakes);

/* "small=12,medium=8,large=4". */
void wall_counts_parse(struct wall_counts *counts, const char *text, const struct place *place,
                       const char *subject, struct mistakes *mistakes);

/* Replace the wall by S01 … M01 … L01 …: two digits, or as many as the count needs. 0 or -ENOMEM.
 */
int wall_from_counts(struct wall *wall, const struct wall_counts *counts)
    __attribute__((warn_unused_result));

/* Add one door. 0, also when it was a mistake; or -ENOMEM. */
int wall_add(struct wall *wall, const char *id, enum parcel_size size, const struct place *place,
             struct mistakes *mistakes) __attribute__((warn_unused_result));

/* Report every id that is there more than once. 0 or -ENOMEM. */
int wall_check_unique(const struct wall *wall, const char *file, struct mistakes *mistakes)
    __attribute__((warn_unused_result));

#endif
