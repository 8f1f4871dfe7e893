#include "codec.h"

#include "flat_map.h"
#include "pack.h"

#include <stddef.h>
#include <string.h>

/* ---- decoding ----------------------------------------------------------------------------- */

#define OP(operation) (1U << (operation))

/* A value that was read; or why it cannot be. */
typedef enum outcome (*field_reader)(const msgpack_object *value, struct request *request,
                                     const char **detail);

static enum outcome wrong(const char **detail, const char *why)
{
    *detail = why;
    return OUTCOME_INVALID_REQUEST;
}

static bool is_text(const msgpack_object *value)
{
    return value->type == MSGPACK_OBJECT_STR;
}

/* Copy a str that fits; false when it is too long, or has a NUL in it and is none of our words. */
static bool copy_text(const msgpack_object *value, char *text, size_t size)
{
    const size_t length = value->via.str.size;
    text[0] = '\0';
    if (length >= size)
        return false;
    memcpy(text, value->via.str.ptr, length);
    text[length] = '\0';
    return strlen(text) == length;
}

/* Only printable ASCII characters, from the lowest that may occur. */
static bool is_printable(const char *text, char lowest)
{
    for (; *text; text++) {
        if (*text < lowest || *text > '~')
            return false;
    }
    return true;
}

static bool is_integer(const msgpack_object *value, int64_t *number)
{
    if (value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        *number = value->via.i64;
    else if (value->type == MSGPACK_OBJECT_POSITIVE_INTEGER && value->via.u64 <= INT64_MAX)
        *number = (int64_t)value->via.u64;
    else
        return false;
    return true;
}

static enum outcome read_id(const msgpack_object *value, struct request *request,
                            const char **detail)
{
    if (value->type != MSGPACK_OBJECT_BIN || value->via.bin.size != REQUEST_ID_SIZE)
        return wrong(detail, "the key \"id\" is binary of 16 bytes");
    memcpy(request->id, value->via.bin.ptr, REQUEST_ID_SIZE);
    request->has_id = true;
    return OUTCOME_OK;
}

static enum outcome read_size(const msgpack_object *value, struct request *request,
                              const char **detail)
{
    char text[16];
    if (!is_text(value))
        return wrong(detail, "the key \"size\" is a string");
    request->has_size = true;
    if (!copy_text(value, text, sizeof text) || size_from_name(text, &request->size) != 0)
        return OUTCOME_INVALID_SIZE;
    return OUTCOME_OK;
}

static enum outcome read_code(const msgpack_object *value, struct request *request,
                              const char **detail)
{
    if (!is_text(value))
        return wrong(detail, "the key \"code\" is a string");
    const char *text = value->via.str.ptr;
    const size_t size = value->via.str.size;
    request->code[0] = '\0';
    if (size < CODE_DIGITS_MIN || size > CODE_DIGITS_MAX)
        return OUTCOME_OK;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return OUTCOME_OK;
    }
    copy_text(value, request->code, sizeof request->code);
    return OUTCOME_OK;
}

static enum outcome read_compartment(const msgpack_object *value, struct request *request,
                                     const char **detail)
{
    if (!is_text(value))
        return wrong(detail, "a compartment's id is a string");
    request->has_compartment = true;
    if (!copy_text(value, request->compartment, sizeof request->compartment) ||
        !is_printable(request->compartment, '!'))
        request->compartment[0] = '\0';
    return OUTCOME_OK;
}

static enum outcome read_cancel_reason(const msgpack_object *value, struct request *request,
                                       const char **detail)
{
    char text[16];
    if (!is_text(value) || !copy_text(value, text, sizeof text) ||
        cancel_reason_from_name(text, &request->reason) != 0)
        return wrong(detail, "the key \"reason\" is does_not_fit, door_broken, occupied or other");
    return OUTCOME_OK;
}

static enum outcome read_service_reason(const msgpack_object *value, struct request *request,
                                        const char **detail)
{
    static const char *const rule =
        "the key \"reason\" is a string of up to 31 printable ASCII characters";
    if (!is_text(value) ||
        !copy_text(value, request->service_reason, sizeof request->service_reason) ||
        !is_printable(request->service_reason, ' '))
        return wrong(detail, rule);
    request->has_service_reason = request->service_reason[0] != '\0';
    return OUTCOME_OK;
}

static enum outcome read_in_service(const msgpack_object *value, struct request *request,
                                    const char **detail)
{
    if (value->type != MSGPACK_OBJECT_BOOLEAN)
        return wrong(detail, "the key \"in_service\" is a boolean");
    request->in_service = value->via.boolean;
    return OUTCOME_OK;
}

static enum outcome read_accept(const msgpack_object *value, struct request *request,
                                const char **detail)
{
    if (value->type != MSGPACK_OBJECT_BOOLEAN)
        return wrong(detail, "the key \"accept\" is a boolean");
    request->accept = value->via.boolean;
    return OUTCOME_OK;
}

