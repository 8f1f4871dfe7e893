#include "client.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

/* How long the first attempt waits for its answer; each further one twice as long, up to the
 * last. A station that was restarted is found again within about a second. */
#define FIRST_PATIENCE_MS 250
#define LAST_PATIENCE_MS  2000

struct client {
    void *context;
    void *socket; /* NULL: to be opened */
    char endpoint[256];
    int timeout_ms;
    bool curve;
    char server_public_key[41];
    char public_key[41];
    char secret_key[41];
    struct buffer request;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int take_keys(struct client *client, const struct client_options *options)
{
    const bool tcp = strncmp(options->endpoint, "tcp://", 6) == 0;
    if (!tcp)
        return 0;
    if (!options->server_public_key || !options->public_key || !options->secret_key)
        return -EPROTO; /* nothing goes over tcp in the clear */
    if (strlen(options->server_public_key) != 40 || strlen(options->public_key) != 40 ||
        strlen(options->secret_key) != 40)
        return -EINVAL;
    memcpy(client->server_public_key, options->server_public_key, 41);
    memcpy(client->public_key, options->public_key, 41);
    memcpy(client->secret_key, options->secret_key, 41);
    client->curve = true;
    return 0;
}

static int check_endpoint(const char *endpoint)
{
    if (strncmp(endpoint, "ipc://", 6) == 0) {
        if (endpoint[6] == '\0')
            return -EINVAL;
        return strlen(endpoint + 6) < 108 ? 0 : -ENAMETOOLONG;
    }
    if (strncmp(endpoint, "tcp://", 6) != 0)
        return -EINVAL;
    return strlen(endpoint) < sizeof((struct client *)0)->endpoint ? 0 : -ENAMETOOLONG;
}

static int set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0 ? 0 : -errno;
}

static int set_curve(struct client *client)
{
    if (!client->curve)
        return 0;
    if (zmq_setsockopt(client->socket, ZMQ_CURVE_SERVERKEY, client->server_public_key, 41) != 0 ||
        zmq_setsockopt(client->socket, ZMQ_CURVE_PUBLICKEY, client->public_key, 41) != 0 ||
        zmq_setsockopt(client->socket, ZMQ_CURVE_SECRETKEY, client->secret_key, 41) != 0)
        return -errno;
    return 0;
}

static void client_hang_up(struct client *client)
{
    if (client->socket)
        zmq_close(client->socket);
    client->socket = NULL;
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
    int error = set_int(client->socket, ZMQ_LINGER, 0);
    if (error == 0)
        error = set_int(client->socket, ZMQ_RECONNECT_IVL, 20);
    if (error == 0)
        error = set_int(client->socket, ZMQ_RECONNECT_IVL_MAX, 200);
    if (error == 0)
        error = set_curve(client);
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

void client_new_id(struct request *request)
{
    randombytes_buf(request->id, sizeof request->id);
    request->has_id = true;
}

static int take_reply(struct client *client, struct value **reply)
{
    zmq_msg_t message;
    int error = 0;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, client->socket, ZMQ_DONTWAIT) < 0)
        error = -errno;
    else if (zmq_msg_more(&message))
        error = -EBADMSG;
    else
        error = value_decode(zmq_msg_data(&message), zmq_msg_size(&message), reply);
    if (error == 0 && (value_kind(*reply) != VALUE_MAP || !value_get(*reply, "ok"))) {
        value_free(*reply);
        *reply = NULL;
        error = -EBADMSG;
    }
    zmq_msg_close(&message);
    return error;
}

/* Ask once. 0, -EAGAIN when no answer came within patience_ms, other -errno. */
static int client_ask(struct client *client, int64_t patience_ms, struct value **reply)
{
    int error = client_dial(client);
    if (error != 0)
        return error;
    if (zmq_send(client->socket, client->request.data, client->request.used, ZMQ_DONTWAIT) < 0 &&
        errno != EAGAIN)
        return -errno;
    zmq_pollitem_t item = {.socket = client->socket, .events = ZMQ_POLLIN};
    const int ready = zmq_poll(&item, 1, (long)patience_ms);
    if (ready < 0)
        return -errno;
    return ready == 0 ? -EAGAIN : take_reply(client, reply);
}

int client_call(struct client *client, const struct request *request, struct value **reply)
{
    const int64_t until_ms = monotonic_ms() + client->timeout_ms;
    int64_t patience_ms = FIRST_PATIENCE_MS;
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
            error = client_ask(client, patience_ms < left_ms ? patience_ms : left_ms, reply);
        if (error != 0)
            client_hang_up(client);
        if (error != -EAGAIN)
            break;
        patience_ms = patience_ms * 2 < LAST_PATIENCE_MS ? patience_ms * 2 : LAST_PATIENCE_MS;
    }
    sodium_memzero(client->request.data, client->request.used); /* a code may be in it */
    return error;
}
