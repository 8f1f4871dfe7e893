#include "why.h"

#include "ledger.h"

#include <stdarg.h>
#include <stdio.h>

int why_say(char *why, int error, const char *format, ...)
{
    if (why == NULL)
        return error;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, LEDGER_WHY_SIZE, format, arguments);
    va_end(arguments);
    return error;
}
