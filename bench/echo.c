#include "echo.h"

#include "flush_file.h"
#include "load_options.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

const char echo_help[] =
    "  --bind URI        where to listen; may be given twice\n"
    "  --reply SIZE:HEX  what to answer to requests of SIZE bytes; up to 8 of them\n"
    "  --flush FILE      take in what waits, write as much to FILE as a ledger would, flush it,\n"
    "                    and answer only then: what a server pays for a promise to keep\n"
    "                    (the file must not be there, and is removed at once)\n"
    "  --ready-fd FD     write a newline there when ready\n"
    "\n"
    "locker-bench load starts it by itself. Requests of other sizes are answered with nothing.\n"
    "It ends on SIGTERM or SIGINT.\n"
    "\n"
    "Example: locker-bench echo --bind ipc:///tmp/echo.sock --reply 14:81a26f6bc3\n";

/* How long the poll may sleep, so that a signal just before it is not missed for long. */
#define LOOK_AROUND_MS 100

/* Requests that share a flush at most. */
#define HELD_MAX 1024

/* Answers that wait for one client: libzmq hears of those that have left by halves of the limit,
 * and silently drops what it takes to be over it. */
#define SEND_QUEUE_MAX (2 * LOAD_WINDOW_MAX)

struct canned_reply {
    size_t request_size;
    size_t size;
    unsigned char bytes[ECHO_REPLY_MAX];
};

struct request {
    zmq_msg_t identity;
    size_t size;
};

struct echo {
    void *context;
    void *socket;
    struct canned_reply replies[ECHO_REPLIES_MAX];
    unsigned reply_count;
    const char *uris[2];
    unsigned uri_count;
    unsigned bound_count; /* of them */
    int ready_fd;
    const char *flush_path;
    struct flush_file file;
    struct request *held; /* NULL: everybody is answered at once */
    unsigned held_count;
};

static volatile sig_atomic_t ending;

static void on_signal(int number)
{
    (void)number;
    ending = 1;
}

void echo_reply_text(size_t request_size, const void *reply, size_t reply_size, char *text,
                     size_t text_size)
{
    const unsigned char *bytes = reply;
    int used = snprintf(text, text_size, "%zu:", request_size);
    for (size_t i = 0; i < reply_size && (size_t)used + 2 < text_size; i++)
        used += snprintf(text + used, text_size - (size_t)used, "%02x", bytes[i]);
}

static bool parse_reply(const char *text, struct canned_reply *reply)
{
    char *p;
    reply->request_size = strtoul(text, &p, 10);
    if (p == text || *p++ != ':' || strlen(p) % 2 != 0 || strlen(p) / 2 > ECHO_REPLY_MAX)
        return false;
    for (reply->size = 0; *p != '\0'; p += 2, reply->size++) {
        unsigned byte;
        int used = 0;
        if (sscanf(p, "%2x%n", &byte, &used) != 1 || used != 2)
            return false;
        reply->bytes[reply->size] = (unsigned char)byte;
    }
    return true;
}

static const struct canned_reply *reply_for(const struct echo *echo, size_t request_size)
{
    static const struct canned_reply nothing;
    for (unsigned i = 0; i < echo->reply_count; i++)
        if (echo->replies[i].request_size == request_size)
            return &echo->replies[i];
    return &nothing;
}

/* One request, if there is one. 1: taken in, 0: there is none, -errno. */
static int take_in(const struct echo *echo, struct request *request)
{
    zmq_msg_t part;
    int result = 1;
    zmq_msg_init(&request->identity);
    zmq_msg_init(&part);
    request->size = 0;
    if (zmq_msg_recv(&request->identity, echo->socket, ZMQ_DONTWAIT) < 0)
        result = errno == EAGAIN || errno == EINTR ? 0 : -errno;
    bool more = result > 0 && zmq_msg_more(&request->identity) != 0;
    while (more && result > 0) {
        if (zmq_msg_recv(&part, echo->socket, 0) < 0)
            result = -errno;
        request->size = zmq_msg_size(&part);
        more = zmq_msg_more(&part) != 0;
    }
    zmq_msg_close(&part);
    if (result <= 0)
        zmq_msg_close(&request->identity);
    return result;
}

static void answer(const struct echo *echo, struct request *request)
{
    const struct canned_reply *reply = reply_for(echo, request->size);
    /* A client that is gone is none of an echo's concern: ROUTER drops what it cannot route. */
    if (zmq_msg_send(&request->identity, echo->socket, ZMQ_SNDMORE) >= 0 &&
        zmq_send(echo->socket, "", 0, ZMQ_SNDMORE) >= 0)
        zmq_send(echo->socket, reply->bytes, reply->size, 0);
    zmq_msg_close(&request->identity);
}

/* Answer what is held back, all of it with one flush. 1: there was something, 0, -errno. */
static int flush_and_answer(struct echo *echo)
{
    if (echo->held_count == 0)
        return 0;
    const int error = flush_file_write(&echo->file, echo->held_count);
    if (error != 0)
        return error;
    for (unsigned i = 0; i < echo->held_count; i++)
        answer(echo, &echo->held[i]);
    echo->held_count = 0;
    return 1;
}

