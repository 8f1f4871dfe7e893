/*
 * Recording and applying events: see locker.h. For the files of this layer only.
 */
#ifndef LOCKER_APPLY_H
#define LOCKER_APPLY_H

#include "locker.h"

/* What a remembered request is answered with. */
void remembered_request_answer(const struct remembered_request *request, struct answer *answer);

/* A request memory's entry for an answer. */
void remembered_request_fill(struct remembered_request *request, const uint64_t key[2],
                             uint64_t fingerprint, const struct answer *answer);

#endif