static enum outcome read_by_ms(const msgpack_object *value, struct request *request,
                               const char **detail)
{
    if (!is_integer(value, &request->by_ms) || request->by_ms < 1 ||
        request->by_ms > EXTEND_BY_MS_MAX)
        return wrong(detail,
                     "the key \"by_ms\" is an integer of milliseconds, from 1 to ten years");
    return OUTCOME_OK;
}

static enum outcome read_limit(const msgpack_object *value, struct request *request,
                               const char **detail)
{
    int64_t limit;
    if (!is_integer(value, &limit) || limit < 1 || limit > PAGE_LIMIT_MAX)
        return wrong(detail, "the key \"limit\" is an integer from 1 to 1024");
    request->limit = (uint32_t)limit;
    return OUTCOME_OK;
}

#define EVERY_OP UINT32_MAX

/* A literal, and its length. */
#define NAME(text) text, sizeof text - 1

static const struct field {
    const char *name;
    size_t length;
    uint32_t taken_by;  /* operations that take it */
    uint32_t needed_by; /* operations that cannot do without */
    field_reader read;
    const char *missing;
} fields[] = {
    {NAME("id"), EVERY_OP, 0, read_id, NULL},
    {NAME("size"), OP(OP_DEPOSIT) | OP(OP_CANCEL), OP(OP_DEPOSIT), read_size,
     "the key \"size\" is missing"},
    {NAME("code"), OP(OP_PICKUP) | OP(OP_CANCEL), OP(OP_PICKUP) | OP(OP_CANCEL), read_code,
     "the key \"code\" is missing"},
    {NAME("reason"), OP(OP_CANCEL), 0, read_cancel_reason, NULL},
    {NAME("reason"), OP(OP_SERVICE), 0, read_service_reason, NULL},
    {NAME("compartment"),
     OP(OP_COLLECT) | OP(OP_SERVICE) | OP(OP_RELEASE) | OP(OP_REISSUE) | OP(OP_EXTEND) |
         OP(OP_HISTORY),
     OP(OP_COLLECT) | OP(OP_SERVICE) | OP(OP_RELEASE) | OP(OP_REISSUE) | OP(OP_EXTEND),
     read_compartment, "the key \"compartment\" is missing"},
    {NAME("after"), OP(OP_COMPARTMENTS), 0, read_compartment, NULL},
    {NAME("limit"), OP(OP_COMPARTMENTS) | OP(OP_HISTORY), 0, read_limit, NULL},
    {NAME("in_service"), OP(OP_SERVICE), OP(OP_SERVICE), read_in_service,
     "the key \"in_service\" is missing"},
    {NAME("by_ms"), OP(OP_EXTEND), OP(OP_EXTEND), read_by_ms, "the key \"by_ms\" is missing"},
    {NAME("accept"), OP(OP_CLOCK), 0, read_accept, NULL},
};

#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static bool key_is(const msgpack_object *key, const char *name, size_t length)
{
    return key->via.str.size == length && memcmp(key->via.str.ptr, name, length) == 0;
}

/* With a literal it is a comparison of two numbers. */
#define KEY_IS(key, name) key_is(key, name, sizeof name - 1)

/* What every request has: the version first, because another version may know other keys. */
static enum outcome read_head(const struct flat_map *map, enum role role, struct request *request,
                              const char **detail)
{
    char name[16];
    int64_t version;
    const msgpack_object *op = NULL;
    const msgpack_object *v = NULL;
    for (uint32_t i = 0; i < map->count; i++) {
        if (KEY_IS(&map->pairs[i].key, "op"))
            op = &map->pairs[i].val;
        else if (KEY_IS(&map->pairs[i].key, "v"))
            v = &map->pairs[i].val;
    }
    if (!op)
        return wrong(detail, "the key \"op\" is missing");
    if (!is_text(op))
        return wrong(detail, "the key \"op\" is a string");
    if (v && !is_integer(v, &version)) {
        /* One that int64_t cannot hold is an integer all the same. */
        return v->type == MSGPACK_OBJECT_POSITIVE_INTEGER
                   ? OUTCOME_UNSUPPORTED_VERSION
                   : wrong(detail, "the key \"v\" is an integer");
    }
    if (v && version != PROTOCOL_VERSION)
        return OUTCOME_UNSUPPORTED_VERSION;
    if (!copy_text(op, name, sizeof name) || operation_from_name(name, &request->operation) != 0)
        return OUTCOME_UNKNOWN_OP;
    return operation_allowed(request->operation, role) ? OUTCOME_OK : OUTCOME_NOT_ALLOWED;
}

static enum outcome read_pair(const msgpack_object_kv *pair, struct request *request,
                              uint32_t *seen, const char **detail)
{
    if (KEY_IS(&pair->key, "op") || KEY_IS(&pair->key, "v"))
        return OUTCOME_OK;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if ((fields[i].taken_by & OP(request->operation)) &&
            key_is(&pair->key, fields[i].name, fields[i].length)) {
            *seen |= 1U << i;
            return fields[i].read(&pair->val, request, detail);
        }
    }
    return wrong(detail, "there is a key that this operation does not take");
}

