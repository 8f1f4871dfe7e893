#include "client.h"

#include "endpoint.h"
#include "monotonic.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* How long the first attempt waits for its answer; each further one twice as long, up to the
 * last, which must do for a handshake over a slow line. */
#define FIRST_PATIENCE_MS 250
#define LAST_PATIENCE_MS  4000

#define IPC "ipc://"
#define TCP "tcp://"

#define KEY_CHARACTERS 40 /* of a Z85 key */

struct client {
    void *context;
    void *socket;    /* NULL: to be opened */
    void *monitor;   /* tells when the socket has lost its connection */
    int patience_ms; /* the socket's, as set last */
    char endpoint[256];
    int timeout_ms;
    bool curve;
    char server_public_key[KEY_CHARACTERS + 1];
    char public_key[KEY_CHARACTERS + 1];
    char secret_key[KEY_CHARACTERS + 1];
    struct buffer request;
};

static bool has_scheme(const char *endpoint, const char *scheme)
{
    return strncmp(endpoint, scheme, strlen(scheme)) == 0;
}

static int take_key(char key[KEY_CHARACTERS + 1], const char *text)
{
    uint8_t bytes[32];
    if (strlen(text) != KEY_CHARACTERS || !zmq_z85_decode(bytes, text))
        return -EINVAL;
    sodium_memzero(bytes, sizeof bytes);
    memcpy(key, text, KEY_CHARACTERS + 1);
    return 0;
}

static int take_keys(struct client *client, const struct client_options *options)
{
    const bool all = options->server_public_key && options->public_key && options->secret_key;
    const bool any = options->server_public_key || options->public_key || options->secret_key;
    if (!has_scheme(options->endpoint, TCP))
        return any ? -EINVAL : 0;
    if (!all)
        return -EPROTO; /* nothing goes over tcp in the clear */
    int error = take_key(client->server_public_key, options->server_public_key);
    if (error == 0)
        error = take_key(client->public_key, options->public_key);
    if (error == 0)
        error = take_key(client->secret_key, options->secret_key);
    client->curve = true;
    return error;
}

static int check_endpoint(const char *endpoint)
{
    if (has_scheme(endpoint, IPC)) {
        const size_t length = strlen(endpoint + strlen(IPC));
        if (length == 0)
            return -EINVAL;
        return length < ENDPOINT_PATH_MAX ? 0 : -ENAMETOOLONG;
    }
    if (!has_scheme(endpoint, TCP))
        return -EINVAL;
    return strlen(endpoint) < sizeof((struct client *)0)->endpoint ? 0 : -ENAMETOOLONG;
}

static int set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0 ? 0 : -errno;
}

static int set_curve(const struct client *client, void *socket)
{
    const size_t size = KEY_CHARACTERS + 1;
    if (!client->curve)
        return 0;
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, client->server_public_key, size) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, client->public_key, size) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, client->secret_key, size) != 0)
        return -errno;
    return 0;
}

static int set_options(const struct client *client, void *socket)
{
    const int64_t longest = VALUE_BYTES_MAX;
    const int options[][2] = {
        {ZMQ_LINGER, 0},
        {ZMQ_IPV6, 1},
        {ZMQ_RECONNECT_IVL, 20},
        {ZMQ_RECONNECT_IVL_MAX, 200},
    };
    int error = set_curve(client, socket);
    for (size_t i = 0; i < sizeof options / sizeof options[0] && error == 0; i++)
        error = set_int(socket, options[i][0], options[i][1]);
    if (error == 0 && zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &longest, sizeof longest) != 0)
        error = -errno;
    return error;
}

static void client_hang_up(struct client *client)
{
    /* Nothing is monitored any more before the monitor's other end goes: with nobody to send to,
     * libzmq's thread would wait for ever. */
    if (client->socket)
        zmq_socket_monitor(client->socket, NULL, 0);
    if (client->monitor)
        zmq_close(client->monitor);
    if (client->socket)
        zmq_close(client->socket);
    client->socket = NULL;
    client->monitor = NULL;
}

/* What the socket is connected to may die with a request in its hands. libzmq connects again by
 * itself, but to nobody who knows of it: without a word of that, only patience would tell. */
static int client_watch(struct client *client)
{
    char uri[64];
    snprintf(uri, sizeof uri, "inproc://monitor-%p", client->socket);
    if (zmq_socket_monitor(client->socket, uri, ZMQ_EVENT_DISCONNECTED) != 0)
        return -errno;
    client->monitor = zmq_socket(client->context, ZMQ_PAIR);
    return client->monitor && zmq_connect(client->monitor, uri) == 0 ? 0 : -errno;
}

/* A socket that has asked and not been answered is thrown away, with any late answer: what comes
 * on a fresh one can only be the answer to what was asked on it. */
static int client_dial(struct client *client)
{
    if (client->socket)
        return 0;
    client->socket = zmq_socket(client->context, ZMQ_REQ);
    if (!client->socket)
        return -errno;
    client->patience_ms = -1; /* a socket's default: for ever */
    int error = set_options(client, client->socket);
    if (error == 0)
        error = client_watch(client);
    if (error == 0 && zmq_connect(client->socket, client->endpoint) != 0)
        error = -errno;
    if (error != 0)
        client_hang_up(client);
    return error;
}

