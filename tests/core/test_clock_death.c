/*
 * A death at any instruction of a reading of the clock: it may lose time, never gain any. The
 * reader is stepped through one instruction after the other.
 */
#include "fixture.h"
#include "support/harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define T0     INT64_C(1795514400000)
#define HOUR   INT64_C(3600000)
#define PASSED (HOUR / 2)

/* Shared with the one who is stepped through. */
struct shared {
    struct trusted_clock clock;
    volatile bool reading;
};

/* The wall clock in these readings, from what it should show. */
static const int64_t offsets_ms[] = {0, -3 * HOUR / 4, -100 * HOUR, 100 * HOUR};
#define OFFSETS ((int)(sizeof offsets_ms / sizeof offsets_ms[0]))

static void read_and_end(struct shared *shared, int64_t wall_ms, int64_t elapsed_ms)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(EXIT_FAILURE);
    raise(SIGSTOP);
    shared->reading = true;
    trusted_clock_read(&shared->clock, wall_ms, elapsed_ms);
    shared->reading = false;
    raise(SIGSTOP);
    _exit(EXIT_SUCCESS);
}

/* What everybody else reads, whatever half of the reading the dead has stored. */
static void expect_no_time_gained(const struct trusted_clock *left, int64_t least_ms,
                                  int64_t most_ms, int64_t wall_ms, int64_t elapsed_ms)
{
    struct trusted_clock clock = *left;
    const int64_t now_ms = trusted_clock_read(&clock, wall_ms, elapsed_ms);
    ck_assert_int_ge(now_ms, least_ms);
    ck_assert_int_le(now_ms, most_ms);
}

/* Step the child through its reading; how many different clocks it left on the way. */
static int step_through(pid_t pid, const struct shared *shared, int64_t least_ms, int64_t most_ms,
                        int64_t wall_ms, int64_t elapsed_ms)
{
    struct trusted_clock seen = shared->clock;
    bool begun = false;
    int halves = 0;
    int status;
    for (;;) {
        ck_assert_int_eq(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(WIFSTOPPED(status), "the reader ended by itself");
        begun |= shared->reading;
        if (begun && !shared->reading)
            return halves;
        if (memcmp(&seen, &shared->clock, sizeof seen) == 0)
            continue;
        seen = shared->clock;
        halves++;
        expect_no_time_gained(&seen, least_ms, most_ms, wall_ms, elapsed_ms);
    }
}

START_TEST(test_death_in_a_reading_gains_no_time)
{
    const int64_t elapsed_ms = 1000 + PASSED;
    const int64_t wall_ms = T0 + PASSED + offsets_ms[_i];
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    trusted_clock_start(&shared->clock, &(struct clock_floor){0}, T0, 1000);
    struct trusted_clock undisturbed = shared->clock;
    const int64_t most_ms = trusted_clock_read(&undisturbed, wall_ms, elapsed_ms);
    int status;
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        read_and_end(shared, wall_ms, elapsed_ms);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE) {
        printf("SKIPPED: nobody may be traced here\n");
        return;
    }
    ck_assert(WIFSTOPPED(status));
    ck_assert_int_gt(step_through(pid, shared, T0, most_ms, wall_ms, elapsed_ms), 0);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    munmap(shared, sizeof *shared);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("clock death", &tests);
    tcase_add_loop_test(tests, test_death_in_a_reading_gains_no_time, 0, OFFSETS);
    return harness_run(suite);
}
