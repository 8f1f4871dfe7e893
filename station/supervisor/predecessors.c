#include "predecessors.h"

#include "log.h"
#include "segment.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_MS 2
#define LOOKS_MAX     1000

/* Whether the process is there and is one of ours (numbers are given out again). */
static bool is_station_process(uint32_t pid)
{
    char path[32];
    char title[16] = "";
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/cmdline", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t length = read(fd, title, sizeof title - 1);
    close(fd);
    return length > 0 && strncmp(title, "locker-station", strlen("locker-station")) == 0;
}

static void await_end(uint32_t pid)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000};
    for (int looks = 0; pid != 0 && is_station_process(pid); looks++) {
        if (looks == LOOKS_MAX) {
            log_warning("process %" PRIu32 " of an earlier run does not go away", pid);
            return;
        }
        nanosleep(&pause, NULL);
    }
}

void predecessors_await(const char *segment_name)
{
    struct segment old;
    if (segment_open_readonly(&old, segment_name) != 0)
        return;
    await_end(atomic_load(&old.header->keeper_pid));
    for (int role = 0; role < ROLE_COUNT; role++)
        await_end(atomic_load(&old.header->desks[role].pid));
    segment_unmap(&old);
}
