#include "bench_station.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define READY_TIMEOUT_MS 30000

static int make_directory(char path[BENCH_PATH_SIZE], const char *parent, const char *name,
                          const char *kind)
{
    int length = snprintf(path, BENCH_PATH_SIZE, "%s/%s-%s", parent, name, kind);
    if (length < 0 || length >= BENCH_PATH_SIZE)
        return -ENAMETOOLONG;
    return mkdir(path, 0750) != 0 ? -errno : 0;
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
    char data_dir[BENCH_PATH_SIZE];
    char ttl[32];
    char digits[16];
    int result = child_sibling("locker-station", program, sizeof program);
    if (result == 0)
        result = make_directory(station->run_dir, plan->scratch, plan->name, "run");
    if (result == 0 && !plan->ephemeral)
        result = make_directory(data_dir, plan->scratch, plan->name, "data");
    if (result != 0)
        return result;
    snprintf(ttl, sizeof ttl, "%" PRId64 "ms", plan->ttl_ms);
    snprintf(digits, sizeof digits, "%u", plan->code_digits);
    const char *arguments[24];
    size_t count = 0;
    arguments[count++] = plan->program != NULL ? plan->program : program;
    arguments[count++] = "--quiet";
    count = add_option(arguments, count, "--wrong-codes", "0");
    count = add_option(arguments, count, "--config", plan->config);
    count = add_option(arguments, count, "--name", plan->name);
    count = add_option(arguments, count, "--run", station->run_dir);
    count = add_option(arguments, count, "--compartments", plan->compartments);
    count = add_option(arguments, count, "--ttl", plan->ttl_ms > 0 ? ttl : NULL);
    count = add_option(arguments, count, "--code-digits", plan->code_digits > 0 ? digits : NULL);
    count = add_option(arguments, count, "--data", plan->ephemeral ? NULL : data_dir);
    if (plan->ephemeral)
        arguments[count++] = "--ephemeral";
    arguments[count] = NULL;
    return child_start(&station->child, arguments, READY_TIMEOUT_MS);
}

int bench_station_start(struct bench_station *station, const struct bench_station_plan *plan)
{
    *station = (struct bench_station){0};
    int result = start(station, plan);
    if (result == -ECHILD)
        fputs("locker-bench: the station did not start (is locker-station beside this program? "
              "else name it with --station)\n",
              stderr);
    else if (result == -ETIMEDOUT)
        fputs("locker-bench: the station was not ready within 30 s\n", stderr);
    else if (result != 0)
        fprintf(stderr, "locker-bench: cannot start a station in %s: %s\n", plan->scratch,
                strerror(-result));
    return result;
}

int bench_station_stop(struct bench_station *station)
{
    int result = child_stop(&station->child);
    if (result != 0)
        fputs("locker-bench: the station did not end with exit code 0\n", stderr);
    return result;
}
