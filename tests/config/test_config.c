/*
 * The configuration: every mistake named with its place and its remedy, by the real program.
 */
#include "support/harness.h"
#include "support/run_program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATION "locker-station"

static char directory[HARNESS_PATH_SIZE];
static char path[HARNESS_PATH_SIZE + 16];
static struct run run;

static void setup(void)
{
    harness_directory(directory);
    snprintf(path, sizeof path, "%s/station.conf", directory);
}

static void teardown(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(directory), 0); /* --check-config makes nothing */
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* With the data and run directories somewhere that need not be there. */
static void check_flags(const char *flag, const char *value)
{
    char data[HARNESS_PATH_SIZE + 16];
    snprintf(data, sizeof data, "%s/data", directory);
    run_program(&run, "", STATION, directory, "--check-config", "--data", data, flag, value, NULL);
}

static void check_file(const char *text)
{
    write_file(text);
    check_flags("--config", path);
}

static void expect(int code, const char *out, const char *err)
{
    ck_assert_msg(run.status == code, "exit code %d, not %d: %s", run.status, code, run.err);
    ck_assert_msg(!out || strstr(run.out, out), "no \"%s\" in: %s", out, run.out);
    ck_assert_msg(!err || strstr(run.err, err), "no \"%s\" in: %s", err, run.err);
}

/* ---- flags -------------------------------------------------------------------------------- */

static const struct {
    const char *flag;
    const char *value;
    const char *remedy;
} wrong_flags[] = {
    {"--ttl", "5", "write a whole number and a unit"},
    {"--ttl", "0", "--ttl"},
    {"--ttl", "-1d", "--ttl"},
    {"--ttl", "9999999d", "--ttl"},
    {"--code-digits", "5", "from 6 to 12"},
    {"--code-digits", "13", "from 6 to 12"},
    {"--code-digits", "six", "from 6 to 12"},
    {"--on-expiry", "keep", "neither free nor hold"},
    {"--compartments", "small=x", "whole number"},
    {"--compartments", "tiny=3", "small=12,medium=8,large=4"},
    {"--compartments", "small=0", "no compartments"},
    {"--compartments", "", "compartments"},
    {"--compartments", "small=1000000", "use --code-digits 7"},
    {"--name", "a/b", "letters, digits"},
    {"--name", "abcdefghijklmnopqrstuvwxyzabcdefghij", "1 to 31"},
    {"--wrong-codes", "-1", "whole number"},
    {"--remember-requests", "0", "from 1"},
    {"--remember", "month", "no duration"},
    {"--sweep-every", "0", "--sweep-every"},
    {"--credit-outages", "soon", "no duration"},
    {"--fallback=maybe", "--ephemeral", "--fallback"},
    {"--config", "/nonexistent", "cannot read the configuration file"},
    {"--nonsense", "--ephemeral", "no flag --nonsense"},
    {"--ephemeral", "extra", "is no flag"},
};

START_TEST(test_every_wrong_flag_is_named_with_its_remedy)
{
    check_flags(wrong_flags[_i].flag, wrong_flags[_i].value);
    expect(2, NULL, wrong_flags[_i].remedy);
    ck_assert_ptr_nonnull(strstr(run.err, "locker-station: "));
}
END_TEST

static const char *const right_flags[] = {
    "--compartments=small=1",
    "--compartments=small=12,medium=8,large=4",
    "--compartments=large=2,small=1",
    "--compartments=small=99999",
};

START_TEST(test_right_flags_are_summed_up)
{
    check_flags(right_flags[_i], "--ttl=36h");
    expect(0, "36h", NULL);
}
END_TEST

START_TEST(test_a_wall_of_ten_million_is_read)
{
    check_flags("--compartments=small=10000000", "--code-digits=8");
    expect(0, "10000000", NULL);
}
END_TEST

START_TEST(test_a_code_space_that_makes_guessing_easy_is_warned_of)
{
    check_flags("--compartments=small=2000", "--ttl=7d");
    expect(0, NULL, "guessing");
}
END_TEST

START_TEST(test_help_and_version_go_to_stdout)
{
    run_program(&run, "", STATION, NULL, "--help", NULL);
    expect(0, "--compartments", NULL);
    ck_assert_str_eq(run.err, "");
    ck_assert_ptr_nonnull(strstr(run.out, "Example"));
    run_program(&run, "", STATION, NULL, "--version", NULL);
    expect(0, LOCKER_VERSION, NULL);
}
END_TEST

