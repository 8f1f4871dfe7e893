#include "timed_link.h"

#include "stopwatch.h"

#include <errno.h>
#include <stdlib.h>

struct link {
    struct timed_server *timed;
    void *inner;
    unsigned window;
    uint64_t *sent_ns; /* pipelined: when the deposits that are out were sent; ring of `window` */
    uint64_t sent, received;
    uint64_t sum_ns;
    struct histogram deposits;
};

void timed_server_begin(struct timed_server *timed, const struct load_protocol *protocol,
                        void *server)
{
    timed->protocol = protocol;
    timed->server = server;
    timed->sum_ns = 0;
    pthread_mutex_init(&timed->lock, NULL);
    histogram_clear(&timed->deposits);
}

void timed_server_end(struct timed_server *timed)
{
    pthread_mutex_destroy(&timed->lock);
}

static void record(struct link *link, uint64_t sent_ns)
{
    const uint64_t ns = stopwatch_now_ns() - sent_ns;
    histogram_record(&link->deposits, ns);
    link->sum_ns += ns;
}

static void close_link(void *argument)
{
    struct link *link = argument;
    struct timed_server *timed = link->timed;
    if (link->inner != NULL)
        timed->protocol->close(link->inner);
    pthread_mutex_lock(&timed->lock);
    histogram_merge(&timed->deposits, &link->deposits);
    timed->sum_ns += link->sum_ns;
    pthread_mutex_unlock(&timed->lock);
    free(link->sent_ns);
    free(link);
}

static int open_link(void *argument, enum parcel_size size, unsigned window, void **opened)
{
    struct timed_server *timed = argument;
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return -ENOMEM;
    link->timed = timed;
    link->window = window;
    histogram_clear(&link->deposits);
    link->sent_ns = window > 0 ? calloc(window, sizeof *link->sent_ns) : NULL;
    int status = window > 0 && link->sent_ns == NULL
                     ? -ENOMEM
                     : timed->protocol->open(timed->server, size, window, &link->inner);
    if (status == 0)
        *opened = link;
    else
        close_link(link);
    return status;
}

static int ask(void *argument, enum load_operation operation, const char *code,
               struct load_answer *answer)
{
    struct link *link = argument;
    const uint64_t sent_ns = stopwatch_now_ns();
    int status = link->timed->protocol->ask(link->inner, operation, code, answer);
    if (status == 0 && operation == LOAD_DEPOSIT)
        record(link, sent_ns);
    return status;
}

static int send_request(void *argument, enum load_operation operation, const char *code)
{
    struct link *link = argument;
    if (operation == LOAD_DEPOSIT)
        link->sent_ns[link->sent++ % link->window] = stopwatch_now_ns();
    return link->timed->protocol->send(link->inner, operation, code);
}

/* Deposits are answered in the order in which they were sent. */
static int receive(void *argument, struct load_answer *answer)
{
    struct link *link = argument;
    int status = link->timed->protocol->receive(link->inner, answer);
    if (status > 0 && answer->operation == LOAD_DEPOSIT)
        record(link, link->sent_ns[link->received++ % link->window]);
    return status;
}

static int wait_answers(void *argument)
{
    const struct link *link = argument;
    return link->timed->protocol->wait(link->inner);
}

const struct load_protocol timed_link = {.open = open_link,
                                         .close = close_link,
                                         .ask = ask,
                                         .send = send_request,
                                         .receive = receive,
                                         .wait = wait_answers};