int client_open(struct client **client, const struct client_options *options)
{
    int error = sodium_init() >= 0 ? check_endpoint(options->endpoint) : -EIO;
    *client = NULL;
    if (error == 0 && options->timeout_ms < 1)
        error = -EINVAL;
    if (error != 0)
        return error;
    struct client *opened = calloc(1, sizeof *opened);
    if (!opened)
        return -ENOMEM;
    strncpy(opened->endpoint, options->endpoint, sizeof opened->endpoint - 1);
    opened->timeout_ms = options->timeout_ms;
    error = take_keys(opened, options);
    if (error == 0 && !(opened->context = zmq_ctx_new()))
        error = -errno;
    if (error == 0)
        error = client_dial(opened);
    if (error != 0) {
        client_close(opened);
        return error;
    }
    *client = opened;
    return 0;
}

void client_close(struct client *client)
{
    if (!client)
        return;
    client_hang_up(client);
    if (client->context)
        zmq_ctx_term(client->context);
    buffer_free(&client->request);
    sodium_memzero(client->secret_key, sizeof client->secret_key);
    free(client);
}

void client_set_timeout(struct client *client, int timeout_ms)
{
    client->timeout_ms = timeout_ms;
}

void client_new_id(struct request *request)
{
    randombytes_buf(request->id, sizeof request->id);
    request->has_id = true;
}

/* Set only when it changes: a call that is answered in time sets it never. */
static int client_set_patience(struct client *client, int patience_ms)
{
    if (client->patience_ms == patience_ms)
        return 0;
    int error = set_int(client->socket, ZMQ_RCVTIMEO, patience_ms);
    if (error == 0)
        error = set_int(client->socket, ZMQ_SNDTIMEO, patience_ms);
    client->patience_ms = patience_ms;
    return error;
}

static bool is_reply(const struct value *value)
{
    const struct value *ok = value_kind(value) == VALUE_MAP ? value_get(value, "ok") : NULL;
    return ok && value_kind(ok) == VALUE_BOOL;
}

static int take_reply(zmq_msg_t *message, struct value **reply)
{
    if (zmq_msg_more(message))
        return -EBADMSG;
    const int error = value_decode(zmq_msg_data(message), zmq_msg_size(message), reply);
    if (error != 0 || is_reply(*reply))
        return error;
    value_free(*reply);
    *reply = NULL;
    return -EBADMSG;
}

/* Wait for an answer: 0, -EAGAIN when none came in time, -ECONNRESET when none can come any more.
 */
static int client_wait(struct client *client, int patience_ms)
{
    zmq_pollitem_t items[] = {{.socket = client->socket, .events = ZMQ_POLLIN},
                              {.socket = client->monitor, .events = ZMQ_POLLIN}};
    const int ready = zmq_poll(items, 2, patience_ms);
    if (ready < 0)
        return -errno;
    if (items[0].revents)
        return 0;
    return items[1].revents ? -ECONNRESET : -EAGAIN;
}

/* Whether the connection was lost while nothing was asked: libzmq has made another, but the word of
 * it would be taken for the loss of what is asked next. */
static bool client_was_cut_off(const struct client *client)
{
    char event[64];
    return client->monitor && zmq_recv(client->monitor, event, sizeof event, ZMQ_DONTWAIT) >= 0;
}

/* Ask once. 0, -EAGAIN when no answer came within patience_ms, -ECONNRESET when the connection was
 * lost meanwhile, other -errno. */
static int client_ask(struct client *client, int patience_ms, struct value **reply)
{
    zmq_msg_t message;
    if (client_was_cut_off(client))
        client_hang_up(client);
    int error = client_dial(client);
    if (error == 0)
        error = client_set_patience(client, patience_ms);
    if (error == 0 && zmq_send(client->socket, client->request.data, client->request.used, 0) < 0)
        error = -errno;
    if (error != 0)
        return error;
    error = client_wait(client, patience_ms);
    if (error != 0)
        return error;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, client->socket, ZMQ_DONTWAIT) < 0)
        error = -errno;
    else
        error = take_reply(&message, reply);
    zmq_msg_close(&message);
    return error;
}

/* A lost connection is made again at once, the supervisor listens for a desk that died; one that is
 * lost again and again, a little later each time. */
static void reset_pause(int *pause_ms, int64_t until_ms)
{
    const int64_t left_ms = until_ms - monotonic_ms();
    if (*pause_ms > 0 && left_ms > 0)
        poll(NULL, 0, *pause_ms < left_ms ? *pause_ms : (int)left_ms);
    *pause_ms = *pause_ms == 0                      ? 1
                : *pause_ms * 2 < FIRST_PATIENCE_MS ? *pause_ms * 2
                                                    : FIRST_PATIENCE_MS;
}

int client_call(struct client *client, const struct request *request, struct value **reply)
{
    const int64_t until_ms = monotonic_ms() + client->timeout_ms;
    int patience_ms = FIRST_PATIENCE_MS;
    int pause_ms = 0; /* before the next attempt, after a lost connection */
    *reply = NULL;
    client->request.used = 0;
    int error = codec_encode_request(request, &client->request);
    if (error != 0)
        return error;
    for (;;) {
        const int64_t left_ms = until_ms - monotonic_ms();
        if (left_ms <= 0)
            error = -ETIMEDOUT;
        else
            error = client_ask(client, patience_ms < left_ms ? patience_ms : (int)left_ms, reply);
        if (error != 0)
            client_hang_up(client);
        if (error == -EAGAIN)
            patience_ms = patience_ms * 2 < LAST_PATIENCE_MS ? patience_ms * 2 : LAST_PATIENCE_MS;
        else if (error == -ECONNRESET)
            reset_pause(&pause_ms, until_ms);
        else
            break;
    }
    sodium_memzero(client->request.data, client->request.used); /* a code may be in it */
    return error;
}
