#include "harness.h"

#include "files.h"
#include "patience.h"
#include "processes.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Long enough for the slowest test under sanitizers on a busy machine. */
#define TEST_TIMEOUT_S 240

/* What the test program owns: set before the tests' processes are forked. */
static char root[HARNESS_PATH_SIZE];
static pid_t main_pid;

TCase *harness_case(const char *name)
{
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    return tests;
}

Suite *harness_suite(const char *name, TCase **tests)
{
    Suite *suite = suite_create(name);
    *tests = harness_case(name);
    suite_add_tcase(suite, *tests);
    return suite;
}

void harness_directory(char path[HARNESS_PATH_SIZE])
{
    const int length = snprintf(path, HARNESS_PATH_SIZE, "%s/XXXXXX", root);
    ck_assert(length > 0 && length < HARNESS_PATH_SIZE);
    ck_assert_ptr_nonnull(mkdtemp(path));
}

void harness_station_name(char *name, size_t size)
{
    static unsigned count;
    snprintf(name, size, "it%d-%d-%u", (int)main_pid, (int)getpid(), count++);
}

void harness_program(const char *name, char path[HARNESS_PATH_SIZE])
{
    const char *bin = getenv("LOCKER_BIN");
    ck_assert_msg(bin != NULL, "LOCKER_BIN names the directory of the programs");
    snprintf(path, HARNESS_PATH_SIZE, "%s/%s", bin, name);
}

/* ---- what is left ------------------------------------------------------------------------ */

/* The tests' processes are our descendants, whoever started them: we are their subreaper. */
static int leftover_processes(void)
{
    const int64_t until_ms = patience_begin();
    const int64_t grace_ms = patience_clock_ms() + 5000;
    pid_t pids[64];
    int left;
    int killed = 0;
    do {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        left = processes_children(getpid(), pids, 64);
        for (int i = 0; i < left && patience_clock_ms() > grace_ms; i++) {
            char what[64];
            processes_title(pids[i], what, sizeof what);
            printf("LEFT BEHIND: process %d (%s)\n", (int)pids[i], what);
            kill(pids[i], SIGKILL);
            killed++;
        }
    } while (left > 0 && patience_goes_on(until_ms));
    return killed;
}

static int leftover_memory(void)
{
    char pattern[HARNESS_PATH_SIZE];
    glob_t found;
    int left = 0;
    snprintf(pattern, sizeof pattern, "/dev/shm/locker-it%d-*", (int)main_pid);
    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++, left++) {
        printf("LEFT BEHIND: %s\n", found.gl_pathv[i]);
        unlink(found.gl_pathv[i]);
    }
    globfree(&found);
    return left;
}

static int leftover_files(void)
{
    if (rmdir(root) == 0)
        return 0;
    printf("LEFT BEHIND: files below %s\n", root);
    files_list(root);
    files_remove_tree(root);
    return 1;
}

int harness_run(Suite *suite)
{
    const char *base = getenv("TMPDIR");
    SRunner *runner = srunner_create(suite);
    main_pid = getpid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    /* Short: a unix socket's path has 107 bytes. */
    snprintf(root, sizeof root, "%s/lt-XXXXXX", base && strlen(base) < 60 ? base : "/tmp");
    if (mkdtemp(root) == NULL) {
        perror(root);
        return EXIT_FAILURE;
    }
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    const int processes = leftover_processes();
    const int memory = leftover_memory();
    const int files = leftover_files();
    return failed + processes + memory + files == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
