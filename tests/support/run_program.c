#include "run_program.h"

#include "harness.h"
#include "patience.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 32

struct arguments {
    char program[HARNESS_PATH_SIZE];
    const char *words[ARGUMENTS_MAX];
};

static void collect(struct arguments *arguments, const char *program, const char *run_dir,
                    va_list list)
{
    harness_program(program, arguments->program);
    int count = 0;
    arguments->words[count++] = program;
    if (run_dir != NULL) {
        arguments->words[count++] = "--run";
        arguments->words[count++] = run_dir;
    }
    const char *word;
    while ((word = va_arg(list, const char *)) != NULL) {
        ck_assert_int_lt(count, ARGUMENTS_MAX - 1);
        arguments->words[count++] = word;
    }
    arguments->words[count] = NULL;
}

static void become(const struct arguments *arguments, pid_t parent)
{
    /* A test that fails takes its program along. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    execv(arguments->program, (char *const *)(uintptr_t)arguments->words);
    _exit(127);
}

static void read_back(int fd, char text[RUN_TEXT_SIZE])
{
    ssize_t size = pread(fd, text, RUN_TEXT_SIZE - 1, 0);
    ck_assert_int_ge(size, 0);
    text[size] = '\0';
}

static void run(struct run *result, const char *input, int out, const struct arguments *arguments)
{
    int in[2];
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    size_t size = strlen(input);
    ck_assert_int_eq(write(in[1], input, size), (ssize_t)size); /* less than a pipe holds */
    close(in[1]);
    int err = memfd_create("err", MFD_CLOEXEC);
    const pid_t parent = getpid();
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        become(arguments, parent);
    }
    close(in[0]);
    int status;
    AWAIT(waitpid(pid, &status, WNOHANG) == pid);
    result->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_back(err, result->err);
    close(err);
}

void run_program(struct run *result, const char *input, const char *program, const char *run_dir,
                 ...)
{
    struct arguments arguments;
    va_list list;
    va_start(list, run_dir);
    collect(&arguments, program, run_dir, list);
    va_end(list);
    int out = memfd_create("out", MFD_CLOEXEC);
    run(result, input, out, &arguments);
    read_back(out, result->out);
    close(out);
}

void run_program_into(struct run *result, const char *output, const char *program,
                      const char *run_dir, ...)
{
    struct arguments arguments;
    va_list list;
    va_start(list, run_dir);
    collect(&arguments, program, run_dir, list);
    va_end(list);
    int out = open(output, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(out, 0);
    run(result, "", out, &arguments);
    result->out[0] = '\0';
    close(out);
}

void screen_start(struct screen *screen, const char *program, const char *run_dir, ...)
{
    struct arguments arguments;
    va_list list;
    va_start(list, run_dir);
    collect(&arguments, program, run_dir, list);
    va_end(list);
    struct winsize size = {.ws_row = screen->rows != 0 ? screen->rows : 30,
                           .ws_col = screen->columns != 0 ? screen->columns : 100};
    screen->used = 0;
    screen->text[0] = '\0';
    const pid_t parent = getpid();
    screen->pid = forkpty(&screen->fd, NULL, NULL, &size);
    ck_assert_int_ge(screen->pid, 0);
    if (screen->pid == 0) {
        setenv("TERM", screen->type != NULL ? screen->type : "xterm", 1);
        become(&arguments, parent);
    }
}

void screen_type(struct screen *screen, const char *text)
{
    size_t size = strlen(text);
    ck_assert_int_eq(write(screen->fd, text, size), (ssize_t)size);
}

/* Whether there is more to come. */
static bool screen_read(struct screen *screen)
{
    struct pollfd output = {.fd = screen->fd, .events = POLLIN};
    const int64_t until_ms = patience_begin();
    while (poll(&output, 1, 1000) != 1)
        ck_assert_msg(patience_goes_on(until_ms), "nothing more came; so far: %s", screen->text);
    ssize_t size =
        read(screen->fd, screen->text + screen->used, sizeof screen->text - 1 - screen->used);
    if (size <= 0)
        return false; /* EIO: the other side is closed */
    screen->used += (size_t)size;
    screen->text[screen->used] = '\0';
    return true;
}

size_t screen_wait_for(struct screen *screen, size_t from, const char *text)
{
    const char *found;
    while ((found = strstr(screen->text + from, text)) == NULL)
        ck_assert_msg(screen_read(screen), "ended without \"%s\": %s", text, screen->text);
    return (size_t)(found - screen->text) + strlen(text);
}

int screen_finish(struct screen *screen)
{
    while (screen_read(screen))
        ;
    int status;
    AWAIT(waitpid(screen->pid, &status, WNOHANG) == screen->pid);
    close(screen->fd);
    return status;
}
