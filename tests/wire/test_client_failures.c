/*
 * The client that is not answered: it says why not, and no answer is ever taken for that of another
 * call.
 */
#include "caller.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* ---- not answered ------------------------------------------------------------------------- */

START_TEST(test_no_station_is_a_timeout)
{
    router_prepare(&router);
    struct client *client = open_client(router.uri, 300);
    struct value *reply;
    ck_assert_int_eq(collect(client, "M01", &reply), -ETIMEDOUT);
    ck_assert_ptr_null(reply);
    client_close(client);
    router_serve(&router);
    router_stop(&router);
}
END_TEST

START_TEST(test_a_silent_station_is_a_timeout_and_the_next_call_is_answered)
{
    START(ROUTER_SILENCE, ROUTER_SILENCE, ROUTER_SILENCE);
    struct client *client = open_client(router.uri, 200); /* one attempt, perhaps two */
    struct value *reply;
    ck_assert_int_eq(collect(client, "M01", &reply), -ETIMEDOUT);
    client_close(client);
    client = open_client(router.uri, PATIENT_MS);
    check_collects(client, "M02");
    client_close(client);
    router_stop(&router);
}
END_TEST

START_TEST(test_a_late_answer_is_not_taken_for_that_of_the_next_call)
{
    START(ROUTER_SILENCE, ROUTER_SILENCE, ROUTER_SILENCE, ROUTER_ANSWER_LATE);
    /* The first call times out, and its answer is sent before the second's. */
    struct client *client = open_client(router.uri, 200);
    struct value *reply;
    ck_assert_int_eq(collect(client, "M01", &reply), -ETIMEDOUT);
    int error;
    while ((error = collect(client, "M02", &reply)) == -ETIMEDOUT)
        ; /* a slow machine */
    ck_assert_int_eq(error, 0);
    ck_assert_str_eq(value_str(value_get(reply, "compartment")), "M02");
    value_free(reply);
    client_close(client);
    router_stop(&router);
}
END_TEST

START_TEST(test_a_late_answer_within_a_call_does_no_harm)
{
    START(ROUTER_SILENCE, ROUTER_SILENCE, ROUTER_ANSWER_LATE);
    struct client *client = open_client(router.uri, PATIENT_MS);
    check_collects(client, "M01");
    check_collects(client, "M02");
    client_close(client);
    router_stop(&router);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
} junk[] = {
    {"", 0},
    {"\xc1", 1},
    {"\xc3", 1},
    {"\x93\x01\x02\x03", 4},
    {"\x80", 1},
    {"\x81\xa2no\xc3", 5},
    {"\x81\xa2ok\x01", 5},
    {"\x81\xa2ok", 4},
    {"\x81\xa2ok\xc3\xc3", 6},
    {"\xdf\xff\xff\xff\xff\xa2ok\xc3", 9},
};

START_TEST(test_junk_is_named_and_the_next_call_is_answered)
{
    static const enum router_act script[] = {ROUTER_JUNK};
    router_prepare(&router);
    router.script = script;
    router.script_length = 1;
    router.junk = junk[_i].bytes;
    router.junk_size = junk[_i].size;
    router_serve(&router);
    struct client *client = open_client(router.uri, PATIENT_MS);
    struct value *reply;
    ck_assert_int_eq(collect(client, "M01", &reply), -EBADMSG);
    ck_assert_ptr_null(reply);
    check_collects(client, "M02");
    client_close(client);
    router_stop(&router);
}
END_TEST

START_TEST(test_an_answer_of_two_frames_is_junk)
{
    START(ROUTER_TWO_FRAMES);
    struct client *client = open_client(router.uri, PATIENT_MS);
    struct value *reply;
    ck_assert_int_eq(collect(client, "M01", &reply), -EBADMSG);
    check_collects(client, "M02");
    client_close(client);
    router_stop(&router);
}
END_TEST

