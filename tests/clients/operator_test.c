/*
 * locker-operator: every operation as a subcommand, paging, the keys of remote terminals.
 */
#include "operator_answers.h"
#include "program_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- one request each ------------------------------------------------------------------ */

static const struct {
    const char *words[3];
    enum operation operation;
    const char *said;
} simple[] = {
    {{"ping"}, OP_PING, "lobby"},
    {{"status"}, OP_STATUS, "lobby"},
    {{"availability"}, OP_AVAILABILITY, "SIZE         FREE    TOTAL\n"},
    {{"collect", "S0001"}, OP_COLLECT, "Compartment S0001 is free"},
    {{"service", "S0001", "on"}, OP_SERVICE, "Compartment S0001 is in service\n"},
    {{"service", "S0001", "off"}, OP_SERVICE, "Compartment S0001 is out of service\n"},
    {{"release", "S0001"}, OP_RELEASE, "Compartment S0001 is released"},
    {{"reissue", "S0001"}, OP_REISSUE, "New code     012345\n"},
    {{"extend", "S0001", "36h"}, OP_EXTEND, "Valid until  2027-01-1"},
    {{"history"}, OP_HISTORY, "out of service, hinge broken\n"},
    {{"sweep"}, OP_SWEEP, "swept: 4\n"},
    {{"clock"}, OP_CLOCK, "suspect"},
    {{"clock", "accept"}, OP_CLOCK, "ok"},
};

START_TEST(test_operation_is_sent_and_its_answer_shown)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), simple[_i].words[0],
                simple[_i].words[1], simple[_i].words[2], NULL);
    ck_assert_msg(result->status == 0, "%s", result->err);
    ck_assert_msg(strstr(result->out, simple[_i].said) != NULL, "%s", result->out);
    ck_assert_ptr_null(strchr(result->out, '\033'));
    ck_assert_uint_eq(fake_station_count(station), 1);
    ck_assert_int_eq(fake_station_request(station, 0).operation, simple[_i].operation);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_operation_as_json_is_one_object_with_ok_first)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "--json", simple[_i].words[0],
                simple[_i].words[1], simple[_i].words[2], NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_eq(strstr(result->out, "{\"ok\":true"), result->out);
    const char *end = strchr(result->out, '\n');
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end, "\n");
    ck_assert_str_eq(result->err, "");
    fake_station_stop(station);
}
END_TEST

START_TEST(test_service_off_carries_its_reason)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "service", "S0001", "off",
                "hinge broken", NULL);
    ck_assert_int_eq(result->status, 0);
    struct request request = fake_station_request(station, 0);
    ck_assert_str_eq(request.compartment, "S0001");
    ck_assert(!request.in_service);
    ck_assert(request.has_service_reason);
    ck_assert_str_eq(request.service_reason, "hinge broken");
    fake_station_stop(station);
}
END_TEST

START_TEST(test_extend_and_history_and_clock_carry_their_arguments)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "extend", "S0001", "90m",
                NULL);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "history", "S0001", "--limit",
                "20", NULL);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "clock", "accept", NULL);
    ck_assert_int_eq(fake_station_request(station, 0).by_ms, 90 * 60000);
    ck_assert_str_eq(fake_station_request(station, 1).compartment, "S0001");
    ck_assert_uint_eq(fake_station_request(station, 1).limit, 20);
    ck_assert(fake_station_request(station, 2).accept);
    ck_assert(fake_station_request(station, 2).has_id);
    fake_station_stop(station);
}
END_TEST

static const char *const changes[][4] = {
    {"collect", "S0001"},
    {"release", "S0001"},
    {"reissue", "S0001"},
    {"extend", "S0001", "36h"},
    {"service", "S0001", "on"},
    {"clock", "accept"},
    {"sweep"},
    {"service", "S0001", "off", "hinge"},
};

START_TEST(test_every_change_takes_an_id)
{
    static const char hex[] = "000102030405060708090a0b0c0d0e0F";
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "--id", hex, changes[_i][0],
                changes[_i][1], changes[_i][2], changes[_i][3], NULL);
    ck_assert_msg(result->status == 0, "%s", result->err);
    const struct request request = fake_station_request(station, 0);
    ck_assert(request.has_id);
    for (unsigned i = 0; i < sizeof request.id; i++)
        ck_assert_uint_eq(request.id[i], i);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_status_reads_well)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "status", NULL);
    ck_assert_ptr_nonnull(strstr(result->out, "uptime                   1d 2h\n"));
    ck_assert_ptr_nonnull(strstr(result->out, "ttl                      7d\n"));
    ck_assert_ptr_nonnull(strstr(result->out, "/var/lib/locker/ledger.db\n"));
    ck_assert_ptr_nonnull(strstr(result->out, "small           7       12\n"));
    fake_station_stop(station);
}
END_TEST

