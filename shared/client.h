/*
 * A client of the station: one REQ-style conversation that survives the station's restarts.
 *
 * A request is sent, and sent again on a fresh socket when no answer comes, always the same bytes
 * and so the same id, until the timeout is over: the station answers a repeated id with the first
 * outcome. storage_unavailable and a try_later without wrong codes to blame are answers; the
 * caller decides.
 */
#ifndef LOCKER_CLIENT_H
#define LOCKER_CLIENT_H

#include "codec.h"
#include "message.h"

#include <stdint.h>

struct client;

struct client_options {
    const char *endpoint; /* ipc:// or tcp:// URI */
    int timeout_ms;       /* for one whole call, retries included; at least 1 */
    /* tcp:// only: Z85 keys, all three or none */
    const char *server_public_key;
    const char *public_key;
    const char *secret_key;
};

/* Does not wait for the station: it may come up later. 0; -EINVAL: no such endpoint, timeout, or
 * key, or keys for an ipc:// one; -ENAMETOOLONG: the socket's path does not fit; -EPROTO: tcp://
 * without all three keys; other -errno. */
int client_open(struct client **client, const struct client_options *options)
    __attribute__((warn_unused_result));
void client_close(struct client *client);

/* Another timeout for the calls that follow; at least 1. */
void client_set_timeout(struct client *client, int timeout_ms);

/* Fill request->id with 16 random bytes and set has_id. */
void client_new_id(struct request *request);

/* Ask and wait. 0 and *reply (value_free() it), -ETIMEDOUT when no answer came in time, -EBADMSG
 * when what came is no reply, -EINTR when a signal was handled meanwhile, other -errno. After any
 * of these it may be called again; a late answer to an earlier call is never taken for this one's.
 * One thread at a time. */
int client_call(struct client *client, const struct request *request, struct value **reply)
    __attribute__((warn_unused_result));

#endif
