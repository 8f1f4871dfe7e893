/* Redis 7: the scripts of redis_script.h over an append-only file. */
#include "peer.h"

#include "redis_link.h"
#include "redis_script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define START_TIMEOUT_MS 10000
#define START_LOOK_MS    10

/* Until it listens: connections are refused before. */
static int connect_when_ready(struct peer_server *server, redisContext **context)
{
    const struct timespec pause = {.tv_nsec = START_LOOK_MS * 1000000L};
    for (int waited = 0; waited < START_TIMEOUT_MS; waited += START_LOOK_MS) {
        int status = redis_connect(server->directory, context);
        if (status != -ENOENT && status != -ECONNREFUSED)
            return status;
        if (!child_runs(&server->child))
            return -ECHILD;
        nanosleep(&pause, NULL);
    }
    return -ETIMEDOUT;
}

static int read_version(redisContext *context, char version[PEER_VERSION_SIZE])
{
    redisReply *reply = redisCommand(context, "INFO server");
    if (reply == NULL)
        return redis_failure(context);
    const char *found =
        reply->type == REDIS_REPLY_STRING ? strstr(reply->str, "redis_version:") : NULL;
    if (found != NULL)
        sscanf(found, "redis_version:%31[0-9.]", version);
    freeReplyObject(reply);
    return found != NULL ? 0 : -EPROTO;
}

/* The places of a size follow those of the sizes before it. */
static int fill_wall(redisContext *context, const struct peer_plan *plan)
{
    uint32_t before = 0;
    for (unsigned size = 0; size < SIZE_COUNT; before += plan->doors[size++]) {
        if (plan->doors[size] == 0)
            continue;
        redisReply *reply =
            redisCommand(context, "EVAL %s 1 free:%s %u %u", redis_fill_script,
                         size_name((enum parcel_size)size), before + 1, before + plan->doors[size]);
        if (reply == NULL)
            return redis_failure(context);
        bool filled = reply->type != REDIS_REPLY_ERROR;
        if (!filled)
            fprintf(stderr, "locker-bench: redis: %s\n", reply->str);
        freeReplyObject(reply);
        if (!filled)
            return -EPROTO;
    }
    return 0;
}

static int prepare(struct peer_server *server, const struct peer_plan *plan)
{
    redisContext *context;
    int status = connect_when_ready(server, &context);
    if (status != 0)
        return status;
    status = read_version(context, server->version);
    if (status == 0)
        status = fill_wall(context, plan);
    redisFree(context);
    return status;
}

static int stop(struct peer_server *server)
{
    int status = child_stop(&server->child);
    if (status != 0)
        fputs("locker-bench: redis-server did not end with exit code 0\n", stderr);
    return status;
}

static int find_program(char path[CHILD_PATH_SIZE])
{
    static const char *const places[] = {"/usr/bin/redis-server", "/usr/local/bin/redis-server",
                                         NULL};
    return peer_find_program(places, path);
}

static bool installed(void)
{
    char path[CHILD_PATH_SIZE];
    return find_program(path) == 0;
}

static int start(struct peer_server *server, const struct peer_plan *plan, const char *appendfsync)
{
    char program[CHILD_PATH_SIZE];
    char socket[PEER_DIRECTORY_SIZE + sizeof REDIS_SOCKET];
    char links[16];
    int status = peer_settle(server, plan);
    if (status == 0)
        status = find_program(program);
    snprintf(socket, sizeof socket, "%s/%s", server->directory, REDIS_SOCKET);
    snprintf(links, sizeof links, "%u", plan->links_max + 8);
    const char *const arguments[] = {program,
                                     "--port",
                                     "0",
                                     "--unixsocket",
                                     socket,
                                     "--unixsocketperm",
                                     "700",
                                     "--dir",
                                     server->directory,
                                     "--save",
                                     "",
                                     "--appendonly",
                                     "yes",
                                     "--appendfsync",
                                     appendfsync,
                                     "--maxclients",
                                     links,
                                     "--daemonize",
                                     "no",
                                     "--logfile",
                                     "redis.log",
                                     NULL};
    if (status == 0)
        status = child_spawn(&server->child, arguments, NULL);
    if (status == 0)
        status = prepare(server, plan);
    if (status != 0) {
        fprintf(stderr, "locker-bench: redis-server did not start: %s\n", strerror(-status));
        child_stop(&server->child);
    }
    return status;
}

static int start_always(struct peer_server *server, const struct peer_plan *plan)
{
    return start(server, plan, "always");
}

static int start_everysec(struct peer_server *server, const struct peer_plan *plan)
{
    return start(server, plan, "everysec");
}

const struct peer peer_redis_always = {
    .name = "redis-always",
    .package = "redis-server",
    .guarantees = {.durable = "before the reply",
                   .exactly_once = "no",
                   .expiry = "a deposit in need",
                   .refusals = "named"},
    .installed = installed,
    .start = start_always,
    .stop = stop,
    .protocol = &redis_protocol,
};

const struct peer peer_redis_everysec = {
    .name = "redis-everysec",
    .package = "redis-server",
    .guarantees = {.durable = "a second or two later",
                   .exactly_once = "no",
                   .expiry = "a deposit in need",
                   .refusals = "named"},
    .installed = installed,
    .start = start_everysec,
    .stop = stop,
    .protocol = &redis_protocol,
};
