/*
 * The lock on a directory: one station, and nobody left of one that was killed.
 */
#include "run_lock.h"
#include "support/files.h"
#include "support/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WHY_SIZE 512

static char directory[HARNESS_PATH_SIZE];

static void setup(void)
{
    harness_directory(directory);
}

static void teardown(void)
{
    files_remove_tree(directory);
}

START_TEST(test_a_second_station_is_told_who_is_there)
{
    char why[WHY_SIZE];
    char pid[32];
    const int fd = run_lock_take(directory, "run", why, sizeof why);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(run_lock_take(directory, "run", why, sizeof why), -EWOULDBLOCK);
        snprintf(pid, sizeof pid, "process %d)", (int)getpid());
        ck_assert_msg(strstr(why, pid) != NULL, "%s", why);
        ck_assert_msg(strstr(why, directory) != NULL, "%s", why);
        ck_assert_msg(strstr(why, "--run") != NULL, "%s", why);
    }
    close(fd);
    const int next = run_lock_take(directory, "run", why, sizeof why);
    ck_assert_int_ge(next, 0);
    close(next);
}
END_TEST

START_TEST(test_a_removed_note_lets_nobody_in)
{
    char why[WHY_SIZE];
    char note[HARNESS_PATH_SIZE + 16];
    snprintf(note, sizeof note, "%s/station.lock", directory);
    const int fd = run_lock_take(directory, "run", why, sizeof why);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(note), 0);
    ck_assert_int_eq(run_lock_take(directory, "run", why, sizeof why), -EWOULDBLOCK);
    ck_assert_msg(strstr(why, directory) != NULL, "%s", why);
    ck_assert_int_eq(access(note, F_OK), -1); /* who is refused changes nothing */
    close(fd);
}
END_TEST

START_TEST(test_a_killed_holder_lets_go)
{
    char why[WHY_SIZE];
    int ends[2];
    char byte;
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (run_lock_take(directory, "data", why, sizeof why) >= 0 && write(ends[1], "t", 1) == 1)
            pause();
        _exit(EXIT_FAILURE);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    ck_assert_int_eq(run_lock_take(directory, "data", why, sizeof why), -EWOULDBLOCK);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    const int fd = run_lock_take(directory, "data", why, sizeof why);
    ck_assert_msg(fd >= 0, "%s", why);
    close(fd);
    close(ends[0]);
}
END_TEST

START_TEST(test_a_lock_that_is_a_link_or_nowhere_is_refused)
{
    char why[WHY_SIZE];
    char lock_path[HARNESS_PATH_SIZE + 16];
    char target[HARNESS_PATH_SIZE + 16];
    snprintf(lock_path, sizeof lock_path, "%s/station.lock", directory);
    snprintf(target, sizeof target, "%s/target", directory);
    ck_assert_int_eq(symlink(target, lock_path), 0);
    ck_assert_int_eq(run_lock_take(directory, "run", why, sizeof why), -ELOOP);
    ck_assert_int_eq(access(target, F_OK), -1);
    ck_assert_int_eq(run_lock_take("/nowhere at all", "run", why, sizeof why), -ENOENT);
    ck_assert_msg(strstr(why, "/nowhere at all") != NULL, "%s", why);
}
END_TEST

/* Somebody who was given the descriptor and outlives the holder by so much. */
static pid_t start_heir(int fd, long ms)
{
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
        nanosleep(&span, NULL);
        _exit(fcntl(fd, F_GETFD) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return pid;
}

START_TEST(test_who_inherited_the_lock_holds_it)
{
    char why[WHY_SIZE];
    const int fd = run_lock_take(directory, "run", why, sizeof why);
    ck_assert_msg(fd >= 0, "%s", why);
    const pid_t heir = start_heir(fd, 60000);
    close(fd);
    ck_assert_int_eq(run_lock_take(directory, "run", why, sizeof why), -EWOULDBLOCK);
    ck_assert_int_eq(kill(heir, SIGKILL), 0);
    ck_assert_int_eq(waitpid(heir, NULL, 0), heir);
    const int next = run_lock_take(directory, "run", why, sizeof why);
    ck_assert_msg(next >= 0, "%s", why);
    close(next);
}
END_TEST

START_TEST(test_heirs_that_are_about_to_go_are_waited_for)
{
    char why[WHY_SIZE];
    const int fd = run_lock_take(directory, "run", why, sizeof why);
    ck_assert_msg(fd >= 0, "%s", why);
    const pid_t heir = start_heir(fd, 200);
    close(fd);
    const int next = run_lock_take(directory, "run", why, sizeof why);
    ck_assert_msg(next >= 0, "%s", why);
    /* It has it because the heir is gone, or going. */
    ck_assert_int_eq(waitpid(heir, NULL, 0), heir);
    close(next);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("run_lock", &tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_a_second_station_is_told_who_is_there);
    tcase_add_test(tests, test_a_removed_note_lets_nobody_in);
    tcase_add_test(tests, test_a_killed_holder_lets_go);
    tcase_add_test(tests, test_a_lock_that_is_a_link_or_nowhere_is_refused);
    tcase_add_test(tests, test_who_inherited_the_lock_holds_it);
    tcase_add_test(tests, test_heirs_that_are_about_to_go_are_waited_for);
    return harness_run(suite);
}
