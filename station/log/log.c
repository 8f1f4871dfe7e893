#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static const char *log_speaker = "station";
static bool log_quiet;

void log_set_speaker(const char *speaker)
{
    log_speaker = speaker;
}

void log_set_quiet(int quiet)
{
    log_quiet = quiet != 0;
}

/* Whether journald is at the other end: $JOURNAL_STREAM has the device and inode of what a service
 * manager has connected to it, systemd.exec(5). To people "<4>" says nothing. */
static bool reads_priorities(void)
{
    struct stat status;
    unsigned long long device;
    unsigned long long inode;
    const char *stream = getenv("JOURNAL_STREAM");
    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

__attribute__((format(printf, 2, 0))) static void log_line(int priority, const char *format,
                                                           va_list arguments)
{
    /* One write a line, so that lines of several processes never mix. */
    char line[1024];
    int used = reads_priorities() ? snprintf(line, sizeof line, "<%d>", priority) : 0;
    used += snprintf(line + used, sizeof line - (size_t)used, "locker-station: %s: ", log_speaker);
    const size_t room = sizeof line - (size_t)used - 1;
    const int wanted = vsnprintf(line + used, room, format, arguments);
    if (wanted < 0)
        return;
    used += (size_t)wanted < room ? wanted : (int)room - 1;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)used) < 0)
        return; /* nowhere left to say it */
}

void log_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LOG_ERR, format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LOG_WARNING, format, arguments);
    va_end(arguments);
}

void log_notice(const char *format, ...)
{
    if (log_quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    log_line(LOG_NOTICE, format, arguments);
    va_end(arguments);
}
