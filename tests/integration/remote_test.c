/*
 * Remote terminals: tcp with CURVE, keys on the list, and nothing else.
 */
#include "support/patience.h"
#include "support/wire.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define KEY_SIZE 41

struct key_pair {
    char public_key[KEY_SIZE];
    char secret_key[KEY_SIZE];
};

/* A station with one endpoint for remote drivers, and who may come in there. */
struct remote {
    struct station station;
    char uri[64];
    struct key_pair server;
    struct key_pair driver;   /* on the list */
    struct key_pair stranger; /* not on it */
};

static void make_pair(struct key_pair *pair)
{
    ck_assert_int_eq(zmq_curve_keypair(pair->public_key, pair->secret_key), 0);
}

static void free_uri(char *uri, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    snprintf(uri, size, "tcp://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
}

static void write_file(const struct station *station, const char *name, mode_t mode,
                       const char *text)
{
    char path[2 * HARNESS_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", station->root, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fchmod(fileno(file), mode), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void remote_begin(struct remote *remote)
{
    char text[512];
    char config[2 * HARNESS_PATH_SIZE];
    make_pair(&remote->server);
    make_pair(&remote->driver);
    make_pair(&remote->stranger);
    free_uri(remote->uri, sizeof remote->uri);
    station_prepare(&remote->station, "--compartments", "small=2", NULL);
    write_file(&remote->station, "station.secret", 0600, remote->server.secret_key);
    snprintf(text, sizeof text, "# %0200d\n\n%s\tthe van's terminal # since May\n", 0,
             remote->driver.public_key);
    write_file(&remote->station, "drivers.keys", 0644, text);
    snprintf(text, sizeof text,
             "curve-secret-key = \"station.secret\"\n"
             "remote driver { endpoint = \"%s\" allowed-keys = \"drivers.keys\" }\n",
             remote->uri);
    write_file(&remote->station, "conf", 0644, text);
    snprintf(config, sizeof config, "%s/conf", remote->station.root);
    station_add_argument(&remote->station, "--config");
    station_add_argument(&remote->station, config);
    station_start(&remote->station);
}

static struct client *remote_driver(const struct remote *remote)
{
    struct client *client = NULL;
    const struct client_options options = {
        .endpoint = remote->uri,
        .timeout_ms = 30000,
        .server_public_key = remote->server.public_key,
        .public_key = remote->driver.public_key,
        .secret_key = remote->driver.secret_key,
    };
    ck_assert_int_eq(client_open(&client, &options), 0);
    return client;
}

static enum outcome call(struct client *client, const struct request *request)
{
    struct value *reply = NULL;
    ck_assert_int_eq(client_call(client, request, &reply), 0);
    const enum outcome outcome = wire_outcome(reply);
    value_free(reply);
    return outcome;
}

START_TEST(test_driver_on_the_list_is_served_as_a_driver)
{
    struct remote remote;
    struct request deposit = {.operation = OP_DEPOSIT, .has_size = true, .size = SIZE_SMALL};
    const struct request status = {.operation = OP_STATUS};
    remote_begin(&remote);
    struct client *client = remote_driver(&remote);
    client_new_id(&deposit);
    EXPECT(OUTCOME_OK, call(client, &deposit));
    EXPECT(OUTCOME_NOT_ALLOWED, call(client, &status));
    ck_assert_int_eq(wire_free(&remote.station, SIZE_SMALL), 1);
    station_kill_process(&remote.station, "driver desk", 9);
    EXPECT(OUTCOME_OK, call(client, &deposit));
    ck_assert_int_eq(wire_free(&remote.station, SIZE_SMALL), 1);
    client_close(client);
    station_end(&remote.station);
}
END_TEST

/* ---- who must stay outside --------------------------------------------------------------- */

/* What becomes of a connection: ZMQ_EVENT_HANDSHAKE_SUCCEEDED, or an event of its end. */
static int handshake_of(void *context, void *socket, const char *uri)
{
    uint8_t event[6];
    char address[256];
    uint16_t number = 0;
    const int ends = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                     ZMQ_EVENT_DISCONNECTED;
    const int timeout = 30000;
    const int linger = 0;
    ck_assert_int_eq(zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger), 0);
    ck_assert_int_eq(zmq_socket_monitor(socket, "inproc://monitor", ends), 0);
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    ck_assert_int_eq(zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &timeout, sizeof timeout), 0);
    ck_assert_int_eq(zmq_connect(monitor, "inproc://monitor"), 0);
    ck_assert_int_eq(zmq_connect(socket, uri), 0);
    ck_assert_int_eq(zmq_recv(monitor, event, sizeof event, 0), (int)sizeof event);
    ck_assert_int_ge(zmq_recv(monitor, address, sizeof address, 0), 0);
    memcpy(&number, event, sizeof number);
    ck_assert_int_eq(zmq_socket_monitor(socket, NULL, 0), 0);
    zmq_close(monitor);
    return number;
}

static void set_key(void *socket, int option, const char *key)
{
    ck_assert_int_eq(zmq_setsockopt(socket, option, key, strlen(key)), 0);
}

/* pair NULL: without CURVE. */
static int knock(const struct remote *remote, const char *server_key, const struct key_pair *pair)
{
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_REQ);
    ck_assert_ptr_nonnull(socket);
    if (pair) {
        set_key(socket, ZMQ_CURVE_SERVERKEY, server_key);
        set_key(socket, ZMQ_CURVE_PUBLICKEY, pair->public_key);
        set_key(socket, ZMQ_CURVE_SECRETKEY, pair->secret_key);
    }
    const int event = handshake_of(context, socket, remote->uri);
    zmq_close(socket);
    zmq_ctx_term(context);
    return event;
}

