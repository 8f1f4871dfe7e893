#include "exact_copy.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum outcome decode_exact_copy(const void *bytes, size_t size, enum role role,
                               struct request *request)
{
    const char *detail;
    void *copy = malloc(size ? size : 1);
    if (size)
        memcpy(copy, bytes, size);
    const enum outcome outcome = codec_decode_request(copy, size, role, request, &detail);
    ck_assert(outcome != OUTCOME_INVALID_REQUEST || detail != NULL);
    free(copy);
    return outcome;
}
