#include "size.h"

#include <errno.h>
#include <string.h>

static const char *const names[SIZE_COUNT] = {"small", "medium", "large"};

const char *size_name(enum parcel_size size)
{
    return names[size];
}

int size_from_name(const char *text, enum parcel_size *size)
{
    for (unsigned i = 0; i < SIZE_COUNT; i++) {
        if (strcmp(text, names[i]) == 0) {
            *size = (enum parcel_size)i;
            return 0;
        }
    }
    return -EINVAL;
}
