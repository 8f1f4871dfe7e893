#include "bytes.h"
#include "checkpoint.h"
#include "checkpoint_format.h"
#include "why.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRITER_ROOM (256 * 1024)

/* Body bytes on their way: gathered, hashed, written. Keeps the first error. */
struct writer {
    int fd;
    int error;
    size_t used;
    uint64_t total;
    crypto_generichash_state hash;
    uint8_t bytes[WRITER_ROOM];
};

static int write_all(int fd, const uint8_t *data, size_t size, off_t offset)
{
    while (size > 0) {
        const ssize_t written = pwrite(fd, data, size, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        data += written;
        size -= (size_t)written;
        offset += written;
    }
    return 0;
}

static void writer_flush(struct writer *writer)
{
    if (writer->error == 0 && writer->used > 0)
        writer->error = write_all(writer->fd, writer->bytes, writer->used,
                                  (off_t)(CHECKPOINT_HEADER_SIZE + writer->total));
    crypto_generichash_update(&writer->hash, writer->bytes, writer->used);
    writer->total += writer->used;
    writer->used = 0;
}

/* Room for one record: where to put it. */
static uint8_t *writer_room(struct writer *writer, size_t size)
{
    if (sizeof writer->bytes - writer->used < size)
        writer_flush(writer);
    return writer->bytes + writer->used;
}

static void write_wall(struct writer *writer, const struct locker *locker, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct compartment *compartment = locker_compartment(locker, i);
        uint8_t *at = writer_room(writer, CHECKPOINT_WALL_RECORD);
        at = bytes_put(at, compartment->id, COMPARTMENT_ID_SIZE);
        bytes_put_u8(at, compartment->size);
        writer->used += CHECKPOINT_WALL_RECORD;
    }
}

static void write_states(struct writer *writer, const struct locker *locker, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct snapshot_compartment state;
        snapshot_get_compartment(locker, i, &state);
        const size_t length = strnlen(state.reason, sizeof state.reason - 1);
        uint8_t *at = writer_room(writer, CHECKPOINT_STATE_MAX);
        at = bytes_put_u64(at, state.code_hash);
        at = bytes_put_i64(at, state.expires_at_ms);
        at = bytes_put_u8(at, state.in_service);
        at = bytes_put_u8(at, (uint8_t)length);
        bytes_put(at, state.reason, length);
        writer->used += CHECKPOINT_STATE_MIN + length;
    }
}

static void write_retired(struct writer *writer, const struct locker *locker, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct snapshot_retired retired;
        snapshot_get_retired(locker, i, &retired);
        uint8_t *at = writer_room(writer, CHECKPOINT_RETIRED_RECORD);
        at = bytes_put_u64(at, retired.code_hash);
        at = bytes_put_i64(at, retired.retired_at_ms);
        bytes_put_u8(at, retired.retirement);
        writer->used += CHECKPOINT_RETIRED_RECORD;
    }
}

static void write_requests(struct writer *writer, const struct locker *locker, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct snapshot_request request;
        snapshot_get_request(locker, i, &request);
        const struct answer *answer = &request.answer;
        uint8_t *at = writer_room(writer, CHECKPOINT_REQUEST_RECORD);
        at = bytes_put_u64(at, request.request_key[0]);
        at = bytes_put_u64(at, request.request_key[1]);
        at = bytes_put_u64(at, request.request_fingerprint);
        at = bytes_put_u64(at, answer->sequence);
        at = bytes_put_u64(at, answer->code_nonce);
        at = bytes_put_i64(at, answer->expires_at_ms);
        at = bytes_put_i64(at, answer->amount);
        at = bytes_put_i64(at, answer->at_ms);
        at = bytes_put_u32(at, answer->compartment);
        at = bytes_put_u32(at, answer->given_up);
        at = bytes_put_u8(at, answer->kind);
        at = bytes_put_u8(at, answer->code_digits);
        bytes_put_u8(at, answer->in_service);
        writer->used += CHECKPOINT_REQUEST_RECORD;
    }
}

static int write_header(struct writer *writer, const uint8_t key[LEDGER_KEY_SIZE],
                        const struct checkpoint_header *header)
{
    uint8_t bytes[CHECKPOINT_HEADER_SIZE];
    uint8_t *at = bytes_put(bytes, CHECKPOINT_MAGIC, 8);
    at = bytes_put_u32(at, CHECKPOINT_VERSION);
    at = bytes_put_u32(at, 0);
    at = bytes_put(at, header->identity, sizeof header->identity);
    at = bytes_put(at, header->station, sizeof header->station);
    at = bytes_put_u64(at, header->epoch);
    at = bytes_put_u64(at, header->scalars.sequence);
    at = bytes_put(at, header->chain, sizeof header->chain);
    at = bytes_put_i64(at, header->scalars.at_ms);
    at = bytes_put_i64(at, header->scalars.guess_full_at_ms);
    at = bytes_put_u32(at, header->compartments);
    at = bytes_put_u32(at, 0);
    at = bytes_put_u64(at, header->retired);
    at = bytes_put_u64(at, header->requests);
    at = bytes_put_u64(at, writer->total);
    crypto_generichash_final(&writer->hash, at, CHECKPOINT_CHECKSUM_SIZE);
    at += CHECKPOINT_CHECKSUM_SIZE;
    crypto_generichash(at, CHECKPOINT_CHECKSUM_SIZE, bytes, CHECKPOINT_SIGNED_SIZE, key,
                       LEDGER_KEY_SIZE);
    return write_all(writer->fd, bytes, sizeof bytes, 0);
}

static int write_file(int fd, const uint8_t key[LEDGER_KEY_SIZE], struct checkpoint_header *header,
                      const struct locker *locker)
{
    struct writer *writer = malloc(sizeof *writer);
    if (writer == NULL)
        return -ENOMEM;
    writer->fd = fd;
    writer->error = 0;
    writer->used = 0;
    writer->total = 0;
    crypto_generichash_init(&writer->hash, key, LEDGER_KEY_SIZE, CHECKPOINT_CHECKSUM_SIZE);
    snapshot_get_scalars(locker, &header->scalars);
    header->compartments = locker_compartment_count(locker);
    header->retired = snapshot_retired_count(locker);
    header->requests = snapshot_request_count(locker);
    write_wall(writer, locker, header->compartments);
    write_states(writer, locker, header->compartments);
    write_retired(writer, locker, header->retired);
    write_requests(writer, locker, header->requests);
    writer_flush(writer);
    int rc = writer->error;
    if (rc == 0)
        rc = write_header(writer, key, header);
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    free(writer);
    return rc;
}

int checkpoint_write(const char *directory, const uint8_t key[LEDGER_KEY_SIZE],
                     struct checkpoint_header *header, const struct locker *locker, char *why)
{
    int fd = -1;
    int rc = 0;
    const int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return why_say(why, -errno, "%s cannot be opened: %s", directory, strerror(errno));
    if (unlinkat(folder, "checkpoint.new", 0) < 0 && errno != ENOENT)
        rc = -errno;
    if (rc == 0) {
        fd = openat(folder, "checkpoint.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        rc = fd < 0 ? -errno : write_file(fd, key, header, locker);
    }
    if (fd >= 0 && close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && renameat(folder, "checkpoint.new", folder, "checkpoint") < 0)
        rc = -errno;
    if (rc == 0 && fsync(folder) < 0)
        rc = -errno;
    if (rc < 0) {
        unlinkat(folder, "checkpoint.new", 0);
        why_say(why, rc, "%s/checkpoint cannot be written: %s", directory, strerror(-rc));
    }
    close(folder);
    return rc;
}
