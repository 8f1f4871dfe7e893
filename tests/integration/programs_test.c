/*
 * The programs against a real station, as a user runs them: what stands where, which exit code,
 * where they look for the station, and what becomes of output that cannot be written.
 */
#include "support/run_program.h"
#include "support/wire.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct run *result;
static struct station station;

static void begin(void)
{
    result = calloc(1, sizeof *result);
    ck_assert_ptr_nonnull(result);
    unsetenv("NO_COLOR");
    station_begin(&station, "--compartments", "small=2,medium=1", "--wrong-codes", "0", NULL);
}

static void end(void)
{
    station_end(&station);
    free(result);
}

/* ---- commands ---------------------------------------------------------------------------- */

/* Run it with --json; the one object on its stdout. */
static json_t *ask(const char *program, int status, const char *word, const char *more)
{
    if (more)
        run_program(result, "", program, station.run, "--json", word, more, NULL);
    else
        run_program(result, "", program, station.run, "--json", word, NULL);
    ck_assert_msg(result->status == status, "%s %s: exit code %d, %s", program, word,
                  result->status, result->err);
    ck_assert_str_eq(result->err, "");
    ck_assert_ptr_eq(strchr(result->out, '\n'), result->out + strlen(result->out) - 1);
    json_t *reply = json_loads(result->out, 0, NULL);
    ck_assert_msg(reply != NULL, "%s", result->out);
    ck_assert_int_eq(json_is_true(json_object_get(reply, "ok")), status == 0);
    return reply;
}

static void text_of(json_t *reply, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(reply, key));
    ck_assert_msg(value != NULL, "%s", key);
    snprintf(text, size, "%s", value);
    json_decref(reply);
}

static void expect_refused(const char *program, const char *error, const char *word,
                           const char *more)
{
    char text[64];
    run_program(result, "", program, station.run, word, more, NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_str_eq(result->out, "");
    snprintf(text, sizeof text, "%s: %s: ", program, error);
    ck_assert_msg(strncmp(result->err, text, strlen(text)) == 0, "%s", result->err);
    text_of(ask(program, 1, word, more), "error", text, sizeof text);
    ck_assert_str_eq(text, error);
}

START_TEST(test_driver_deposits_and_customer_collects)
{
    char code[32];
    char place[32];
    text_of(ask("locker-driver", 0, "deposit", "medium"), "code", code, sizeof code);
    expect_refused("locker-driver", "no_space", "deposit", "medium");
    expect_refused("locker-driver", "invalid_size", "deposit", "huge");
    text_of(ask("locker-keypad", 0, "pickup", code), "compartment", place, sizeof place);
    ck_assert_str_eq(place, "M01");
    expect_refused("locker-keypad", "code_used", "pickup", code);
    expect_refused("locker-keypad", "invalid_code", "pickup", "123");
    text_of(ask("locker-driver", 0, "deposit", "small"), "code", code, sizeof code);
    run_program(result, "", "locker-driver", station.run, "cancel", code, "--reason", "nope", NULL);
    ck_assert_int_eq(result->status, 1);
    ck_assert_ptr_nonnull(strstr(result->err, "invalid_request: "));
    run_program(result, "", "locker-driver", station.run, "cancel", code, "--size", "medium", NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_nonnull(strstr(result->out, "M01"));
    expect_refused("locker-keypad", "code_cancelled", "pickup", code);
}
END_TEST

static const struct {
    const char *words[4];
    const char *shows;
} staff[] = {
    {{"ping"}, "operator endpoint"},
    {{"availability"}, "small"},
    {{"compartments"}, "S01"},
    {{"reissue", "S01"}, "S01"},
    {{"extend", "S01", "24h"}, "S01"},
    {{"service", "S02", "off", "door jammed"}, "S02"},
    {{"compartments", "--after", "S01"}, "door jammed"},
    {{"service", "S02", "on"}, "S02"},
    {{"release", "S01"}, "S01"},
    {{"expired"}, ""},
    {{"sweep"}, "0"},
    {{"clock"}, "ok"},
    {{"clock", "accept"}, "ok"},
    {{"history", "--limit", "3"}, "clock_accepted"},
    {{"history", "S01"}, "released"},
    {{"status"}, "durable sequence"},
};

START_TEST(test_every_command_of_the_staff_is_done)
{
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, NULL));
    for (size_t i = 0; i < sizeof staff / sizeof staff[0]; i++) {
        const char *const *words = staff[i].words;
        run_program(result, "", "locker-operator", station.run, words[0], words[1], words[2],
                    words[3], NULL);
        ck_assert_msg(result->status == 0, "%s: %s", words[0], result->err);
        ck_assert_msg(strstr(result->out, staff[i].shows) != NULL, "%s: %s", words[0], result->out);
        ck_assert_msg(strchr(result->out, '\033') == NULL, "%s: an escape sequence", words[0]);
    }
    expect_refused("locker-operator", "unknown_compartment", "release", "S99");
    expect_refused("locker-operator", "not_occupied", "release", "S01");
    expect_refused("locker-operator", "not_occupied", "collect", "S01");
}
END_TEST

