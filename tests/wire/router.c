#include "router.h"

#include "codec.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

static const char monitor_uri[] = "inproc://router-monitor";

static void router_bind(struct router *router)
{
    const int linger_ms = 0;
    const int yes = 1;
    router->context = zmq_ctx_new();
    router->socket = zmq_socket(router->context, ZMQ_ROUTER);
    ck_assert_ptr_nonnull(router->socket);
    zmq_setsockopt(router->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    if (router->secret_key) {
        ck_assert_int_eq(zmq_setsockopt(router->socket, ZMQ_CURVE_SERVER, &yes, sizeof yes), 0);
        ck_assert_int_eq(
            zmq_setsockopt(router->socket, ZMQ_CURVE_SECRETKEY, router->secret_key, 41), 0);
    }
    ck_assert_int_eq(zmq_socket_monitor(router->socket, monitor_uri, ZMQ_EVENT_ACCEPTED), 0);
    router->monitor = zmq_socket(router->context, ZMQ_PAIR);
    ck_assert_int_eq(zmq_connect(router->monitor, monitor_uri), 0);
    ck_assert_msg(zmq_bind(router->socket, router->uri) == 0, "%s", router->uri);
    size_t size = sizeof router->uri;
    zmq_getsockopt(router->socket, ZMQ_LAST_ENDPOINT, router->uri, &size);
}

/* Whoever binds the path again must come after the one before has let go of it. */
static void router_unbind(struct router *router)
{
    zmq_socket_monitor(router->socket, NULL, 0);
    zmq_close(router->monitor);
    zmq_close(router->socket);
    zmq_ctx_term(router->context);
}

/* identity, empty frame, body. False: there was none. */
static bool router_receive(struct router *router, struct router_request *request)
{
    char empty[1];
    const int identity =
        zmq_recv(router->socket, request->identity, sizeof request->identity, ZMQ_DONTWAIT);
    if (identity < 0)
        return false;
    ck_assert_int_eq(zmq_recv(router->socket, empty, sizeof empty, 0), 0);
    const int size = zmq_recv(router->socket, request->bytes, sizeof request->bytes, 0);
    ck_assert_int_ge(size, 1);
    ck_assert_int_le(size, (int)sizeof request->bytes);
    request->identity_size = (size_t)identity;
    request->size = (size_t)size;
    return true;
}

static void router_send(struct router *router, const struct router_request *request,
                        const void *bytes, size_t size, enum router_act act)
{
    zmq_send(router->socket, request->identity, request->identity_size, ZMQ_SNDMORE);
    if (act != ROUTER_NO_DELIMITER)
        zmq_send(router->socket, "", 0, ZMQ_SNDMORE);
    zmq_send(router->socket, bytes, size, act == ROUTER_TWO_FRAMES ? ZMQ_SNDMORE : 0);
    if (act == ROUTER_TWO_FRAMES)
        zmq_send(router->socket, bytes, size, 0);
}

/* The answer names the compartment that was asked for, so that it tells whose answer it is. */
static void router_answer(struct router *router, const struct router_request *request,
                          enum router_act act)
{
    struct request asked;
    struct reply reply = {.operation = OP_COLLECT};
    struct buffer bytes = {0};
    const char *detail;
    ck_assert_int_eq(
        codec_decode_request(request->bytes, request->size, ROLE_DRIVER, &asked, &detail),
        OUTCOME_OK);
    memcpy(reply.compartment, asked.compartment, sizeof reply.compartment);
    ck_assert_int_eq(codec_encode_reply(&reply, &bytes), 0);
    router_send(router, request, bytes.data, bytes.used, act);
    buffer_free(&bytes);
}

/* One may come before the wait begins: more, until something else is to be done. */
static void router_signal(struct router *router)
{
    zmq_pollitem_t items[] = {
        {.fd = router->stop_fd, .events = ZMQ_POLLIN},
        {.socket = router->socket, .events = ZMQ_POLLIN},
    };
    do
        pthread_kill(router->starter, SIGINT);
    while (zmq_poll(items, 2, 1) == 0);
}

static void router_treat(struct router *router, size_t number)
{
    const struct router_request *request = &router->requests[number];
    const enum router_act act =
        number < router->script_length ? router->script[number] : ROUTER_ANSWER;
    switch (act) {
    case ROUTER_SILENCE:
        break;
    case ROUTER_JUNK:
        router_send(router, request, router->junk, router->junk_size, act);
        break;
    case ROUTER_RESTART:
        router_unbind(router);
        router_bind(router);
        break;
    case ROUTER_SIGNAL:
        router_signal(router);
        break;
    case ROUTER_ANSWER_LATE:
        for (size_t i = 0; i <= number; i++)
            router_answer(router, &router->requests[i], act);
        break;
    case ROUTER_ANSWER:
    case ROUTER_TWO_FRAMES:
    case ROUTER_NO_DELIMITER:
        router_answer(router, request, act);
        break;
    }
}

static void *router_main(void *argument)
{
    struct router *router = argument;
    for (;;) {
        zmq_pollitem_t items[] = {
            {.fd = router->stop_fd, .events = ZMQ_POLLIN},
            {.socket = router->socket, .events = ZMQ_POLLIN},
        };
        if (zmq_poll(items, 2, -1) < 0)
            continue; /* a signal meant for the client */
        if (items[0].revents)
            break;
        ck_assert_uint_lt(router->count, ROUTER_REQUESTS_MAX);
        if (router_receive(router, &router->requests[router->count])) {
            router->count++;
            router_treat(router, router->count - 1);
        }
    }
    return NULL;
}

void router_prepare(struct router *router)
{
    *router = (struct router){.stop_fd = eventfd(0, EFD_CLOEXEC), .starter = pthread_self()};
    ck_assert_int_ge(router->stop_fd, 0);
    harness_directory(router->dir);
    snprintf(router->uri, sizeof router->uri, "ipc://%s/s", router->dir);
}

static void router_run(struct router *router)
{
    ck_assert_int_eq(pthread_create(&router->thread, NULL, router_main, router), 0);
}

static void router_halt(struct router *router)
{
    eventfd_t stops;
    ck_assert_int_eq(eventfd_write(router->stop_fd, 1), 0);
    pthread_join(router->thread, NULL);
    ck_assert_int_eq(eventfd_read(router->stop_fd, &stops), 0);
}

void router_serve(struct router *router)
{
    router_bind(router);
    router_run(router);
}

void router_start(struct router *router, const enum router_act *script, size_t length)
{
    router_prepare(router);
    router->script = script;
    router->script_length = length;
    router_serve(router);
}

/* Its socket is where it was, but not by the name that is looked for. */
static void router_rename(struct router *router, const char *from_suffix, const char *to_suffix)
{
    char from[sizeof router->uri + 8];
    char to[sizeof router->uri + 8];
    snprintf(from, sizeof from, "%s%s", router->uri + strlen("ipc://"), from_suffix);
    snprintf(to, sizeof to, "%s%s", router->uri + strlen("ipc://"), to_suffix);
    ck_assert_int_eq(rename(from, to), 0);
}

void router_restart_for_one(struct router *router)
{
    router_halt(router);
    router_unbind(router);
    router_bind(router);
    zmq_pollitem_t connected = {.socket = router->monitor, .events = ZMQ_POLLIN};
    ck_assert_int_eq(zmq_poll(&connected, 1, -1), 1);
    router_rename(router, "", ".aside");
    router_run(router);
}

void router_let_in(struct router *router)
{
    router_rename(router, ".aside", "");
}

void router_stop(struct router *router)
{
    router_halt(router);
    router_unbind(router);
    close(router->stop_fd);
    if (!router->secret_key) /* libzmq leaves it there */
        ck_assert_int_eq(unlink(router->uri + strlen("ipc://")), 0);
    ck_assert_int_eq(rmdir(router->dir), 0);
}
