#include "envelope.h"

#include <errno.h>
#include <stdlib.h>

struct envelope {
    zmq_msg_t frames[ENVELOPE_FRAMES_MAX];
    unsigned count;
};

int envelope_receive(struct envelope **envelope, zmq_msg_t *frame, void *router)
{
    struct envelope *kept = malloc(sizeof *kept);
    *envelope = NULL;
    if (!kept)
        return -ENOMEM;
    kept->count = 0;
    while (zmq_msg_size(frame) > 0 && zmq_msg_size(frame) <= ENVELOPE_FRAME_BYTES_MAX &&
           zmq_msg_more(frame) && kept->count < ENVELOPE_FRAMES_MAX) {
        zmq_msg_t *place = &kept->frames[kept->count++];
        zmq_msg_init(place);
        zmq_msg_move(place, frame); /* leaves an empty one */
        if (zmq_msg_recv(frame, router, ZMQ_DONTWAIT) < 0)
            break;
    }
    if (zmq_msg_size(frame) == 0)
        *envelope = kept;
    else
        envelope_free(kept);
    return 0;
}

int envelope_send(struct envelope *envelope, void *router)
{
    for (unsigned i = 0; i < envelope->count; i++) {
        if (zmq_msg_send(&envelope->frames[i], router, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
            return -errno;
    }
    return 0;
}

void envelope_free(struct envelope *envelope)
{
    if (!envelope)
        return;
    for (unsigned i = 0; i < envelope->count; i++)
        zmq_msg_close(&envelope->frames[i]); /* one that was sent is empty */
    free(envelope);
}
