#include "bench_fixture.h"

#include <stdlib.h>
#include <unistd.h>

struct run *result;
char directory[HARNESS_PATH_SIZE];

static void begin(void)
{
    result = calloc(1, sizeof *result);
    ck_assert_ptr_nonnull(result);
    harness_directory(directory);
}

/* What is started leaves nothing in it. */
static void end(void)
{
    ck_assert_int_eq(rmdir(directory), 0);
    free(result);
}

Suite *bench_suite(const char *name, TCase **tests)
{
    Suite *suite = harness_suite(name, tests);
    tcase_add_checked_fixture(*tests, begin, end);
    return suite;
}
