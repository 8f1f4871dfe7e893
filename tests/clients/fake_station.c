#include "fake_station.h"

#include "codec.h"
#include "endpoint.h"
#include "harness.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define FRAMES_MAX 8

struct fake_station {
    char run_dir[HARNESS_PATH_SIZE];
    char socket_path[ENDPOINT_PATH_MAX];
    enum role role;
    fake_answer *answer;
    void *context;
    void *socket;
    pthread_t thread;

    pthread_mutex_t mutex; /* guards what follows */
    struct request requests[FAKE_REQUESTS_MAX];
    unsigned count;
    const void *raw;
    size_t raw_size;
};

/* All frames of one message; the last one is the body. 0: the context is being shut down. */
static int receive(void *socket, zmq_msg_t frames[FRAMES_MAX])
{
    int count = 0;
    int more = 1;
    while (more) {
        ck_assert_int_lt(count, FRAMES_MAX);
        zmq_msg_init(&frames[count]);
        if (zmq_msg_recv(&frames[count], socket, 0) < 0) {
            ck_assert_int_eq(errno, ETERM);
            zmq_msg_close(&frames[count]);
            return 0;
        }
        more = zmq_msg_more(&frames[count++]);
    }
    return count;
}

static bool make_answer(struct fake_station *station, zmq_msg_t *body, struct buffer *bytes)
{
    struct request request;
    const char *detail;
    enum outcome outcome = codec_decode_request(zmq_msg_data(body), zmq_msg_size(body),
                                                station->role, &request, &detail);
    pthread_mutex_lock(&station->mutex);
    unsigned number = station->count++;
    ck_assert_uint_lt(number, FAKE_REQUESTS_MAX);
    station->requests[number] = request;
    const void *raw = station->raw;
    size_t raw_size = station->raw_size;
    pthread_mutex_unlock(&station->mutex);
    if (raw != NULL) {
        bytes->data = malloc(raw_size);
        ck_assert_ptr_nonnull(bytes->data);
        memcpy(bytes->data, raw, raw_size);
        bytes->used = bytes->room = raw_size;
        return true;
    }
    struct reply reply = {
        .operation = request.operation, .outcome = outcome, .detail = detail, .station = "lobby"};
    if (outcome == OUTCOME_OK && station->answer != NULL &&
        !station->answer(number, &request, &reply))
        return false;
    ck_assert_int_eq(codec_encode_reply(&reply, bytes), 0);
    return true;
}

static void *serve(void *argument)
{
    struct fake_station *station = argument;
    zmq_msg_t frames[FRAMES_MAX];
    int count;
    while ((count = receive(station->socket, frames)) > 0) {
        struct buffer bytes = {0};
        bool answered = make_answer(station, &frames[count - 1], &bytes);
        /* The envelope goes back as it came, whatever sort of client socket made it. */
        for (int i = 0; i < count - 1; i++) {
            if (answered)
                zmq_msg_send(&frames[i], station->socket, ZMQ_SNDMORE);
            zmq_msg_close(&frames[i]);
        }
        zmq_msg_close(&frames[count - 1]);
        if (answered)
            zmq_send(station->socket, bytes.data, bytes.used, 0);
        buffer_free(&bytes);
    }
    zmq_close(station->socket);
    return NULL;
}

struct fake_station *fake_station_start(enum role role, fake_answer *answer)
{
    struct fake_station *station = calloc(1, sizeof *station);
    ck_assert_ptr_nonnull(station);
    station->role = role;
    station->answer = answer;
    pthread_mutex_init(&station->mutex, NULL);
    harness_directory(station->run_dir);
    char uri[ENDPOINT_URI_SIZE];
    ck_assert_int_eq(endpoint_uri(station->run_dir, role, uri), 0);
    ck_assert_int_eq(
        endpoint_path(station->run_dir, role, station->socket_path, sizeof station->socket_path),
        0);
    station->context = zmq_ctx_new();
    station->socket = zmq_socket(station->context, ZMQ_ROUTER);
    int linger = 0;
    zmq_setsockopt(station->socket, ZMQ_LINGER, &linger, sizeof linger);
    ck_assert_int_eq(zmq_bind(station->socket, uri), 0);
    ck_assert_int_eq(pthread_create(&station->thread, NULL, serve, station), 0);
    return station;
}

void fake_station_answer_raw(struct fake_station *station, const void *bytes, size_t size)
{
    pthread_mutex_lock(&station->mutex);
    station->raw = bytes;
    station->raw_size = size;
    pthread_mutex_unlock(&station->mutex);
}

void fake_station_stop(struct fake_station *station)
{
    zmq_ctx_shutdown(station->context);
    pthread_join(station->thread, NULL);
    zmq_ctx_term(station->context);
    unlink(station->socket_path);
    ck_assert_int_eq(rmdir(station->run_dir), 0);
    pthread_mutex_destroy(&station->mutex);
    free(station);
}

const char *fake_station_run_dir(const struct fake_station *station)
{
    return station->run_dir;
}

unsigned fake_station_count(struct fake_station *station)
{
    pthread_mutex_lock(&station->mutex);
    unsigned count = station->count;
    pthread_mutex_unlock(&station->mutex);
    return count;
}

struct request fake_station_request(struct fake_station *station, unsigned number)
{
    ck_assert_uint_lt(number, fake_station_count(station));
    pthread_mutex_lock(&station->mutex);
    struct request request = station->requests[number];
    pthread_mutex_unlock(&station->mutex);
    return request;
}
