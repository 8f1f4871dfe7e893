/*
 * The wire: requests and replies as msgpack maps, one frame each. The only file pair that knows
 * msgpack-c.
 *
 * Requests are read strictly: one flat map of at most REQUEST_BYTES_MAX bytes, str keys, no key
 * twice, no unknown key, valid UTF-8, exact types, nothing behind it. The shape is checked before
 * msgpack-c sees a byte, so nothing hostile reaches its allocator.
 */
#ifndef LOCKER_CODEC_H
#define LOCKER_CODEC_H

#include "message.h"

#include <stddef.h>
#include <stdint.h>

/* A growing buffer that encoders append to; the caller frees data with buffer_free(). */
struct buffer {
    unsigned char *data;
    size_t used;
    size_t room;
};

void buffer_free(struct buffer *buffer);

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

/* ---- reading replies (clients) --------------------------------------------------------- */

/* A decoded reply or feed message: a tree of values, valid until freed. */
struct value;

enum value_kind { VALUE_NIL, VALUE_BOOL, VALUE_INT, VALUE_STR, VALUE_MAP, VALUE_ARRAY };

/* Bounded: at most 1 MiB, 8 deep, str keys. 0, or -EBADMSG when it is no such value. */
int value_decode(const void *bytes, size_t size, struct value **value)
    __attribute__((warn_unused_result));
void value_free(struct value *value);

enum value_kind value_kind(const struct value *value);
bool value_bool(const struct value *value);       /* false unless VALUE_BOOL */
int64_t value_int(const struct value *value);     /* 0 unless VALUE_INT */
const char *value_str(const struct value *value); /* NUL-terminated; "" unless VALUE_STR */
size_t value_count(const struct value *value);    /* pairs of a map, items of an array; else 0 */
/* i < count. In wire order. */
const char *value_key(const struct value *map, size_t i);
const struct value *value_at(const struct value *map_or_array, size_t i);
/* NULL when the map has no such key. */
const struct value *value_get(const struct value *map, const char *key);

#endif
