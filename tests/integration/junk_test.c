/*
 * Whatever comes in at a socket: each request that is none is named so, nothing changes, and the
 * station goes on serving everybody else.
 */
#include "endpoint.h"
#include "support/patience.h"
#include "support/peer.h"
#include "support/wire.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

/* A station with one parcel inside, which must be all there is to it afterwards. */
static void begin(struct station *station, struct ticket *ticket)
{
    station_begin(station, NULL);
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, ticket));
}

static void expect_unharmed_and_end(struct station *station, const struct ticket *ticket)
{
    ck_assert_msg(!station_log_has(station, "was killed"), "a process died");
    ck_assert_msg(!station_log_has(station, "ended with exit code"), "a process ended");
    wire_expect_serving(station);
    ck_assert_int_eq(wire_status(station, "sequence"), 1);
    ck_assert_int_eq(wire_free(station, SIZE_SMALL), 3);
    wire_expect_pickup(station, ticket);
    station_end(station);
}

/* ---- well framed, but no request --------------------------------------------------------- */

/* At the driver's endpoint. */
static const char *const invalid_requests[] = {
    "{}",
    "[]",
    "[\"op\",\"ping\"]",
    "{\"size\":\"small\"}",
    "{\"op\":null}",
    "{\"op\":1}",
    "{\"op\":true}",
    "{\"op\":[\"ping\"]}",
    "{\"op\":{\"ping\":1}}",
    "{\"op\":\"hex:70696e67\"}",
    "{\"op\":\"ping\",\"v\":\"1\"}",
    "{\"op\":\"ping\",\"v\":1.0}",
    "{\"op\":\"ping\",\"v\":null}",
    "{\"op\":\"ping\",\"id\":\"0123456789abcdef\"}",
    "{\"op\":\"ping\",\"id\":\"hex:00\"}",
    "{\"op\":\"ping\",\"id\":\"hex:0000000000000000000000000000000000\"}",
    "{\"op\":\"ping\",\"id\":7}",
    "{\"op\":\"ping\",\"size\":\"small\"}",
    "{\"op\":\"ping\",\"unknown\":1}",
    "{\"op\":\"ping\",\"\":1}",
    "{\"op\":\"deposit\"}",
    "{\"op\":\"deposit\",\"size\":1}",
    "{\"op\":\"deposit\",\"size\":null}",
    "{\"op\":\"deposit\",\"size\":[\"small\"]}",
    "{\"op\":\"deposit\",\"size\":{\"is\":\"small\"}}",
    "{\"op\":\"deposit\",\"size\":\"small\",\"code\":\"123456\"}",
    "{\"op\":\"deposit\",\"size\":\"small\",\"Size\":\"small\"}",
    "{\"op\":\"deposit\",\"size\":\"small\",\"id\":null}",
    "{\"op\":\"cancel\"}",
    "{\"op\":\"cancel\",\"code\":123456}",
    "{\"op\":\"cancel\",\"code\":\"hex:313233343536\"}",
    "{\"op\":\"cancel\",\"code\":\"123456\",\"reason\":\"because\"}",
    "{\"op\":\"cancel\",\"code\":\"123456\",\"reason\":4}",
    "{\"op\":\"collect\"}",
    "{\"op\":\"collect\",\"compartment\":1}",
    "{\"op\":\"availability\",\"limit\":1}",
    "{\"op\":\"expired\",\"after\":\"S01\"}",
};

/* At the operator's. */
static const char *const invalid_staff_requests[] = {
    "{\"op\":\"service\",\"compartment\":\"S01\"}",
    "{\"op\":\"service\",\"in_service\":false}",
    "{\"op\":\"service\",\"compartment\":\"S01\",\"in_service\":0}",
    "{\"op\":\"service\",\"compartment\":\"S01\",\"in_service\":false,\"reason\":7}",
    "{\"op\":\"service\",\"compartment\":\"S01\",\"in_service\":false,\"reason\":\"\\u00e9\"}",
    "{\"op\":\"service\",\"compartment\":\"S01\",\"in_service\":false,\"reason\":\"a\\nb\"}",
    ("{\"op\":\"service\",\"compartment\":\"S01\",\"in_service\":false,"
     "\"reason\":\"12345678901234567890123456789012\"}"),
    "{\"op\":\"extend\",\"compartment\":\"S01\"}",
    "{\"op\":\"extend\",\"compartment\":\"S01\",\"by_ms\":0}",
    "{\"op\":\"extend\",\"compartment\":\"S01\",\"by_ms\":-1}",
    "{\"op\":\"extend\",\"compartment\":\"S01\",\"by_ms\":\"7d\"}",
    "{\"op\":\"extend\",\"compartment\":\"S01\",\"by_ms\":9223372036854775807}",
    "{\"op\":\"compartments\",\"limit\":0}",
    "{\"op\":\"compartments\",\"limit\":1025}",
    "{\"op\":\"compartments\",\"after\":3}",
    "{\"op\":\"history\",\"limit\":-1}",
    "{\"op\":\"history\",\"after\":\"S01\"}",
    "{\"op\":\"clock\",\"accept\":1}",
    "{\"op\":\"sweep\",\"compartment\":\"S01\"}",
    "{\"op\":\"status\",\"accept\":true}",
};

