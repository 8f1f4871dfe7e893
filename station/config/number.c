#include "number.h"

#include <errno.h>

int number_parse(const char *text, int64_t min, int64_t max, int64_t *number)
{
    int64_t value = 0;
    if (*text == '\0')
        return -EINVAL;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -EINVAL;
        if (value > max)
            return -ERANGE; /* and no further, so that nothing overflows */
        value = value * 10 + (*text - '0');
    }
    if (value < min || value > max)
        return -ERANGE;
    *number = value;
    return 0;
}
