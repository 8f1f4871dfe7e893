#include "counter.h"

#include "held_replies.h"
#include "log.h"

#include <errno.h>
#include <string.h>

/* A peer that has not finished its handshake by then is sent away. */
#define HANDSHAKE_LIMIT_MS 2000
/* Silent peers are asked for a sign of life this seldom, so that an idle station sleeps. */
#define HEARTBEAT_EVERY_MS 30000
#define HEARTBEAT_LIMIT_MS 60000
/* Messages that wait for one peer. One flush may release as many replies as can be held, all of
 * them a pipelining client's; a ROUTER silently drops what is over its limit. */
#define SEND_QUEUE_MAX (2 * HELD_REPLIES_MAX)

static int set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0 ? 0 : -errno;
}

static int set_text(void *socket, int option, const char *text)
{
    return zmq_setsockopt(socket, option, text, strlen(text)) == 0 ? 0 : -errno;
}

static int counter_set_limits(void *router)
{
    const int64_t longest = COUNTER_MESSAGE_BYTES_MAX;
    if (zmq_setsockopt(router, ZMQ_MAXMSGSIZE, &longest, sizeof longest) != 0)
        return -errno;
    const int options[][2] = {
        {ZMQ_LINGER, 1000},
        {ZMQ_SNDHWM, SEND_QUEUE_MAX},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_LIMIT_MS},
        {ZMQ_HEARTBEAT_IVL, HEARTBEAT_EVERY_MS},
        {ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_LIMIT_MS},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const int error = set_int(router, options[i][0], options[i][1]);
        if (error != 0)
            return error;
    }
    return 0;
}

/* The unix socket that the supervisor bound and listens on already. */
static int counter_bind_local(void *router, const struct job *job)
{
    char uri[CONFIG_PATH_MAX + 8] = "ipc://";
    strncat(uri, job->socket_path, sizeof uri - strlen(uri) - 1);
    int error = set_text(router, ZMQ_ZAP_DOMAIN, DOORKEEPER_LOCAL);
    if (error == 0)
        error = set_int(router, ZMQ_USE_FD, job->listen_fd);
    if (error == 0 && zmq_bind(router, uri) != 0)
        error = -errno;
    if (error != 0)
        log_error("cannot serve %s: %s", job->socket_path, zmq_strerror(-error));
    return error;
}

/* Options count for the endpoints bound after them, so that CURVE set here is for tcp alone. */
static int counter_require_curve(void *router, const struct job *job)
{
    int error = set_int(router, ZMQ_USE_FD, -1);
    if (error == 0)
        error = set_text(router, ZMQ_ZAP_DOMAIN, DOORKEEPER_REMOTE);
    if (error == 0)
        error = set_int(router, ZMQ_CURVE_SERVER, 1);
    if (error == 0)
        error = set_text(router, ZMQ_CURVE_SECRETKEY, job->curve_secret_key);
    int mechanism = ZMQ_NULL;
    size_t size = sizeof mechanism;
    if (error == 0 && zmq_getsockopt(router, ZMQ_MECHANISM, &mechanism, &size) != 0)
        error = -errno;
    if (error == 0 && mechanism != ZMQ_CURVE)
        error = -EPROTONOSUPPORT;
    return error;
}

static int counter_bind_remote(struct counter *counter, const struct job *job)
{
    if (job->remote_count == 0)
        return 0;
    int error = zmq_has("curve") ? counter_require_curve(counter->router, job) : -EPROTONOSUPPORT;
    if (error != 0) {
        log_error("cannot make sure that tcp connections use CURVE: %s; remove the remote "
                  "endpoints or mend the keys",
                  zmq_strerror(-error));
        return error;
    }
    for (uint32_t i = 0; i < job->remote_count && error == 0; i++) {
        const struct remote_endpoint *remote = &job->remotes[i];
        /* Judged at the station's start; spoilt since, it must not cost the local terminals their
         * desk. */
        if (doorkeeper_allow_file(&counter->doorkeeper, remote->allowed_keys) != 0)
            log_warning("%s lets in nobody else until that list is mended and SIGHUP says so",
                        remote->uri);
        if (zmq_bind(counter->router, remote->uri) != 0) {
            error = -errno;
            log_error("cannot serve %s: %s", remote->uri, zmq_strerror(errno));
        }
    }
    return error;
}

