#include "wire.h"

#include "endpoint.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define ANSWER_TIMEOUT_MS 30000

/* ---- JSON to msgpack --------------------------------------------------------------------- */

static void pack_hex(msgpack_packer *packer, const char *digits)
{
    const size_t size = strlen(digits) / 2;
    msgpack_pack_bin(packer, size);
    for (size_t i = 0; i < size; i++) {
        const char pair[3] = {digits[2 * i], digits[2 * i + 1], '\0'};
        const unsigned char byte = (unsigned char)strtoul(pair, NULL, 16);
        msgpack_pack_bin_body(packer, &byte, 1);
    }
}

static void pack_text(msgpack_packer *packer, const char *text, size_t size)
{
    msgpack_pack_str(packer, size);
    msgpack_pack_str_body(packer, text, size);
}

static void pack_value(msgpack_packer *packer, json_t *value);

static void pack_object(msgpack_packer *packer, json_t *object)
{
    const char *key;
    json_t *value;
    msgpack_pack_map(packer, json_object_size(object));
    json_object_foreach(object, key, value)
    {
        pack_text(packer, key, strlen(key));
        pack_value(packer, value);
    }
}

static void pack_value(msgpack_packer *packer, json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        pack_object(packer, value);
        break;
    case JSON_ARRAY:
        msgpack_pack_array(packer, json_array_size(value));
        for (size_t i = 0; i < json_array_size(value); i++)
            pack_value(packer, json_array_get(value, i));
        break;
    case JSON_STRING:
        if (strncmp(json_string_value(value), "hex:", 4) == 0)
            pack_hex(packer, json_string_value(value) + 4);
        else
            pack_text(packer, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        msgpack_pack_int64(packer, json_integer_value(value));
        break;
    case JSON_REAL:
        msgpack_pack_double(packer, json_real_value(value));
        break;
    case JSON_TRUE:
        msgpack_pack_true(packer);
        break;
    case JSON_FALSE:
        msgpack_pack_false(packer);
        break;
    case JSON_NULL:
        msgpack_pack_nil(packer);
        break;
    }
}

void wire_pack_json(const char *json, struct buffer *buffer)
{
    json_error_t error;
    msgpack_sbuffer packed;
    msgpack_packer packer;
    json_t *value = json_loads(json, JSON_ALLOW_NUL, &error);
    ck_assert_msg(value != NULL, "%s: %s", json, error.text);
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    pack_value(&packer, value);
    json_decref(value);
    ck_assert_uint_gt(packed.size, 0);
    buffer->data = realloc(buffer->data, buffer->used + packed.size);
    ck_assert_ptr_nonnull(buffer->data);
    memcpy(buffer->data + buffer->used, packed.data, packed.size);
    buffer->used += packed.size;
    buffer->room = buffer->used;
    msgpack_sbuffer_destroy(&packed);
}

/* ---- a socket of its own ----------------------------------------------------------------- */

struct value *wire_ask_bytes(const struct station *station, enum role role, const void *bytes,
                             size_t size)
{
    char uri[ENDPOINT_URI_SIZE];
    struct value *reply = NULL;
    zmq_msg_t answer;
    const int timeout = ANSWER_TIMEOUT_MS;
    const int linger = 0;
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_REQ);
    ck_assert_ptr_nonnull(socket);
    ck_assert_int_eq(endpoint_uri(station->run, role, uri), 0);
    ck_assert_int_eq(zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout), 0);
    ck_assert_int_eq(zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger), 0);
    ck_assert_int_eq(zmq_connect(socket, uri), 0);
    ck_assert_int_eq(zmq_send(socket, bytes, size, 0), (int)size);
    zmq_msg_init(&answer);
    ck_assert_msg(zmq_msg_recv(&answer, socket, 0) >= 0, "%zu bytes: no answer", size);
    ck_assert_int_eq(zmq_msg_more(&answer), 0);
    ck_assert_int_eq(value_decode(zmq_msg_data(&answer), zmq_msg_size(&answer), &reply), 0);
    zmq_msg_close(&answer);
    zmq_close(socket);
    zmq_ctx_term(context);
    return reply;
}

struct value *wire_ask_json(const struct station *station, enum role role, const char *json)
{
    struct buffer packed = {0};
    wire_pack_json(json, &packed);
    struct value *reply = wire_ask_bytes(station, role, packed.data, packed.used);
    free(packed.data);
    return reply;
}

enum outcome wire_try_bytes(const struct station *station, enum role role, const void *bytes,
                            size_t size)
{
    struct value *reply = wire_ask_bytes(station, role, bytes, size);
    const enum outcome outcome = wire_outcome(reply);
    value_free(reply);
    return outcome;
}

enum outcome wire_try_json(const struct station *station, enum role role, const char *json)
{
    struct value *reply = wire_ask_json(station, role, json);
    const enum outcome outcome = wire_outcome(reply);
    value_free(reply);
    return outcome;
}
