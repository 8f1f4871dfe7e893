/*
 * A writer that is killed, and a disk that is full: what was reported durable is there.
 */
#include "ledger_cases.h"
#include "ledger_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fixture station;

static void setup(void)
{
    fixture_create(&station, 12);
}

static void teardown(void)
{
    fixture_destroy(&station);
}

/* Append batch after batch, and report each durable sequence through the pipe. */
static void write_until_killed(int report)
{
    fixture_open(&station);
    for (;;) {
        if (fixture_append(&station, 1 + fixture_random(&station, 8)) != 0)
            _exit(1);
        const uint64_t durable = locker_durable_sequence(&station.locker);
        if (write(report, &durable, sizeof durable) != (ssize_t)sizeof durable)
            _exit(1);
    }
}

START_TEST(test_a_killed_writer_loses_nothing_it_has_reported)
{
    int report[2];
    uint64_t durable = 0;
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE];
    ck_assert_int_eq(pipe(report), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        write_until_killed(report[1]);
    close(report[1]);
    /* Killed after so many reports: each round at another moment of the next batch. */
    for (int reports = 0; reports < 3 + _i * 7; reports++)
        ck_assert_int_eq(read(report[0], &durable, sizeof durable), (ssize_t)sizeof durable);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    while (read(report[0], &durable, sizeof durable) == (ssize_t)sizeof durable)
        continue;
    close(report[0]);
    const int rc = fixture_load(&station, station.directory, false, &loaded, &memory, why);
    ck_assert_msg(rc == 0, "%s", why);
    ck_assert_uint_ge(locker_sequence(&loaded), durable);
    free(memory);
}
END_TEST

START_TEST(test_a_full_disk_acknowledges_nothing_and_is_survived)
{
    struct rlimit limit;
    struct locker loaded;
    void *memory;
    char why[LEDGER_WHY_SIZE];
    int rc = 0;
    signal(SIGXFSZ, SIG_IGN);
    fixture_open(&station);
    fixture_fill(&station, 40);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit full = {.rlim_cur = 64 * 1024, .rlim_max = limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
    for (int i = 0; i < 1000 && rc == 0; i++)
        rc = fixture_append(&station, 20);
    ck_assert_int_lt(rc, 0);
    const uint64_t durable = locker_durable_sequence(&station.locker);
    ck_assert_uint_lt(durable, locker_sequence(&station.locker));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(fixture_append(&station, 1), 0);
    ck_assert_uint_eq(locker_durable_sequence(&station.locker), locker_sequence(&station.locker));
    ledger_close(station.ledger);
    station.ledger = NULL;
    rc = fixture_load(&station, station.directory, false, &loaded, &memory, why);
    ck_assert_msg(rc == 0, "%s", why);
    fixture_assert_same(&station.locker, &loaded);
    free(memory);
}
END_TEST

TCase *ledger_crash_cases(void)
{
    TCase *cases = harness_case("crash");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, test_a_killed_writer_loses_nothing_it_has_reported, 0, 8);
    tcase_add_test(cases, test_a_full_disk_acknowledges_nothing_and_is_survived);
    return cases;
}
