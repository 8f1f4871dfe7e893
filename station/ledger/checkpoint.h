/*
 * The checkpoint: DIR/checkpoint, the whole state of the station after one event, so that a start
 * needs only the rows after it.
 *
 * Portable: little-endian, compartments by name. A header of CHECKPOINT_HEADER_SIZE bytes, then
 * the body: the wall, the compartments' states, the retired codes, the remembered requests. Both
 * have a keyed BLAKE2b-256; the header holds the body's. Replaced atomically: written under
 * another name, flushed, renamed, the directory flushed.
 */
#ifndef LOCKER_CHECKPOINT_H
#define LOCKER_CHECKPOINT_H

#include "ledger_row.h"
#include "locker.h"
#include "snapshot.h"

#include <stddef.h>
#include <stdint.h>

struct checkpoint_header {
    uint8_t identity[LEDGER_IDENTITY_SIZE]; /* of the ledger it belongs to */
    char station[STATION_NAME_SIZE];
    uint64_t epoch;
    struct snapshot_scalars scalars;  /* its sequence among them */
    uint8_t chain[LEDGER_CHAIN_SIZE]; /* checksum of the row of that sequence */
    uint32_t compartments;
    uint64_t retired;
    uint64_t requests;
};

struct checkpoint {
    struct checkpoint_header header;
    struct compartment *wall; /* header.compartments of them, in the file's order */
    uint8_t *body;
    size_t body_size;
    size_t wall_size; /* how much of the body the wall takes */
};

/* Write one of this locker (quiescent). The header's scalars and counts are taken from it. 0 or
 * -errno with a sentence in why; whatever stood there before still stands after a failure. */
int checkpoint_write(const char *directory, const uint8_t key[LEDGER_KEY_SIZE],
                     struct checkpoint_header *header, const struct locker *locker, char *why)
    __attribute__((warn_unused_result));

/* Read the header only. 0; -ENOENT; -EBADMSG: it is no checkpoint, or a damaged one. */
int checkpoint_peek(const char *directory, const uint8_t key[LEDGER_KEY_SIZE],
                    struct checkpoint_header *header) __attribute__((warn_unused_result));

/* Read and verify all of it. As above, or other -errno. checkpoint_free() it when 0. */
int checkpoint_read(struct checkpoint *checkpoint, const char *directory,
                    const uint8_t key[LEDGER_KEY_SIZE]) __attribute__((warn_unused_result));
void checkpoint_free(struct checkpoint *checkpoint);

/* Put it into an empty locker, and finish the snapshot. map: the locker's number of each
 * compartment of the file. -EBADMSG with the reason in why (LEDGER_WHY_SIZE). */
int checkpoint_import(const struct checkpoint *checkpoint, struct locker *locker,
                      const uint32_t *map, char *why) __attribute__((warn_unused_result));

#endif
