/*
 * What LD_PRELOAD puts between a station's processes and the kernel: clocks and a disk that do as
 * the test's page says. No sanitizer: it is there before they are.
 */
#include "world_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

/* The system's headers have names of their own for the parameters. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (syscall(SYS_clock_gettime, clock, time) != 0)
        return -1;
    if (!world || (clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME))
        return 0;
    const bool is_wall = clock == CLOCK_REALTIME;
    const int64_t stopped_ms = is_wall ? world->stopped_wall_ms : world->stopped_elapsed_ms;
    const int64_t shift_ms = is_wall ? world->wall_shift_ms : world->elapsed_shift_ms;
    const int64_t real_ms = (int64_t)time->tv_sec * 1000 + time->tv_nsec / MS_NS;
    if (stopped_ms != 0 || shift_ms != 0)
        set_ms(time, (stopped_ms != 0 ? stopped_ms : real_ms) + shift_ms);
    return 0;
}

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

int fdatasync(int fd)
{
    return sync_as_told(SYS_fdatasync, fd);
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

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return write_as_told(fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    return write_as_told(fd, bytes, size, offset);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
