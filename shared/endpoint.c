#include "endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int written(int length, size_t size)
{
    return length >= 0 && (size_t)length < size ? 0 : -ENAMETOOLONG;
}

int endpoint_default_run_dir(char *path, size_t size)
{
    struct stat status;
    const char *named = getenv("LOCKER_RUN");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (named && named[0] != '\0')
        return written(snprintf(path, size, "%s", named), size);
    if (stat("/run/locker", &status) == 0 && S_ISDIR(status.st_mode))
        return written(snprintf(path, size, "/run/locker"), size);
    if (runtime && runtime[0] != '\0')
        return written(snprintf(path, size, "%s/locker", runtime), size);
    return written(snprintf(path, size, "/tmp/locker-%u", (unsigned)getuid()), size);
}

/* A path that does not fit a socket's address must fail here, where it can be named. */
static int socket_path(const char *run_dir, const char *name, char *path, size_t size)
{
    const size_t room = size < ENDPOINT_PATH_MAX ? size : ENDPOINT_PATH_MAX;
    return written(snprintf(path, room, "%s/%s.sock", run_dir, name), room);
}

int endpoint_path(const char *run_dir, enum role role, char *path, size_t size)
{
    return socket_path(run_dir, role_name(role), path, size);
}

int endpoint_feed_path(const char *run_dir, char *path, size_t size)
{
    return socket_path(run_dir, "events", path, size);
}

int endpoint_uri(const char *run_dir, enum role role, char uri[ENDPOINT_URI_SIZE])
{
    char path[ENDPOINT_PATH_MAX];
    const int error = endpoint_path(run_dir, role, path, sizeof path);
    if (error != 0)
        return error;
    return written(snprintf(uri, ENDPOINT_URI_SIZE, "ipc://%s", path), ENDPOINT_URI_SIZE);
}

bool endpoint_is_tcp(const char *uri)
{
    static const char scheme[] = "tcp://";
    const size_t skip = sizeof scheme - 1;
    const char *colon = strrchr(uri, ':');
    if (strncmp(uri, scheme, skip) != 0 || !colon || colon <= uri + skip)
        return false;
    const size_t digits = strspn(colon + 1, "0123456789");
    const long port = strtol(colon + 1, NULL, 10);
    return digits > 0 && digits <= 5 && colon[1 + digits] == '\0' && port > 0 && port < 65536;
}
