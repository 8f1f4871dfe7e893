#include "interrupt.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_bool stop;
static bool silent; /* set while options are read, before there are threads */

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stop, true);
}

void interrupt_watch(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

bool interrupted(void)
{
    return atomic_load_explicit(&stop, memory_order_relaxed);
}

void progress_silence(void)
{
    silent = true;
}

bool progress_wanted(void)
{
    return !silent && isatty(STDERR_FILENO) == 1;
}

void progress_show(const char *format, ...)
{
    if (!progress_wanted())
        return;
    fputs("\r\033[K", stderr);
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
    }
    fflush(stderr);
}

void notice_show(const char *format, ...)
{
    if (silent)
        return;
    va_list arguments;
    va_start(arguments, format);
    fputs("locker-bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}
