/*
 * A station of the test's making: a ROUTER in a thread that treats each request as its script
 * says, and keeps what came in.
 */
#ifndef TEST_ROUTER_H
#define TEST_ROUTER_H

#include "support/harness.h"

#include <pthread.h>
#include <stddef.h>

#define ROUTER_REQUESTS_MAX 256
#define ROUTER_BYTES_MAX    256

enum router_act {
    ROUTER_ANSWER = 0,   /* as a station would; what the script does not say */
    ROUTER_SILENCE,      /* drop it */
    ROUTER_JUNK,         /* answer with the bytes of router->junk */
    ROUTER_TWO_FRAMES,   /* answer with one frame too many */
    ROUTER_NO_DELIMITER, /* answer without the empty frame that a REQ socket waits for */
    ROUTER_RESTART,      /* drop it, and come up again on the same path as another station */
    ROUTER_SIGNAL,       /* drop it, and send SIGINT, again and again until the next request comes,
                            to the thread that started the router */
    ROUTER_ANSWER_LATE,  /* answer every one before first, then this one */
};

struct router_request {
    unsigned char identity[32];
    size_t identity_size;
    unsigned char bytes[ROUTER_BYTES_MAX];
    size_t size;
};

struct router {
    char dir[HARNESS_PATH_SIZE];
    char uri[HARNESS_PATH_SIZE + 16];
    const enum router_act *script;
    size_t script_length;
    const void *junk;
    size_t junk_size;
    const char *secret_key; /* of a CURVE server on tcp; NULL: ipc */

    pthread_t starter;
    pthread_t thread;
    void *context;
    void *socket;
    void *monitor; /* tells of connections */
    int stop_fd;

    /* The thread's; read them after router_stop(). */
    struct router_request requests[ROUTER_REQUESTS_MAX];
    size_t count;
};

/* Make the directory and the URI, but do not serve yet. */
void router_prepare(struct router *router);
void router_serve(struct router *router);
/* Both, with this script. */
void router_start(struct router *router, const enum router_act *script, size_t length);
/* Come up again on the same path as another station; when libzmq has connected the client again,
 * which asks nothing meanwhile, let nobody else in. */
void router_restart_for_one(struct router *router);
/* Let everybody in again. */
void router_let_in(struct router *router);
/* Stop serving; remove the directory. */
void router_stop(struct router *router);

#endif
