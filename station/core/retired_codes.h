/*
 * RetiredCodes: the ring of codes that open nothing any more, and how each ended. For the files of
 * this layer only.
 *
 * The ring is primary state; its entries are found by the index of codes.
 */
#ifndef LOCKER_RETIRED_CODES_H
#define LOCKER_RETIRED_CODES_H

#include "locker.h"

/* Whether what ended in this slot of the ring is still remembered. */
bool retired_codes_remembers(const struct locker *locker, uint32_t slot, int64_t now_ms);

/* Primary: a code that ended, at this place of the ring. */
void retired_codes_put(struct locker *locker, uint64_t position, uint64_t code_hash,
                       enum retirement retirement, int64_t at_ms);

/* Primary: the code that the event retires, if any, at the place that the event names. */
void retired_codes_write(struct locker *locker, const struct event *event);

/* Before that: clear away some codes that are not remembered any more, so that they can be issued
 * again, and make room for the one about to be retired. */
void retired_codes_trim(struct locker *locker, const struct event *event);

/* The index: the one that the event retired, which stood there as the token's; all there are; the
 * one issued again, no more. */
void retired_codes_index(struct locker *locker, const struct event *event);
void retired_codes_index_all(struct locker *locker);
void retired_codes_supersede(struct locker *locker, uint64_t code_hash);

#endif
