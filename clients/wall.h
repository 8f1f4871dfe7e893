/*
 * The wall of compartments as a client knows it: loaded whole once, then refreshed where it is
 * looked at, so that a station of any size can be watched at the same price.
 */
#ifndef LOCKER_WALL_H
#define LOCKER_WALL_H

#include "conversation.h"
#include "message.h"

struct wall {
    struct compartment_line *lines; /* in the station's order */
    size_t count;
    size_t room;
};

/* Ask for all of it anew. 0 or -errno as conversation_ask(), -EPROTO when the station refuses. */
int wall_load(struct wall *wall, struct conversation *conversation)
    __attribute__((warn_unused_result));

/* Ask for count compartments from the first on. 0; -ESTALE when they are other compartments than
 * those known: load it anew; else as wall_load(). */
int wall_refresh(struct wall *wall, struct conversation *conversation, size_t first, size_t count)
    __attribute__((warn_unused_result));

/* The longest id, in characters. */
size_t wall_id_width(const struct wall *wall);

void wall_free(struct wall *wall);

#endif
