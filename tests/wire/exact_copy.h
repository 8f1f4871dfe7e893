/*
 * Decoding as a test wants it.
 */
#ifndef TEST_EXACT_COPY_H
#define TEST_EXACT_COPY_H

#include "codec.h"

#include <stddef.h>

/* Decodes an exact copy on the heap, so that a read beyond it is seen by the sanitizer. */
enum outcome decode_exact_copy(const void *bytes, size_t size, enum role role,
                               struct request *request);

#endif
