/*
 * The envelope: what stands between a peer's identity and the empty delimiter of its request. A
 * plain REQ socket puts nothing there; one with ZMQ_REQ_CORRELATE a number of its own, and each
 * proxy on the way an identity. It goes back as it came, or the reply finds nobody.
 *
 * Most requests have none, and then nothing here is called and nothing allocated.
 */
#ifndef LOCKER_ENVELOPE_H
#define LOCKER_ENVELOPE_H

#include <zmq.h>

/* So many proxies a request may pass through, and so long is an identity at most (ZeroMQ RFC 28).
 */
#define ENVELOPE_FRAMES_MAX      8
#define ENVELOPE_FRAME_BYTES_MAX 255

struct envelope;

/*
 * Read on from a frame that is not empty and has more behind it, up to the delimiter. *frame is
 * then the empty delimiter and *envelope what stood before it; or, where no delimiter comes within
 * the bounds, *frame is the last one that was read and *envelope NULL. 0 or -ENOMEM.
 */
int envelope_receive(struct envelope **envelope, zmq_msg_t *frame, void *router)
    __attribute__((warn_unused_result));

/* Send it, with more to come. 0, or -errno: what was not sent is still there. */
int envelope_send(struct envelope *envelope, void *router) __attribute__((warn_unused_result));

/* NULL: nothing. */
void envelope_free(struct envelope *envelope);

#endif
