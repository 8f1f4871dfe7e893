/*
 * libFuzzer: whatever a client may be answered with.
 */
#include "value.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touch everything there is. */
static size_t walk(const struct value *value)
{
    size_t sum = strlen(value_str(value)) + (size_t)value_int(value) + value_bool(value);
    for (size_t i = 0; i < value_count(value); i++) {
        if (value_kind(value) == VALUE_MAP)
            sum += strlen(value_key(value, i));
        sum += walk(value_at(value, i));
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct value *value;
    if (value_decode(data, size, &value) == 0) {
        volatile size_t sum = walk(value);
        (void)sum;
        value_free(value);
    }
    return 0;
}
