#include "station_processes.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 96
#define LINE_SIZE 512

/* What the first argument of a child begins with. */
#define TITLE "locker-station: "

/* The first line of a file, or the one that begins with `key`, without key. False: there is none.
 */
static bool read_line(const char *path, const char *key, char line[LINE_SIZE])
{
    FILE *file = fopen(path, "re");
    size_t length = strlen(key);
    bool found = false;
    while (file != NULL && !found && fgets(line, LINE_SIZE, file) != NULL)
        found = strncmp(line, key, length) == 0;
    int error = file == NULL ? errno : ENOENT;
    if (file != NULL)
        fclose(file);
    if (found)
        memmove(line, line + length, strlen(line + length) + 1);
    else
        errno = error;
    return found;
}

/* The parent's pid, from "PID (NAME) STATE PPID …". */
static pid_t read_parent(const char *pid)
{
    char path[PATH_SIZE];
    char line[LINE_SIZE];
    snprintf(path, sizeof path, "/proc/%.16s/stat", pid);
    if (!read_line(path, "", line))
        return 0;
    const char *to = strrchr(line, ')');
    return to == NULL || strlen(to) < 5 ? 0 : (pid_t)strtol(to + 4, NULL, 10);
}

/* From its first argument, "locker-station: driver desk": its name in ps is cut off. False: it is
 * gone. */
static bool read_name(const char *pid, struct station_process *process)
{
    char path[PATH_SIZE];
    char line[LINE_SIZE];
    snprintf(path, sizeof path, "/proc/%.16s/cmdline", pid);
    if (!read_line(path, TITLE, line))
        return false;
    snprintf(process->name, sizeof process->name, "%.*s", (int)sizeof process->name - 1, line);
    return true;
}

unsigned station_processes(pid_t supervisor,
                           struct station_process processes[STATION_PROCESSES_MAX])
{
    unsigned count = 1;
    processes[0] = (struct station_process){.pid = supervisor, .name = "supervisor"};
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL &&
           count < STATION_PROCESSES_MAX) {
        struct station_process *process = &processes[count];
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9' ||
            read_parent(entry->d_name) != supervisor || !read_name(entry->d_name, process))
            continue;
        process->pid = (pid_t)strtol(entry->d_name, NULL, 10);
        count++;
    }
    if (directory != NULL)
        closedir(directory);
    return count;
}

pid_t station_process(pid_t supervisor, const char *name)
{
    struct station_process processes[STATION_PROCESSES_MAX];
    unsigned count = station_processes(supervisor, processes);
    for (unsigned i = 1; i < count; i++)
        if (strcmp(processes[i].name, name) == 0)
            return processes[i].pid;
    return 0;
}

static void add_task(pid_t pid, const char *task, struct process_usage *usage)
{
    char path[PATH_SIZE];
    char line[LINE_SIZE];
    snprintf(path, sizeof path, "/proc/%d/task/%.16s/status", (int)pid, task);
    if (read_line(path, "voluntary_ctxt_switches:", line))
        usage->wakeups += strtoull(line, NULL, 10);
    snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", (int)pid, task);
    if (read_line(path, "", line))
        usage->cpu_ns += strtoull(line, NULL, 10);
}

int process_usage(pid_t pid, struct process_usage *usage)
{
    char path[PATH_SIZE];
    *usage = (struct process_usage){0};
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *directory = opendir(path);
    if (directory == NULL)
        return -errno;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            add_task(pid, entry->d_name, usage);
    closedir(directory);
    return 0;
}

int64_t process_pss_kib(pid_t pid)
{
    char path[PATH_SIZE];
    char line[LINE_SIZE];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    return read_line(path, "Pss:", line) ? (int64_t)strtoll(line, NULL, 10) : -errno;
}
