#include "say.h"

#include <stdarg.h>
#include <stdio.h>

void say(const char *prefix, const char *format, ...)
{
    /* What was answered before stands before it on a terminal that shows both streams. */
    fflush(stdout);
    flockfile(stderr);
    if (prefix != NULL)
        fprintf(stderr, "%s: ", prefix);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
}
