/*
 * What the processes of a station are made of: jobs, hardening, wake-ups, sockets, locks, clocks.
 */
#include "files.h"
#include "harden.h"
#include "harness.h"
#include "invariant.h"
#include "job.h"
#include "listen_socket.h"
#include "log.h"
#include "raw_clock.h"
#include "wake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHY_SIZE    512
#define PATIENCE_MS 40000

static char directory[HARNESS_PATH_SIZE];
static char path[HARNESS_PATH_SIZE + 16];

static void setup(void)
{
    harness_directory(directory);
    snprintf(path, sizeof path, "%s/desk.sock", directory);
}

static void teardown(void)
{
    files_remove_tree(directory);
}

/* ---- jobs -------------------------------------------------------------------------------- */

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static void fill_job(struct job *job)
{
    memset(job, 0, sizeof *job);
    job->kind = JOB_DESK_KEYPAD;
    job->segment_fd = 7;
    job->remote_count = 1;
    memset(&job->keys, 0xaa, sizeof job->keys);
    strcpy(job->station, "lobby");
}

/* A memory file with these bytes and seals. */
static int memory_file(const void *bytes, size_t size, int seals)
{
    const int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    ck_assert(seals == 0 || fcntl(fd, F_ADD_SEALS, seals) == 0);
    return fd;
}

START_TEST(test_a_job_arrives_as_it_was_sealed)
{
    struct job job;
    struct job got;
    fill_job(&job);
    const int fd = job_seal(&job);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_eq(job_read(fd, &got), 0);
    ck_assert_mem_eq(&job, &got, sizeof job);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1); /* closed: nobody reads the keys there again */
}
END_TEST

START_TEST(test_a_sealed_job_cannot_be_changed)
{
    struct job job;
    fill_job(&job);
    const int fd = job_seal(&job);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, "x", 1, 0), -1);
    ck_assert_int_eq(ftruncate(fd, 1), -1);
    ck_assert_int_eq(ftruncate(fd, (off_t)sizeof job + 1), -1);
    ck_assert(mmap(NULL, sizeof job, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    close(fd);
}
END_TEST

START_TEST(test_what_is_no_sealed_job_is_refused)
{
    static char bytes[sizeof(struct job) + 1];
    struct job job;
    struct job got;
    fill_job(&job);
    ck_assert_int_eq(job_read(memory_file(&job, sizeof job, 0), &got), -EPROTO);
    ck_assert_int_eq(job_read(memory_file(&job, sizeof job, F_SEAL_WRITE), &got), -EPROTO);
    ck_assert_int_eq(job_read(memory_file(&job, sizeof job - 1, ALL_SEALS), &got), -EPROTO);
    ck_assert_int_eq(job_read(memory_file(bytes, sizeof bytes, ALL_SEALS), &got), -EPROTO);
    ck_assert_int_eq(job_read(memory_file(&job, sizeof job, ALL_SEALS), &got), 0);
    job.kind = JOB_KIND_COUNT;
    ck_assert_int_eq(job_read(memory_file(&job, sizeof job, ALL_SEALS), &got), -EPROTO);
    fill_job(&job);
    job.remote_count = REMOTE_ENDPOINTS_MAX + 1;
    ck_assert_int_eq(job_read(memory_file(&job, sizeof job, ALL_SEALS), &got), -EPROTO);
    ck_assert_int_eq(job_read(open("/dev/null", O_RDONLY | O_CLOEXEC), &got), -EPROTO);
    ck_assert_int_eq(job_read(-1, &got), -EBADF);
}
END_TEST

START_TEST(test_jobs_of_desks_are_numbered_like_roles)
{
    ck_assert_int_eq(JOB_DESK_DRIVER, ROLE_DRIVER);
    ck_assert_int_eq(JOB_DESK_KEYPAD, ROLE_KEYPAD);
    ck_assert_int_eq(JOB_DESK_OPERATOR, ROLE_OPERATOR);
    ck_assert_str_eq(job_name(JOB_DESK_KEYPAD), "keypad desk");
    ck_assert_str_eq(job_name(JOB_KEEPER), "keeper");
}
END_TEST

/* ---- hardening --------------------------------------------------------------------------- */

START_TEST(test_a_hardened_process_dumps_no_core)
{
    struct rlimit limit;
    process_harden();
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, 0);
    ck_assert_uint_eq(limit.rlim_max, 0);
}
END_TEST

