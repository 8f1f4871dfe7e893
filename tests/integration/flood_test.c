/*
 * Whoever sends without an end: he ends his own desk at worst, and the others go on serving.
 */
#include "endpoint.h"
#include "support/patience.h"
#include "support/processes.h"
#include "support/raw_peer.h"
#include "support/wire.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- subscriptions ----------------------------------------------------------------------- */

#define FLOODERS       2
#define SUBSCRIPTIONS  100000 /* of each, all different */
#define SENT_AT_ONCE   500
#define TOPIC_SIZE_MAX 64

struct flooder {
    char path[ENDPOINT_PATH_MAX];
    int number;
    pthread_t thread;
    atomic_int *flooding; /* how many still are */
    bool connected;       /* was, at least once */
};

static size_t add_subscription(unsigned char *bytes, size_t used, const char *topic)
{
    char note[TOPIC_SIZE_MAX + 1] = "\1";
    snprintf(note + 1, sizeof note - 1, "%s", topic);
    return raw_peer_add_frame(bytes, used, note, 1 + strlen(note + 1), false);
}

/* Sent away, he comes back and goes on. */
static void *flood(void *context)
{
    struct flooder *flooder = context;
    unsigned char bytes[SENT_AT_ONCE * (TOPIC_SIZE_MAX + 10)];
    char topic[TOPIC_SIZE_MAX];
    int fd = -1;
    for (int i = 0; i < SUBSCRIPTIONS;) {
        size_t used = 0;
        if (fd < 0)
            fd = raw_peer_open(flooder->path, "SUB");
        flooder->connected |= fd >= 0;
        for (int k = 0; k < SENT_AT_ONCE; k++, i++) {
            snprintf(topic, sizeof topic, "%d of flooder %d, who wants them all", i,
                     flooder->number);
            used = add_subscription(bytes, used, topic);
        }
        if (fd >= 0 && raw_peer_send(fd, bytes, used) != 0) {
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0)
        close(fd);
    atomic_fetch_sub(flooder->flooding, 1);
    return NULL;
}

/* Whether this subscriber has heard of a pickup. He comes late to those who were sent away, and may
 * be sent away with them: then he comes back. */
static bool hears_of_pickup(int *fd, const char *path)
{
    char heard[4096];
    unsigned char bytes[2 * TOPIC_SIZE_MAX];
    if (*fd < 0) {
        *fd = raw_peer_open(path, "SUB");
        if (*fd < 0)
            return false;
        raw_peer_send(*fd, bytes, add_subscription(bytes, 0, "picked_up"));
    }
    const ssize_t got = recv(*fd, heard, sizeof heard, MSG_DONTWAIT);
    if (got > 0)
        return memmem(heard, (size_t)got, "picked_up", strlen("picked_up")) != NULL;
    if (got == 0 || errno != EAGAIN) {
        close(*fd);
        *fd = -1;
    }
    return false;
}

static void expect_feed_serves(struct station *station, const char *path)
{
    struct ticket ticket;
    int fd = -1;
    const int64_t until_ms = patience_begin();
    while (!hears_of_pickup(&fd, path)) {
        ck_assert(patience_goes_on(until_ms));
        EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, &ticket));
        wire_expect_pickup(station, &ticket);
    }
    close(fd);
}

static void flood_of_subscriptions(bool ephemeral)
{
    struct station station;
    struct ticket ticket;
    struct flooder flooders[FLOODERS] = {0};
    atomic_int flooding = FLOODERS;
    int served = 0;
    station_begin(&station, ephemeral ? "--ephemeral" : NULL, NULL);
    for (int i = 0; i < FLOODERS; i++) {
        flooders[i].number = i;
        flooders[i].flooding = &flooding;
        ck_assert_int_eq(endpoint_feed_path(station.run, flooders[i].path, sizeof flooders[i].path),
                         0);
        ck_assert_int_eq(pthread_create(&flooders[i].thread, NULL, flood, &flooders[i]), 0);
    }
    for (; atomic_load(&flooding) > 0; served++) {
        EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_SMALL, &ticket));
        wire_expect_pickup(&station, &ticket);
    }
    for (int i = 0; i < FLOODERS; i++) {
        ck_assert_int_eq(pthread_join(flooders[i].thread, NULL), 0);
        ck_assert(flooders[i].connected);
    }
    ck_assert_int_gt(served, 0);
    wire_expect_serving(&station);
    expect_feed_serves(&station, flooders[0].path);
    ck_assert_msg(!station_log_has(&station, "was killed"), "a process died");
    station_end(&station);
}

