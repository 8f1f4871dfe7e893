#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_TIMEOUT_MS 10000
#define STOP_LOOK_MS    5

/* In the child, between fork and exec: only what is async-signal-safe. */
static _Noreturn void become(char *const argv[], pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    /* After a change of user: that would take the parent's death signal back. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent)
        execv(argv[0], argv);
    _exit(127);
}

static int wait_ready(struct child *child, int fd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&poll_fd, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    char byte;
    if (ready > 0 && read(fd, &byte, 1) == 1)
        return 0;
    child_stop(child);
    return ready == 0 ? -ETIMEDOUT : -ECHILD;
}

/* Appending: processes of an earlier child may still write into the same file. */
static int open_log(const char *log)
{
    if (log == NULL)
        return STDERR_FILENO;
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

/* The arguments with "--ready-fd" and `ready_fd` behind them, for exec. */
static void add_ready_fd(char *all[CHILD_ARGUMENTS_MAX + 3], const char *const argv[],
                         char *ready_fd)
{
    static char option[] = "--ready-fd";
    size_t count = 0;
    for (; argv[count] != NULL && count < CHILD_ARGUMENTS_MAX; count++)
        all[count] = (char *)(uintptr_t)argv[count];
    all[count++] = option;
    all[count++] = ready_fd;
    all[count] = NULL;
}

/* Closes fds[1]. */
static int start_ready(struct child *child, const char *const argv[], int log_fd, const int fds[2],
                       int timeout_ms)
{
    char ready_fd[16];
    char *all[CHILD_ARGUMENTS_MAX + 3];
    snprintf(ready_fd, sizeof ready_fd, "%d", fds[1]);
    add_ready_fd(all, argv, ready_fd);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        fcntl(fds[1], F_SETFD, 0);
        if (log_fd == STDERR_FILENO || dup2(log_fd, STDERR_FILENO) >= 0)
            become(all, parent);
        _exit(127);
    }
    int result = pid < 0 ? -errno : 0;
    close(fds[1]);
    if (result != 0)
        return result;
    child->pid = pid;
    return wait_ready(child, fds[0], timeout_ms);
}

int child_start(struct child *child, const char *const argv[], const char *log, int timeout_ms)
{
    child->pid = 0;
    int log_fd = open_log(log);
    if (log_fd < 0)
        return log_fd;
    int fds[2];
    int result = pipe2(fds, O_CLOEXEC) != 0 ? -errno : 0;
    if (result == 0) {
        result = start_ready(child, argv, log_fd, fds, timeout_ms);
        close(fds[0]);
    }
    if (log_fd != STDERR_FILENO)
        close(log_fd);
    return result;
}

static bool stand_apart(const struct child_user *user)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || chdir("/") != 0)
        return false;
    return user == NULL ||
           (setgroups(0, NULL) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
            setresuid(user->uid, user->uid, user->uid) == 0);
}

int child_spawn(struct child *child, const char *const argv[], const struct child_user *user)
{
    child->pid = 0;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        if (!stand_apart(user))
            _exit(127);
        become((char **)(uintptr_t)argv, parent);
    }
    if (pid < 0)
        return -errno;
    child->pid = pid;
    return 0;
}

static bool gone(struct child *child, int *status, int timeout_ms)
{
    const struct timespec pause = {.tv_nsec = STOP_LOOK_MS * 1000000L};
    for (int waited = 0; waited <= timeout_ms; waited += STOP_LOOK_MS) {
        if (waitpid(child->pid, status, WNOHANG) == child->pid)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

bool child_runs(struct child *child)
{
    int status;
    if (child->pid != 0 && gone(child, &status, 0))
        child->pid = 0;
    return child->pid != 0;
}

void child_kill(struct child *child)
{
    if (child->pid == 0)
        return;
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    child->pid = 0;
}

int child_finish(struct child *child, int timeout_ms)
{
    int status = 0;
    if (!gone(child, &status, timeout_ms)) {
        child_kill(child);
        return -ETIMEDOUT;
    }
    child->pid = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

int child_stop(struct child *child)
{
    if (child->pid == 0)
        return 0;
    kill(child->pid, SIGTERM);
    return child_finish(child, STOP_TIMEOUT_MS) == 0 ? 0 : -ECHILD;
}

int child_sibling(const char *name, char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size);
    if (length < 0)
        return -errno;
    if ((size_t)length >= size)
        return -ENAMETOOLONG;
    path[length] = '\0';
    char *base = strrchr(path, '/') + 1;
    size_t room = size - (size_t)(base - path);
    if (strlen(name) >= room)
        return -ENAMETOOLONG;
    memcpy(base, name, strlen(name) + 1);
    return 0;
}