static void break_an_invariant(void)
{
    volatile int parcels = 2;
    process_tell_traps();
    INVARIANT(parcels == 3);
}

START_TEST(test_a_false_invariant_is_named_before_the_process_dies_of_it)
{
    int ends[2];
    int status;
    char said[512] = "";
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        break_an_invariant();
        _exit(EXIT_SUCCESS);
    }
    close(ends[1]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFSIGNALED(status) &&
                      (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP),
                  "wait status %#x", (unsigned)status);
    ck_assert_int_gt(read(ends[0], said, sizeof said - 1), 0);
    ck_assert_msg(strstr(said, ": tests/segment/process_test.c:") != NULL, "%s", said);
    ck_assert_msg(strstr(said, ": parcels == 3\n") != NULL, "%s", said);
    close(ends[0]);
}
END_TEST

/* The test's child starts one of its own, which is to die with it. */
static void start_a_dependant(int pipe_end)
{
    const pid_t self = getpid();
    if (fork() == 0) {
        process_die_with(self);
        if (write(pipe_end, "r", 1) == 1)
            pause();
        _exit(EXIT_FAILURE);
    }
    close(pipe_end);
    pause();
}

START_TEST(test_a_process_dies_with_its_supervisor)
{
    int ends[2];
    char byte;
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        start_a_dependant(ends[1]);
        _exit(EXIT_FAILURE);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    /* The pipe ends when its last writer, the dependant, has gone. */
    struct pollfd gone = {.fd = ends[0], .events = POLLIN};
    ck_assert_int_eq(poll(&gone, 1, PATIENCE_MS), 1);
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}
END_TEST

START_TEST(test_a_process_whose_supervisor_has_gone_ends_at_once)
{
    int status;
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        process_die_with(getppid() + 1); /* as if that one had been the parent */
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE);
}
END_TEST

/* ---- wake-ups ---------------------------------------------------------------------------- */

static bool is_readable(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, 0) == 1;
}

START_TEST(test_wake_ups_wait_until_they_are_taken)
{
    const int fd = wake_create();
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert(!is_readable(fd));
    wake_drain(fd); /* does not wait */
    wake_signal(fd);
    wake_signal(fd);
    ck_assert(is_readable(fd));
    wake_drain(fd);
    ck_assert(!is_readable(fd));
    const uint64_t full = UINT64_MAX - 1;
    ck_assert_int_eq(write(fd, &full, sizeof full), sizeof full);
    wake_signal(fd); /* does not wait either */
    ck_assert(is_readable(fd));
    close(fd);
}
END_TEST

/* ---- sockets ----------------------------------------------------------------------------- */

static int connect_to(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(strlen(socket_path), sizeof address.sun_path);
    memcpy(address.sun_path, socket_path, strlen(socket_path));
    const int error =
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
    close(fd);
    return error;
}

START_TEST(test_a_socket_listens_with_the_mode_asked_for)
{
    struct stat status;
    const mode_t mask = umask(077);
    const int fd = listen_socket_open(path, 0660);
    umask(mask);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert(S_ISSOCK(status.st_mode));
    ck_assert_uint_eq(status.st_mode & 07777, 0660);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(connect_to(path), 0);
    close(fd);
}
END_TEST

START_TEST(test_a_stale_socket_is_replaced)
{
    const int stale = listen_socket_open(path, 0660);
    ck_assert_int_ge(stale, 0);
    close(stale);
    ck_assert_int_eq(connect_to(path), -ECONNREFUSED);
    const int fd = listen_socket_open(path, 0660);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect_to(path), 0);
    close(fd);
}
END_TEST

START_TEST(test_what_is_no_socket_is_left_alone)
{
    char target[HARNESS_PATH_SIZE + 16];
    size_t size;
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("precious", file);
    fclose(file);
    ck_assert_int_eq(listen_socket_open(path, 0660), -EEXIST);
    char *bytes = files_read(path, &size);
    ck_assert_str_eq(bytes, "precious");
    free(bytes);
    /* Nor is a link followed. */
    snprintf(target, sizeof target, "%s/target", directory);
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    ck_assert_int_eq(listen_socket_open(path, 0660), -EEXIST);
    ck_assert_int_eq(access(target, F_OK), 0);
}
END_TEST

