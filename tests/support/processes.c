#include "processes.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* State and parent from /proc/PID/stat; false when there is no such process. */
static bool read_stat(pid_t pid, char *state, int *parent)
{
    char path[64];
    char line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    const bool got = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    /* The name, in parentheses, may itself hold anything. */
    const char *after = got ? strrchr(line, ')') : NULL;
    return after && sscanf(after, ") %c %d", state, parent) == 2;
}

int processes_children(pid_t parent, pid_t *pids, int max)
{
    int count = 0;
    DIR *directory = opendir("/proc");
    if (!directory)
        return 0;
    for (const struct dirent *entry; count < max && (entry = readdir(directory)) != NULL;) {
        char state;
        int its_parent;
        const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (isdigit((unsigned char)entry->d_name[0]) && read_stat(pid, &state, &its_parent) &&
            its_parent == parent && state != 'Z')
            pids[count++] = pid;
    }
    closedir(directory);
    return count;
}

void processes_title(pid_t pid, char *title, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    title[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    const size_t got = fread(title, 1, size - 1, file);
    title[got] = '\0';
    fclose(file);
}

bool processes_live(pid_t pid)
{
    char state;
    int parent;
    return read_stat(pid, &state, &parent) && state != 'Z';
}

#define LOOK_ON_MS 400

/* Processor time that it has used; -1 when it is gone. */
static int64_t cpu_ms(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return -1;
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

bool processes_sleep(pid_t pid)
{
    const int64_t before_ms = cpu_ms(pid);
    poll(NULL, 0, LOOK_ON_MS);
    const int64_t after_ms = cpu_ms(pid);
    return before_ms >= 0 && after_ms >= 0 && after_ms - before_ms < LOOK_ON_MS / 4;
}

int processes_have_open(pid_t pid, const char *text)
{
    char path[64];
    char target[512];
    int found = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    if (!directory)
        return -1;
    for (const struct dirent *entry; !found && (entry = readdir(directory)) != NULL;) {
        const ssize_t length =
            readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
        if (length < 0)
            continue;
        target[length] = '\0';
        found = strstr(target, text) != NULL;
    }
    closedir(directory);
    return found;
}

/* A sanitizer's shadow is larger than any memory. */
#define RANGE_BYTES_MAX ((size_t)256 << 20)

static bool range_has(int memory_fd, off_t from, off_t to, const void *bytes, size_t size)
{
    const size_t length = (size_t)(to - from);
    char *copy = length <= RANGE_BYTES_MAX ? malloc(length) : NULL;
    const ssize_t got = copy ? pread(memory_fd, copy, length, from) : -1;
    const bool found = got > 0 && memmem(copy, (size_t)got, bytes, size) != NULL;
    free(copy);
    return found;
}

int processes_have_in_memory(pid_t pid, const void *bytes, size_t size)
{
    char path[64];
    char line[512];
    int found = 0;
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    const int memory_fd = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    if (memory_fd < 0 || !maps)
        found = -1;
    while (found == 0 && fgets(line, sizeof line, maps)) {
        unsigned long from;
        unsigned long to;
        char mode[5];
        if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) == 3 && strncmp(mode, "rw-p", 4) == 0 &&
            range_has(memory_fd, (off_t)from, (off_t)to, bytes, size))
            found = 1;
    }
    if (maps)
        fclose(maps);
    if (memory_fd >= 0)
        close(memory_fd);
    return found;
}
