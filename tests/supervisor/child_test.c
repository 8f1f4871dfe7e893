/*
 * A process of the station, as the supervisor sees it: which deaths are worth a line.
 */
#include "child.h"
#include "support/harness.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process that has not come as far as to block signals: an archivist just started. */
static struct child begin(void)
{
    struct child child = {.kind = JOB_ARCHIVIST, .ready_fd = -1};
    signal(SIGTERM, SIG_DFL); /* Check has a handler of its own, which would be inherited */
    child.pid = fork();
    ck_assert_int_ge(child.pid, 0);
    if (child.pid == 0)
        for (;;)
            pause();
    return child;
}

/* What is said of its death. */
static void die(struct child *child, char said[512])
{
    int status;
    ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
    const int log_fd = memfd_create("log", MFD_CLOEXEC);
    const int stderr_fd = dup(STDERR_FILENO);
    ck_assert_int_ge(log_fd, 0);
    ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
    child_died(child, status, false);
    ck_assert_int_ge(dup2(stderr_fd, STDERR_FILENO), 0);
    const ssize_t size = pread(log_fd, said, 511, 0);
    ck_assert_int_ge(size, 0);
    said[size] = '\0';
    close(stderr_fd);
    close(log_fd);
}

START_TEST(test_death_by_the_signal_it_was_sent_is_no_error)
{
    static const int signals[] = {SIGTERM, SIGKILL};
    char said[512];
    for (size_t i = 0; i < 2; i++) {
        struct child child = begin();
        child_signal(&child, signals[i]);
        die(&child, said);
        ck_assert_str_eq(said, "");
        ck_assert_int_eq(child.pid, 0);
        ck_assert_int_gt(child.restart_at_ms, 0);
    }
}
END_TEST

START_TEST(test_death_by_anybody_elses_signal_is_an_error)
{
    char said[512];
    struct child child = begin();
    ck_assert_int_eq(kill(child.pid, SIGTERM), 0);
    die(&child, said);
    ck_assert_ptr_nonnull(strstr(said, "the archivist (process "));
    ck_assert_ptr_nonnull(strstr(said, "was killed by signal 15"));
    child = begin();
    child_signal(&child, 0); /* told nothing that ends it */
    ck_assert_int_eq(kill(child.pid, SIGKILL), 0);
    die(&child, said);
    ck_assert_ptr_nonnull(strstr(said, "was killed by signal 9"));
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("child", &tests);
    tcase_add_test(tests, test_death_by_the_signal_it_was_sent_is_no_error);
    tcase_add_test(tests, test_death_by_anybody_elses_signal_is_an_error);
    return harness_run(suite);
}
