#include "redis_link.h"

#include "code_offer.h"
#include "peer.h"
#include "redis_script.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHA_SIZE     41
#define KEY_SIZE     24
#define NUMBER_SIZE  24
#define ARGUMENT_MAX (3 + 3 + 3 + CODE_OFFER_COUNT)

struct link {
    redisContext *context;
    char deposit_sha[SHA_SIZE];
    char pickup_sha[SHA_SIZE];
    const char *size;
    char free_key[KEY_SIZE];
    char expiry_key[KEY_SIZE];
    char ttl_ms[NUMBER_SIZE];
    char remember_s[NUMBER_SIZE];
    /* Pipelining: which operations are out, in their order; a ring. */
    enum load_operation *out;
    unsigned window;
    uint64_t sent;
    uint64_t received;
};

/* A command; its strings are those of the link, of `used_key`, and of `offer`. */
struct command {
    const char *arguments[ARGUMENT_MAX];
    int count;
    char used_key[KEY_SIZE];
    struct code_offer offer;
};

int redis_failure(const redisContext *context)
{
    switch (context->err) {
    case REDIS_ERR_IO:
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    case REDIS_ERR_EOF:
        return -ECONNRESET;
    case REDIS_ERR_OOM:
        return -ENOMEM;
    default:
        return -EPROTO;
    }
}

int redis_connect(const char *directory, redisContext **connected)
{
    const struct timeval timeout = {.tv_sec = LOAD_ANSWER_TIMEOUT_MS / 1000};
    char path[PEER_DIRECTORY_SIZE + sizeof REDIS_SOCKET];
    snprintf(path, sizeof path, "%s/%s", directory, REDIS_SOCKET);
    errno = 0;
    redisContext *context = redisConnectUnixWithTimeout(path, timeout);
    if (context == NULL)
        return -ENOMEM;
    int status = context->err != 0 ? redis_failure(context) : 0;
    if (status == 0 && redisSetTimeout(context, timeout) != REDIS_OK)
        status = redis_failure(context);
    if (status == 0)
        *connected = context;
    else
        redisFree(context);
    return status;
}

/* ---- requests and answers -------------------------------------------------------------- */

static int make_deposit(const struct link *link, struct command *command)
{
    int status = code_offer_draw(&command->offer);
    if (status != 0)
        return status;
    const char *const head[] = {"EVALSHA",       link->deposit_sha, "3",        link->free_key,
                                "live",          link->expiry_key,  link->size, link->ttl_ms,
                                link->remember_s};
    memcpy(command->arguments, head, sizeof head);
    command->count = sizeof head / sizeof head[0];
    for (unsigned i = 0; i < CODE_OFFER_COUNT; i++)
        command->arguments[command->count++] = command->offer.codes[i];
    return 0;
}

static int make_pickup(const struct link *link, const char *code, struct command *command)
{
    snprintf(command->used_key, sizeof command->used_key, "used:%s", code);
    const char *const all[] = {"EVALSHA", link->pickup_sha, "2", "live", command->used_key,
                               code,      link->remember_s};
    memcpy(command->arguments, all, sizeof all);
    command->count = sizeof all / sizeof all[0];
    return 0;
}

static int make_command(const struct link *link, enum load_operation operation, const char *code,
                        struct command *command)
{
    return operation == LOAD_DEPOSIT ? make_deposit(link, command)
                                     : make_pickup(link, code, command);
}

static bool is_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

/* What a script has answered; the reply is freed. */
static int read_reply(redisReply *reply, enum load_operation operation, struct load_answer *answer)
{
    int status = -EPROTO;
    size_t expected = operation == LOAD_DEPOSIT ? 3 : 2;
    if (reply->type == REDIS_REPLY_ERROR)
        fprintf(stderr, "locker-bench: redis: %s\n", reply->str);
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 || !is_text(reply->element[0]))
        goto done;
    answer->operation = operation;
    answer->outcome = peer_outcome(reply->element[0]->str);
    answer->compartment = 0;
    if (answer->outcome == OUTCOME_OK) {
        if (reply->elements != expected || !is_text(reply->element[1]))
            goto done;
        answer->compartment = (uint32_t)strtoul(reply->element[1]->str, NULL, 10);
    }
    if (answer->outcome == OUTCOME_OK && operation == LOAD_DEPOSIT)
        snprintf(answer->code, sizeof answer->code, "%s", reply->element[2]->str);
    status = 0;