START_TEST(test_flood_of_subscriptions_holds_up_no_deposit)
{
    flood_of_subscriptions(false);
}
END_TEST

START_TEST(test_flood_of_subscriptions_holds_up_no_deposit_of_an_ephemeral_station)
{
    flood_of_subscriptions(true);
}
END_TEST

START_TEST(test_keeper_has_no_socket)
{
    struct station station;
    station_begin(&station, NULL);
    ck_assert_int_ne(processes_have_open(station_process(&station, "keeper"), "socket:"), 1);
    station_end(&station);
}
END_TEST

/* ---- a message that never ends ----------------------------------------------------------- */

/* Sanitizers want more memory than any limit: then a desk has none. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#define PIECE_SIZE ((size_t)1 << 20)
#define PIECES_MAX 400 /* MiB; a desk may have 256, and a short frame takes more than it sends */

/* As many frames of this size as there is room for. */
static size_t fill_with_frames(unsigned char piece[PIECE_SIZE], size_t frame_size)
{
    static unsigned char frame[PIECE_SIZE];
    size_t used = 0;
    while (used + 9 + frame_size <= PIECE_SIZE)
        used = raw_peer_add_frame(piece, used, frame, frame_size, true);
    return used;
}

/* Until the connection is closed; deposits are answered meanwhile. */
static void send_without_end(struct station *station, const unsigned char *piece, size_t size)
{
    char path[ENDPOINT_PATH_MAX];
    int pieces = 0;
    ck_assert_int_eq(endpoint_path(station->run, ROLE_KEYPAD, path, sizeof path), 0);
    const int fd = raw_peer_open(path, "DEALER");
    ck_assert_int_ge(fd, 0);
    while (pieces < PIECES_MAX && raw_peer_send(fd, piece, size) == 0)
        if (pieces++ % 20 == 0)
            EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_MEDIUM, NULL));
    close(fd);
    ck_assert_msg(pieces < PIECES_MAX, "nothing ended the message");
}

static void message_without_end(struct station *station, size_t frame_size)
{
    static unsigned char piece[PIECE_SIZE];
    struct ticket ticket;
    const size_t size = fill_with_frames(piece, frame_size);
    station_begin(station, "--compartments", "small=1,medium=20", NULL);
    const pid_t keeper = station_process(station, "keeper");
    const pid_t driver_desk = station_process(station, "driver desk");
    EXPECT(OUTCOME_OK, wire_deposit(station, SIZE_SMALL, &ticket));
    send_without_end(station, piece, size);
    wire_expect_pickup(station, &ticket);
    wire_expect_serving(station);
    ck_assert_int_eq(station_process(station, "keeper"), keeper);
    ck_assert_int_eq(station_process(station, "driver desk"), driver_desk);
}

START_TEST(test_message_of_endless_long_frames_ends_its_connection)
{
    struct station station;
    message_without_end(&station, PIECE_SIZE - 64);
    station_end(&station);
}
END_TEST

START_TEST(test_message_of_endless_short_frames_ends_its_own_desk_and_that_comes_back)
{
    struct station station;
    message_without_end(&station, 8);
    AWAIT(station_log_has(&station, "the keypad desk serves again"));
    station_end(&station);
}
END_TEST

#endif

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("flood", &tests);
    tcase_add_test(tests, test_flood_of_subscriptions_holds_up_no_deposit);
    tcase_add_test(tests, test_flood_of_subscriptions_holds_up_no_deposit_of_an_ephemeral_station);
    tcase_add_test(tests, test_keeper_has_no_socket);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    tcase_add_test(tests, test_message_of_endless_long_frames_ends_its_connection);
    tcase_add_test(tests,
                   test_message_of_endless_short_frames_ends_its_own_desk_and_that_comes_back);
#endif
    return harness_run(suite);
}
