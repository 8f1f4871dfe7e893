/*
 * Every subcommand of locker-bench that measures or counts, run as a user runs it, with values so
 * small that what it measures means nothing: it must end well, and its JSON must be JSON.
 */
#include "bench_fixture.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TINY_LOAD                                                                                  \
    "--clients", "1", "--windows", "0", "--rates", "0", "--rounds", "1", "--seconds", "0.02"

/* It ended well, without a word on stderr, and said one object. */
static json_t *expect_json(void)
{
    ck_assert_msg(result->status == 0, "exit code %d: %s", result->status, result->err);
    ck_assert_str_eq(result->err, "");
    json_t *object = json_loads(result->out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json_is_object(object), "%s", result->out);
    return object;
}

/* The same, with figures in it. */
static void expect_samples(void)
{
    json_t *object = expect_json();
    ck_assert_msg(json_array_size(json_object_get(object, "samples")) > 0, "%s", result->out);
    json_decref(object);
}

START_TEST(test_engine)
{
    BENCH("engine", "--compartments", "100", "--fill", "50", "--rounds", "1", "--seconds", "0.01",
          "--json", "--quiet");
    expect_samples();
}
END_TEST

START_TEST(test_load)
{
    BENCH("load", TINY_LOAD, "--scratch", directory, "--json", "--quiet");
    expect_samples();
}
END_TEST

/* As much out at a time as can be asked for: nobody drops an answer for that. */
START_TEST(test_largest_window)
{
    BENCH("load", "--clients", "0", "--windows", "4096", "--rates", "0", "--rounds", "1",
          "--seconds", "0.02", "--scratch", directory, "--json", "--quiet");
    expect_samples();
}
END_TEST

static const char *const compared[] = {"echo", "ephemeral", "durable", "echo+flush", "sqlite"};

START_TEST(test_compare)
{
    BENCH("compare", "--peers", "sqlite", TINY_LOAD, "--scratch", directory, "--json", "--quiet");
    json_t *object = expect_json();
    const json_t *cells = json_object_get(object, "cells");
    ck_assert_uint_eq(json_array_size(cells), sizeof compared / sizeof compared[0]);
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *cell = json_array_get(cells, i);
        ck_assert_str_eq(json_string_value(json_object_get(cell, "server")), compared[i]);
        ck_assert_int_gt(json_integer_value(json_object_get(cell, "answered")), 0);
        ck_assert_int_eq(json_integer_value(json_object_get(cell, "refused")), 0);
    }
    json_decref(object);
}
END_TEST

START_TEST(test_scale)
{
    BENCH("scale", "--walls", "100", "--clients", "1", "--tokens", "10", "--ledger", "100", "--ids",
          "100", "--inside", "10", "--load-clients", "1", "--rounds", "1", "--seconds", "0.02",
          "--scratch", directory, "--json", "--quiet");
    expect_samples();
    ck_assert_ptr_nonnull(strstr(result->out, "\"start-up with parcels, memory lost, 10 "));
    ck_assert_ptr_nonnull(
        strstr(result->out, "\"start-up with parcels, all but the rows lost, 10 "));
}
END_TEST

/* Not the mass expiry, which takes a quarter of a minute with however few tokens. */
START_TEST(test_tail)
{
    BENCH("tail", "--only", "checkpoints,desk", "--clients", "1", "--seconds", "0.1", "--rounds",
          "1", "--scratch", directory, "--json", "--quiet");
    expect_samples();
}
END_TEST

/* Without --quiet: nor do the station's own words, as that it has no ledger, stand anywhere. */
START_TEST(test_idle)
{
    BENCH("idle", "--ephemeral", "--rounds", "1", "--seconds", "0.1", "--scratch", directory,
          "--json");
    expect_samples();
    ck_assert_ptr_nonnull(strstr(result->out, "\"operator desk: wake-ups a second\""));
}
END_TEST