static enum outcome read_map(const struct flat_map *map, enum role role, struct request *request,
                             const char **detail)
{
    uint32_t seen = 0;
    enum outcome invalid_size = OUTCOME_OK;
    enum outcome outcome = read_head(map, role, request, detail);
    for (uint32_t i = 0; i < map->count && outcome == OUTCOME_OK; i++) {
        outcome = read_pair(&map->pairs[i], request, &seen, detail);
        /* A request that is not well formed is that, whatever its size says. */
        if (outcome == OUTCOME_INVALID_SIZE) {
            invalid_size = outcome;
            outcome = OUTCOME_OK;
        }
    }
    for (size_t i = 0; i < FIELD_COUNT && outcome == OUTCOME_OK; i++) {
        if ((fields[i].needed_by & OP(request->operation)) && !(seen & (1U << i)))
            outcome = wrong(detail, fields[i].missing);
    }
    return outcome == OUTCOME_OK ? invalid_size : outcome;
}

enum outcome codec_decode_request(const void *bytes, size_t size, enum role role,
                                  struct request *request, const char **detail)
{
    *request = (struct request){.operation = OP_PING, .limit = PAGE_LIMIT_DEFAULT};
    *detail = NULL;
    if (size > REQUEST_BYTES_MAX)
        return wrong(detail, "a request has at most 4096 bytes");
    struct flat_map map;
    const char *mistake = flat_map_read(bytes, size, &map);
    return mistake ? wrong(detail, mistake) : read_map(&map, role, request, detail);
}

/* ---- encoding ----------------------------------------------------------------------------- */

static const char *size_to_write(const struct request *request)
{
    return request->size_text ? request->size_text : size_name(request->size);
}

/* NULL when it is the one that is meant without any. */
static const char *reason_to_write(const struct request *request)
{
    if (request->reason_text)
        return request->reason_text;
    return request->reason == CANCEL_OTHER ? NULL : cancel_reason_name(request->reason);
}

static uint32_t count_pairs(const struct request *request)
{
    uint32_t pairs = 1 + request->has_id;
    switch (request->operation) {
    case OP_DEPOSIT:
    case OP_PICKUP:
    case OP_COLLECT:
    case OP_RELEASE:
    case OP_REISSUE:
    case OP_CLOCK:
        return pairs + 1;
    case OP_CANCEL:
        return pairs + 1 + (reason_to_write(request) != NULL) + request->has_size;
    case OP_COMPARTMENTS:
    case OP_HISTORY:
        return pairs + request->has_compartment + (request->limit != 0);
    case OP_SERVICE:
        return pairs + 2 + request->has_service_reason;
    case OP_EXTEND:
        return pairs + 2;
    default:
        return pairs;
    }
}

static void pack_own_keys(struct pack *pack, const struct request *request)
{
    switch (request->operation) {
    case OP_DEPOSIT:
        pack_pair_str(pack, "size", size_to_write(request));
        break;
    case OP_PICKUP:
        pack_pair_str(pack, "code", request->code);
        break;
    case OP_CANCEL:
        pack_pair_str(pack, "code", request->code);
        if (reason_to_write(request))
            pack_pair_str(pack, "reason", reason_to_write(request));
        if (request->has_size)
            pack_pair_str(pack, "size", size_to_write(request));
        break;
    case OP_COMPARTMENTS:
    case OP_HISTORY:
        if (request->has_compartment)
            pack_pair_str(pack, request->operation == OP_HISTORY ? "compartment" : "after",
                          request->compartment);
        if (request->limit != 0)
            pack_pair_int(pack, "limit", request->limit);
        break;
    case OP_COLLECT:
    case OP_RELEASE:
    case OP_REISSUE:
    case OP_SERVICE:
    case OP_EXTEND:
        pack_pair_str(pack, "compartment", request->compartment);
        if (request->operation == OP_SERVICE)
            pack_pair_bool(pack, "in_service", request->in_service);
        if (request->operation == OP_SERVICE && request->has_service_reason)
            pack_pair_str(pack, "reason", request->service_reason);
        if (request->operation == OP_EXTEND)
            pack_pair_int(pack, "by_ms", request->by_ms);
        break;
    case OP_CLOCK:
        pack_pair_bool(pack, "accept", request->accept);
        break;
    default:
        break;
    }
}

int codec_encode_request(const struct request *request, struct buffer *buffer)
{
    struct pack pack;
    pack_begin(&pack, buffer);
    pack_map(&pack, count_pairs(request));
    pack_pair_str(&pack, "op", operation_name(request->operation));
    if (request->has_id)
        pack_pair_bin(&pack, "id", request->id, REQUEST_ID_SIZE);
    pack_own_keys(&pack, request);
    return pack_end(&pack);
}
