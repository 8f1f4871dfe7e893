#include "arguments.h"

#include "duration.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int subcommand_help(const struct subcommand *self)
{
    printf("Usage: locker-bench %s %s\n\n%s.\n\n%s", self->name, self->synopsis, self->summary,
           self->help);
    return arguments_flush_stdout();
}

int subcommand_usage(const struct subcommand *self)
{
    fprintf(stderr, "See locker-bench %s --help\n", self->name);
    return EXIT_USAGE;
}

int arguments_flush_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    fprintf(stderr, "locker-bench: could not write the output: %s\n", strerror(errno));
    return EXIT_REFUSED;
}

bool arguments_read(int argc, char **argv, const struct option *options, option_taker *take,
                    void *chosen)
{
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take(chosen, option))
            return false;
    if (optind == argc)
        return true;
    fprintf(stderr, "locker-bench: \"%s\" is one argument too many\n", argv[optind]);
    return false;
}

static bool whole(const char *text, char end, uint64_t *value, const char **rest)
{
    *value = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (*value > UINT64_MAX / 10 - 1)
            return false;
        *value = *value * 10 + (uint64_t)(*p - '0');
    }
    *rest = p;
    return p != text && (*p == '\0' || *p == end);
}

bool argument_count(const char *option, const char *text, uint64_t min, uint64_t max,
                    uint64_t *value)
{
    const char *rest;
    if (whole(text, '\0', value, &rest) && *value >= min && *value <= max)
        return true;
    fprintf(stderr,
            "locker-bench: %s \"%s\": give a whole number from %" PRIu64 " to %" PRIu64 "\n",
            option, text, min, max);
    return false;
}

bool argument_number(const char *option, const char *text, double min, double max, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (end != text && *end == '\0' && errno == 0 && *value >= min && *value <= max)
        return true;
    fprintf(stderr, "locker-bench: %s \"%s\": give a number from %g to %g\n", option, text, min,
            max);
    return false;
}

bool argument_duration(const char *option, const char *text, int64_t *ms)
{
    if (duration_parse(text, ms) == 0 && *ms > 0)
        return true;
    fprintf(stderr, "locker-bench: %s \"%s\": give a duration such as 7d, 90m or 1500ms\n", option,
            text);
    return false;
}

static bool one_size(const char **text, uint32_t doors[SIZE_COUNT])
{
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        const char *name = size_name((enum parcel_size)size);
        size_t length = strlen(name);
        uint64_t count;
        if (strncmp(*text, name, length) != 0 || (*text)[length] != '=' ||
            !whole(*text + length + 1, ',', &count, text) || count > 10000000)
            continue;
        doors[size] = (uint32_t)count;
        return true;
    }
    return false;
}

bool argument_doors(const char *option, const char *text, uint32_t doors[SIZE_COUNT])
{
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        doors[size] = 0;
    const char *p = text;
    while (one_size(&p, doors) && *p == ',')
        p++;
    if (*p == '\0' && p != text && doors[0] + doors[1] + doors[2] > 0)
        return true;
    fprintf(stderr,
            "locker-bench: %s \"%s\": give the doors by size, as in "
            "small=36,medium=28,large=12\n",
            option, text);
    return false;
}

unsigned argument_list(const char *option, const char *text, uint64_t min, uint64_t max,
                       uint64_t *values, unsigned room)
{
    unsigned count = 0;
    const char *p = text;
    while (count < room && whole(p, ',', &values[count], &p) && values[count] >= min &&
           values[count] <= max) {
        count++;
        if (*p == '\0')
            return count;
        p++;
    }
    fprintf(stderr,
            "locker-bench: %s \"%s\": give up to %u whole numbers from %" PRIu64 " to %" PRIu64
            ", with commas between them\n",
            option, text, room, min, max);
    return 0;
}
