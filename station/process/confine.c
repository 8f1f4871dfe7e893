#include "confine.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Counts as so many thousandths of the machine's memory. Enough to go before a keeper; a program
 * that really has eaten the memory still goes first. */
#define OOM_SCORE 200

/* Sanitizers map terabytes. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SHADOW true
#else
#define HAVE_SHADOW false
#endif

int process_open_oom_score(void)
{
    return open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
}

/* Whoever started the station may have asked for more: lowering it would not be allowed. */
static int raise_oom_score(int fd)
{
    char text[16] = "";
    if (pread(fd, text, sizeof text - 1, 0) < 0)
        return -errno;
    if (strtol(text, NULL, 10) >= OOM_SCORE)
        return 0;
    const int length = snprintf(text, sizeof text, "%d", OOM_SCORE);
    return pwrite(fd, text, (size_t)length, 0) == length ? 0 : -errno;
}

static int limit_memory(size_t bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) != 0)
        return -errno;
    if (limit.rlim_cur <= bytes)
        return 0;
    limit.rlim_cur = bytes;
    return setrlimit(RLIMIT_DATA, &limit) == 0 ? 0 : -errno;
}

void process_confine(size_t bytes, int oom_score_fd)
{
    int error = oom_score_fd < 0 ? -EBADF : raise_oom_score(oom_score_fd);
    if (error != 0)
        log_warning("cannot offer this process to the kernel for when memory runs out: %s",
                    strerror(-error));
    if (oom_score_fd >= 0)
        close(oom_score_fd);
    error = HAVE_SHADOW ? 0 : limit_memory(bytes);
    if (error != 0)
        log_warning("the memory of this process is not limited: %s", strerror(-error));
}
