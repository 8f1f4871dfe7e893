/*
 * A file system that is full, and grows: a small one of the station's own, which takes root to
 * make. Without, the program says that it was skipped.
 */
#include "support/patience.h"
#include "support/wire.h"

#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* As ctest is told: SKIP_RETURN_CODE. */
#define EXIT_SKIPPED 77

/* The station in a mount namespace of its own, with this much room for its data. */
static void mount_data(struct station *station)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", station->data, "tmpfs", 0, "size=400k,mode=0700") != 0)
        _exit(EXIT_FAILURE);
}

/* Run this in the station's namespace; false when it failed. */
static bool inside(const struct station *station, int (*act)(const struct station *))
{
    char path[64];
    int status;
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)station->pid);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        _exit(fd >= 0 && setns(fd, CLONE_NEWNS) == 0 && act(station) == 0 ? EXIT_SUCCESS
                                                                          : EXIT_FAILURE);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status == 0;
}

static int enlarge(const struct station *station)
{
    return mount(NULL, station->data, NULL, MS_REMOUNT, "size=32m");
}

/* Root may, as a rule; others show much the same with RLIMIT_FSIZE (disk_test.c). */
static bool may_mount(void)
{
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        const bool may =
            unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
        _exit(may ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool takes_again(struct station *station, const struct request *request)
{
    return wire_try(station, ROLE_DRIVER, request) == OUTCOME_OK;
}

START_TEST(test_full_file_system_is_waited_for)
{
    struct station station;
    struct ticket safe;
    struct ticket late;
    struct request deposit = {.operation = OP_DEPOSIT, .has_size = true, .size = SIZE_LARGE};
    station_prepare(&station, NULL);
    ck_assert_int_eq(mkdir(station.data, 0700), 0);
    station.before_exec = mount_data;
    station_start(&station);
    EXPECT(OUTCOME_OK, wire_deposit(&station, SIZE_MEDIUM, &safe));
    ck_assert_msg(wire_work_until_full(&station), "it was never full");
    wire_set_id(&deposit, 78);
    EXPECT(OUTCOME_STORAGE_UNAVAILABLE, wire_try(&station, ROLE_DRIVER, &deposit));
    ck_assert(inside(&station, enlarge));
    AWAIT(takes_again(&station, &deposit));
    struct value *reply = wire_ask(&station, ROLE_DRIVER, &deposit);
    EXPECT(OUTCOME_OK, wire_outcome(reply));
    wire_ticket(reply, &late);
    value_free(reply);
    wire_expect_pickup(&station, &safe);
    wire_expect_pickup(&station, &late);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    if (!may_mount()) {
        puts("SKIPPED: a file system of its own takes root");
        return EXIT_SKIPPED;
    }
    Suite *suite = harness_suite("full_disk", &tests);
    tcase_add_test(tests, test_full_file_system_is_waited_for);
    return harness_run(suite);
}
