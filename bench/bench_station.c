#include "bench_station.h"

#include "endpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A long ledger takes a while to read. */
#define READY_TIMEOUT_MS 120000

#define KILLED_WAIT_MS 300

static int make_path(char path[BENCH_PATH_SIZE], const struct bench_station_plan *plan,
                     const char *kind)
{
    int length = snprintf(path, BENCH_PATH_SIZE, "%s/%s-%s", plan->scratch, plan->name, kind);
    return length < 0 || length >= BENCH_PATH_SIZE ? -ENAMETOOLONG : 0;
}

static int make_directory(char path[BENCH_PATH_SIZE], const struct bench_station_plan *plan,
                          const char *kind)
{
    int result = make_path(path, plan, kind);
    if (result != 0)
        return result;
    return mkdir(path, 0750) != 0 && !(plan->again && errno == EEXIST) ? -errno : 0;
}

static size_t add_option(const char **arguments, size_t count, const char *option,
                         const char *value)
{
    if (value == NULL)
        return count;
    arguments[count++] = option;
    arguments[count++] = value;
    return count;
}

static int start(struct bench_station *station, const struct bench_station_plan *plan)
{
    char program[CHILD_PATH_SIZE];
    char ttl[32];
    int result = child_sibling("locker-station", program, sizeof program);
    if (result == 0)
        result = make_directory(station->run_dir, plan, "run");
    if (result == 0 && !plan->ephemeral)
        result = make_directory(station->data_dir, plan, "data");
    if (result == 0)
        result = make_path(station->log, plan, "log");
    if (result != 0)
        return result;
    snprintf(ttl, sizeof ttl, "%" PRId64 "ms", plan->ttl_ms);
    const char *arguments[32];
    size_t count = 0;
    arguments[count++] = plan->program != NULL ? plan->program : program;
    arguments[count++] = "--quiet";
    count = add_option(arguments, count, "--wrong-codes", "0");
    count = add_option(arguments, count, "--config", plan->config);
    count = add_option(arguments, count, "--name", plan->name);
    count = add_option(arguments, count, "--run", station->run_dir);
    count = add_option(arguments, count, "--compartments", plan->compartments);
    count = add_option(arguments, count, "--ttl", plan->ttl_ms > 0 ? ttl : NULL);
    count = add_option(arguments, count, "--data", plan->ephemeral ? NULL : station->data_dir);
    if (plan->ephemeral)
        arguments[count++] = "--ephemeral";
    for (const char *const *option = plan->options; option != NULL && *option != NULL; option++)
        arguments[count++] = *option;
    arguments[count] = NULL;
    return child_start(&station->child, arguments, station->log, READY_TIMEOUT_MS);
}

/* What the station said, on our stderr. */
static void show_log(const struct bench_station *station)
{
    char text[1024];
    FILE *file = fopen(station->log, "re");
    for (size_t size; file != NULL && (size = fread(text, 1, sizeof text, file)) > 0;)
        fwrite(text, 1, size, stderr);
    if (file != NULL)
        fclose(file);
}

int bench_station_start(struct bench_station *station, const struct bench_station_plan *plan)
{
    *station = (struct bench_station){0};
    int result = start(station, plan);
    if (result == -ECHILD && plan->program != NULL)
        fprintf(stderr, "locker-bench: %s did not start as a station\n", plan->program);
    else if (result == -ECHILD)
        fputs("locker-bench: the station did not start (is locker-station beside this program? "
              "else name it with --station)\n",
              stderr);
    else if (result == -ETIMEDOUT)
        fputs("locker-bench: the station was not ready within two minutes\n", stderr);
    else if (result != 0)
        fprintf(stderr, "locker-bench: cannot start a station in %s: %s\n", plan->scratch,
                strerror(-result));
    if (result == -ECHILD || result == -ETIMEDOUT)
        show_log(station);
    return result;
}

/* A backlog that is full (EAGAIN) is somebody's. */
static int knock(const struct sockaddr_un *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    const int result =
        connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN
            ? 0
            : -errno;
    close(fd);
    return result;
}

int bench_station_find(const char *run_dir)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int result = endpoint_path(run_dir, ROLE_DRIVER, address.sun_path, sizeof address.sun_path);
    if (result == 0)
        result = knock(&address);
    if (result != 0)
        fprintf(stderr,
                "locker-bench: no station answers at %s (%s); start one there with locker-station "
                "--run, or name the run directory of one that runs\n",
                run_dir, strerror(-result));
    return result;
}

void bench_station_kill(struct bench_station *station)
{
    const struct timespec wait = {.tv_nsec = KILLED_WAIT_MS * 1000000L};
    child_kill(&station->child);
    nanosleep(&wait, NULL); /* its children are not ours to wait for */
}

int bench_station_stop(struct bench_station *station)
{
    int result = child_stop(&station->child);
    if (result != 0) {
        fputs("locker-bench: the station did not end with exit code 0\n", stderr);
        show_log(station);
    }
    return result;
}
