/*
 * Codes stand nowhere: not on the disk, not in shared memory, not in a log, not in a core dump.
 */
#include "support/files.h"
#include "support/processes.h"
#include "support/wire.h"

#include <check.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CODES 12

/* Twelve digits: nothing that stands somewhere by chance looks like one. */
static void make_codes(struct station *station, struct ticket tickets[CODES])
{
    struct request exchange = {.operation = OP_CANCEL, .has_size = true, .size = SIZE_MEDIUM};
    struct request reissue = {
        .operation = OP_REISSUE, .has_compartment = true, .compartment = "S01"};
    for (int i = 0; i < CODES - 2; i++)
        EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, &tickets[i]));
    struct value *reply = wire_ask(station, ROLE_OPERATOR, &reissue);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    wire_ticket(reply, &tickets[CODES - 2]);
    value_free(reply);
    memcpy(exchange.code, tickets[1].code, sizeof exchange.code);
    reply = wire_ask(station, ROLE_DRIVER, &exchange);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    wire_ticket(reply, &tickets[CODES - 1]);
    value_free(reply);
    wire_expect_pickup(station, &tickets[2]);
    EXPECT(OUTCOME_CODE_USED, wire_pickup(station, tickets[2].code));
    EXPECT(OUTCOME_CODE_CANCELLED, wire_pickup(station, tickets[0].code));
    EXPECT(OUTCOME_INVALID_CODE, wire_pickup(station, "123456"));
}

static void expect_nowhere(const struct station *station, const char *code)
{
    glob_t found;
    ck_assert_msg(!files_tree_contains(station->root, code, strlen(code)),
                  "a code stands in a file");
    if (glob(station->segment, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        ck_assert_msg(!files_contain(found.gl_pathv[i], code, strlen(code)),
                      "a code stands in shared memory");
    globfree(&found);
}

START_TEST(test_code_stands_in_no_file_and_no_shared_memory)
{
    struct station station;
    struct ticket tickets[CODES];
    station_begin(&station, "--code-digits", "12", "--compartments", "small=20,medium=1", NULL);
    make_codes(&station, tickets);
    /* The search would find one that stood there. */
    ck_assert(files_tree_contains(station.root, station.name, strlen(station.name)));
    for (int i = 0; i < CODES; i++)
        expect_nowhere(&station, tickets[i].code);
    station_kill_process(&station, "driver desk", SIGKILL);
    station_kill(&station);
    station_start(&station);
    station_stop(&station);
    for (int i = 0; i < CODES; i++)
        expect_nowhere(&station, tickets[i].code);
    station_end(&station);
}
END_TEST

/* What a desk holds of the codes that it has given out and taken in. */
static int count_in_memory(const struct station *station, const char *what,
                           const struct ticket tickets[CODES])
{
    const pid_t pid = station_process(station, what);
    int count = 0;
    /* The search would find one that stood there. */
    ck_assert_int_ne(processes_have_in_memory(pid, station->name, strlen(station->name)), 0);
    for (int i = 0; i < CODES; i++)
        count += processes_have_in_memory(pid, tickets[i].code, strlen(tickets[i].code)) == 1;
    return count;
}

/* The last ones that a connection saw libzmq keeps until others come: so a ping ends it. */
START_TEST(test_desks_wipe_codes_that_they_have_done_with)
{
    const struct request ping = {.operation = OP_PING};
    struct station station;
    struct ticket tickets[CODES];
    station_begin(&station, "--code-digits", "12", "--compartments", "small=20", NULL);
    for (int i = 0; i < CODES; i++)
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &tickets[i]));
    for (int i = 0; i < CODES; i++) {
        struct request pickup = {.operation = OP_PICKUP};
        memcpy(pickup.code, tickets[i].code, sizeof pickup.code);
        wire_set_id(&pickup, (uint64_t)i + 1);
        EXPECT(OUTCOME_OK, wire_try(&station, ROLE_KEYPAD, &pickup));
    }
    EXPECT(OUTCOME_OK, wire_try(&station, ROLE_DRIVER, &ping));
    EXPECT(OUTCOME_OK, wire_try(&station, ROLE_KEYPAD, &ping));
    ck_assert_int_eq(count_in_memory(&station, "driver desk", tickets), 0);
    ck_assert_int_eq(count_in_memory(&station, "keypad desk", tickets), 0);
    station_end(&station);
}
END_TEST

/* Whoever crashes here is to leave a core dump, in the station's directory. */
static bool want_core_dump(const char *directory)
{
    const struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    return chdir(directory) == 0 && setrlimit(RLIMIT_CORE, &limit) == 0;
}

static void crash_prone(struct station *station)
{
    if (!want_core_dump(station->root))
        _exit(EXIT_FAILURE);
}

/* Whether the same crash of a process that does nothing about it leaves a core dump here. */
static bool crashes_leave_core_dumps(const char *directory)
{
    int status;
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        if (want_core_dump(directory))
            raise(SIGSEGV);
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WCOREDUMP(status);
}

START_TEST(test_crashed_process_leaves_no_core_dump)
{
    static const char *const kinds[] = {"driver desk", "keypad desk", "operator desk", "keeper"};
    struct station station;
    struct ticket ticket;
    station_prepare(&station, NULL);
    if (!crashes_leave_core_dumps(station.root)) {
        station_end(&station); /* nothing can be shown on this machine */
        return;
    }
    station.before_exec = crash_prone;
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
    const int files = files_count(station.root);
    for (size_t i = 0; i < 4; i++)
        station_kill_process(&station, kinds[i], SIGSEGV);
    wire_expect_serving(&station);
    ck_assert_int_eq(files_count(station.root), files);
    wire_expect_pickup(&station, &ticket);
    station_end(&station);
}
END_TEST

START_TEST(test_desks_of_drivers_and_customers_have_no_file_of_the_data_directory)
{
    struct station station;
    station_begin(&station, NULL);
    if (processes_have_open(station.pid, station.data) == 1) {
        /* The process that reads the public keypad's bytes has nothing of the disk. */
        ck_assert_int_eq(processes_have_open(station_process(&station, "keeper"), station.data), 1);
        ck_assert_int_eq(
            processes_have_open(station_process(&station, "keypad desk"), station.data), 0);
        ck_assert_int_eq(
            processes_have_open(station_process(&station, "driver desk"), station.data), 0);
    }
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("secrets", &tests);
    tcase_add_test(tests, test_code_stands_in_no_file_and_no_shared_memory);
    tcase_add_test(tests, test_desks_wipe_codes_that_they_have_done_with);
    tcase_add_test(tests, test_crashed_process_leaves_no_core_dump);
    tcase_add_test(tests, test_desks_of_drivers_and_customers_have_no_file_of_the_data_directory);
    return harness_run(suite);
}
