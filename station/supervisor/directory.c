#include "directory.h"

#include "config.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARENTS_MAX 2

/* The path without its last part; false when there is nothing left. */
static int parent_of(const char *path, char parent[CONFIG_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || (size_t)(slash - path) >= CONFIG_PATH_MAX)
        return 0;
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = '\0';
    return 1;
}

static int make(const char *path, mode_t mode, int parents)
{
    char parent[CONFIG_PATH_MAX];
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return 0;
    if (errno != ENOENT || parents == 0 || !parent_of(path, parent))
        return -errno;
    const int error = make(parent, mode, parents - 1);
    if (error != 0)
        return error;
    return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

int directory_ensure(const char *path, mode_t mode, const char *what)
{
    char clean[CONFIG_PATH_MAX];
    struct stat status;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    memcpy(clean, path, length);
    clean[length] = '\0';
    const int error = make(clean, mode, PARENTS_MAX);
    if (error != 0) {
        log_error("cannot create the %s directory %s: %s; create it, or name another with --%s",
                  what, path, strerror(-error), what);
        return error;
    }
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        log_error("the %s directory %s is no directory; name another with --%s", what, path, what);
        return -ENOTDIR;
    }
    /* /tmp/locker-UID could have been laid there for us by anybody. */
    if ((status.st_uid != geteuid() && status.st_uid != 0) || (status.st_mode & S_IWOTH)) {
        log_error("the %s directory %s belongs to user %u or can be written by everybody; name "
                  "one of your own with --%s",
                  what, path, (unsigned)status.st_uid, what);
        return -EPERM;
    }
    if (access(path, W_OK | X_OK) != 0) {
        log_error("cannot write to the %s directory %s: %s; name another with --%s", what, path,
                  strerror(errno), what);
        return -EACCES;
    }
    return 0;
}
