/*
 * A wall clock that a test can set, for the programs it starts: to be preloaded (LD_PRELOAD).
 *
 * CLOCK_REALTIME differs from the kernel's by the milliseconds in the file $STEPPED_CLOCK/offset.
 * Setting the kernel's own clock would cancel a timerfd made for that (TFD_TIMER_CANCEL_ON_SET);
 * here such a timer is the FIFO $STEPPED_CLOCK/steps, which the test makes readable.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_ms;
static int steps_fd = -1;

static int open_beside(const char *name, int flags)
{
    char path[512];
    const char *directory = getenv("STEPPED_CLOCK");
    if (directory == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return open(path, flags | O_CLOEXEC);
}

__attribute__((constructor)) static void map_offset(void)
{
    const int fd = open_beside("offset", O_RDONLY);
    if (fd < 0)
        return;
    const void *memory = mmap(NULL, sizeof *offset_ms, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (memory != MAP_FAILED)
        offset_ms = memory;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const long error = syscall(SYS_clock_gettime, clock, now);
    if (error != 0 || clock != CLOCK_REALTIME || offset_ms == NULL)
        return (int)error;
    const int64_t offset = *offset_ms;
    now->tv_sec += (time_t)(offset / 1000);
    now->tv_nsec += (long)(offset % 1000) * 1000000;
    if (now->tv_nsec >= 1000000000) {
        now->tv_sec++;
        now->tv_nsec -= 1000000000;
    } else if (now->tv_nsec < 0) {
        now->tv_sec--;
        now->tv_nsec += 1000000000;
    }
    return 0;
}

int timerfd_create(int clock, int flags)
{
    if (clock != CLOCK_REALTIME)
        return (int)syscall(SYS_timerfd_create, clock, flags);
    steps_fd = open_beside("steps", O_RDWR | O_NONBLOCK);
    return steps_fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
    char byte;
    if (fd < 0 || fd != steps_fd)
        return (int)syscall(SYS_timerfd_settime, fd, flags, value, old);
    if ((flags & TFD_TIMER_CANCEL_ON_SET) == 0)
        return -1; /* it would sleep on when the clock is set */
    while (read(fd, &byte, 1) == 1)
        continue; /* armed anew: what was before is forgotten */
    return 0;
}