/* ---- pipes and terminals ----------------------------------------------------------------- */

START_TEST(test_piped_driver_reads_commands_until_it_is_to_quit)
{
    run_program(result, "help\ndeposit small\nquit\ndeposit small\n", "locker-driver", station.run,
                NULL);
    ck_assert_int_eq(result->status, 0);
    ck_assert_ptr_nonnull(strstr(result->out, "deposit SIZE"));
    ck_assert_ptr_nonnull(strstr(result->out, "S01"));
    ck_assert_ptr_null(strstr(result->out, "S02"));
    ck_assert_ptr_null(strchr(result->out, '\033'));
    ck_assert_int_eq(wire_status(&station, "sequence"), 1);
}
END_TEST

/* What a driver's session on a terminal looks like. */
static void converse(struct screen *screen)
{
    *screen = (struct screen){.pid = 0};
    screen_start(screen, "locker-driver", station.run, NULL);
    const size_t at = screen_wait_for(screen, 0, "driver>");
    screen_type(screen, "deposit small\n");
    screen_wait_for(screen, at, "driver>");
    screen_type(screen, "quit\n");
    ck_assert_int_eq(screen_finish(screen), 0);
}

START_TEST(test_no_color_is_respected)
{
    static struct screen screen;
    converse(&screen);
    ck_assert_ptr_nonnull(strchr(screen.text, '\033')); /* else nothing is shown by the next */
    ck_assert_int_eq(setenv("NO_COLOR", "1", 1), 0);
    converse(&screen);
    ck_assert_msg(strstr(screen.text, "\033[") == NULL, "%s", screen.text);
}
END_TEST

/* ---- where the station is ---------------------------------------------------------------- */

static void expect_reached(const char *program)
{
    run_program(result, "", program, NULL, "ping", NULL);
    ck_assert_msg(result->status == 0, "%s", result->err);
    ck_assert_ptr_nonnull(strstr(result->out, station.name));
}

START_TEST(test_run_directory_comes_from_the_environment)
{
    static const char *const programs[] = {"locker-driver", "locker-keypad", "locker-operator"};
    char path[HARNESS_PATH_SIZE + 16];
    struct stat status;
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(setenv("LOCKER_RUN", station.run, 1), 0);
        expect_reached(programs[i]);
        /* The flag goes before it. */
        ck_assert_int_eq(setenv("LOCKER_RUN", "/nonexistent", 1), 0);
        run_program(result, "", programs[i], station.run, "ping", NULL);
        ck_assert_int_eq(result->status, 0);
    }
    ck_assert_int_eq(unsetenv("LOCKER_RUN"), 0);
    if (stat("/run/locker", &status) == 0)
        return; /* this machine has a station of its own, which goes before */
    snprintf(path, sizeof path, "%s/locker", station.root);
    ck_assert_int_eq(symlink(station.run, path), 0);
    ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", station.root, 1), 0);
    for (size_t i = 0; i < 3; i++)
        expect_reached(programs[i]);
    ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
    run_program(result, "", "locker-driver", NULL, "--timeout", "50ms", "ping", NULL);
    ck_assert_int_eq(result->status, 3);
    snprintf(path, sizeof path, "/tmp/locker-%u", (unsigned)getuid());
    ck_assert_msg(strstr(result->err, path) != NULL, "%s", result->err);
}
END_TEST

/* ---- output that goes nowhere ------------------------------------------------------------ */

/* A program, whether it takes --run, and a word or two. */
struct speaker {
    const char *program;
    bool asks;
    const char *words[2];
};

static const struct speaker speakers[] = {
    {"locker-driver", true, {"availability"}},
    {"locker-driver", false, {"--help"}},
    {"locker-keypad", true, {"ping"}},
    {"locker-keypad", false, {"--version"}},
    {"locker-operator", true, {"status"}},
    {"locker-operator", true, {"--json", "history"}},
    {"locker-operator", false, {"--version"}},
    {"locker-station", false, {"--help"}},
    {"locker-station", false, {"--version"}},
    {"locker-station", false, {"--compartments=small=1", "--check-config"}},
    {"locker-bench", false, {"--help"}},
    {"locker-bench", false, {"--version"}},
    {"locker-bench", false, {"trace", "--days=1"}},
};

#define SPEAKERS (sizeof speakers / sizeof speakers[0])

static void expect_fault(const struct speaker *speaker, int status, const char *said)
{
    ck_assert_msg(status == 1 && strstr(said, "output") != NULL, "%s %s: exit code %d, \"%s\"",
                  speaker->program, speaker->words[0], status, said);
}