int counter_open(struct counter *counter, const struct job *job)
{
    int error = 0;
    *counter = (struct counter){.context = zmq_ctx_new()};
    if (!counter->context)
        return -errno;
    error = doorkeeper_open(&counter->doorkeeper, counter->context);
    if (error != 0)
        goto failed;
    counter->router = zmq_socket(counter->context, ZMQ_ROUTER);
    error = counter->router ? counter_set_limits(counter->router) : -errno;
    size_t size = sizeof counter->fd;
    if (error == 0 && zmq_getsockopt(counter->router, ZMQ_FD, &counter->fd, &size) != 0)
        error = -errno;
    if (error == 0)
        error = counter_bind_local(counter->router, job);
    if (error == 0)
        error = counter_bind_remote(counter, job);
    if (error == 0)
        return 0;
failed:
    log_error("cannot open the counter: %s", zmq_strerror(-error));
    counter_close(counter);
    return error;
}

void counter_close(struct counter *counter)
{
    if (counter->router)
        zmq_close(counter->router);
    doorkeeper_close(&counter->doorkeeper);
    if (counter->context)
        zmq_ctx_term(counter->context);
    *counter = (struct counter){0};
}

/* Read off what is left of a message that has more frames than a request. */
static void drain_frames(void *router)
{
    int more = 1;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        more = zmq_msg_recv(&frame, router, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
}

int counter_receive(struct counter *counter, struct counter_request *request)
{
    void *router = counter->router;
    if (counter->quiet)
        return -EAGAIN;
    zmq_msg_init(&request->identity);
    if (zmq_msg_recv(&request->identity, router, ZMQ_DONTWAIT) < 0) {
        const int error = errno;
        counter->quiet = error == EAGAIN;
        zmq_msg_close(&request->identity);
        return -error;
    }
    zmq_msg_init(&request->body);
    request->envelope = NULL;
    request->well_framed = false;
    if (!zmq_msg_more(&request->identity))
        return 0;
    /* A ROUTER hands out whole messages: the frames that follow are there. */
    if (zmq_msg_recv(&request->body, router, ZMQ_DONTWAIT) < 0)
        return 0;
    if (zmq_msg_size(&request->body) > 0 && zmq_msg_more(&request->body)) {
        const int error = envelope_receive(&request->envelope, &request->body, router);
        if (error != 0) {
            zmq_msg_close(&request->identity);
            zmq_msg_close(&request->body);
            return error;
        }
    }
    const bool delimited = zmq_msg_size(&request->body) == 0;
    if (!zmq_msg_more(&request->body))
        return 0;
    if (zmq_msg_recv(&request->body, router, ZMQ_DONTWAIT) < 0)
        return 0;
    request->well_framed = delimited && !zmq_msg_more(&request->body);
    if (zmq_msg_more(&request->body))
        drain_frames(router);
    return 0;
}

void counter_hear(struct counter *counter)
{
    counter->quiet = false;
}

void counter_send(struct counter *counter, zmq_msg_t *identity, struct envelope *envelope,
                  zmq_msg_t *body)
{
    const int flags = ZMQ_SNDMORE | ZMQ_DONTWAIT;
    /* While it sends, libzmq may note what has come: fd does not tell of that any more. */
    counter->quiet = false;
    if (zmq_msg_send(identity, counter->router, flags) < 0)
        goto gone;
    if (envelope && envelope_send(envelope, counter->router) != 0)
        goto gone;
    if (zmq_send_const(counter->router, "", 0, flags) < 0 ||
        zmq_msg_send(body, counter->router, ZMQ_DONTWAIT) < 0)
        goto gone;
    envelope_free(envelope);
    return;
gone:
    zmq_msg_close(identity);
    envelope_free(envelope);
    zmq_msg_close(body);
}
