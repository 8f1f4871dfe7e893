/*
 * An event as the history shows it and the feed tells it: names for numbers, no hashes.
 */
#ifndef LOCKER_HISTORY_VIEW_H
#define LOCKER_HISTORY_VIEW_H

#include "locker.h"

/* Lock required: none (names and sizes of compartments never change). */
void history_view_of_event(const struct locker *locker, const struct event *event,
                           struct history_line *line);

#endif