START_TEST(test_what_is_no_request_is_invalid_and_changes_nothing)
{
    struct station station;
    struct ticket ticket;
    begin(&station, &ticket);
    for (size_t i = 0; i < sizeof invalid_requests / sizeof invalid_requests[0]; i++) {
        const enum outcome outcome = wire_try_json(&station, ROLE_DRIVER, invalid_requests[i]);
        ck_assert_msg(outcome == OUTCOME_INVALID_REQUEST, "%s: %s", invalid_requests[i],
                      outcome_name(outcome));
    }
    for (size_t i = 0; i < sizeof invalid_staff_requests / sizeof invalid_staff_requests[0]; i++) {
        const enum outcome outcome =
            wire_try_json(&station, ROLE_OPERATOR, invalid_staff_requests[i]);
        ck_assert_msg(outcome == OUTCOME_INVALID_REQUEST, "%s: %s", invalid_staff_requests[i],
                      outcome_name(outcome));
    }
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

START_TEST(test_size_that_is_none_is_invalid_size)
{
    static const char *const sizes[] = {"", "Small", "small ", "xl", "smal", "a small one, please"};
    struct station station;
    struct ticket ticket;
    char json[96];
    begin(&station, &ticket);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(json, sizeof json, "{\"op\":\"deposit\",\"size\":\"%s\"}", sizes[i]);
        EXPECT(OUTCOME_INVALID_SIZE, wire_try_json(&station, ROLE_DRIVER, json));
    }
    EXPECT(OUTCOME_INVALID_SIZE,
           wire_try_json(&station, ROLE_DRIVER,
                         "{\"op\":\"cancel\",\"code\":\"123456\",\"size\":\"huge\"}"));
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

/* msgpack, by hand: 0x8N a map of N pairs, 0xaN a string of N bytes. */
static const struct {
    const char *what;
    const char *bytes;
    size_t size;
} invalid_bytes[] = {
    {"nothing", BYTES("")},
    {"nil", BYTES("\xc0")},
    {"text", BYTES("GET / HTTP/1.1\r\n\r\n")},
    {"json", BYTES("{\"op\":\"ping\"}")},
    {"a key twice", BYTES("\x82\xa2op\xa4ping\xa2op\xa4ping")},
    {"an id twice, by another name", BYTES("\x83\xa2op\xa4ping\xa1v\x01\xd9\x01v\x01")},
    {"a byte behind", BYTES("\x81\xa2op\xa4ping\xc0")},
    {"two requests", BYTES("\x81\xa2op\xa4ping\x81\xa2op\xa4ping")},
    {"cut short", BYTES("\x81\xa2op\xa4pin")},
    {"a pair promised", BYTES("\x82\xa2op\xa4ping")},
    {"a number as key", BYTES("\x82\xa2op\xa4ping\x01\x01")},
    {"invalid UTF-8", BYTES("\x81\xa2op\xa4\xff\xfe\xfd\xfc")},
    {"overlong UTF-8", BYTES("\x82\xa2op\xa7"
                             "deposit\xa4size\xa2\xc0\xaf")},
    {"half a surrogate pair", BYTES("\x82\xa2op\xa6pickup\xa4"
                                    "code\xa3\xed\xa0\x80")},
    {"an ext", BYTES("\x82\xa2op\xa4ping\xa1v\xd4\x01\x00")},
    {"a float", BYTES("\x82\xa2op\xa4ping\xa1v\xca\x3f\x80\x00\x00")},
    {"the byte that is never used", BYTES("\x81\xa2op\xc1")},
    {"a map of 4 billion pairs", BYTES("\xdf\xff\xff\xff\xff\xa2op")},
    {"an array of 4 billion", BYTES("\x81\xa2op\xdd\xff\xff\xff\xff")},
    {"a string of 4 GB", BYTES("\x81\xa2op\xdb\xff\xff\xff\xff")},
    {"a bin of 4 GB", BYTES("\x82\xa2op\xa4ping\xa2id\xc6\xff\xff\xff\xff")},
};

START_TEST(test_bytes_that_are_no_request_are_invalid)
{
    struct station station;
    struct ticket ticket;
    begin(&station, &ticket);
    for (int role = 0; role < ROLE_COUNT; role++) {
        for (size_t i = 0; i < sizeof invalid_bytes / sizeof invalid_bytes[0]; i++) {
            const enum outcome outcome = wire_try_bytes(
                &station, (enum role)role, invalid_bytes[i].bytes, invalid_bytes[i].size);
            ck_assert_msg(outcome == OUTCOME_INVALID_REQUEST, "%s: %s", invalid_bytes[i].what,
                          outcome_name(outcome));
        }
    }
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

START_TEST(test_deep_nesting_is_invalid)
{
    struct station station;
    struct ticket ticket;
    char bytes[4000];
    begin(&station, &ticket);
    memset(bytes, '\x91', sizeof bytes);
    EXPECT(OUTCOME_INVALID_REQUEST, wire_try_bytes(&station, ROLE_KEYPAD, bytes, sizeof bytes));
    memset(bytes, '\x81', sizeof bytes);
    EXPECT(OUTCOME_INVALID_REQUEST, wire_try_bytes(&station, ROLE_KEYPAD, bytes, sizeof bytes));
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

/* A pickup of exactly this many bytes: its code is that long. */
static char *long_pickup(size_t size)
{
    static const char head[] = "\x82\xa2op\xa6pickup\xa4"
                               "code\xdb";
    const size_t at = sizeof head - 1;
    const size_t text = size - at - 4;
    char *bytes = malloc(size);
    ck_assert_ptr_nonnull(bytes);
    memset(bytes, '7', size);
    memcpy(bytes, head, at);
    for (size_t i = 0; i < 4; i++)
        bytes[at + i] = (char)(text >> (24 - 8 * i) & 0xff);
    return bytes;
}

START_TEST(test_request_of_4096_bytes_is_read_and_one_more_is_too_long)
{
    static const size_t sizes[] = {4097, 5000, 100000};
    struct station station;
    struct ticket ticket;
    begin(&station, &ticket);
    char *bytes = long_pickup(4096);
    EXPECT(OUTCOME_INVALID_CODE, wire_try_bytes(&station, ROLE_KEYPAD, bytes, 4096));
    free(bytes);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bytes = long_pickup(sizes[i]);
        EXPECT(OUTCOME_INVALID_REQUEST, wire_try_bytes(&station, ROLE_KEYPAD, bytes, sizes[i]));
        free(bytes);
    }
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

/* ---- frames of one's own ----------------------------------------------------------------- */

static const char ping[] = "\x81\xa2op\xa4ping";
static const char deposit[] = "\x82\xa2op\xa7"
                              "deposit\xa4size\xa5small";

START_TEST(test_message_of_more_frames_is_invalid)
{
    struct station station;
    struct ticket ticket;
    struct peer peer;
    begin(&station, &ticket);
    peer_open(&peer, &station, ROLE_DRIVER, ZMQ_DEALER);
    peer_send(&peer, "", 0, true);
    peer_send(&peer, BYTES(deposit), true);
    peer_send(&peer, BYTES(ping), false);
    EXPECT(OUTCOME_INVALID_REQUEST, peer_receive(&peer));
    peer_send(&peer, "", 0, true);
    peer_send(&peer, "", 0, true);
    peer_send(&peer, BYTES(deposit), false);
    EXPECT(OUTCOME_INVALID_REQUEST, peer_receive(&peer));
    peer_send(&peer, "", 0, true);
    peer_send(&peer, BYTES(ping), false);
    EXPECT(OUTCOME_OK, peer_receive(&peer));
    peer_close(&peer);
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

START_TEST(test_message_without_delimiter_changes_nothing)
{
    struct station station;
    struct ticket ticket;
    struct peer peer;
    begin(&station, &ticket);
    peer_open(&peer, &station, ROLE_DRIVER, ZMQ_DEALER);
    peer_send(&peer, BYTES(deposit), false);
    peer_send(&peer, BYTES("not empty"), true);
    peer_send(&peer, BYTES(deposit), false);
    peer_send(&peer, "", 0, false);
    /* Each may be answered, as invalid; what comes after them is answered in any case. */
    peer_send(&peer, "", 0, true);
    peer_send(&peer, BYTES(ping), false);
    while (peer_receive(&peer) != OUTCOME_OK)
        ;
    peer_close(&peer);
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

START_TEST(test_huge_and_endless_messages_leave_the_station_serving)
{
    static char huge[4 << 20]; /* over any limit: the connection is closed on it */
    struct station station;
    struct ticket ticket;
    struct peer peer;
    begin(&station, &ticket);
    peer_open(&peer, &station, ROLE_KEYPAD, ZMQ_DEALER);
    peer_send(&peer, "", 0, true);
    peer_send(&peer, huge, sizeof huge, false);
    peer_close(&peer);
    peer_open(&peer, &station, ROLE_KEYPAD, ZMQ_DEALER);
    for (int i = 0; i < 20000; i++)
        peer_send(&peer, BYTES(ping), true);
    wire_expect_serving(&station);
    peer_close(&peer);
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

/* ---- no peer at all ---------------------------------------------------------------------- */

static int raw_connect(const struct station *station, enum role role)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(endpoint_path(station->run, role, address.sun_path, sizeof address.sun_path),
                     0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* The first bytes of a ZMTP 3.0 greeting, then nothing sensible. */
static const char greeting[] =
    "\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

static const struct {
    const char *what;
    const char *bytes;
    size_t size;
} raw_bytes[] = {
    {"nothing", BYTES("")},
    {"http", BYTES("GET / HTTP/1.1\r\nHost: locker\r\n\r\n")},
    {"zeros", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {"a ZMTP 1.0 deposit", BYTES("\1\0\1\1\x17\0\x82\xa2op\xa7"
                                 "deposit\xa4size\xa5small")},
    {"half a greeting", BYTES("\xff\0\0\0\0\0\0\0\1\x7f\3")},
    {"a greeting", BYTES(greeting)},
    {"a greeting and a broken command",
     BYTES("\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL\4\xff\xff\xff\xff")},
};

#define RAW_COUNT (sizeof raw_bytes / sizeof raw_bytes[0])

START_TEST(test_bytes_without_a_handshake_reach_nothing)
{
    struct station station;
    struct ticket ticket;
    int fds[ROLE_COUNT][RAW_COUNT];
    begin(&station, &ticket);
    for (int role = 0; role < ROLE_COUNT; role++) {
        for (size_t i = 0; i < RAW_COUNT; i++) {
            fds[role][i] = raw_connect(&station, (enum role)role);
            ck_assert_msg(fds[role][i] >= 0, "%s", raw_bytes[i].what);
            ck_assert_int_eq(
                send(fds[role][i], raw_bytes[i].bytes, raw_bytes[i].size, MSG_NOSIGNAL),
                (ssize_t)raw_bytes[i].size);
        }
    }
    wire_expect_serving(&station);
    for (int role = 0; role < ROLE_COUNT; role++)
        for (size_t i = 0; i < RAW_COUNT; i++)
            close(fds[role][i]);
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

static bool is_closed(int fd)
{
    char bytes[256];
    const ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

START_TEST(test_silent_connection_is_closed_and_bothers_nobody)
{
    struct station station;
    struct ticket ticket;
    begin(&station, &ticket);
    const int silent = raw_connect(&station, ROLE_KEYPAD);
    ck_assert_int_ge(silent, 0);
    wire_expect_serving(&station);
    AWAIT(is_closed(silent));
    close(silent);
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

#define FLOOD 200

START_TEST(test_flood_of_connections_leaves_the_station_serving)
{
    struct station station;
    struct ticket ticket;
    int fds[FLOOD];
    begin(&station, &ticket);
    for (int i = 0; i < FLOOD; i++) {
        fds[i] = raw_connect(&station, ROLE_KEYPAD);
        if (fds[i] >= 0)
            send(fds[i], BYTES(greeting), MSG_NOSIGNAL);
    }
    wire_expect_serving(&station);
    for (int i = 0; i < FLOOD; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

START_TEST(test_peer_that_never_reads_its_replies_blocks_nobody)
{
    struct station station;
    struct ticket ticket;
    struct peer peer;
    begin(&station, &ticket);
    peer_open(&peer, &station, ROLE_OPERATOR, ZMQ_DEALER);
    for (int i = 0; i < 20000; i++) {
        if (zmq_send(peer.socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
            break;
        peer_send(&peer, BYTES("\x81\xa2op\xa6status"), false);
    }
    wire_expect_serving(&station);
    peer_close(&peer);
    expect_unharmed_and_end(&station, &ticket);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("junk", &tests);
    tcase_add_test(tests, test_what_is_no_request_is_invalid_and_changes_nothing);
    tcase_add_test(tests, test_size_that_is_none_is_invalid_size);
    tcase_add_test(tests, test_bytes_that_are_no_request_are_invalid);
    tcase_add_test(tests, test_deep_nesting_is_invalid);
    tcase_add_test(tests, test_request_of_4096_bytes_is_read_and_one_more_is_too_long);
    tcase_add_test(tests, test_message_of_more_frames_is_invalid);
    tcase_add_test(tests, test_message_without_delimiter_changes_nothing);
    tcase_add_test(tests, test_huge_and_endless_messages_leave_the_station_serving);
    tcase_add_test(tests, test_bytes_without_a_handshake_reach_nothing);
    tcase_add_test(tests, test_silent_connection_is_closed_and_bothers_nobody);
    tcase_add_test(tests, test_flood_of_connections_leaves_the_station_serving);
    tcase_add_test(tests, test_peer_that_never_reads_its_replies_blocks_nobody);
    return harness_run(suite);
}
