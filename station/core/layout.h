/*
 * Where each part of the locker's memory starts. For the files of this layer only.
 */
#ifndef LOCKER_LAYOUT_H
#define LOCKER_LAYOUT_H

#include "locker.h"

struct locker_layout {
    size_t compartments;
    size_t services;
    size_t doors;
    size_t retired;
    size_t retired_times;
    size_t requests;
    size_t events;
    size_t free[SIZE_COUNT];
    size_t spent;
    size_t heap;
    size_t heap_place;
    size_t codes;
    size_t names;
    size_t request_keys;
    size_t bytes; /* of it all */
    uint32_t code_slots;
    uint32_t name_slots;
    uint32_t request_slots;
};

/* One time is kept for every 2^shift slots of the ring of retired codes. */
unsigned locker_retired_times_shift(const struct locker_shape *shape);

void locker_layout_of(const struct locker_shape *shape, struct locker_layout *layout);

#endif
