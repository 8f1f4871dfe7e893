#include "invariant.h"

#include <stddef.h>

const char *volatile invariant_broken = NULL;
