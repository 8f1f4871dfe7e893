/*
 * What every program does when the station is away, strange, or answers late: shown with
 * locker-driver.
 */
#include "fake_station.h"
#include "support/harness.h"
#include "support/run_program.h"

#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER "locker-driver"

static struct run *result;

static void set_up(void)
{
    result = calloc(1, sizeof *result);
    ck_assert_ptr_nonnull(result);
}

static void tear_down(void)
{
    free(result);
}

static void fill_deposit(struct reply *reply)
{
    strcpy(reply->compartment, "M01");
    strcpy(reply->code, "012345");
    reply->size = SIZE_MEDIUM;
    reply->expires_at_ms = INT64_C(1800000000000);
}

static bool good_answer(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    (void)request;
    fill_deposit(reply);
    return true;
}

/* ---- no station, or a strange one ------------------------------------------------------ */

START_TEST(test_no_station_says_where_and_hints_and_exits_3)
{
    run_program(result, "", DRIVER, "/nonexistent", "--timeout", "100ms", "ping", NULL);
    ck_assert_int_eq(result->status, 3);
    ck_assert_str_eq(result->out, "");
    ck_assert_ptr_nonnull(strstr(result->err, "ipc:///nonexistent/driver.sock within 100ms"));
    ck_assert_ptr_nonnull(strstr(result->err, "Is the station running?"));
    ck_assert_ptr_nonnull(strstr(result->err, "--run DIR"));
}
END_TEST

START_TEST(test_quiet_leaves_out_the_hint)
{
    run_program(result, "", DRIVER, "/nonexistent", "--quiet", "--timeout", "100ms", "ping", NULL);
    ck_assert_int_eq(result->status, 3);
    ck_assert_str_eq(result->err, "locker-driver: no answer from the station at "
                                  "ipc:///nonexistent/driver.sock within 100ms\n");
}
END_TEST

START_TEST(test_endpoint_flag_stands_instead_of_a_run_directory)
{
    run_program(result, "", DRIVER, NULL, "--endpoint", "ipc:///nonexistent/a.sock", "--timeout",
                "1500ms", "ping", NULL);
    ck_assert_int_eq(result->status, 3);
    ck_assert_ptr_nonnull(strstr(result->err, "ipc:///nonexistent/a.sock within 1500ms\n"));
    ck_assert_ptr_nonnull(strstr(result->err, "There is no socket there."));
    ck_assert_ptr_null(strstr(result->err, "--run"));
    run_program(result, "", DRIVER, "/elsewhere", "--endpoint", "ipc:///nonexistent/a.sock", "ping",
                NULL);
    ck_assert_int_eq(result->status, 2);
    ck_assert_ptr_nonnull(strstr(result->err, "--run and --endpoint"));
}
END_TEST

START_TEST(test_something_else_that_answers_is_no_station)
{
    static const char *const bodies[] = {"\xc1", "\x93\x01\x02\x03", "\x81\xa2ok\x01"};
    struct fake_station *station = fake_station_start(ROLE_DRIVER, NULL);
    fake_station_answer_raw(station, bodies[_i], strlen(bodies[_i]));
    run_program(result, "", DRIVER, fake_station_run_dir(station), "ping", NULL);
    ck_assert_int_eq(result->status, 3);
    ck_assert_str_eq(result->out, "");
    ck_assert_ptr_nonnull(strstr(result->err, "is no locker station"));
    fake_station_stop(station);
}
END_TEST

/* ---- asking again ---------------------------------------------------------------------- */

static bool drop_first(unsigned number, const struct request *request, struct reply *reply)
{
    (void)request;
    fill_deposit(reply);
    return number > 0;
}

static void check_same_id(struct fake_station *station, unsigned count)
{
    ck_assert_uint_ge(fake_station_count(station), count);
    struct request first = fake_station_request(station, 0);
    ck_assert(first.has_id);
    for (unsigned i = 1; i < count; i++) {
        struct request next = fake_station_request(station, i);
        ck_assert(next.has_id);
        ck_assert_mem_eq(first.id, next.id, sizeof first.id);
    }
}

START_TEST(test_lost_answer_is_asked_for_again_with_the_same_id)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, drop_first);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "--timeout", "15s", "deposit",
                "medium", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_nonnull(strstr(result->out, "012345"));
    check_same_id(station, 2);
    fake_station_stop(station);
}
END_TEST