START_TEST(test_suspect_clock_comes_with_its_remedy)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "clock", NULL);
    ck_assert_ptr_nonnull(strstr(result->err, "clock accept"));
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "--quiet", "clock", NULL);
    ck_assert_str_eq(result->err, "");
    fake_station_stop(station);
}
END_TEST

static bool unknown(unsigned number, const struct request *request, struct reply *reply)
{
    (void)number;
    (void)request;
    reply->outcome = OUTCOME_UNKNOWN_COMPARTMENT;
    return true;
}

START_TEST(test_what_can_be_no_compartment_is_the_stations_to_refuse)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, unknown);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "release",
                "A-name-that-is-too-long", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_ptr_nonnull(strstr(result->err, "locker-operator: unknown_compartment: "));
    ck_assert_uint_eq(fake_station_count(station), 1);
    fake_station_stop(station);
}
END_TEST

static const struct {
    const char *words[4];
    const char *said;
} mistakes[] = {
    {{NULL}, "name a command"},
    {{"service", "S0001"}, "Usage: locker-operator service ID on|off [REASON]"},
    {{"service", "S0001", "of"}, "say on or off"},
    {{"service", "S0001", "on", "mended"}, "a reason belongs to \"off\""},
    {{"service", "S0001", "off", "a reason of more than thirty-one characters"}, "up to 31"},
    {{"extend", "S0001", "7"}, "such as 24h"},
    {{"extend", "S0001", "0s"}, "such as 24h"},
    {{"extend", "S0001", "4000d"}, "ten years at most"},
    {{"compartments", "--limit", "0"}, "from 1 to 1024"},
    {{"compartments", "--limit", "1025"}, "from 1 to 1024"},
    {{"history", "--limit", "5x"}, "from 1 to 1024"},
    {{"clock", "reset"}, "clock accept"},
    {{"extend", "S0001", "-1h"}, "there is no flag -1\n"},
    {{"keygen", ""}, "name the file"},
    {{"watch"}, "needs a terminal"},
    {{"--json", "watch"}, "for JSON"},
};

START_TEST(test_wrong_usage_says_what_to_do_and_exits_2)
{
    run_program(result, "", OPERATOR, "/nonexistent", mistakes[_i].words[0], mistakes[_i].words[1],
                mistakes[_i].words[2], mistakes[_i].words[3], NULL);
    ck_assert_int_eq(result->status, 2);
    ck_assert_str_eq(result->out, "");
    ck_assert_msg(strstr(result->err, mistakes[_i].said) != NULL, "%s", result->err);
}
END_TEST

/* ---- pages ----------------------------------------------------------------------------- */

static size_t lines_of(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

START_TEST(test_compartments_pages_through_all_of_them)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "compartments", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_uint_eq(lines_of(result->out), WALL_SIZE + 1);
    ck_assert_ptr_nonnull(
        strstr(result->out, "\nS0001           small    occupied  in       2027"));
    ck_assert_ptr_nonnull(
        strstr(result->out, "\nS0003           small    free      out      hing"));
    ck_assert_ptr_nonnull(strstr(result->out, "\nS1500           small    free      in\n"));
    ck_assert_uint_eq(fake_station_count(station), 2);
    ck_assert_str_eq(fake_station_request(station, 1).compartment, "S1024");
    fake_station_stop(station);
}
END_TEST

START_TEST(test_compartments_with_a_limit_is_one_page)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "--quiet", "compartments",
                "--after", "S0100", "--limit", "3", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_uint_eq(lines_of(result->out), 3);
    ck_assert_ptr_eq(strstr(result->out, "S0101"), result->out);
    ck_assert_uint_eq(fake_station_count(station), 1);
    fake_station_stop(station);
}
END_TEST

