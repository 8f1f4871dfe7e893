/*
 * Compartment: a dumb value. It has a name and a size, and does not know whether it is occupied.
 *
 * Compartments are numbered 0, 1, 2 … in the order of the configuration; that number, not the
 * name, is what the core works with. "Lowest-placed" means the smallest number.
 */
#ifndef LOCKER_COMPARTMENT_H
#define LOCKER_COMPARTMENT_H

#include "bounds.h"
#include "size.h"

#include <stdint.h>

#define COMPARTMENT_NONE UINT32_MAX

struct compartment {
    char id[COMPARTMENT_ID_SIZE]; /* 1 to 15 printable ASCII characters, no space; NUL-padded */
    uint8_t size;                 /* enum parcel_size */
};

#endif