START_TEST(test_full_disk_behind_stdout_is_an_error)
{
    for (size_t i = 0; i < SPEAKERS; i++) {
        const struct speaker *speaker = &speakers[i];
        const char *run = speaker->asks ? station.run : NULL;
        run_program(result, "", speaker->program, run, speaker->words[0], speaker->words[1], NULL);
        ck_assert_msg(result->status == 0, "%s: %s", speaker->program, result->err);
        ck_assert_str_ne(result->out, "");
        run_program_into(result, "/dev/full", speaker->program, run, speaker->words[0],
                         speaker->words[1], NULL);
        expect_fault(speaker, result->status, result->err);
        ck_assert_ptr_nonnull(strstr(result->err, "No space left on device"));
    }
}
END_TEST

static void become_speaker_without_stdout(const struct speaker *speaker, int said_fd)
{
    char program[HARNESS_PATH_SIZE];
    const char *const *words = speaker->words;
    harness_program(speaker->program, program);
    close(STDOUT_FILENO);
    dup2(said_fd, STDERR_FILENO);
    if (speaker->asks)
        execl(program, program, "--run", station.run, words[0], words[1], (char *)NULL);
    else
        execl(program, program, words[0], words[1], (char *)NULL);
    _exit(127);
}

START_TEST(test_closed_stdout_is_an_error)
{
    for (size_t i = 0; i < SPEAKERS; i++) {
        char said[1024] = "";
        int status;
        const int said_fd = memfd_create("said", MFD_CLOEXEC);
        const pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            become_speaker_without_stdout(&speakers[i], said_fd);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_ge(pread(said_fd, said, sizeof said - 1, 0), 0);
        close(said_fd);
        expect_fault(&speakers[i], WIFEXITED(status) ? WEXITSTATUS(status) : -1, said);
    }
}
END_TEST

/* ---- locker-bench ------------------------------------------------------------------------ */

static void bench(int status, const char *a, const char *b, const char *c, const char *d)
{
    run_program(result, "", "locker-bench", NULL, a, b, c, d, NULL);
    ck_assert_msg(result->status == status, "%s %s: exit code %d, %s", a, b ? b : "",
                  result->status, result->err);
}

START_TEST(test_bench_has_the_exit_codes_and_streams_of_the_others)
{
    bench(0, "--version", NULL, NULL, NULL);
    ck_assert_ptr_eq(strstr(result->out, "locker-bench "), result->out);
    bench(0, "--help", NULL, NULL, NULL);
    ck_assert_str_eq(result->err, "");
    bench(0, "load", "--help", NULL, NULL);
    ck_assert_ptr_nonnull(strstr(result->out, "Usage: locker-bench load"));
    static const char *const mistakes[][2] = {
        {"nope", NULL}, {"load", "--seconds=x"}, {"load", "--nope"}, {"count", NULL}};
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        bench(2, mistakes[i][0], mistakes[i][1], NULL, NULL);
        ck_assert_str_eq(result->out, "");
        ck_assert_str_ne(result->err, "");
    }
}
END_TEST

START_TEST(test_bench_makes_the_same_trace_and_counts_it_as_json)
{
    static struct run again;
    char path[HARNESS_PATH_SIZE + 16];
    bench(0, "trace", "--days=1", "--per-day=20", NULL);
    run_program(&again, "", "locker-bench", NULL, "trace", "--days=1", "--per-day=20", NULL);
    ck_assert_str_eq(result->out, again.out);
    snprintf(path, sizeof path, "%s/trace.csv", station.root);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(again.out, file);
    ck_assert_int_eq(fclose(file), 0);
    bench(0, "count", path, "--json", NULL);
    json_t *count = json_loads(result->out, 0, NULL);
    ck_assert_msg(count != NULL, "%s", result->out);
    ck_assert_int_gt(json_integer_value(json_object_get(count, "parcels")), 0);
    json_decref(count);
    ck_assert_str_eq(result->err, "");
}
END_TEST

START_TEST(test_bench_loads_a_running_station_and_tells_it_as_json)
{
    run_program(result, "", "locker-bench", NULL, "load", "--run", station.run, "--json",
                "--clients=1", "--windows=0", "--rates=0", "--rounds=1", "--seconds=0.05", NULL);
    ck_assert_msg(result->status == 0, "%s", result->err);
    json_t *load = json_loads(result->out, 0, NULL);
    ck_assert_msg(json_is_object(load), "%s", result->out);
    json_decref(load);
    wire_expect_serving(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("programs", &tests);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, test_driver_deposits_and_customer_collects);
    tcase_add_test(tests, test_every_command_of_the_staff_is_done);
    tcase_add_test(tests, test_piped_driver_reads_commands_until_it_is_to_quit);
    tcase_add_test(tests, test_no_color_is_respected);
    tcase_add_test(tests, test_run_directory_comes_from_the_environment);
    tcase_add_test(tests, test_full_disk_behind_stdout_is_an_error);
    tcase_add_test(tests, test_closed_stdout_is_an_error);
    tcase_add_test(tests, test_bench_has_the_exit_codes_and_streams_of_the_others);
    tcase_add_test(tests, test_bench_makes_the_same_trace_and_counts_it_as_json);
    tcase_add_test(tests, test_bench_loads_a_running_station_and_tells_it_as_json);
    return harness_run(suite);
}