START_TEST(test_compartments_as_json_is_one_object_a_page)
{
    struct fake_station *station = fake_station_start(ROLE_OPERATOR, answer);
    run_program(result, "", OPERATOR, fake_station_run_dir(station), "--json", "compartments",
                "--after", "S1490", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_uint_eq(lines_of(result->out), 1);
    ck_assert_ptr_eq(
        strstr(result->out, "{\"ok\":true,\"compartments\":[{\"compartment\":\"S1491\""),
        result->out);
    ck_assert_ptr_nonnull(strstr(result->out, "\"reason\":null"));
    ck_assert_ptr_nonnull(strstr(result->out, "\"more\":false"));
    fake_station_stop(station);
}
END_TEST

/* ---- keys ------------------------------------------------------------------------------ */

START_TEST(test_keygen_makes_a_private_pair_and_never_overwrites)
{
    char directory[HARNESS_PATH_SIZE];
    harness_directory(directory);
    char path[HARNESS_PATH_SIZE + 16];
    char public_path[HARNESS_PATH_SIZE + 32];
    snprintf(path, sizeof path, "%s/terminal", directory);
    snprintf(public_path, sizeof public_path, "%s.pub", path);
    run_program(result, "", OPERATOR, NULL, "keygen", path, NULL);
    ck_assert_msg(result->status == 0, "%s", result->err);
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    ck_assert_int_eq(status.st_size, 82);
    ck_assert_int_eq(stat(public_path, &status), 0);
    ck_assert_int_eq(status.st_size, 41);
    run_program(result, "", OPERATOR, NULL, "keygen", path, NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_ptr_nonnull(strstr(result->err, "never overwritten"));

    /* The pair is accepted; nobody listens there, which is another matter. */
    run_program(result, "", OPERATOR, NULL, "--endpoint", "tcp://127.0.0.1:1", "--server-key",
                public_path, "--key", path, "--timeout", "100ms", "ping", NULL);
    ck_assert_msg(result->status == 3, "%s", result->err);
    ck_assert_int_eq(chmod(path, 0644), 0);
    run_program(result, "", OPERATOR, NULL, "--endpoint", "tcp://127.0.0.1:1", "--server-key",
                public_path, "--key", path, "ping", NULL);
    ck_assert_int_eq(result->status, 2);
    ck_assert_ptr_nonnull(strstr(result->err, "others can read the secret key"));
    unlink(path);
    unlink(public_path);
    rmdir(directory);
}
END_TEST

START_TEST(test_keygen_as_json_names_the_files)
{
    char directory[HARNESS_PATH_SIZE];
    char path[HARNESS_PATH_SIZE + 16];
    char public_path[HARNESS_PATH_SIZE + 32];
    char expected[1024];
    harness_directory(directory);
    snprintf(path, sizeof path, "%s/terminal", directory);
    snprintf(public_path, sizeof public_path, "%s.pub", path);
    run_program(result, "", OPERATOR, NULL, "--json", "keygen", path, NULL);
    ck_assert_int_eq(result->status, 0);
    snprintf(expected, sizeof expected, "{\"ok\":true,\"secret\":\"%s\",\"public\":\"%s\"}\n", path,
             public_path);
    ck_assert_str_eq(result->out, expected);
    unlink(path);
    unlink(public_path);
    rmdir(directory);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = operator_suite("operator", &tests);
    const int simple_count = (int)(sizeof simple / sizeof simple[0]);
    tcase_add_loop_test(tests, test_operation_is_sent_and_its_answer_shown, 0, simple_count);
    tcase_add_loop_test(tests, test_operation_as_json_is_one_object_with_ok_first, 0, simple_count);
    tcase_add_test(tests, test_service_off_carries_its_reason);
    tcase_add_test(tests, test_extend_and_history_and_clock_carry_their_arguments);
    tcase_add_loop_test(tests, test_every_change_takes_an_id, 0,
                        sizeof changes / sizeof changes[0]);
    tcase_add_test(tests, test_status_reads_well);
    tcase_add_test(tests, test_suspect_clock_comes_with_its_remedy);
    tcase_add_test(tests, test_what_can_be_no_compartment_is_the_stations_to_refuse);
    tcase_add_loop_test(tests, test_wrong_usage_says_what_to_do_and_exits_2, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    tcase_add_test(tests, test_compartments_pages_through_all_of_them);
    tcase_add_test(tests, test_compartments_with_a_limit_is_one_page);
    tcase_add_test(tests, test_compartments_as_json_is_one_object_a_page);
    tcase_add_test(tests, test_keygen_makes_a_private_pair_and_never_overwrites);
    tcase_add_test(tests, test_keygen_as_json_names_the_files);
    return harness_run(suite);
}
