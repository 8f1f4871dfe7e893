#include "station.h"

#include "files.h"
#include "patience.h"
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TITLE_PREFIX "locker-station: "

/* ---- arguments --------------------------------------------------------------------------- */

void station_add_argument(struct station *station, const char *argument)
{
    ck_assert_int_lt(station->argument_count, STATION_ARGUMENTS_MAX);
    const int length =
        snprintf(station->arguments[station->argument_count++], HARNESS_PATH_SIZE, "%s", argument);
    ck_assert_int_lt(length, HARNESS_PATH_SIZE);
}

static bool has_argument(const struct station *station, const char *argument)
{
    for (int i = 0; i < station->argument_count; i++)
        if (strcmp(station->arguments[i], argument) == 0)
            return true;
    return false;
}

static void below_root(const struct station *station, const char *name,
                       char path[HARNESS_PATH_SIZE])
{
    const int length = snprintf(path, HARNESS_PATH_SIZE, "%s/%s", station->root, name);
    ck_assert_int_lt(length, HARNESS_PATH_SIZE);
}

static void prepare(struct station *station, va_list more)
{
    memset(station, 0, sizeof *station);
    harness_station_name(station->name, sizeof station->name);
    harness_directory(station->root);
    below_root(station, "run", station->run);
    below_root(station, "data", station->data);
    below_root(station, "log", station->log);
    snprintf(station->segment, sizeof station->segment, "/dev/shm/locker-%s-*", station->name);
    const char *const first[] = {"--name", station->name, "--run", station->run};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        station_add_argument(station, first[i]);
    for (const char *argument; (argument = va_arg(more, const char *)) != NULL;)
        station_add_argument(station, argument);
    if (!has_argument(station, "--ephemeral")) {
        station_add_argument(station, "--data");
        station_add_argument(station, station->data);
    }
    if (!has_argument(station, "--compartments") && !has_argument(station, "--config")) {
        station_add_argument(station, "--compartments");
        station_add_argument(station, "small=4,medium=3,large=2");
    }
}

void station_prepare(struct station *station, ...)
{
    va_list more;
    va_start(more, station);
    prepare(station, more);
    va_end(more);
}

/* ---- start ------------------------------------------------------------------------------- */

