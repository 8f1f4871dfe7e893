#include "peer.h"

#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct peer *const peers[PEER_COUNT] = {&peer_redis_always, &peer_redis_everysec,
                                              &peer_postgres, &peer_sqlite};

int peer_settle(struct peer_server *server, const struct peer_plan *plan)
{
    *server = (struct peer_server){.ttl_ms = plan->ttl_ms};
    size_t length = strlen(plan->directory);
    if (length >= sizeof server->directory)
        return -ENAMETOOLONG;
    memcpy(server->directory, plan->directory, length + 1);
    return 0;
}

int peer_find_program(const char *const patterns[], char path[CHILD_PATH_SIZE])
{
    for (unsigned i = 0; patterns[i] != NULL; i++) {
        glob_t found;
        int status = -ENOENT;
        if (glob(patterns[i], 0, NULL, &found) != 0)
            continue;
        for (size_t j = found.gl_pathc; j-- > 0 && status != 0;) {
            size_t length = strlen(found.gl_pathv[j]);
            if (length >= CHILD_PATH_SIZE || access(found.gl_pathv[j], X_OK) != 0)
                continue;
            memcpy(path, found.gl_pathv[j], length + 1);
            status = 0;
        }
        globfree(&found);
        if (status == 0)
            return 0;
    }
    return -ENOENT;
}

enum outcome peer_outcome(const char *name)
{
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        if (strcmp(name, outcome_name((enum outcome)i)) == 0)
            return (enum outcome)i;
    return OUTCOME_INVALID_REQUEST;
}

int peer_wait(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    int ready = poll(&poll_fd, 1, LOAD_ANSWER_TIMEOUT_MS);
    if (ready == 0)
        return -ETIMEDOUT;
    return ready < 0 && errno != EINTR ? -errno : 0;
}