/* One request, or the flush when there is none. 1: go on, 0: there is nothing to do, -errno. */
static int serve_one(struct echo *echo)
{
    struct request request;
    const int taken = take_in(echo, &request);
    if (taken < 0)
        return taken;
    if (taken == 0)
        return flush_and_answer(echo);
    if (echo->held == NULL) {
        answer(echo, &request);
        return 1;
    }
    echo->held[echo->held_count++] = request;
    return echo->held_count == HELD_MAX ? flush_and_answer(echo) : 1;
}

static int serve(struct echo *echo)
{
    while (!ending) {
        int result;
        do
            result = serve_one(echo);
        while (result > 0 && !ending);
        if (result < 0)
            return result;
        zmq_pollitem_t item = {.socket = echo->socket, .events = ZMQ_POLLIN};
        if (zmq_poll(&item, 1, LOOK_AROUND_MS) < 0 && errno != EINTR)
            return -errno;
    }
    return 0;
}

/* libzmq leaves those that it has bound. What stands where it has not is somebody else's. */
static void remove_sockets(const struct echo *echo)
{
    static const char scheme[] = "ipc://";
    for (unsigned i = 0; i < echo->bound_count; i++)
        if (strncmp(echo->uris[i], scheme, sizeof scheme - 1) == 0)
            unlink(echo->uris[i] + sizeof scheme - 1);
}

static int open_flush(struct echo *echo)
{
    if (echo->flush_path == NULL)
        return 0;
    const int error = flush_file_open(&echo->file, echo->flush_path);
    if (error != 0) {
        fprintf(stderr, "locker-bench: %s cannot be made: %s\n", echo->flush_path,
                strerror(-error));
        return error;
    }
    echo->held = calloc(HELD_MAX, sizeof *echo->held);
    return echo->held == NULL ? -ENOMEM : 0;
}

static int open_socket(struct echo *echo)
{
    const int linger = 0;
    const int queue = SEND_QUEUE_MAX;
    echo->context = zmq_ctx_new();
    echo->socket = zmq_socket(echo->context, ZMQ_ROUTER);
    if (echo->socket == NULL ||
        zmq_setsockopt(echo->socket, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_setsockopt(echo->socket, ZMQ_SNDHWM, &queue, sizeof queue) != 0)
        return -errno;
    for (unsigned i = 0; i < echo->uri_count; i++) {
        if (zmq_bind(echo->socket, echo->uris[i]) != 0) {
            fprintf(stderr, "locker-bench: cannot bind %s: %s\n", echo->uris[i],
                    zmq_strerror(errno));
            return -errno;
        }
        echo->bound_count++;
    }
    if (echo->ready_fd >= 0 && write(echo->ready_fd, "\n", 1) != 1)
        return -EPIPE;
    return 0;
}

static bool read_options(struct echo *echo, int argc, char **argv)
{
    static const struct option options[] = {{"bind", required_argument, NULL, 'b'},
                                            {"reply", required_argument, NULL, 'r'},
                                            {"flush", required_argument, NULL, 'F'},
                                            {"ready-fd", required_argument, NULL, 'f'},
                                            {0}};
    uint64_t value;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'b':
            if (echo->uri_count == 2) {
                fputs("locker-bench: --bind at most twice\n", stderr);
                return false;
            }
            echo->uris[echo->uri_count++] = optarg;
            break;
        case 'r':
            if (echo->reply_count == ECHO_REPLIES_MAX ||
                !parse_reply(optarg, &echo->replies[echo->reply_count++])) {
                fprintf(stderr, "locker-bench: --reply \"%.40s\": give SIZE:HEX, at most 8 times\n",
                        optarg);
                return false;
            }
            break;
        case 'F':
            echo->flush_path = optarg;
            break;
        case 'f':
            if (!argument_count("--ready-fd", optarg, 0, 1 << 20, &value))
                return false;
            echo->ready_fd = (int)value;
            break;
        default:
            return false;
        }
    }
    if (echo->uri_count == 0)
        fputs("locker-bench: give --bind URI\n", stderr);
    return echo->uri_count > 0 && optind == argc;
}

int echo_command(const struct subcommand *self, int argc, char **argv)
{
    struct echo echo = {.ready_fd = -1, .file = {.fd = -1}};
    if (!read_options(&echo, argc, argv))
        return subcommand_usage(self);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    int result = open_flush(&echo);
    if (result == 0)
        result = open_socket(&echo);
    if (result == 0)
        result = serve(&echo);
    while (echo.held_count > 0)
        zmq_msg_close(&echo.held[--echo.held_count].identity);
    free(echo.held);
    flush_file_close(&echo.file);
    if (echo.socket != NULL)
        zmq_close(echo.socket);
    if (echo.context != NULL)
        zmq_ctx_term(echo.context);
    remove_sockets(&echo);
    if (result != 0)
        fprintf(stderr, "locker-bench: echo: %s\n", zmq_strerror(-result));
    return result == 0 ? EXIT_DONE : EXIT_REFUSED;
}
