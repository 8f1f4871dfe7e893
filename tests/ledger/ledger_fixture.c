#include "ledger_fixture.h"

#include "support/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_MOMENT_MS INT64_C(1767225600000)

static const char *const ledger_files[] = {"ledger.db", "ledger.db-wal", "mark", "checkpoint"};

void *fixture_format(struct locker *locker, const struct compartment *wall, uint32_t compartments)
{
    struct policy policy = POLICY_DEFAULT;
    policy.remember_requests = 300;
    policy.hold_expired = true;
    policy.fallback = true;
    const struct locker_shape shape =
        locker_shape_for(wall, compartments, policy.remember_requests);
    const size_t size = (locker_memory_bytes(&shape) + 63) / 64 * 64;
    void *memory = aligned_alloc(64, size);
    ck_assert_ptr_nonnull(memory);
    memset(memory, 0, size);
    locker_format(locker, memory, &shape, wall, &policy);
    return memory;
}

void fixture_create(struct fixture *fixture, uint32_t compartments)
{
    memset(fixture, 0, sizeof *fixture);
    ck_assert_int_ge(sodium_init(), 0);
    harness_directory(fixture->directory);
    memset(fixture->key, 0x5a, sizeof fixture->key);
    memset(fixture->boot_id, 0xb0, sizeof fixture->boot_id);
    fixture->random = 1;
    fixture->compartments = compartments;
    fixture->wall = calloc(compartments, sizeof *fixture->wall);
    for (uint32_t i = 0; i < compartments; i++) {
        snprintf(fixture->wall[i].id, sizeof fixture->wall[i].id, "%c%02u", "SML"[i % 3], i + 1);
        fixture->wall[i].size = (uint8_t)(i % 3);
    }
    fixture->memory = fixture_format(&fixture->locker, fixture->wall, compartments);
    fixture->now = (struct moment){.now_ms = FIRST_MOMENT_MS, .elapsed_ms = 1000};
}

void fixture_destroy(struct fixture *fixture)
{
    ledger_close(fixture->ledger);
    files_remove_tree(fixture->directory);
    free(fixture->memory);
    free(fixture->wall);
}

/* splitmix64 (Steele, Lea, Flood 2014): every failure repeats. */
uint64_t fixture_random(struct fixture *fixture, uint64_t below)
{
    fixture->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = fixture->random;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (x ^ (x >> 31)) % below;
}

struct ledger_options fixture_options(const struct fixture *fixture, const char *directory)
{
    return (struct ledger_options){.directory = directory,
                                   .key = fixture->key,
                                   .station = "lobby",
                                   .wall = fixture->wall,
                                   .compartments = fixture->compartments,
                                   .boot_id = fixture->boot_id};
}

void fixture_open(struct fixture *fixture)
{
    char why[LEDGER_WHY_SIZE] = "";
    const struct ledger_options options = fixture_options(fixture, fixture->directory);
    const int rc = ledger_open(&fixture->ledger, &options, why);
    ck_assert_msg(rc == 0, "ledger_open: %d: %s", rc, why);
}

/* ---- random changes ---------------------------------------------------------------------- */

static uint64_t any_code(struct fixture *fixture)
{
    struct snapshot_compartment state;
    const uint32_t index = (uint32_t)fixture_random(fixture, fixture->compartments);
    snapshot_get_compartment(&fixture->locker, index, &state);
    return state.code_hash;
}

static enum operation any_operation(struct fixture *fixture)
{
    static const enum operation operations[] = {
        OP_DEPOSIT, OP_DEPOSIT, OP_DEPOSIT, OP_DEPOSIT, OP_PICKUP,  OP_PICKUP,
        OP_CANCEL,  OP_CANCEL,  OP_SERVICE, OP_SERVICE, OP_RELEASE, OP_REISSUE,
        OP_EXTEND,  OP_COLLECT, OP_COLLECT, OP_SWEEP,   OP_CLOCK};
    return operations[fixture_random(fixture, sizeof operations / sizeof operations[0])];
}

