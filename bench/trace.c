#include "trace.h"

#include "duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum column { COLUMN_OFFSET = 0, COLUMN_SIZE, COLUMN_DWELL };
#define COLUMN_COUNT 3

static const char *const column_names[COLUMN_COUNT] = {"offset", "size", "dwell"};

/* Ten years: a longer trace is a slip of units. */
#define TIME_MAX_MS (INT64_C(3653) * 24 * 3600 * 1000)

struct reader {
    struct trace *trace;
    size_t room;
    const char *name;
    FILE *mistakes;
    unsigned mistake_count;
    size_t line;
    enum column columns[COLUMN_COUNT]; /* what the n-th field is */
};

static void mistake(struct reader *reader, const char *what, const char *value, const char *remedy)
{
    if (reader->mistake_count++ < TRACE_MISTAKES_MAX)
        fprintf(reader->mistakes, "%s:%zu: %s \"%.40s\"; %s\n", reader->name, reader->line, what,
                value, remedy);
}

int trace_time(const char *text, int64_t *ms)
{
    int64_t whole = 0;
    const char *p = text;
    for (; isdigit((unsigned char)*p); p++) {
        whole = whole * 10 + (*p - '0');
        if (whole > TIME_MAX_MS)
            return -EINVAL;
    }
    if (p == text)
        return -EINVAL;
    if (*p != '\0' && *p != '.') {
        if (duration_parse(text, ms) != 0 || *ms > TIME_MAX_MS)
            return -EINVAL;
        return 0;
    }
    int64_t thousandths = 0;
    if (*p == '.') {
        const char *fraction = ++p;
        for (int64_t weight = 100; isdigit((unsigned char)*p) && weight > 0; weight /= 10)
            thousandths += (*p++ - '0') * weight;
        if (p == fraction || *p != '\0')
            return -EINVAL;
    }
    *ms = whole * 1000 + thousandths;
    return *ms > TIME_MAX_MS ? -EINVAL : 0;
}

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    char *end = text + strlen(text);
    while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
        *--end = '\0';
    return text;
}

/* Cut a line at its commas; how many fields there are, which may be more than fit. */
static size_t split(char *line, char *fields[COLUMN_COUNT])
{
    size_t count = 0;
    for (char *field = line; field != NULL;) {
        char *comma = strchr(field, ',');
        if (comma != NULL)
            *comma++ = '\0';
        if (count < COLUMN_COUNT)
            fields[count] = trim(field);
        count++;
        field = comma;
    }
    return count;
}

static void read_header(struct reader *reader, char *line)
{
    char *fields[COLUMN_COUNT];
    size_t count = split(line, fields);
    unsigned seen = 0;
    for (size_t i = 0; i < count && i < COLUMN_COUNT; i++) {
        for (unsigned column = 0; column < COLUMN_COUNT; column++) {
            if (strcmp(fields[i], column_names[column]) == 0) {
                reader->columns[i] = (enum column)column;
                seen |= 1U << column;
            }
        }
    }
    if (count != COLUMN_COUNT || seen != (1U << COLUMN_COUNT) - 1)
        mistake(reader, "the header begins with", fields[0],
                "make the first line name the three columns: offset,size,dwell");
}

static bool read_fields(struct reader *reader, char *fields[COLUMN_COUNT],
                        struct trace_parcel *parcel)
{
    unsigned before = reader->mistake_count;
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        switch (reader->columns[i]) {
        case COLUMN_OFFSET:
            if (trace_time(fields[i], &parcel->offset_ms) != 0)
                mistake(
                    reader, "the offset is", fields[i],
                    "give seconds (28805) or a duration (8h) from the start, ten years at most");
            break;
        case COLUMN_SIZE:
            if (size_from_name(fields[i], &parcel->size) != 0)
                mistake(reader, "the size is", fields[i], "give small, medium or large");
            break;
        case COLUMN_DWELL:
            if (fields[i][0] == '\0')
                parcel->dwell_ms = TRACE_NEVER;
            else if (trace_time(fields[i], &parcel->dwell_ms) != 0)
                mistake(reader, "the dwell time is", fields[i],
                        "give seconds (32400) or a duration (9h), or nothing for a parcel that is "
                        "never picked up");
            break;
        }
    }
    return reader->mistake_count == before;
}

static int append(struct reader *reader, const struct trace_parcel *parcel)
{
    struct trace *trace = reader->trace;
    if (trace->count == reader->room) {
        size_t room = reader->room == 0 ? 1024 : reader->room * 2;
        struct trace_parcel *grown = realloc(trace->parcels, room * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        trace->parcels = grown;
        reader->room = room;
    }
    trace->parcels[trace->count++] = *parcel;
    return 0;
}

static int read_line(struct reader *reader, char *line)
{
    reader->line++;
    char *text = trim(line);
    if (reader->line == 1) {
        read_header(reader, text);
        return 0;
    }
    if (*text == '\0')
        return 0;
    char *fields[COLUMN_COUNT];
    if (split(text, fields) != COLUMN_COUNT) {
        mistake(reader, "there are not three fields after", fields[0],
                "write offset, size and dwell with two commas, also when dwell is empty");
        return 0;
    }
    struct trace_parcel parcel = {0};
    return read_fields(reader, fields, &parcel) ? append(reader, &parcel) : 0;
}

/* A total order, so that what qsort does with equals never shows. */
static int by_offset(const void *a, const void *b)
{
    const struct trace_parcel *left = a;
    const struct trace_parcel *right = b;
    if (left->offset_ms != right->offset_ms)
        return left->offset_ms < right->offset_ms ? -1 : 1;
    if (left->size != right->size)
        return left->size < right->size ? -1 : 1;
    return (left->dwell_ms > right->dwell_ms) - (left->dwell_ms < right->dwell_ms);
}

int trace_read(struct trace *trace, FILE *file, const char *name, FILE *mistakes)
{
    *trace = (struct trace){0};
    struct reader reader = {.trace = trace, .name = name, .mistakes = mistakes};
    char *line = NULL;
    size_t room = 0;
    int result = 0;
    while (result == 0 && reader.mistake_count <= TRACE_MISTAKES_MAX &&
           getline(&line, &room, file) >= 0)
        result = read_line(&reader, line);
    free(line);
    if (result == 0 && ferror(file))
        result = -EIO;
    if (result == 0 && reader.mistake_count == 0 && trace->count == 0) {
        reader.line++;
        mistake(&reader, "there is no parcel in", name, "add lines such as 28805,medium,32400");
    }
    if (reader.mistake_count > TRACE_MISTAKES_MAX)
        fprintf(mistakes, "%s: there are more mistakes; mend these first\n", name);
    if (result == 0 && reader.mistake_count > 0)
        result = -EINVAL;
    if (result != 0)
        trace_free(trace);
    else
        qsort(trace->parcels, trace->count, sizeof trace->parcels[0], by_offset);
    return result;
}

void trace_free(struct trace *trace)
{
    free(trace->parcels);
    *trace = (struct trace){0};
}