static bool storage_comes_back(unsigned number, const struct request *request, struct reply *reply)
{
    (void)request;
    fill_deposit(reply);
    if (number < 2)
        reply->outcome = OUTCOME_STORAGE_UNAVAILABLE;
    return true;
}

START_TEST(test_storage_unavailable_is_asked_again_with_the_same_id)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, storage_comes_back);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "deposit", "medium", NULL);
    ck_assert_int_eq(result->status, 0);
    check_same_id(station, 3);
    fake_station_stop(station);
}
END_TEST

static bool load_goes_away(unsigned number, const struct request *request, struct reply *reply)
{
    (void)request;
    fill_deposit(reply);
    if (number == 0) {
        reply->outcome = OUTCOME_TRY_LATER;
        reply->retry_after_ms = 20;
    }
    return true;
}

START_TEST(test_try_later_of_load_is_asked_again_with_the_same_id)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, load_goes_away);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "deposit", "medium", NULL);
    ck_assert_int_eq(result->status, 0);
    check_same_id(station, 2);
    fake_station_stop(station);
}
END_TEST

static bool storage_stays_away(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    (void)request;
    reply->outcome = OUTCOME_STORAGE_UNAVAILABLE;
    return true;
}

START_TEST(test_storage_that_stays_away_is_reported_at_the_timeout)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, storage_stays_away);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "--timeout", "700ms", "deposit",
                "medium", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_ptr_nonnull(strstr(result->err, "storage_unavailable: "));
    check_same_id(station, 2);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_two_commands_have_two_ids)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, good_answer);
    run_program(result, "deposit medium\ndeposit medium\n", DRIVER, fake_station_run_dir(station),
                NULL);
    ck_assert_int_eq(result->status, 0);
    struct request first = fake_station_request(station, 0);
    struct request second = fake_station_request(station, 1);
    ck_assert_mem_ne(first.id, second.id, sizeof first.id);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_repeating_an_unanswered_command_repeats_its_id)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, drop_first);
    /* The first line ends without an answer; a person, or a script, tries once more. */
    run_program(result, "deposit medium\ndeposit medium\n", DRIVER, fake_station_run_dir(station),
                "--timeout", "250ms", NULL);
    check_same_id(station, 2);
    fake_station_stop(station);
}
END_TEST

/* ---- an outcome that nobody knows ------------------------------------------------------ */

/* The id that a message names. */
static void named_id(const char *text, char id[33])
{
    const char *flag = strstr(text, "--id ");
    ck_assert_msg(flag != NULL, "%s", text);
    snprintf(id, 33, "%s", flag + strlen("--id "));
    ck_assert_uint_eq(strspn(id, "0123456789abcdef"), 32);
}

static atomic_bool answers; /* until then every request goes unanswered */

static bool answer_when_told(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    (void)request;
    fill_deposit(reply);
    return atomic_load(&answers);
}

START_TEST(test_change_without_an_answer_names_its_id_and_can_be_repeated_under_it)
{
    char id[33];
    atomic_store(&answers, false);
    struct fake_station *station = fake_station_start(ROLE_DRIVER, answer_when_told);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "--quiet", "--timeout", "1s",
                "deposit", "medium", NULL);
    ck_assert_int_eq(result->status, 3);
    ck_assert_ptr_nonnull(strstr(result->err, "it may have been done all the same"));
    named_id(result->err, id);
    atomic_store(&answers, true);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "deposit", "medium", "--id", id,
                NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_str_eq(result->err, "");
    check_same_id(station, 2);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_change_that_found_no_storage_names_its_id)
{
    char id[33];
    struct fake_station *station = fake_station_start(ROLE_DRIVER, storage_stays_away);
    run_program(result, "", DRIVER, fake_station_run_dir(station), "--timeout", "300ms", "deposit",
                "medium", NULL);
    ck_assert_int_eq(result->status, 1);
    named_id(result->err, id);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_what_changes_nothing_or_was_asked_of_nobody_has_no_such_warning)
{
    static const char *const words[][2] = {{"ping", NULL}, {"deposit", "medium"}};
    run_program(result, "", DRIVER, "/nonexistent", "--timeout", "100ms", words[_i][0],
                words[_i][1], NULL);
    ck_assert_int_eq(result->status, 3);
    ck_assert_ptr_null(strstr(result->err, "--id"));
}
END_TEST

/* ---- storage_unavailable leaves the outcome open --------------------------------------- */

