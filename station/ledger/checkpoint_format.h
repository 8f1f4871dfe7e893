/*
 * The bytes of a checkpoint, as its writer and its reader agree on them.
 *
 *   header   magic 8, version u32, 0 u32, identity 16, station 32, epoch u64, sequence u64,
 *            chain 16, at_ms i64, guess_full_at_ms i64, compartments u32, 0 u32, retired u64,
 *            requests u64, body bytes u64, body checksum 32, header checksum 32
 *   wall     a compartment: id 16, size u8
 *   states   a compartment, in that order: code_hash u64, expires_at_ms i64, in_service u8,
 *            reason's length u8, reason
 *   retired  oldest first: code_hash u64, retired_at_ms i64, retirement u8
 *   requests oldest first: key 2 × u64, fingerprint u64, sequence u64, code_nonce u64,
 *            expires_at_ms i64, amount i64, at_ms i64, compartment u32, given_up u32 (numbers of
 *            this file's wall, or ffffffff), kind u8, code_digits u8, in_service u8
 */
#ifndef LOCKER_CHECKPOINT_FORMAT_H
#define LOCKER_CHECKPOINT_FORMAT_H

#include "bounds.h"

#define CHECKPOINT_MAGIC         "LOCKCKPT"
#define CHECKPOINT_VERSION       1
#define CHECKPOINT_CHECKSUM_SIZE 32
#define CHECKPOINT_SIGNED_SIZE   (8 + 4 + 4 + 16 + 32 + 8 + 8 + 16 + 8 + 8 + 4 + 4 + 8 + 8 + 8 + 32)
#define CHECKPOINT_HEADER_SIZE   (CHECKPOINT_SIGNED_SIZE + CHECKPOINT_CHECKSUM_SIZE)

#define CHECKPOINT_WALL_RECORD    (COMPARTMENT_ID_SIZE + 1)
#define CHECKPOINT_STATE_MIN      (8 + 8 + 1 + 1)
#define CHECKPOINT_STATE_MAX      (CHECKPOINT_STATE_MIN + SERVICE_REASON_SIZE)
#define CHECKPOINT_RETIRED_RECORD (8 + 8 + 1)
#define CHECKPOINT_REQUEST_RECORD (8 * 8 + 4 + 4 + 3)

#endif
