#include "bytes.h"
#include "checkpoint.h"
#include "checkpoint_format.h"
#include "why.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(const char *directory, off_t *size)
{
    char path[PATH_MAX];
    struct stat status;
    const int length = snprintf(path, sizeof path, "%s/checkpoint", directory);
    if (length < 0 || (size_t)length >= sizeof path)
        return -ENAMETOOLONG;
    /* O_NONBLOCK: whatever stands there, a pipe even, opening it does not wait. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int rc = fstat(fd, &status) < 0 ? -errno : 0;
    if (rc == 0 && !S_ISREG(status.st_mode))
        rc = -EBADMSG;
    if (rc < 0) {
        close(fd);
        return rc;
    }
    *size = status.st_size;
    return fd;
}

static int read_all(int fd, uint8_t *data, size_t size)
{
    while (size > 0) {
        const ssize_t got = read(fd, data, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EBADMSG;
        data += got;
        size -= (size_t)got;
    }
    return 0;
}

struct expected_body {
    uint64_t size;
    uint8_t checksum[CHECKPOINT_CHECKSUM_SIZE];
};

static int read_header(int fd, const uint8_t key[LEDGER_KEY_SIZE], struct checkpoint_header *header,
                       struct expected_body *body)
{
    uint8_t bytes[CHECKPOINT_HEADER_SIZE], checksum[CHECKPOINT_CHECKSUM_SIZE];
    uint32_t version, spare;
    const int rc = read_all(fd, bytes, sizeof bytes);
    if (rc < 0)
        return rc;
    crypto_generichash(checksum, sizeof checksum, bytes, CHECKPOINT_SIGNED_SIZE, key,
                       LEDGER_KEY_SIZE);
    const uint8_t *at = bytes_get_u32(bytes + 8, &version);
    if (memcmp(bytes, CHECKPOINT_MAGIC, 8) != 0 || version != CHECKPOINT_VERSION ||
        memcmp(checksum, bytes + CHECKPOINT_SIGNED_SIZE, sizeof checksum) != 0)
        return -EBADMSG;
    at = bytes_get_u32(at, &spare);
    at = bytes_get(at, header->identity, sizeof header->identity);
    at = bytes_get(at, header->station, sizeof header->station);
    at = bytes_get_u64(at, &header->epoch);
    at = bytes_get_u64(at, &header->scalars.sequence);
    at = bytes_get(at, header->chain, sizeof header->chain);
    at = bytes_get_i64(at, &header->scalars.at_ms);
    at = bytes_get_i64(at, &header->scalars.guess_full_at_ms);
    at = bytes_get_u32(at, &header->compartments);
    at = bytes_get_u32(at, &spare);
    at = bytes_get_u64(at, &header->retired);
    at = bytes_get_u64(at, &header->requests);
    at = bytes_get_u64(at, &body->size);
    bytes_get(at, body->checksum, sizeof body->checksum);
    return 0;
}

int checkpoint_peek(const char *directory, const uint8_t key[LEDGER_KEY_SIZE],
                    struct checkpoint_header *header)
{
    off_t size;
    struct expected_body body;
    const int fd = open_file(directory, &size);
    if (fd < 0)
        return fd;
    const int rc = read_header(fd, key, header, &body);
    close(fd);
    return rc;
}

static int read_wall(struct checkpoint *checkpoint)
{
    const uint32_t count = checkpoint->header.compartments;
    checkpoint->wall_size = (size_t)count * CHECKPOINT_WALL_RECORD;
    if (checkpoint->wall_size > checkpoint->body_size)
        return -EBADMSG;
    checkpoint->wall = calloc(count + 1u, sizeof *checkpoint->wall);
    if (checkpoint->wall == NULL)
        return -ENOMEM;
    const uint8_t *at = checkpoint->body;
    for (uint32_t i = 0; i < count; i++) {
        struct compartment *compartment = &checkpoint->wall[i];
        at = bytes_get(at, compartment->id, COMPARTMENT_ID_SIZE);
        at = bytes_get_u8(at, &compartment->size);
        if (compartment->id[COMPARTMENT_ID_SIZE - 1] != '\0' || compartment->size >= SIZE_COUNT)
            return -EBADMSG;
    }
    return 0;
}

static int read_body(struct checkpoint *checkpoint, int fd, off_t size,
                     const struct expected_body *expected, const uint8_t key[LEDGER_KEY_SIZE])
{
    uint8_t checksum[CHECKPOINT_CHECKSUM_SIZE];
    if (size < CHECKPOINT_HEADER_SIZE || expected->size != (uint64_t)size - CHECKPOINT_HEADER_SIZE)
        return -EBADMSG;
    checkpoint->body_size = (size_t)expected->size;
    checkpoint->body = malloc(checkpoint->body_size + 1);
    if (checkpoint->body == NULL)
        return -ENOMEM;
    const int rc = read_all(fd, checkpoint->body, checkpoint->body_size);
    if (rc < 0)
        return rc;
    crypto_generichash(checksum, sizeof checksum, checkpoint->body, checkpoint->body_size, key,
                       LEDGER_KEY_SIZE);
    return memcmp(checksum, expected->checksum, sizeof checksum) == 0 ? 0 : -EBADMSG;
}

int checkpoint_read(struct checkpoint *checkpoint, const char *directory,
                    const uint8_t key[LEDGER_KEY_SIZE])
{
    off_t size;
    struct expected_body expected;
    *checkpoint = (struct checkpoint){0};
    const int fd = open_file(directory, &size);
    if (fd < 0)
        return fd;
    int rc = read_header(fd, key, &checkpoint->header, &expected);
    if (rc == 0)
        rc = read_body(checkpoint, fd, size, &expected, key);
    if (rc == 0)
        rc = read_wall(checkpoint);
    close(fd);
    if (rc < 0)
        checkpoint_free(checkpoint);
    return rc;
}

void checkpoint_free(struct checkpoint *checkpoint)
{
    free(checkpoint->body);
    free(checkpoint->wall);
    *checkpoint = (struct checkpoint){0};
}

/* ---- import ------------------------------------------------------------------------------ */

/* What is left of the body. The checksum vouches for it; a short one is refused all the same. */
struct cursor {
    const uint8_t *at, *end;
};

static const uint8_t *cursor_take(struct cursor *cursor, size_t size)
{
    if ((size_t)(cursor->end - cursor->at) < size)
        return NULL;
    const uint8_t *at = cursor->at;
    cursor->at += size;
    return at;
}

static int import_states(const struct checkpoint *checkpoint, struct cursor *cursor,
                         struct locker *locker, const uint32_t *map)
{
    for (uint32_t i = 0; i < checkpoint->header.compartments; i++) {
        struct snapshot_compartment state = {0};
        uint8_t in_service, length;
        const uint8_t *at = cursor_take(cursor, CHECKPOINT_STATE_MIN);
        if (at == NULL)
            return -EBADMSG;
        at = bytes_get_u64(at, &state.code_hash);
        at = bytes_get_i64(at, &state.expires_at_ms);
        at = bytes_get_u8(at, &in_service);
        bytes_get_u8(at, &length);
        state.in_service = in_service != 0;
        at = cursor_take(cursor, length);
        if (at == NULL || length >= sizeof state.reason)
            return -EBADMSG;
        memcpy(state.reason, at, length);
        snapshot_put_compartment(locker, map[i], &state);
    }
    return 0;
}

static int import_retired(const struct checkpoint *checkpoint, struct cursor *cursor,
                          struct locker *locker)
{
    for (uint64_t i = 0; i < checkpoint->header.retired; i++) {
        struct snapshot_retired retired = {0};
        const uint8_t *at = cursor_take(cursor, CHECKPOINT_RETIRED_RECORD);
        if (at == NULL)
            return -EBADMSG;
        at = bytes_get_u64(at, &retired.code_hash);
        at = bytes_get_i64(at, &retired.retired_at_ms);
        bytes_get_u8(at, &retired.retirement);
        snapshot_put_retired(locker, &retired);
    }
    return 0;
}

/* false: no compartment of the file's wall. */
static bool map_compartment(const struct checkpoint *checkpoint, const uint32_t *map,
                            uint32_t *compartment)
{
    if (*compartment == COMPARTMENT_NONE)
        return true;
    if (*compartment >= checkpoint->header.compartments)
        return false;
    *compartment = map[*compartment];
    return true;
}

static int import_requests(const struct checkpoint *checkpoint, struct cursor *cursor,
                           struct locker *locker, const uint32_t *map)
{
    for (uint64_t i = 0; i < checkpoint->header.requests; i++) {
        struct snapshot_request request = {0};
        struct answer *answer = &request.answer;
        uint8_t in_service;
        const uint8_t *at = cursor_take(cursor, CHECKPOINT_REQUEST_RECORD);
        if (at == NULL)
            return -EBADMSG;
        at = bytes_get_u64(at, &request.request_key[0]);
        at = bytes_get_u64(at, &request.request_key[1]);
        at = bytes_get_u64(at, &request.request_fingerprint);
        at = bytes_get_u64(at, &answer->sequence);
        at = bytes_get_u64(at, &answer->code_nonce);
        at = bytes_get_i64(at, &answer->expires_at_ms);
        at = bytes_get_i64(at, &answer->amount);
        at = bytes_get_i64(at, &answer->at_ms);
        at = bytes_get_u32(at, &answer->compartment);
        at = bytes_get_u32(at, &answer->given_up);
        at = bytes_get_u8(at, &answer->kind);
        at = bytes_get_u8(at, &answer->code_digits);
        bytes_get_u8(at, &in_service);
        answer->in_service = in_service != 0;
        if (!map_compartment(checkpoint, map, &answer->compartment) ||
            !map_compartment(checkpoint, map, &answer->given_up))
            return -EBADMSG;
        snapshot_put_request(locker, &request);
    }
    return 0;
}

int checkpoint_import(const struct checkpoint *checkpoint, struct locker *locker,
                      const uint32_t *map, char *why)
{
    char broken[256] = "its sections do not fit";
    struct cursor cursor = {checkpoint->body + checkpoint->wall_size,
                            checkpoint->body + checkpoint->body_size};
    int rc = import_states(checkpoint, &cursor, locker, map);
    if (rc == 0)
        rc = import_retired(checkpoint, &cursor, locker);
    if (rc == 0)
        rc = import_requests(checkpoint, &cursor, locker, map);
    if (rc == 0 && cursor.at != cursor.end)
        rc = -EBADMSG;
    snapshot_put_scalars(locker, &checkpoint->header.scalars);
    if (rc == 0 && snapshot_finish(locker, broken, sizeof broken) < 0)
        rc = -EBADMSG;
    return rc == 0 ? 0
                   : why_say(why, rc,
                             "the checkpoint holds no possible state (%s): move it away, and the "
                             "station starts from all rows of the ledger",
                             broken);
}