static void become_station(struct station *station, const char *program, int ready_fd, pid_t parent)
{
    char fd_text[16];
    char *argv[STATION_ARGUMENTS_MAX + 4];
    int argc = 0;
    argv[argc++] = (char[]){"locker-station"};
    argv[argc++] = (char[]){"--ready-fd"};
    snprintf(fd_text, sizeof fd_text, "%d", ready_fd);
    argv[argc++] = fd_text;
    for (int i = 0; i < station->argument_count; i++)
        argv[argc++] = station->arguments[i];
    argv[argc] = NULL;
    /* A test that fails takes its station along. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    const int log_fd = open(station->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int null_fd = open("/dev/null", O_RDONLY);
    if (log_fd < 0 || null_fd < 0 || dup2(log_fd, STDERR_FILENO) < 0 ||
        dup2(log_fd, STDOUT_FILENO) < 0 || dup2(null_fd, STDIN_FILENO) < 0)
        _exit(EXIT_FAILURE);
    if (station->before_exec)
        station->before_exec(station);
    execv(program, argv);
    _exit(127);
}

/* Returns the pipe on which it says that it serves. */
static int launch(struct station *station)
{
    char program[HARNESS_PATH_SIZE];
    int ready[2];
    const pid_t parent = getpid();
    harness_program("locker-station", program);
    ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
    station->pid = fork();
    ck_assert_int_ge(station->pid, 0);
    if (station->pid == 0) {
        const int inherited = dup(ready[1]);
        become_station(station, program, inherited, parent);
    }
    close(ready[1]);
    return ready[0];
}

/* Whether it said so; false when it ended instead. */
static bool hear_ready(int fd)
{
    char word[16] = "";
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    const int64_t until_ms = patience_begin();
    int ready = 0;
    while (ready <= 0) {
        ck_assert_msg(patience_clock_ms() < until_ms, "the station neither serves nor ends");
        ready = poll(&waiting, 1, 1000);
    }
    const ssize_t got = read(fd, word, sizeof word - 1);
    close(fd);
    ck_assert_msg(got <= 0 || strcmp(word, "ready\n") == 0, "it said \"%s\"", word);
    return got > 0;
}

static void show_log(const struct station *station)
{
    size_t size;
    char *text = files_read(station->log, &size);
    printf("---- the station's log:\n%s----\n", text);
    fflush(stdout);
    free(text);
}

int station_await_end(struct station *station)
{
    int status = 0;
    AWAIT(waitpid(station->pid, &status, WNOHANG) == station->pid);
    station->pid = 0;
    return status;
}

void station_start(struct station *station)
{
    ck_assert_int_eq(station->pid, 0);
    if (hear_ready(launch(station)))
        return;
    const int status = station_await_end(station);
    show_log(station);
    ck_abort_msg("the station did not come up (wait status %#x)", (unsigned)status);
}

void station_begin(struct station *station, ...)
{
    va_list more;
    va_start(more, station);
    prepare(station, more);
    va_end(more);
    station_start(station);
}

int station_start_refused(struct station *station)
{
    ck_assert_int_eq(station->pid, 0);
    const bool serves = hear_ready(launch(station));
    ck_assert_msg(!serves, "it came up");
    const int status = station_await_end(station);
    ck_assert_msg(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* ---- end --------------------------------------------------------------------------------- */

static void close_clients(struct station *station)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        if (station->clients[role])
            client_close(station->clients[role]);
        station->clients[role] = NULL;
    }
}

static int note_processes(const struct station *station, pid_t pids[STATION_PROCESSES_MAX])
{
    return processes_children(station->pid, pids, STATION_PROCESSES_MAX);
}

static void await_gone(const pid_t *pids, int count)
{
    for (int i = 0; i < count; i++)
        AWAIT(!processes_live(pids[i]));
}

void station_stop(struct station *station)
{
    pid_t pids[STATION_PROCESSES_MAX];
    char sockets[HARNESS_PATH_SIZE];
    const int count = note_processes(station, pids);
    ck_assert_int_eq(kill(station->pid, SIGTERM), 0);
    const int status = station_await_end(station);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        show_log(station);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %#x",
                  (unsigned)status);
    await_gone(pids, count);
    snprintf(sockets, sizeof sockets, "%.*s/*.sock", HARNESS_PATH_SIZE - 16, station->run);
    ck_assert_msg(!files_exist(sockets), "sockets are left");
    ck_assert_msg(!files_exist(station->segment), "shared memory is left");
}

void station_kill(struct station *station)
{
    pid_t pids[STATION_PROCESSES_MAX];
    const int count = note_processes(station, pids);
    ck_assert_int_eq(kill(station->pid, SIGKILL), 0);
    station_await_end(station);
    await_gone(pids, count);
}

void station_end(struct station *station)
{
    close_clients(station);
    if (station->pid != 0)
        station_stop(station);
    files_remove_tree(station->root);
}

void station_segment_path(const struct station *station, char path[HARNESS_PATH_SIZE])
{
    files_find(station->segment, path, HARNESS_PATH_SIZE);
}

/* ---- its processes ----------------------------------------------------------------------- */

static pid_t find_process(const struct station *station, const char *what)
{
    pid_t pids[STATION_PROCESSES_MAX];
    char title[64];
    char wanted[64];
    const int count = note_processes(station, pids);
    snprintf(wanted, sizeof wanted, TITLE_PREFIX "%s", what);
    for (int i = 0; i < count; i++) {
        processes_title(pids[i], title, sizeof title);
        if (strcmp(title, wanted) == 0)
            return pids[i];
    }
    return 0;
}

pid_t station_process(const struct station *station, const char *what)
{
    pid_t pid = 0;
    AWAIT((pid = find_process(station, what)) != 0);
    return pid;
}

void station_kill_process(const struct station *station, const char *what, int signal_number)
{
    const pid_t victim = station_process(station, what);
    pid_t successor = 0;
    ck_assert_int_eq(kill(victim, signal_number), 0);
    AWAIT((successor = find_process(station, what)) != 0 && successor != victim);
}

bool station_log_has(const struct station *station, const char *text)
{
    return files_contain(station->log, text, strlen(text));
}

void station_data_path(const struct station *station, const char *file,
                       char path[HARNESS_PATH_SIZE])
{
    const int length = snprintf(path, HARNESS_PATH_SIZE, "%s/%s", station->data, file);
    ck_assert_int_lt(length, HARNESS_PATH_SIZE);
}
