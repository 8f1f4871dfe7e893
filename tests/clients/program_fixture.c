#include "program_fixture.h"

#include <stdlib.h>

struct run *result;
struct screen *screen;

static void set_up(void)
{
    result = calloc(1, sizeof *result);
    screen = calloc(1, sizeof *screen);
    ck_assert(result != NULL && screen != NULL);
}

static void tear_down(void)
{
    free(result);
    free(screen);
}

Suite *program_suite(const char *name, TCase **tests)
{
    Suite *suite = harness_suite(name, tests);
    tcase_add_checked_fixture(*tests, set_up, tear_down);
    return suite;
}