void fixture_act(struct fixture *fixture)
{
    struct intent intent = {.operation = any_operation(fixture), .role = ROLE_OPERATOR};
    struct answer answer;
    fixture->now.now_ms += (int64_t)fixture_random(fixture, 4 * 3600 * 1000);
    fixture->now.elapsed_ms += 1000;
    if (intent.operation == OP_DEPOSIT || intent.operation == OP_CANCEL)
        intent.role = ROLE_DRIVER;
    if (intent.operation == OP_PICKUP)
        intent.role = ROLE_KEYPAD;
    intent.has_id = fixture_random(fixture, 4) != 0;
    intent.request_key[0] = fixture_random(fixture, UINT64_MAX);
    intent.request_key[1] = fixture_random(fixture, UINT64_MAX) | 1;
    intent.request_fingerprint = fixture_random(fixture, UINT64_MAX);
    intent.has_size = intent.operation == OP_DEPOSIT || fixture_random(fixture, 2) == 0;
    intent.size = (enum parcel_size)fixture_random(fixture, SIZE_COUNT);
    intent.code_hash = any_code(fixture);
    intent.reason = (enum cancel_reason)fixture_random(fixture, CANCEL_REASON_COUNT);
    intent.compartment = (uint32_t)fixture_random(fixture, fixture->compartments);
    intent.in_service = fixture_random(fixture, 3) != 0;
    if (!intent.in_service)
        strcpy(intent.service_reason, "door jammed");
    intent.by_ms = 1 + (int64_t)fixture_random(fixture, 86400000);
    intent.wall_ms = fixture->now.now_ms;
    intent.freed = (uint32_t)fixture_random(fixture, 9);
    intent.offer.nonce = fixture_random(fixture, UINT64_MAX);
    intent.offer.hash = fixture_random(fixture, UINT64_MAX) | 1;
    intent.offer.digits = 6;
    locker_perform(&fixture->locker, fixture->now, &intent, true, &answer);
    if (fixture_random(fixture, 16) == 0)
        locker_expire(&fixture->locker, fixture->now, 4);
    if (fixture_random(fixture, 64) == 0)
        ck_assert_int_eq(locker_credit_outage(&fixture->locker, fixture->now, 3600000), 0);
}

int fixture_append(struct fixture *fixture, size_t count)
{
    struct event batch[512];
    const uint64_t durable = locker_durable_sequence(&fixture->locker);
    while (locker_sequence(&fixture->locker) - durable < count)
        fixture_act(fixture);
    size_t pending = 0;
    for (uint64_t i = durable + 1; i <= locker_sequence(&fixture->locker); i++) {
        ck_assert_uint_lt(pending, sizeof batch / sizeof batch[0]);
        ck_assert_int_eq(locker_read_event(&fixture->locker, i, &batch[pending++]), 0);
    }
    const int rc = ledger_append(fixture->ledger, batch, pending);
    if (rc == 0)
        locker_set_durable(&fixture->locker, durable + pending);
    return rc;
}

void fixture_fill(struct fixture *fixture, uint64_t rows)
{
    while (locker_sequence(&fixture->locker) < rows)
        ck_assert_int_eq(fixture_append(fixture, 1 + fixture_random(fixture, 20)), 0);
}

/* ---- comparing --------------------------------------------------------------------------- */

struct compartment_digest {
    char id[COMPARTMENT_ID_SIZE];
    uint64_t code_hash;
    int64_t expires_at_ms;
    uint64_t in_service;
    char reason[SERVICE_REASON_SIZE];
};

static void digest_compartment(const struct locker *locker, uint32_t index,
                               uint8_t sum[FIXTURE_DIGEST_SIZE])
{
    struct snapshot_compartment state;
    struct compartment_digest plain;
    uint8_t one[FIXTURE_DIGEST_SIZE];
    memset(&plain, 0, sizeof plain);
    snapshot_get_compartment(locker, index, &state);
    memcpy(plain.id, locker_compartment(locker, index)->id, sizeof plain.id);
    plain.code_hash = state.code_hash;
    plain.expires_at_ms = state.expires_at_ms;
    plain.in_service = state.in_service;
    memcpy(plain.reason, state.reason, strlen(state.reason));
    crypto_generichash(one, sizeof one, (const uint8_t *)&plain, sizeof plain, NULL, 0);
    for (size_t i = 0; i < sizeof one; i++)
        sum[i] ^= one[i];
}

static void digest_number(crypto_generichash_state *hash, uint64_t number)
{
    crypto_generichash_update(hash, (const uint8_t *)&number, sizeof number);
}

