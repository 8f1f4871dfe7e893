#include "scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int scratch_make(struct scratch *scratch, const char *parent)
{
    if (parent == NULL)
        parent = getenv("TMPDIR");
    if (parent == NULL || *parent == '\0')
        parent = "/tmp";
    int length = snprintf(scratch->path, sizeof scratch->path, "%s/bench-XXXXXX", parent);
    int result = 0;
    if (length < 0 || (size_t)length >= sizeof scratch->path)
        result = -ENAMETOOLONG;
    else if (mkdtemp(scratch->path) == NULL)
        result = -errno;
    if (result != 0)
        scratch->path[0] = '\0';
    return result;
}

int scratch_make_or_say(struct scratch *scratch, const char *parent)
{
    int result = scratch_make(scratch, parent);
    if (result != 0)
        fprintf(stderr,
                "locker-bench: cannot make a directory: %s (name a writable place with a short "
                "path with --scratch)\n",
                strerror(-result));
    return result;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
    if (scratch->path[0] != '\0')
        nftw(scratch->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    scratch->path[0] = '\0';
}
