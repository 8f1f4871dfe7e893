/*
 * The part of locker_check() that must hold before anything is derived. For the files of this
 * layer only.
 */
#ifndef LOCKER_SOUNDNESS_H
#define LOCKER_SOUNDNESS_H

#include "locker.h"

/* Whether no number in the primary state leads outside the memory. */
bool locker_primary_is_sane(const struct locker *locker, char *why, size_t why_size);

#endif
