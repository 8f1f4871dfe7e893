#include "doorkeeper.h"

#include "curve_key.h"
#include "log.h"
#include "monotonic.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* One refusal is logged in so long a time. */
#define REFUSAL_SILENCE_MS 10000

int doorkeeper_open(struct doorkeeper *doorkeeper, void *context)
{
    *doorkeeper = (struct doorkeeper){.socket = zmq_socket(context, ZMQ_REP)};
    if (!doorkeeper->socket)
        return -errno;
    const int linger_ms = 0;
    size_t size = sizeof doorkeeper->fd;
    if (zmq_setsockopt(doorkeeper->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms) != 0 ||
        zmq_getsockopt(doorkeeper->socket, ZMQ_FD, &doorkeeper->fd, &size) != 0 ||
        zmq_bind(doorkeeper->socket, "inproc://zeromq.zap.01") != 0) {
        const int error = -errno;
        doorkeeper_close(doorkeeper);
        return error;
    }
    return 0;
}

void doorkeeper_close(struct doorkeeper *doorkeeper)
{
    if (doorkeeper->socket)
        zmq_close(doorkeeper->socket);
    free(doorkeeper->allowed);
    *doorkeeper = (struct doorkeeper){0};
}

static int doorkeeper_allow(void *context, const char *z85)
{
    struct doorkeeper *doorkeeper = context;
    void *grown = realloc(doorkeeper->allowed, (doorkeeper->allowed_count + 1) * CURVE_KEY_SIZE);
    if (!grown)
        return -ENOMEM;
    doorkeeper->allowed = grown;
    if (!zmq_z85_decode(doorkeeper->allowed[doorkeeper->allowed_count], z85))
        return -EINVAL;
    doorkeeper->allowed_count++;
    return 0;
}

int doorkeeper_allow_file(struct doorkeeper *doorkeeper, const char *path)
{
    char why[CURVE_KEY_WHY_SIZE];
    const int error = curve_key_read_list(path, doorkeeper_allow, doorkeeper, why);
    if (error != 0)
        log_error("the list of allowed keys %s: %s", path, why);
    return error;
}

/* The frames of a question: version, request id, domain, address, identity, mechanism, credential.
 */
#define QUESTION_FRAMES 7

struct question {
    char version[8];
    uint8_t request_id[64];
    size_t request_id_size;
    char domain[16];
    char address[64];
    char mechanism[16];
    uint8_t key[CURVE_KEY_SIZE];
    size_t key_size;
};

static void copy_text(char *text, size_t size, zmq_msg_t *frame)
{
    const size_t length = zmq_msg_size(frame) < size ? zmq_msg_size(frame) : size - 1;
    memcpy(text, zmq_msg_data(frame), length);
    text[length] = '\0';
}

static void question_take_frame(struct question *question, int number, zmq_msg_t *frame)
{
    const size_t size = zmq_msg_size(frame);
    switch (number) {
    case 0:
        copy_text(question->version, sizeof question->version, frame);
        break;
    case 1:
        question->request_id_size = size < sizeof question->request_id ? size : 0;
        memcpy(question->request_id, zmq_msg_data(frame), question->request_id_size);
        break;
    case 2:
        copy_text(question->domain, sizeof question->domain, frame);
        break;
    case 3:
        copy_text(question->address, sizeof question->address, frame);
        break;
    case 5:
        copy_text(question->mechanism, sizeof question->mechanism, frame);
        break;
    case 6:
        question->key_size = size;
        if (size == CURVE_KEY_SIZE)
            memcpy(question->key, zmq_msg_data(frame), size);
        break;
    default: /* the identity does not matter */
        break;
    }
}

/* 0, or -EAGAIN when no question waits. */
static int question_receive(void *socket, struct question *question)
{
    *question = (struct question){.key_size = 0};
    int more = 1;
    for (int number = 0; more; number++) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&frame);
            return -EAGAIN;
        }
        if (number < QUESTION_FRAMES)
            question_take_frame(question, number, &frame);
        more = zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
    return 0;
}

static bool doorkeeper_lets_in(const struct doorkeeper *doorkeeper, const struct question *question)
{
    if (strcmp(question->version, "1.0") != 0)
        return false;
    if (strcmp(question->domain, DOORKEEPER_LOCAL) == 0)
        return strcmp(question->mechanism, "NULL") == 0;
    if (strcmp(question->domain, DOORKEEPER_REMOTE) != 0 ||
        strcmp(question->mechanism, "CURVE") != 0 || question->key_size != CURVE_KEY_SIZE)
        return false;
    for (size_t i = 0; i < doorkeeper->allowed_count; i++) {
        if (memcmp(doorkeeper->allowed[i], question->key, CURVE_KEY_SIZE) == 0)
            return true;
    }
    return false;
}

static void doorkeeper_log_refusal(struct doorkeeper *doorkeeper, const struct question *question)
{
    const int64_t now_ms = monotonic_ms();
    char key[CURVE_KEY_TEXT_SIZE] = "";
    char others[48] = "";
    if (now_ms < doorkeeper->silent_until_ms) {
        doorkeeper->unsaid++;
        return;
    }
    if (doorkeeper->unsaid > 0)
        snprintf(others, sizeof others, " (and %u refusals before it)", doorkeeper->unsaid);
    doorkeeper->silent_until_ms = now_ms + REFUSAL_SILENCE_MS;
    doorkeeper->unsaid = 0;
    if (question->key_size == CURVE_KEY_SIZE &&
        zmq_z85_encode(key, question->key, sizeof question->key))
        log_warning("refused a terminal at %s: its public key %s is not on the list%s",
                    question->address, key, others);
    else
        log_warning("refused a connection of %s: it does not speak as a terminal does%s",
                    question->address[0] != '\0' ? question->address : "this machine", others);
}

void doorkeeper_serve(struct doorkeeper *doorkeeper)
{
    struct question question;
    while (question_receive(doorkeeper->socket, &question) == 0) {
        const bool in = doorkeeper_lets_in(doorkeeper, &question);
        const char *status = in ? "200" : "400";
        const char *text = in ? "OK" : "not on the list";
        void *socket = doorkeeper->socket;
        if (!in)
            doorkeeper_log_refusal(doorkeeper, &question);
        if (zmq_send_const(socket, "1.0", 3, ZMQ_SNDMORE) < 0 ||
            zmq_send(socket, question.request_id, question.request_id_size, ZMQ_SNDMORE) < 0 ||
            zmq_send_const(socket, status, 3, ZMQ_SNDMORE) < 0 ||
            zmq_send_const(socket, text, strlen(text), ZMQ_SNDMORE) < 0 ||
            zmq_send_const(socket, "", 0, ZMQ_SNDMORE) < 0 || /* user id */
            zmq_send_const(socket, "", 0, 0) < 0)             /* metadata */
            log_warning("cannot answer a connection's handshake: %s", zmq_strerror(errno));
    }
}
