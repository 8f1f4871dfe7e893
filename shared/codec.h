/*
 * The wire: requests and replies as msgpack maps, one frame each. What clients read replies with is
 * in value.h. Only the codec's own files know msgpack-c.
 *
 * Requests are read strictly: one flat map of at most REQUEST_BYTES_MAX bytes, str keys, no key
 * twice, no unknown key, valid UTF-8, exact types, nothing behind it. They are read by a cursor of
 * our own (flat_map.h), so nothing hostile reaches msgpack-c's allocator.
 */
#ifndef LOCKER_CODEC_H
#define LOCKER_CODEC_H

#include "buffer.h"
#include "message.h"
#include "value.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Read a request that came in at an endpoint of this role. OUTCOME_OK, or the refusal to answer
 * with; then *detail is a static sentence that says what is wrong ("the key \"size\" is missing")
 * or NULL, and request->operation is set when it could be told (else OP_PING).
 * Order of the refusals: not a well-formed flat map, no op -> invalid_request; v ->
 * unsupported_version; op -> unknown_op, not_allowed; then the op's own keys.
 */
enum outcome codec_decode_request(const void *bytes, size_t size, enum role role,
                                  struct request *request, const char **detail);

/* Append the encoding. 0 or -ENOMEM. */
int codec_encode_request(const struct request *request, struct buffer *buffer)
    __attribute__((warn_unused_result));
int codec_encode_reply(const struct reply *reply, struct buffer *buffer)
    __attribute__((warn_unused_result));
int codec_encode_feed(const struct history_line *line, struct buffer *buffer)
    __attribute__((warn_unused_result));

#endif
