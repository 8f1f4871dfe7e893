#include "text.h"

#include "bounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Fewer characters of what somebody wrote say nothing. */
#define WORDS_MIN 8

const char *text_moment(int64_t at_ms, char buffer[TEXT_SIZE])
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm local;
    if (localtime_r(&seconds, &local) == NULL ||
        strftime(buffer, TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &local) == 0)
        snprintf(buffer, TEXT_SIZE, "%" PRId64 "ms", at_ms);
    return buffer;
}

const char *text_short_moment(int64_t at_ms, int64_t now_ms, char buffer[TEXT_SIZE])
{
    char now[TEXT_SIZE];
    char at[TEXT_SIZE];
    text_moment(now_ms, now);
    text_moment(at_ms, at);
    if (strlen(at) != strlen("2026-12-01 10:02:33"))
        snprintf(buffer, TEXT_SIZE, "%.*s", TEXT_SHORT_MOMENT, at);
    else if (strncmp(at, now, TEXT_TIME_OF_DAY) == 0)
        strcpy(buffer, at + TEXT_TIME_OF_DAY);
    else if (strncmp(at, now, strlen("2026")) == 0)
        snprintf(buffer, TEXT_SIZE, "%.11s", at + strlen("2026-"));
    else
        snprintf(buffer, TEXT_SIZE, "%.10s", at);
    return buffer;
}

struct unit {
    const char *name;
    int64_t ms;
};

static const struct unit units[] = {
    {"d", INT64_C(86400000)},
    {"h", INT64_C(3600000)},
    {"m", INT64_C(60000)},
    {"s", INT64_C(1000)},
};

#define UNIT_COUNT (sizeof units / sizeof units[0])

/* The largest unit of which there is one; UNIT_COUNT: not even a second. */
static size_t largest_unit(int64_t ms)
{
    size_t i = 0;
    while (i < UNIT_COUNT && ms < units[i].ms)
        i++;
    return i;
}

/* To the nearest of the units that a span of this length is shown in. */
static int64_t rounded(int64_t ms)
{
    const size_t largest = largest_unit(ms);
    if (largest == UNIT_COUNT)
        return ms;
    const int64_t step = units[largest + 1 < UNIT_COUNT ? largest + 1 : largest].ms;
    return (ms + step / 2) / step * step;
}

const char *text_duration(int64_t ms, char buffer[TEXT_SIZE])
{
    ms = rounded(ms);
    const size_t i = largest_unit(ms); /* 59m 59.9s has become an hour */
    if (i == UNIT_COUNT) {
        snprintf(buffer, TEXT_SIZE, "%" PRId64 "ms", ms);
        return buffer;
    }
    const int64_t rest = i + 1 < UNIT_COUNT ? ms % units[i].ms / units[i + 1].ms : 0;
    if (rest > 0)
        snprintf(buffer, TEXT_SIZE, "%" PRId64 "%s %" PRId64 "%s", ms / units[i].ms, units[i].name,
                 rest, units[i + 1].name);
    else
        snprintf(buffer, TEXT_SIZE, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
    return buffer;
}

const char *text_distance(int64_t at_ms, int64_t now_ms, char buffer[TEXT_SIZE])
{
    char duration[TEXT_SIZE];
    if (at_ms >= now_ms)
        snprintf(buffer, TEXT_SIZE, "in %.60s", text_duration(at_ms - now_ms, duration));
    else
        snprintf(buffer, TEXT_SIZE, "%.60s ago", text_duration(now_ms - at_ms, duration));
    return buffer;
}

const char *text_of(const struct value *map, const char *key, char buffer[TEXT_SIZE])
{
    const struct value *value = value_get(map, key);
    const char *text = value != NULL ? value_str(value) : "";
    size_t used = 0;
    for (; *text != '\0' && used < TEXT_SIZE - 1; text++)
        buffer[used++] = *text >= ' ' && *text <= '~' ? *text : '?';
    buffer[used] = '\0';
    return buffer;
}

/* Append ", " (when something was added since start), the word, the text; nothing of it where the
 * whole has no room: a date that is cut is another date. */
static void add(char *buffer, size_t size, size_t start, const char *word, const char *text)
{
    const size_t used = strlen(buffer);
    const size_t room = used < size ? size - used : 0;
    const int length =
        snprintf(buffer + used, room, "%s%s%s", used > start ? ", " : "", word, text);
    if (room > 0 && (length < 0 || (size_t)length >= room))
        buffer[used] = '\0';
}

static void add_str(char *buffer, size_t size, size_t start, const char *word,
                    const struct value *event, const char *key)
{
    char text[TEXT_SIZE];
    if (text_of(event, key, text)[0] != '\0')
        add(buffer, size, start, word, text);
}

/* Somebody's words tell something when they are cut, too: as many as there is room for. */
static void add_words(char *buffer, size_t size, size_t start, const struct value *event,
                      const char *key)
{
    char text[TEXT_SIZE];
    const size_t used = strlen(buffer);
    const size_t comma = used > start ? strlen(", ") : 0;
    const size_t room = used + comma < size ? size - used - comma - 1 : 0;
    text_of(event, key, text);
    if (strlen(text) > room && room > WORDS_MIN)
        strcpy(text + room - strlen("..."), "...");
    if (text[0] != '\0')
        add(buffer, size, start, "", text);
}

const char *text_event(const struct value *event, int64_t now_ms, int id_width, char *buffer,
                       size_t size)
{
    char name[TEXT_SIZE];
    char compartment[TEXT_SIZE];
    char text[TEXT_SIZE];
    snprintf(buffer, size, "%-16.40s %-*.*s ", text_of(event, "event", name), id_width,
             COMPARTMENT_ID_MAX, text_of(event, "compartment", compartment));
    size_t start = strlen(buffer);
    add_str(buffer, size, start, "", event, "size");
    add_str(buffer, size, start, "instead of ", event, "cancelled");
    const struct value *in_service = value_get(event, "in_service");
    if (in_service != NULL) {
        add(buffer, size, start, "", value_bool(in_service) ? "in service" : "out of service");
        add_words(buffer, size, start, event, "reason");
    } else {
        add_str(buffer, size, start, "", event, "reason");
    }
    const struct value *by = value_get(event, "by_ms");
    if (by != NULL)
        add(buffer, size, start, "by ", text_duration(value_int(by), text));
    const struct value *until = value_get(event, "expires_at_ms");
    if (until != NULL && value_int(until) != 0)
        add(buffer, size, start, "until ",
            now_ms != 0 ? text_short_moment(value_int(until), now_ms, text)
                        : text_moment(value_int(until), text));
    const struct value *freed = value_get(event, "freed");
    if (freed != NULL) {
        snprintf(text, sizeof text, "%" PRId64, value_int(freed));
        add(buffer, size, start, "freed ", text);
    }
    size_t used = strlen(buffer);
    while (used > 0 && buffer[used - 1] == ' ')
        buffer[--used] = '\0';
    return buffer;
}
