/*
 * What LD_PRELOAD puts between a station's processes and the kernel: clocks, a disk and wake-ups
 * that do as the test's page says. No sanitizer: it is there before they are. What libc declares
 * has libc's names for its parameters.
 */
#include "world_page.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MS_NS 1000000

static struct world_page *world;

__attribute__((constructor)) static void find_world(void)
{
    const char *path = getenv(WORLD_VARIABLE);
    const int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *page = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED)
        world = page;
}

static void set_ms(struct timespec *time, int64_t ms)
{
    time->tv_sec = ms / 1000;
    time->tv_nsec = ms % 1000 * MS_NS;
}

int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
    if (syscall(SYS_clock_gettime, clock_id, tp) != 0)
        return -1;
    if (!world || (clock_id != CLOCK_REALTIME && clock_id != CLOCK_BOOTTIME))
        return 0;
    const bool is_wall = clock_id == CLOCK_REALTIME;
    const int64_t stopped_ms = is_wall ? world->stopped_wall_ms : world->stopped_elapsed_ms;
    const int64_t shift_ms = is_wall ? world->wall_shift_ms : world->elapsed_shift_ms;
    const int64_t real_ms = (int64_t)tp->tv_sec * 1000 + tp->tv_nsec / MS_NS;
    if (stopped_ms != 0 || shift_ms != 0)
        set_ms(tp, (stopped_ms != 0 ? stopped_ms : real_ms) + shift_ms);
    return 0;
}

/* ---- timers that the setting of the clock cancels ---------------------------------------- */

static int steps_fd = -1;

int timerfd_create(clockid_t clock_id, int flags)
{
    char path[512];
    const char *page = getenv(WORLD_VARIABLE);
    if (!world || !page || clock_id != CLOCK_REALTIME)
        return (int)syscall(SYS_timerfd_create, clock_id, flags);
    snprintf(path, sizeof path, "%s" WORLD_STEPS_SUFFIX, page);
    steps_fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return steps_fd;
}

/* Arming it anew forgets the steps so far, and says that there were some, as the kernel does: done
 * it is all the same. A time that has come makes it readable, too. */
int timerfd_settime(int ufd, int flags, const struct itimerspec *utmr, struct itimerspec *otmr)
{
    char byte;
    bool stepped = false;
    struct timespec now;
    if (steps_fd < 0 || ufd != steps_fd)
        return (int)syscall(SYS_timerfd_settime, ufd, flags, utmr, otmr);
    if ((flags & TFD_TIMER_CANCEL_ON_SET) == 0) {
        errno = EINVAL;
        return -1;
    }
    while (read(ufd, &byte, 1) == 1)
        stepped |= byte == WORLD_STEP;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec >= utmr->it_value.tv_sec && write(ufd, "", 1) != 1)
        return -1;
    errno = ECANCELED;
    return stepped ? -1 : 0;
}

/* ---- the disk ---------------------------------------------------------------------------- */

static int sync_as_told(long number, int fd)
{
    const struct timespec while_ = {.tv_nsec = MS_NS};
    if (!world)
        return (int)syscall(number, fd);
    world->syncs_begun++;
    while (world->syncs_held != 0)
        nanosleep(&while_, NULL);
    if (world->sync_error != 0) {
        errno = world->sync_error;
        return -1;
    }
    return (int)syscall(number, fd);
}

int fdatasync(int fildes)
{
    return sync_as_told(SYS_fdatasync, fildes);
}

int fsync(int fd)
{
    return sync_as_told(SYS_fsync, fd);
}

static ssize_t write_as_told(int fd, const void *bytes, size_t size, off_t offset)
{
    if (world && world->write_error != 0) {
        errno = world->write_error;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    return write_as_told(fd, buf, n, offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t offset)
{
    return write_as_told(fd, buf, n, offset);
}

/* ---- wake-ups ---------------------------------------------------------------------------- */

int eventfd_write(int fd, eventfd_t value)
{
    if (world && world->dies_waking == getpid()) {
        world->dies_waking = 0;
        kill(getpid(), SIGKILL);
    }
    return syscall(SYS_write, fd, &value, sizeof value) == (long)sizeof value ? 0 : -1;
}

int poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
    struct timespec patience;
    if (timeout < 0 || (world && timeout > 0 && world->oversleeps == getpid()))
        return ppoll(fds, nfds, NULL, NULL);
    set_ms(&patience, timeout);
    return ppoll(fds, nfds, &patience, NULL);
}