done:
    freeReplyObject(reply);
    return status;
}

static int ask(void *argument, enum load_operation operation, const char *code,
               struct load_answer *answer)
{
    struct link *link = argument;
    struct command command;
    int status = make_command(link, operation, code, &command);
    if (status != 0)
        return status;
    errno = 0;
    redisReply *reply = redisCommandArgv(link->context, command.count, command.arguments, NULL);
    return reply == NULL ? redis_failure(link->context) : read_reply(reply, operation, answer);
}

static int send_command(void *argument, enum load_operation operation, const char *code)
{
    struct link *link = argument;
    struct command command;
    int status = make_command(link, operation, code, &command);
    if (status != 0)
        return status;
    if (redisAppendCommandArgv(link->context, command.count, command.arguments, NULL) != REDIS_OK)
        return redis_failure(link->context);
    link->out[link->sent++ % link->window] = operation;
    return 0;
}

static int receive(void *argument, struct load_answer *answer)
{
    struct link *link = argument;
    void *reply = NULL;
    if (redisGetReplyFromReader(link->context, &reply) != REDIS_OK)
        return redis_failure(link->context);
    if (reply == NULL)
        return 0;
    int status = read_reply(reply, link->out[link->received++ % link->window], answer);
    return status == 0 ? 1 : status;
}

static int wait_answers(void *argument)
{
    struct link *link = argument;
    int done = 0;
    errno = 0;
    while (done == 0)
        if (redisBufferWrite(link->context, &done) != REDIS_OK)
            return redis_failure(link->context);
    int status = peer_wait(link->context->fd, POLLIN);
    if (status == 0 && redisBufferRead(link->context) != REDIS_OK)
        status = redis_failure(link->context);
    return status;
}

/* ---- opening --------------------------------------------------------------------------- */

static int load_script(redisContext *context, const char *script, char sha[SHA_SIZE])
{
    redisReply *reply = redisCommand(context, "SCRIPT LOAD %s", script);
    if (reply == NULL)
        return redis_failure(context);
    int status = 0;
    if (reply->type == REDIS_REPLY_STRING && strlen(reply->str) == SHA_SIZE - 1) {
        memcpy(sha, reply->str, SHA_SIZE);
    } else {
        fprintf(stderr, "locker-bench: redis: %s\n", reply->str != NULL ? reply->str : "no script");
        status = -EPROTO;
    }
    freeReplyObject(reply);
    return status;
}

static void close_link(void *argument)
{
    struct link *link = argument;
    if (link->context != NULL)
        redisFree(link->context);
    free(link->out);
    free(link);
}

static int open_link(void *argument, enum parcel_size size, unsigned window, void **opened)
{
    const struct peer_server *server = argument;
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return -ENOMEM;
    int status = 0;
    link->size = size_name(size);
    link->window = window;
    snprintf(link->free_key, sizeof link->free_key, "free:%s", link->size);
    snprintf(link->expiry_key, sizeof link->expiry_key, "expiry:%s", link->size);
    snprintf(link->ttl_ms, sizeof link->ttl_ms, "%" PRId64, server->ttl_ms);
    snprintf(link->remember_s, sizeof link->remember_s, "%d", PEER_REMEMBER_S);
    if (window > 0 && (link->out = calloc(window, sizeof link->out[0])) == NULL)
        status = -ENOMEM;
    if (status == 0)
        status = redis_connect(server->directory, &link->context);
    if (status == 0)
        status = load_script(link->context, redis_deposit_script, link->deposit_sha);
    if (status == 0)
        status = load_script(link->context, redis_pickup_script, link->pickup_sha);
    if (status == 0)
        *opened = link;
    else
        close_link(link);
    return status;
}

const struct load_protocol redis_protocol = {.open = open_link,
                                             .close = close_link,
                                             .ask = ask,
                                             .send = send_command,
                                             .receive = receive,
                                             .wait = wait_answers};
