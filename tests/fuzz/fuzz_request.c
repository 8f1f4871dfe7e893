/*
 * libFuzzer: whatever comes in at an endpoint. The first byte chooses the role. What decodes must
 * be a value that can be used: terminated strings, numbers in range, and an encoding that decodes
 * to the same. A map that our cursor takes must be to msgpack-c what it is to us.
 */
#include "codec.h"
#include "flat_map.h"
#include "invariant.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct request *request, enum role role)
{
    struct buffer buffer = {0};
    struct request again;
    const char *detail;
    INVARIANT(memchr(request->code, '\0', sizeof request->code));
    INVARIANT(memchr(request->compartment, '\0', sizeof request->compartment));
    INVARIANT(memchr(request->service_reason, '\0', sizeof request->service_reason));
    INVARIANT(request->limit >= 1 && request->limit <= PAGE_LIMIT_MAX);
    INVARIANT(operation_allowed(request->operation, role));
    if (codec_encode_request(request, &buffer) == 0) {
        INVARIANT(codec_decode_request(buffer.data, buffer.used, role, &again, &detail) ==
                  OUTCOME_OK);
        INVARIANT(again.operation == request->operation && again.has_id == request->has_id);
        INVARIANT(strcmp(again.code, request->code) == 0);
        INVARIANT(strcmp(again.compartment, request->compartment) == 0);
    }
    buffer_free(&buffer);
}

static void compare(const uint8_t *data, size_t size)
{
    struct flat_map map;
    msgpack_unpacked theirs;
    size_t offset = 0;
    if (flat_map_read(data, size, &map) != NULL)
        return;
    const msgpack_object ours = {.type = MSGPACK_OBJECT_MAP,
                                 .via.map = {.size = map.count, .ptr = map.pairs}};
    msgpack_unpacked_init(&theirs);
    INVARIANT(msgpack_unpack_next(&theirs, (const char *)data, size, &offset) ==
              MSGPACK_UNPACK_SUCCESS);
    INVARIANT(offset == size);
    INVARIANT(msgpack_object_equal(ours, theirs.data));
    msgpack_unpacked_destroy(&theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request;
    const char *detail;
    if (size == 0)
        return 0;
    const enum role role = (enum role)(data[0] % ROLE_COUNT);
    const enum outcome outcome = codec_decode_request(data + 1, size - 1, role, &request, &detail);
    INVARIANT(outcome != OUTCOME_INVALID_REQUEST || detail);
    if (outcome == OUTCOME_OK)
        check(&request, role);
    compare(data + 1, size - 1);
    return 0;
}