START_TEST(test_an_endless_answer_is_not_taken_in)
{
    static const enum router_act script[] = {ROUTER_JUNK};
    char *bytes = calloc(1, 2 * VALUE_BYTES_MAX);
    ck_assert_ptr_nonnull(bytes);
    router_prepare(&router);
    router.script = script;
    router.script_length = 1;
    router.junk = bytes;
    router.junk_size = 2 * VALUE_BYTES_MAX;
    router_serve(&router);
    struct client *client = open_client(router.uri, PATIENT_MS);
    check_collects(client, "M01");
    client_close(client);
    router_stop(&router);
    ck_assert_uint_ge(router.count, 2);
    free(bytes);
}
END_TEST

static void ignore_signal(int number)
{
    (void)number;
}

START_TEST(test_the_next_call_may_have_another_timeout)
{
    START(ROUTER_SILENCE);
    struct client *client = open_client(router.uri, PATIENT_MS);
    struct value *reply;
    client_set_timeout(client, 20); /* less than the first attempt waits */
    ck_assert_int_eq(collect(client, "M01", &reply), -ETIMEDOUT);
    client_set_timeout(client, PATIENT_MS);
    check_collects(client, "M02");
    client_close(client);
    router_stop(&router);
}
END_TEST

START_TEST(test_a_signal_ends_the_wait_and_the_next_call_is_answered)
{
    struct sigaction action = {.sa_handler = ignore_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    START(ROUTER_SIGNAL, ROUTER_SIGNAL, ROUTER_SIGNAL, ROUTER_SIGNAL, ROUTER_SIGNAL, ROUTER_SIGNAL);
    struct client *client = open_client(router.uri, PATIENT_MS);
    struct value *reply;
    int error = collect(client, "M01", &reply);
    ck_assert_int_eq(error, -EINTR);
    ck_assert_ptr_null(reply);
    while ((error = collect(client, "M02", &reply)) == -EINTR)
        ;
    ck_assert_int_eq(error, 0);
    ck_assert_str_eq(value_str(value_get(reply, "compartment")), "M02");
    value_free(reply);
    client_close(client);
    router_stop(&router);
}
END_TEST

/* ---- opening ------------------------------------------------------------------------------ */

#define KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

static const struct {
    const char *endpoint;
    int timeout_ms;
    const char *server, *own, *secret;
    int error;
} openings[] = {
    {"", 1, NULL, NULL, NULL, -EINVAL},
    {"ipc:", 1, NULL, NULL, NULL, -EINVAL},
    {"ipc://", 1, NULL, NULL, NULL, -EINVAL},
    {"http://127.0.0.1:1", 1, NULL, NULL, NULL, -EINVAL},
    {"/run/locker/driver.sock", 1, NULL, NULL, NULL, -EINVAL},
    {"ipc:///nonexistent/s", 0, NULL, NULL, NULL, -EINVAL},
    {"ipc:///nonexistent/s", 1, NULL, NULL, NULL, 0},
    {"ipc:///nonexistent/s", 1, KEY, KEY, KEY, -EINVAL},
    {"tcp://127.0.0.1:1", 1, NULL, NULL, NULL, -EPROTO},
    {"tcp://127.0.0.1:1", 1, KEY, KEY, NULL, -EPROTO},
    {"tcp://127.0.0.1:1", 1, KEY, NULL, KEY, -EPROTO},
    {"tcp://127.0.0.1:1", 1, NULL, KEY, KEY, -EPROTO},
    {"tcp://127.0.0.1:1", 1, KEY, KEY, "short", -EINVAL},
    {"tcp://127.0.0.1:1", 1, "\"q:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", KEY, KEY, -EINVAL},
    {"tcp://127.0.0.1:1", 1, KEY, KEY, KEY, 0},
    {"tcp://127.0.0.1", 1, KEY, KEY, KEY, -EINVAL},
    {"tcp://", 1, KEY, KEY, KEY, -EINVAL},
};

START_TEST(test_what_cannot_be_opened_is_told_apart)
{
    struct client *client;
    const struct client_options options = {.endpoint = openings[_i].endpoint,
                                           .timeout_ms = openings[_i].timeout_ms,
                                           .server_public_key = openings[_i].server,
                                           .public_key = openings[_i].own,
                                           .secret_key = openings[_i].secret};
    ck_assert_int_eq(client_open(&client, &options), openings[_i].error);
    ck_assert((client != NULL) == (openings[_i].error == 0));
    client_close(client);
}
END_TEST

START_TEST(test_a_path_that_fits_no_socket_is_too_long)
{
    char uri[160] = "ipc:///";
    struct client *client;
    const struct client_options options = {.endpoint = uri, .timeout_ms = 1};
    memset(uri + 7, 'x', 106); /* with its slash: 107 characters and a NUL */
    ck_assert_int_eq(client_open(&client, &options), 0);
    client_close(client);
    uri[7 + 106] = 'x';
    ck_assert_int_eq(client_open(&client, &options), -ENAMETOOLONG);
    ck_assert_ptr_null(client);
}
END_TEST

/* ---- over tcp ----------------------------------------------------------------------------- */

struct key_pair {
    char public_key[41];
    char secret_key[41];
};

static void make_keys(struct key_pair *keys)
{
    ck_assert_int_eq(zmq_curve_keypair(keys->public_key, keys->secret_key), 0);
}

static struct client *open_remote(const struct key_pair *server, const struct key_pair *own,
                                  int timeout_ms)
{
    struct client *client;
    const struct client_options options = {.endpoint = router.uri,
                                           .timeout_ms = timeout_ms,
                                           .server_public_key = server->public_key,
                                           .public_key = own->public_key,
                                           .secret_key = own->secret_key};
    ck_assert_int_eq(client_open(&client, &options), 0);
    return client;
}

START_TEST(test_over_tcp_only_the_station_with_the_right_key_is_spoken_to)
{
    struct key_pair station;
    struct key_pair other;
    struct key_pair own;
    struct value *reply;
    make_keys(&station);
    make_keys(&other);
    make_keys(&own);
    router_prepare(&router);
    strcpy(router.uri, "tcp://127.0.0.1:*");
    router.secret_key = station.secret_key;
    router_serve(&router);
    struct client *client = open_remote(&station, &own, PATIENT_MS);
    check_collects(client, "M01");
    client_close(client);
    client = open_remote(&other, &own, 300);
    ck_assert_int_eq(collect(client, "M02", &reply), -ETIMEDOUT);
    client_close(client);
    router_stop(&router);
    ck_assert_uint_eq(router.count, 1);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("client_failures", &tests);
    tcase_add_test(tests, test_no_station_is_a_timeout);
    tcase_add_test(tests, test_a_silent_station_is_a_timeout_and_the_next_call_is_answered);
    tcase_add_test(tests, test_a_late_answer_is_not_taken_for_that_of_the_next_call);
    tcase_add_test(tests, test_a_late_answer_within_a_call_does_no_harm);
    tcase_add_loop_test(tests, test_junk_is_named_and_the_next_call_is_answered, 0,
                        (int)(sizeof junk / sizeof junk[0]));
    tcase_add_test(tests, test_an_answer_of_two_frames_is_junk);
    tcase_add_test(tests, test_an_endless_answer_is_not_taken_in);
    tcase_add_test(tests, test_the_next_call_may_have_another_timeout);
    tcase_add_test(tests, test_a_signal_ends_the_wait_and_the_next_call_is_answered);
    tcase_add_loop_test(tests, test_what_cannot_be_opened_is_told_apart, 0,
                        (int)(sizeof openings / sizeof openings[0]));
    tcase_add_test(tests, test_a_path_that_fits_no_socket_is_too_long);
    tcase_add_test(tests, test_over_tcp_only_the_station_with_the_right_key_is_spoken_to);
    return harness_run(suite);
}