/* Medium parcels find no storage until a large one has been asked for; small ones always do. */
static bool no_storage_at_first(unsigned number, const struct request *request, struct reply *reply)
{
    static bool back;
    if (number == 0)
        back = false;
    back |= request->size == SIZE_LARGE;
    fill_deposit(reply);
    if (request->size == SIZE_MEDIUM && !back)
        reply->outcome = OUTCOME_STORAGE_UNAVAILABLE;
    return true;
}

/* The first and the last request for a parcel of this size. */
static void find_deposits(struct fake_station *station, enum parcel_size size,
                          struct request *first, struct request *last)
{
    bool found = false;
    for (unsigned i = 0; i < fake_station_count(station); i++) {
        const struct request request = fake_station_request(station, i);
        if (request.size != size)
            continue;
        if (!found)
            *first = request;
        *last = request;
        found = true;
    }
    ck_assert(found);
}

START_TEST(test_repeating_a_change_that_found_no_storage_repeats_its_id)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, no_storage_at_first);
    struct request first, last;
    run_program(result, "deposit medium\ndeposit large\ndeposit medium\n", DRIVER,
                fake_station_run_dir(station), "--timeout", "300ms", NULL);
    ck_assert_ptr_nonnull(strstr(result->err, "storage_unavailable"));
    find_deposits(station, SIZE_MEDIUM, &first, &last);
    ck_assert(first.has_id);
    ck_assert_mem_eq(first.id, last.id, sizeof first.id);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_an_outcome_that_is_known_ends_the_repetition)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, no_storage_at_first);
    struct request first, last;
    run_program(result, "deposit medium\ndeposit large\ndeposit medium\ndeposit medium\n", DRIVER,
                fake_station_run_dir(station), "--timeout", "300ms", NULL);
    find_deposits(station, SIZE_MEDIUM, &first, &last);
    ck_assert_mem_ne(first.id, last.id, sizeof first.id);
    fake_station_stop(station);
}
END_TEST

/* Nobody is answered but who asks for a large one. */
static bool only_large_answered(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    fill_deposit(reply);
    return request->size == SIZE_LARGE;
}

START_TEST(test_other_unanswered_changes_in_between_do_not_matter)
{
    struct fake_station *station = fake_station_start(ROLE_DRIVER, only_large_answered);
    struct request first, last;
    run_program(result, "deposit medium\ndeposit small\ndeposit large\ndeposit medium\n", DRIVER,
                fake_station_run_dir(station), "--timeout", "250ms", NULL);
    find_deposits(station, SIZE_MEDIUM, &first, &last);
    ck_assert_mem_eq(first.id, last.id, sizeof first.id);
    find_deposits(station, SIZE_SMALL, &last, &last);
    ck_assert_mem_ne(first.id, last.id, sizeof first.id);
    fake_station_stop(station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("conversation", &tests);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_no_station_says_where_and_hints_and_exits_3);
    tcase_add_test(tests, test_quiet_leaves_out_the_hint);
    tcase_add_test(tests, test_endpoint_flag_stands_instead_of_a_run_directory);
    tcase_add_loop_test(tests, test_something_else_that_answers_is_no_station, 0, 3);
    tcase_add_test(tests, test_lost_answer_is_asked_for_again_with_the_same_id);
    tcase_add_test(tests, test_storage_unavailable_is_asked_again_with_the_same_id);
    tcase_add_test(tests, test_try_later_of_load_is_asked_again_with_the_same_id);
    tcase_add_test(tests, test_storage_that_stays_away_is_reported_at_the_timeout);
    tcase_add_test(tests, test_two_commands_have_two_ids);
    tcase_add_test(tests, test_repeating_an_unanswered_command_repeats_its_id);
    tcase_add_test(tests, test_change_without_an_answer_names_its_id_and_can_be_repeated_under_it);
    tcase_add_test(tests, test_change_that_found_no_storage_names_its_id);
    tcase_add_loop_test(tests, test_what_changes_nothing_or_was_asked_of_nobody_has_no_such_warning,
                        0, 2);
    tcase_add_test(tests, test_repeating_a_change_that_found_no_storage_repeats_its_id);
    tcase_add_test(tests, test_an_outcome_that_is_known_ends_the_repetition);
    tcase_add_test(tests, test_other_unanswered_changes_in_between_do_not_matter);
    return harness_run(suite);
}