START_TEST(test_a_path_that_cannot_be_a_socket_is_refused)
{
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(listen_socket_open(longest, 0660), -ENAMETOOLONG);
    longest[108] = '\0'; /* as long as sun_path, without room for its end */
    ck_assert_int_eq(listen_socket_open(longest, 0660), -ENAMETOOLONG);
    ck_assert_int_eq(listen_socket_open("/nowhere at all/s", 0660), -ENOENT);
    ck_assert_int_eq(listen_socket_open("", 0660), -ENOENT);
}
END_TEST

/* ---- clocks ------------------------------------------------------------------------------ */

START_TEST(test_elapsed_time_never_runs_backwards)
{
    struct raw_time last = raw_clock_read();
    ck_assert_int_gt(last.wall_ms, INT64_C(1500000000000)); /* 2017: in milliseconds */
    for (int i = 0; i < 1000; i++) {
        const struct raw_time now = raw_clock_read();
        ck_assert_int_ge(now.elapsed_ms, last.elapsed_ms);
        last = now;
    }
}
END_TEST

START_TEST(test_the_boot_id_is_the_kernels)
{
    uint8_t id[16];
    char text[64];
    char wanted[64] = "";
    ck_assert_int_eq(raw_clock_boot_id(id), 0);
    snprintf(text, sizeof text,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0], id[1],
             id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13],
             id[14], id[15]);
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(wanted, 37, file));
    fclose(file);
    ck_assert_str_eq(text, wanted);
}
END_TEST

/* What log_error() writes into a file that is the standard error. */
static void log_into_file(char line[256])
{
    snprintf(path, sizeof path, "%s/log", directory);
    const int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const int before = dup(STDERR_FILENO);
    struct stat status;
    ck_assert_int_eq(fstat(file, &status), 0);
    if (getenv("JOURNAL_STREAM")) { /* the test's word for: let it be this file */
        char stream[64];
        snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)status.st_dev,
                 (unsigned long long)status.st_ino);
        setenv("JOURNAL_STREAM", stream, 1);
    }
    ck_assert_int_eq(dup2(file, STDERR_FILENO), STDERR_FILENO);
    log_error("a fact");
    ck_assert_int_eq(dup2(before, STDERR_FILENO), STDERR_FILENO);
    const ssize_t size = pread(file, line, 255, 0);
    ck_assert_int_gt(size, 0);
    line[size] = '\0';
    close(before);
    close(file);
}

START_TEST(test_journald_is_told_priorities_and_nobody_else)
{
    char line[256];
    unsetenv("JOURNAL_STREAM");
    log_into_file(line);
    ck_assert_str_eq(line, "locker-station: station: a fact\n");
    setenv("JOURNAL_STREAM", "", 1);
    log_into_file(line);
    ck_assert_str_eq(line, "<3>locker-station: station: a fact\n");
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("process", &tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_a_job_arrives_as_it_was_sealed);
    tcase_add_test(tests, test_a_sealed_job_cannot_be_changed);
    tcase_add_test(tests, test_what_is_no_sealed_job_is_refused);
    tcase_add_test(tests, test_jobs_of_desks_are_numbered_like_roles);
    tcase_add_test(tests, test_a_hardened_process_dumps_no_core);
    tcase_add_test(tests, test_a_false_invariant_is_named_before_the_process_dies_of_it);
    tcase_add_test(tests, test_a_process_dies_with_its_supervisor);
    tcase_add_test(tests, test_a_process_whose_supervisor_has_gone_ends_at_once);
    tcase_add_test(tests, test_wake_ups_wait_until_they_are_taken);
    tcase_add_test(tests, test_a_socket_listens_with_the_mode_asked_for);
    tcase_add_test(tests, test_a_stale_socket_is_replaced);
    tcase_add_test(tests, test_what_is_no_socket_is_left_alone);
    tcase_add_test(tests, test_a_path_that_cannot_be_a_socket_is_refused);
    tcase_add_test(tests, test_elapsed_time_never_runs_backwards);
    tcase_add_test(tests, test_the_boot_id_is_the_kernels);
    tcase_add_test(tests, test_journald_is_told_priorities_and_nobody_else);
    return harness_run(suite);
}