static void digest_name(crypto_generichash_state *hash, const struct locker *locker, uint32_t index)
{
    static const uint8_t none[COMPARTMENT_ID_SIZE];
    const uint8_t *id =
        index == COMPARTMENT_NONE ? none : (const uint8_t *)locker_compartment(locker, index)->id;
    crypto_generichash_update(hash, id, COMPARTMENT_ID_SIZE);
}

static void digest_memories(const struct locker *locker, crypto_generichash_state *hash)
{
    for (uint64_t i = 0; i < snapshot_retired_count(locker); i++) {
        struct snapshot_retired retired;
        snapshot_get_retired(locker, i, &retired);
        digest_number(hash, retired.code_hash);
        digest_number(hash, (uint64_t)retired.retired_at_ms);
        digest_number(hash, retired.retirement);
    }
    for (uint64_t i = 0; i < snapshot_request_count(locker); i++) {
        struct snapshot_request request;
        snapshot_get_request(locker, i, &request);
        digest_number(hash, request.request_key[0]);
        digest_number(hash, request.request_key[1]);
        digest_number(hash, request.request_fingerprint);
        digest_number(hash, request.answer.sequence);
        digest_number(hash, request.answer.kind);
        digest_number(hash, request.answer.code_digits);
        digest_number(hash, request.answer.in_service);
        digest_number(hash, request.answer.code_nonce);
        digest_number(hash, (uint64_t)request.answer.expires_at_ms);
        digest_number(hash, (uint64_t)request.answer.amount);
        digest_number(hash, (uint64_t)request.answer.at_ms);
        digest_name(hash, locker, request.answer.compartment);
        digest_name(hash, locker, request.answer.given_up);
    }
}

void fixture_digest(const struct locker *locker, uint8_t digest[FIXTURE_DIGEST_SIZE])
{
    uint8_t sum[FIXTURE_DIGEST_SIZE] = {0};
    struct snapshot_scalars scalars;
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, FIXTURE_DIGEST_SIZE);
    snapshot_get_scalars(locker, &scalars);
    digest_number(&hash, scalars.sequence);
    for (uint32_t i = 0; i < locker_compartment_count(locker); i++)
        digest_compartment(locker, i, sum);
    crypto_generichash_update(&hash, sum, sizeof sum);
    digest_memories(locker, &hash);
    crypto_generichash_final(&hash, digest, FIXTURE_DIGEST_SIZE);
}

void fixture_assert_same(const struct locker *a, const struct locker *b)
{
    uint8_t digests[2][FIXTURE_DIGEST_SIZE];
    char why[256] = "";
    ck_assert_msg(locker_check(a, why, sizeof why), "%s", why);
    ck_assert_msg(locker_check(b, why, sizeof why), "%s", why);
    fixture_digest(a, digests[0]);
    fixture_digest(b, digests[1]);
    ck_assert_mem_eq(digests[0], digests[1], FIXTURE_DIGEST_SIZE);
}

int fixture_load(const struct fixture *fixture, const char *directory, bool readonly,
                 struct locker *locker, void **memory, char *why)
{
    struct ledger *ledger;
    struct ledger_options options = fixture_options(fixture, directory);
    options.readonly = readonly;
    why[0] = '\0';
    *memory = fixture_format(locker, fixture->wall, fixture->compartments);
    int rc = ledger_open(&ledger, &options, why);
    if (rc < 0)
        return rc;
    rc = ledger_load(ledger, locker, why);
    ledger_close(ledger);
    return rc;
}

/* ---- files ------------------------------------------------------------------------------- */

uint8_t *fixture_read_file(const char *directory, const char *name, size_t *size)
{
    char path[2 * HARNESS_PATH_SIZE];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ck_assert_int_eq(fstat(fd, &status), 0);
    *size = (size_t)status.st_size;
    uint8_t *data = malloc(*size + 1);
    ck_assert_int_eq(read(fd, data, *size), (ssize_t)*size);
    close(fd);
    return data;
}

void fixture_write_file(const char *directory, const char *name, const void *data, size_t size)
{
    char path[2 * HARNESS_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
    close(fd);
}

void fixture_copy(const char *from, const char *to)
{
    for (size_t i = 0; i < sizeof ledger_files / sizeof ledger_files[0]; i++) {
        size_t size;
        uint8_t *data = fixture_read_file(from, ledger_files[i], &size);
        if (data == NULL)
            continue;
        fixture_write_file(to, ledger_files[i], data, size);
        free(data);
    }
}
