#include "held_replies.h"

#include "invariant.h"

#include <errno.h>
#include <stdlib.h>

int held_replies_create(struct held_replies *held)
{
    *held = (struct held_replies){.ring = calloc(HELD_REPLIES_MAX, sizeof *held->ring)};
    return held->ring ? 0 : -ENOMEM;
}

void held_replies_destroy(struct held_replies *held)
{
    struct held_reply *reply;
    while ((reply = held_replies_oldest(held)) != NULL) {
        zmq_msg_close(&reply->identity);
        envelope_free(reply->envelope);
        zmq_msg_close(&reply->body);
        held_replies_drop_oldest(held);
    }
    free(held->ring);
    held->ring = NULL;
}

uint32_t held_replies_room(const struct held_replies *held)
{
    return HELD_REPLIES_MAX - held->count;
}

struct held_reply *held_replies_oldest(struct held_replies *held)
{
    return held->count ? &held->ring[held->head] : NULL;
}

struct held_reply *held_replies_add(struct held_replies *held)
{
    INVARIANT(held->count < HELD_REPLIES_MAX);
    return &held->ring[(held->head + held->count++) % HELD_REPLIES_MAX];
}

void held_replies_drop_oldest(struct held_replies *held)
{
    INVARIANT(held->count > 0);
    held->head = (held->head + 1) % HELD_REPLIES_MAX;
    held->count--;
}
