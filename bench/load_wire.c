#include "load_wire.h"

#include "codec.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* Does not occur in the encoding by chance; replaced before every use. */
static const uint8_t placeholder_id[REQUEST_ID_SIZE] = {
    0xd1, 0xe7, 0x5b, 0x93, 0x2f, 0xc4, 0x68, 0xaa, 0x1d, 0xf0, 0x86, 0x39, 0xbe, 0x57, 0xe2, 0x0c};

static int encode(struct load_request *encoded, struct request *request)
{
    struct buffer buffer = {0};
    request->has_id = true;
    memcpy(request->id, placeholder_id, sizeof placeholder_id);
    int result = codec_encode_request(request, &buffer);
    if (result == 0 && buffer.used > sizeof encoded->bytes)
        result = -EMSGSIZE;
    if (result == 0) {
        memcpy(encoded->bytes, buffer.data, buffer.used);
        encoded->size = buffer.used;
        const unsigned char *id =
            memmem(encoded->bytes, encoded->size, placeholder_id, sizeof placeholder_id);
        if (id == NULL)
            result = -EPROTO;
        else
            encoded->id_at = (size_t)(id - encoded->bytes);
    }
    buffer_free(&buffer);
    return result;
}

static int encode_pickup(struct load_wire *wire, unsigned digits)
{
    struct request request = {.operation = OP_PICKUP};
    memset(request.code, '0', digits);
    wire->digits = digits;
    int result = encode(&wire->pickup, &request);
    if (result != 0)
        return result;
    const unsigned char *code = memmem(wire->pickup.bytes, wire->pickup.size, request.code, digits);
    if (code == NULL)
        return -EPROTO;
    wire->pickup.code_at = (size_t)(code - wire->pickup.bytes);
    return 0;
}

int load_wire_prepare(struct load_wire *wire, enum parcel_size size)
{
    *wire = (struct load_wire){0};
    if (getrandom(&wire->id_stem, sizeof wire->id_stem, 0) != sizeof wire->id_stem)
        return -errno;
    struct request request = {.operation = OP_DEPOSIT, .has_size = true, .size = size};
    int result = encode(&wire->deposit, &request);
    return result == 0 ? encode_pickup(wire, CODE_DIGITS_MIN) : result;
}

static void new_id(struct load_wire *wire, struct load_request *request)
{
    wire->id_count++;
    memcpy(request->bytes + request->id_at, &wire->id_stem, 8);
    memcpy(request->bytes + request->id_at + 8, &wire->id_count, 8);
}

const struct load_request *load_wire_deposit(struct load_wire *wire)
{
    new_id(wire, &wire->deposit);
    return &wire->deposit;
}

bool load_wire_is_ok(const void *reply, size_t size)
{
    static const char ok[] = "\xa2ok\xc3";
    return memmem(reply, size, ok, sizeof ok - 1) != NULL;
}

bool load_wire_code(const void *reply, size_t size, char code[CODE_SIZE])
{
    static const char key[] = "\xa4"
                              "code";
    const unsigned char *end = (const unsigned char *)reply + size;
    const unsigned char *found = memmem(reply, size, key, sizeof key - 1);
    if (found == NULL || found + sizeof key > end)
        return false;
    found += sizeof key - 1;
    unsigned digits = *found++ & 0x1fU; /* a fixstr's length */
    if (digits < CODE_DIGITS_MIN || digits > CODE_DIGITS_MAX || found + digits > end)
        return false;
    memcpy(code, found, digits);
    code[digits] = '\0';
    return true;
}

const struct load_request *load_wire_pickup(struct load_wire *wire, const char *code)
{
    unsigned digits = (unsigned)strlen(code);
    if (digits != wire->digits && encode_pickup(wire, digits) != 0)
        return NULL;
    memcpy(wire->pickup.bytes + wire->pickup.code_at, code, digits);
    new_id(wire, &wire->pickup);
    return &wire->pickup;
}
