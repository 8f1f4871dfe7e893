#include "duration.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t ms;
} units[] = {
    {"d", INT64_C(86400000)}, {"h", INT64_C(3600000)}, {"m", INT64_C(60000)},
    {"s", INT64_C(1000)},     {"ms", INT64_C(1)},
};

#define UNIT_COUNT (sizeof units / sizeof units[0])

static const int64_t longest_ms = INT64_C(36525) * 86400000;

int duration_parse(const char *text, int64_t *ms)
{
    if (strcmp(text, "0") == 0) {
        *ms = 0;
        return 0;
    }
    int64_t number = 0;
    const char *p = text;
    for (; isdigit((unsigned char)*p); p++) {
        number = number * 10 + (*p - '0');
        if (number > longest_ms)
            return -ERANGE;
    }
    if (p == text)
        return -EINVAL;
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (strcmp(p, units[i].name) == 0) {
            if (number > longest_ms / units[i].ms)
                return -ERANGE;
            *ms = number * units[i].ms;
            return 0;
        }
    }
    return -EINVAL;
}

const char *duration_format(int64_t ms, char *buffer, size_t size)
{
    size_t i = 0;
    while (i < UNIT_COUNT - 1 && (ms == 0 || ms % units[i].ms != 0))
        i++;
    snprintf(buffer, size, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
    return buffer;
}