/* Write a file into the directory; its path. */
static const char *put(const char *name, const char *text)
{
    static char path[HARNESS_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

START_TEST(test_trace_and_count)
{
    BENCH("trace", "--days", "2", "--per-day", "20");
    ck_assert_int_eq(result->status, 0);
    ck_assert_str_eq(result->err, "");
    const char *path = put("month.csv", result->out);
    BENCH("count", path, "--json");
    json_t *count = expect_json();
    ck_assert_int_gt(json_integer_value(json_object_get(count, "parcels")), 0);
    json_decref(count);
    ck_assert_int_eq(remove(path), 0);
}
END_TEST

/* A week takes two seconds. However late a busy machine is, each customer is clearly in time. */
START_TEST(test_replay)
{
    const char *path = put("week.csv", "offset,size,dwell\n0,small,1h\n1h,medium,\n2h,large,1d\n");
    BENCH("replay", path, "--speed-up", "302400", "--scratch", directory, "--json", "--quiet");
    json_t *replay = expect_json();
    const json_t *replayed = json_object_get(replay, "replayed");
    ck_assert(json_is_true(json_object_get(replay, "agree")));
    ck_assert_int_eq(json_integer_value(json_object_get(replayed, "picked_up")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(replayed, "expired")), 1);
    json_decref(replay);
    ck_assert_int_eq(remove(path), 0);
}
END_TEST

/* That is an error, and what the station said is shown, --quiet or not. */
START_TEST(test_station_that_does_not_start_is_heard)
{
    const char *path = put("bad.conf", "nonsense = 1\n");
    run_program(result, "offset,size,dwell\n0,small,1h\n", "locker-bench", NULL, "replay", "-",
                "--config", path, "--scratch", directory, "--quiet", NULL);
    ck_assert_int_eq(result->status, 3);
    ck_assert_msg(strstr(result->err, "nonsense") != NULL, "%s", result->err);
    ck_assert_int_eq(remove(path), 0);
}
END_TEST

/* As a station that was killed leaves it. */
static void leave_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    close(fd);
}

static void expect_no_station(void)
{
    char sentence[HARNESS_PATH_SIZE + 32];
    snprintf(sentence, sizeof sentence, "no station answers at %s (", directory);
    ck_assert_int_eq(result->status, 3);
    ck_assert_str_eq(result->out, "");
    ck_assert_msg(strstr(result->err, sentence) != NULL, "%s", result->err);
    ck_assert_ptr_eq(strchr(result->err, '\n'), result->err + strlen(result->err) - 1);
}

START_TEST(test_no_station_is_said_and_not_waited_for)
{
    const char *const trace = "offset,size,dwell\n0,small,1h\n";
    char path[HARNESS_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/driver.sock", directory);
    for (int i = 0; i < 2; i++) {
        BENCH("load", TINY_LOAD, "--run", directory, "--scratch", directory);
        expect_no_station();
        run_program(result, trace, "locker-bench", NULL, "replay", "-", "--run", directory, NULL);
        expect_no_station();
        if (i == 0)
            leave_socket(path);
    }
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

static const char *const subcommands[] = {"engine", "load",   "compare", "scale", "tail",
                                          "idle",   "replay", "trace",   "count"};

START_TEST(test_wrong_option_is_wrong_usage)
{
    BENCH(subcommands[_i], "--nonsense");
    ck_assert_msg(result->status == 2, "%s: exit code %d", subcommands[_i], result->status);
    ck_assert_str_eq(result->out, "");
    ck_assert_msg(strstr(result->err, "--help") != NULL, "%s", result->err);
}
END_TEST

/* What could not be given in the end is refused before the run, and leaves no file. */
START_TEST(test_output_that_there_will_not_be_is_wrong_usage)
{
    char plot[HARNESS_PATH_SIZE + 16];
    snprintf(plot, sizeof plot, "%s/new.svg", directory);
    BENCH("idle", "--plot", plot);
    ck_assert_int_eq(result->status, 2);
    BENCH("scale", "--hgrm", directory);
    ck_assert_int_eq(result->status, 2);
    BENCH("load", "--json", "--csv");
    ck_assert_int_eq(result->status, 2);
    BENCH("scale", "--walls", "0", "--clients", "0", "--tokens", "0", "--ids", "0", "--ledger", "0",
          "--inside", "0");
    ck_assert_int_eq(result->status, 2);
    BENCH("load", "--plot", plot, "--compare", "/nonexistent.json");
    ck_assert_int_eq(result->status, 2); /* end() sees that the plot is not there */
}
END_TEST

START_TEST(test_the_flushing_echo_writes_over_nobodys_file)
{
    const char *path = put("precious", "data");
    char uri[HARNESS_PATH_SIZE + 32];
    snprintf(uri, sizeof uri, "ipc://%s", path); /* never bound, so not removed either */
    BENCH("echo", "--bind", uri, "--flush", path);
    ck_assert_int_eq(result->status, 1);
    ck_assert_msg(strstr(result->err, path) != NULL, "%s", result->err);
    char text[8] = "";
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_str_eq(fgets(text, sizeof text, file), "data");
    fclose(file);
    ck_assert_int_eq(remove(path), 0);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = bench_suite("bench programs", &tests);
    tcase_add_test(tests, test_engine);
    tcase_add_test(tests, test_load);
    tcase_add_test(tests, test_largest_window);
    tcase_add_test(tests, test_compare);
    tcase_add_test(tests, test_scale);
    tcase_add_test(tests, test_tail);
    tcase_add_test(tests, test_idle);
    tcase_add_test(tests, test_trace_and_count);
    tcase_add_test(tests, test_replay);
    tcase_add_test(tests, test_station_that_does_not_start_is_heard);
    tcase_add_test(tests, test_no_station_is_said_and_not_waited_for);
    tcase_add_test(tests, test_output_that_there_will_not_be_is_wrong_usage);
    tcase_add_test(tests, test_the_flushing_echo_writes_over_nobodys_file);
    tcase_add_loop_test(tests, test_wrong_option_is_wrong_usage, 0,
                        sizeof subcommands / sizeof subcommands[0]);
    return harness_run(suite);
}
