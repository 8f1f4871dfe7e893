/*
 * What the ledger's tests share: a station of its own without processes, a fresh directory, and a
 * digest of its state to compare by.
 */
#ifndef LEDGER_FIXTURE_H
#define LEDGER_FIXTURE_H

#include "ledger.h"
#include "locker.h"
#include "snapshot.h"
#include "support/harness.h"

#include <check.h>
#include <stdint.h>

#define FIXTURE_DIGEST_SIZE 32
#define FIXTURE_ID_SIZE     16

struct fixture {
    char directory[HARNESS_PATH_SIZE];
    uint8_t key[32];
    uint8_t boot_id[BOOT_ID_SIZE];
    struct compartment *wall;
    uint32_t compartments;
    void *memory;
    struct locker locker;
    struct moment now;
    uint64_t random;
    struct ledger *ledger; /* the writer, or NULL */
};

/* A fresh directory (in memory when the machine has /dev/shm) and an empty station. */
void fixture_create(struct fixture *fixture, uint32_t compartments);
void fixture_destroy(struct fixture *fixture);

uint64_t fixture_random(struct fixture *fixture, uint64_t below);

/* An empty locker over this wall. The memory is the caller's to free(). */
void *fixture_format(struct locker *locker, const struct compartment *wall, uint32_t compartments);

struct ledger_options fixture_options(const struct fixture *fixture, const char *directory);

/* Open the writer; fails the test with its sentence when that fails. */
void fixture_open(struct fixture *fixture);

/* One random change (or refusal) of the station. */
void fixture_act(struct fixture *fixture);

/* Changes until at least count events await the disk; then append them all, in one batch. */
int fixture_append(struct fixture *fixture, size_t count);

/* As many batches of random size as it takes for this many rows. */
void fixture_fill(struct fixture *fixture, uint64_t rows);

/* What of the state must survive, whatever the order of the wall. */
void fixture_digest(const struct locker *locker, uint8_t digest[FIXTURE_DIGEST_SIZE]);
void fixture_assert_same(const struct locker *a, const struct locker *b);

/* Load the directory into an empty locker over the fixture's wall; through a writer or a reader.
 * What ledger_open() or ledger_load() said. *memory to be freed. */
int fixture_load(const struct fixture *fixture, const char *directory, bool readonly,
                 struct locker *locker, void **memory, char *why);

/* Copy ledger.db, its WAL, mark and checkpoint as they stand: what a power loss leaves. */
void fixture_copy(const char *from, const char *to);

/* A whole file, to be freed; and back. */
uint8_t *fixture_read_file(const char *directory, const char *name, size_t *size);
void fixture_write_file(const char *directory, const char *name, const void *data, size_t size);

#endif
