/*
 * The archivist at work: nobody waits for it.
 */
#include "support/patience.h"
#include "support/wire.h"
#include "support/world.h"

#include <check.h>
#include <errno.h>
#include <signal.h>

static bool is_gone(pid_t pid)
{
    return kill(pid, 0) != 0 && errno == ESRCH;
}

/* However long its work takes: here the disk does not come back from the flush of a checkpoint. */
START_TEST(test_an_orderly_end_does_not_wait_for_it)
{
    struct station station;
    struct ticket ticket;
    station_prepare(&station, NULL);
    struct world_page *world = world_begin(&station);
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    const uint32_t begun = world->syncs_begun;
    world->syncs_held = 1;
    const pid_t archivist = station_process(&station, "archivist");
    AWAIT(world->syncs_begun > begun);
    ck_assert_int_eq(kill(station.pid, SIGTERM), 0);
    AWAIT(is_gone(archivist));
    world->syncs_held = 0;
    ck_assert_int_eq(station_await_end(&station), 0);
    ck_assert(!station_log_has(&station, "does not end"));
    ck_assert(!station_log_has(&station, "was killed"));
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("archivist", &tests);
    tcase_add_test(tests, test_an_orderly_end_does_not_wait_for_it);
    return harness_run(suite);
}
