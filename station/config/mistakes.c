#include "mistakes.h"

#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_COMPARED 32

/* A mistake in words; paths and values in it may be long ones. */
#define MISTAKE_SIZE 2048

__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size,
                                                         const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

void mistakes_add(struct mistakes *mistakes, const struct place *place, const char *subject,
                  const char *format, ...)
{
    char text[MISTAKE_SIZE] = "";
    mistakes->count++;
    if (place->file && place->line > 0)
        append(text, sizeof text, "%s:%d: ", place->file, place->line);
    else if (place->file)
        append(text, sizeof text, "%s: ", place->file);
    if (subject)
        append(text, sizeof text, "%s%s: ", place->file ? "" : "--", subject);
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, sizeof text - used, format, arguments);
    va_end(arguments);
    if (mistakes->to_log)
        log_error("%s", text);
    else
        fprintf(stderr, "locker-station: %s\n", text);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row at a time. */
static size_t distance(const char *a, const char *b)
{
    const size_t length = strlen(b);
    size_t row[NAME_MAX_COMPARED + 1];
    if (strlen(a) > NAME_MAX_COMPARED || length > NAME_MAX_COMPARED)
        return NAME_MAX_COMPARED;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            const size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = smaller(replaced, smaller(row[j], row[j + 1]) + 1);
        }
    }
    return row[length];
}

const char *mistakes_likely_name(const char *text, const void *names, size_t count, size_t stride)
{
    const char *likely = NULL;
    size_t nearest = strlen(text) < 4 ? 2 : 3; /* further off is no slip */
    for (size_t i = 0; i < count; i++) {
        const char *name;
        memcpy(&name, (const char *)names + i * stride, sizeof name);
        const size_t d = distance(text, name);
        if (d < nearest) {
            nearest = d;
            likely = name;
        }
    }
    return likely;
}