START_TEST(test_nobody_else_gets_through_the_handshake)
{
    struct remote remote;
    remote_begin(&remote);
    const char *const server_key = remote.server.public_key;
    /* The key opens, so the others fail for a reason. */
    ck_assert_int_eq(knock(&remote, server_key, &remote.driver), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    ck_assert_int_ne(knock(&remote, server_key, &remote.stranger), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    ck_assert_int_ne(knock(&remote, remote.stranger.public_key, &remote.driver),
                     ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    ck_assert_int_ne(knock(&remote, NULL, NULL), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    wire_expect_serving(&remote.station);
    station_end(&remote.station);
}
END_TEST

/* A refusal is logged with the key that was refused. */
START_TEST(test_refused_terminal_is_named_in_the_log)
{
    struct remote remote;
    remote_begin(&remote);
    ck_assert_int_ne(knock(&remote, remote.server.public_key, &remote.stranger),
                     ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    ck_assert(station_log_has(&remote.station, remote.stranger.public_key));
    station_end(&remote.station);
}
END_TEST

/* ---- another list ------------------------------------------------------------------------ */

static void write_list(const struct remote *remote, const struct key_pair *only)
{
    char text[128];
    snprintf(text, sizeof text, "%s\n", only->public_key);
    write_file(&remote->station, "drivers.keys", 0644, text);
}

static void reload(const struct remote *remote, const char *said)
{
    ck_assert_int_eq(kill(remote->station.pid, SIGHUP), 0);
    AWAIT(station_log_has(&remote->station, said));
}

START_TEST(test_a_reload_lets_in_and_out_by_the_new_list)
{
    struct remote remote;
    struct value *reply = NULL;
    const struct request ping = {.operation = OP_PING};
    remote_begin(&remote);
    const char *const server_key = remote.server.public_key;
    struct client *client = remote_driver(&remote);
    EXPECT(OUTCOME_OK, call(client, &ping));
    write_list(&remote, &remote.stranger);
    reload(&remote, "the driver desk serves again");
    ck_assert_int_eq(knock(&remote, server_key, &remote.stranger), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    /* Who was connected has lost the connection, too. */
    client_set_timeout(client, 1000);
    ck_assert_int_eq(client_call(client, &ping, &reply), -ETIMEDOUT);
    ck_assert(!station_log_has(&remote.station, "ended with exit code"));
    wire_expect_serving(&remote.station);
    client_close(client);
    station_end(&remote.station);
}
END_TEST

START_TEST(test_a_reload_with_a_list_of_mistakes_changes_nothing)
{
    struct remote remote;
    const struct request ping = {.operation = OP_PING};
    remote_begin(&remote);
    struct client *client = remote_driver(&remote);
    write_file(&remote.station, "drivers.keys", 0644, "nonsense\n");
    reload(&remote, "going on with the one of before");
    ck_assert(station_log_has(&remote.station, "locker-station: supervisor: "));
    ck_assert(station_log_has(&remote.station, "conf:2: allowed-keys: "));
    EXPECT(OUTCOME_OK, call(client, &ping));
    client_close(client);
    station_end(&remote.station);
}
END_TEST

static int raw_connect(const char *uri)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    address.sin_port = htons((uint16_t)strtoul(strrchr(uri, ':') + 1, NULL, 10));
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Everything it says until it hangs up. */
static size_t read_until_closed(int fd, char *bytes, size_t room)
{
    size_t used = 0;
    ssize_t got;
    while (used < room && (got = recv(fd, bytes + used, room - used, 0)) > 0)
        used += (size_t)got;
    return used;
}

START_TEST(test_bytes_of_old_protocols_are_not_answered)
{
    /* ZMTP 1.0: an anonymous peer, an empty frame, and a deposit. */
    static const char old[] = "\1\0\1\1\x18\0\x82\xa2op\xa7"
                              "deposit\xa4size\xa5small";
    struct remote remote;
    char said[1024];
    remote_begin(&remote);
    const int fd = raw_connect(remote.uri);
    ck_assert_int_eq(send(fd, old, sizeof old - 1, MSG_NOSIGNAL), (ssize_t)sizeof old - 1);
    const size_t size = read_until_closed(fd, said, sizeof said);
    close(fd);
    ck_assert_ptr_null(memmem(said, size, "code", 4));
    ck_assert_int_eq(wire_status(&remote.station, "sequence"), 0);
    station_end(&remote.station);
}
END_TEST

START_TEST(test_station_that_could_not_enforce_curve_does_not_start)
{
    struct remote remote;
    remote_begin(&remote);
    station_stop(&remote.station);
    write_file(&remote.station, "station.secret", 0644, remote.server.secret_key);
    ck_assert_int_ne(station_start_refused(&remote.station), 0);
    ck_assert(station_log_has(&remote.station, "station.secret"));
    write_file(&remote.station, "station.secret", 0600, "too short\n");
    ck_assert_int_ne(station_start_refused(&remote.station), 0);
    write_file(&remote.station, "station.secret", 0600, remote.server.secret_key);
    write_file(&remote.station, "drivers.keys", 0644, "# nobody\n");
    ck_assert_int_ne(station_start_refused(&remote.station), 0);
    ck_assert(station_log_has(&remote.station, "drivers.keys"));
    station_end(&remote.station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("remote", &tests);
    tcase_add_test(tests, test_driver_on_the_list_is_served_as_a_driver);
    tcase_add_test(tests, test_nobody_else_gets_through_the_handshake);
    tcase_add_test(tests, test_refused_terminal_is_named_in_the_log);
    tcase_add_test(tests, test_a_reload_lets_in_and_out_by_the_new_list);
    tcase_add_test(tests, test_a_reload_with_a_list_of_mistakes_changes_nothing);
    tcase_add_test(tests, test_bytes_of_old_protocols_are_not_answered);
    tcase_add_test(tests, test_station_that_could_not_enforce_curve_does_not_start);
    return harness_run(suite);
}