/* ---- file --------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *place; /* file:line, and what is wrong */
} wrong_files[] = {
    {"ttl = 5\ncompartments { small = 1 }\n", "station.conf:1: ttl"},
    {"\nttll = 7d\ncompartments { small = 1 }\n", "station.conf:2: there is no option \"ttll\""},
    {"compartments { small = 1 }\non-expiry = maybe\n", "station.conf:2: on-expiry"},
    {"compartments { small = many }\n", "station.conf:1"},
    {"compartment \"A1\" { size = huge }\n", "station.conf:1: size"},
    {"compartment \"A1\" { size = small }\ncompartment \"A1\" { size = small }\n",
     "station.conf:2: compartment: \"A1\" is there already, in line 1"},
    {"compartment \"ABCDEFGHIJKLMNOP\" { size = small }\n", "station.conf:1: compartment"},
    {"compartment \"A 1\" { size = small }\n", "station.conf:1: compartment"},
    {"compartment \"A1\" { size = small }\ncompartments { small = 1 }\n",
     "the compartments are also listed one by one, from line 1"},
    {"compartments { small = 1\n", "never closed"},
    {"compartments { small = 1 }\nname = \"unclosed\n", "station.conf:"},
    {"compartments { small = 1 }\nremote keypad { endpoint = \"tcp://127.0.0.1:5555\" "
     "allowed-keys = \"none\" }\n",
     "curve-secret-key"},
    {"compartments { small = 1 }\nremote janitor { endpoint = \"tcp://127.0.0.1:5555\" "
     "allowed-keys = \"none\" }\n",
     "station.conf:2"},
    {"name = lobby\n", "no compartments"},
    {"compartments { small = 1 }\nremote keypad {\n endpoint = \"tcp://127.0.0.1:5555\"\n "
     "allowed-keys = \"/nonexistent\" }\n",
     "station.conf:4: allowed-keys: /nonexistent: cannot be read"},
    {"compartments { small = 1 }\ncurve-secret-key = \"/nonexistent\"\n",
     "station.conf:2: curve-secret-key: /nonexistent: cannot be read"},
    {"quiet = 1\ncompartments { small = 1 }\n", "neither on nor off; write one (yes and no"},
    {"name lobby\nttl = 5\n", "what follows was not read"},
};

START_TEST(test_every_wrong_line_is_named_with_its_place)
{
    check_file(wrong_files[_i].text);
    expect(2, NULL, wrong_files[_i].place);
}
END_TEST

START_TEST(test_all_mistakes_are_told_not_only_the_first)
{
    check_file("ttl = 5\non-expiry = maybe\nwrong-codes = x\ncompartments { small = 1 }\n");
    expect(2, NULL, "station.conf:1");
    expect(2, NULL, "station.conf:2");
    expect(2, NULL, "station.conf:3");
}
END_TEST

START_TEST(test_a_flood_of_mistakes_is_said_to_go_on)
{
    char text[2048] = "";
    for (int i = 0; i < 30; i++)
        sprintf(text + strlen(text), "nonsense%d = 1\n", i);
    check_file(text);
    expect(2, NULL, "station.conf:1: there is no option \"nonsense0\"");
    expect(2, NULL, "what follows was not read, and may have more mistakes; mend these first");
}
END_TEST

START_TEST(test_json_is_one_object)
{
    write_file("name = harbour\nttl = 3d\ncompartments { small = 2 large = 1 }\n");
    run_program(&run, "", STATION, directory, "--check-config", "--ephemeral", "--json", "--config",
                path, NULL);
    expect(0,
           "{\"ok\":true,\"name\":\"harbour\",\"compartments\":{\"small\":2,\"medium\":0,"
           "\"large\":1},",
           NULL);
    expect(0, "\"ttl_ms\":259200000,", NULL);
    ck_assert_ptr_eq(strchr(run.out, '\n'), run.out + strlen(run.out) - 1);
    run_program(&run, "", STATION, NULL, "--version", "--json", NULL);
    expect(0, "\"version\":\"" LOCKER_VERSION "\"}\n", NULL);
}
END_TEST

START_TEST(test_a_right_file_is_taken_and_flags_override_it)
{
    write_file("name = harbour\nttl = 3d # short\nfallback = on\n"
               "compartment \"B2\" { size = large }\ncompartment \"A1\" { size = small }\n");
    check_flags("--config", path);
    expect(0, "harbour", NULL);
    expect(0, "3d", NULL);
    ck_assert_ptr_nonnull(strstr(run.out, "B2")); /* filled from */
    char flag[HARNESS_PATH_SIZE + 32];
    snprintf(flag, sizeof flag, "--config=%s", path);
    check_flags(flag, "--ttl=5d");
    expect(0, "5d", NULL);
}
END_TEST

START_TEST(test_the_shipped_example_is_right)
{
    char example[512];
    snprintf(example, sizeof example, "%s/examples/lobby-76.conf", getenv("LOCKER_SOURCE"));
    check_flags("--config", example);
    expect(0, "76", NULL);
    ck_assert_str_eq(run.err, "");
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("config", &tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, test_every_wrong_flag_is_named_with_its_remedy, 0,
                        (int)(sizeof wrong_flags / sizeof wrong_flags[0]));
    tcase_add_loop_test(tests, test_right_flags_are_summed_up, 0, 4);
    tcase_add_test(tests, test_a_wall_of_ten_million_is_read);
    tcase_add_test(tests, test_a_code_space_that_makes_guessing_easy_is_warned_of);
    tcase_add_test(tests, test_help_and_version_go_to_stdout);
    tcase_add_loop_test(tests, test_every_wrong_line_is_named_with_its_place, 0,
                        (int)(sizeof wrong_files / sizeof wrong_files[0]));
    tcase_add_test(tests, test_all_mistakes_are_told_not_only_the_first);
    tcase_add_test(tests, test_a_flood_of_mistakes_is_said_to_go_on);
    tcase_add_test(tests, test_json_is_one_object);
    tcase_add_test(tests, test_a_right_file_is_taken_and_flags_override_it);
    tcase_add_test(tests, test_the_shipped_example_is_right);
    return harness_run(suite);
}
