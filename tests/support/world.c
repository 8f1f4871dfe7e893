#include "world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Of this test's world; "" before there is one. */
static char steps_path[2 * HARNESS_PATH_SIZE];

struct world_page *world_begin(const struct station *station)
{
    char path[2 * HARNESS_PATH_SIZE];
    char library[HARNESS_PATH_SIZE];
    struct world_page *world;
    snprintf(path, sizeof path, "%s/world", station->root);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, sizeof *world), 0);
    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert(world != MAP_FAILED);
    close(fd);
    snprintf(steps_path, sizeof steps_path, "%.*s" WORLD_STEPS_SUFFIX, HARNESS_PATH_SIZE, path);
    ck_assert_int_eq(mkfifo(steps_path, 0600), 0);
    harness_program("../tests/support/world_preload.so", library);
    ck_assert_msg(access(library, R_OK) == 0, "%s", library);
    /* Inherited by what this test starts, and by nobody else: each test is a process. */
    ck_assert_int_eq(setenv(WORLD_VARIABLE, path, 1), 0);
    ck_assert_int_eq(setenv("LD_PRELOAD", library, 1), 0);
    const char *asan = getenv("ASAN_OPTIONS");
    snprintf(path, sizeof path, "%s%sverify_asan_link_order=0", asan ? asan : "", asan ? ":" : "");
    ck_assert_int_eq(setenv("ASAN_OPTIONS", path, 1), 0);
    return world;
}

void world_pass(struct world_page *world, int64_t ms)
{
    world->wall_shift_ms += ms;
    world->elapsed_shift_ms += ms;
}

void world_leap(struct world_page *world, int64_t ms)
{
    const char step = WORLD_STEP;
    world->wall_shift_ms += ms;
    const int fd = open(steps_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, &step, 1), 1);
    close(fd);
}

static int64_t read_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void world_stop_clocks(struct world_page *world)
{
    world->stopped_elapsed_ms = read_ms(CLOCK_BOOTTIME);
    world->stopped_wall_ms = read_ms(CLOCK_REALTIME);
}
