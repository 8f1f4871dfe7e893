#include "flags.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* Added to a setting's number, so that it is no character's. */
#define FLAG_BASE 256

static int argument_kind(const struct setting *setting)
{
    if (setting->is_switch)
        return optional_argument;
    return setting->argument ? required_argument : no_argument;
}

/* getopt's table, with an empty last entry. */
static struct option *options_create(void)
{
    struct option *options = calloc(setting_count + 1, sizeof *options);
    size_t used = 0;
    for (size_t i = 0; options && i < setting_count; i++) {
        if (settings[i].where & IN_FLAGS)
            options[used++] = (struct option){.name = settings[i].name,
                                              .has_arg = argument_kind(&settings[i]),
                                              .val = FLAG_BASE + (int)i};
    }
    return options;
}

/* What getopt could make nothing of. word: as typed. */
static void add_unknown(const char *word, struct mistakes *mistakes)
{
    const struct place place = {.file = NULL};
    char name[64];
    if (optopt >= FLAG_BASE) {
        mistakes_add(mistakes, &place, settings[optopt - FLAG_BASE].name,
                     "it takes no value; write it alone");
        return;
    }
    const size_t length = strcspn(word, "=");
    const char *likely = NULL;
    if (strncmp(word, "--", 2) == 0 && length < sizeof name) {
        memcpy(name, word + 2, length - 2);
        name[length - 2] = '\0';
        likely = mistakes_likely_name(name, settings, setting_count, sizeof settings[0]);
    }
    if (likely)
        mistakes_add(mistakes, &place, NULL, "there is no flag %.*s; did you mean --%s?",
                     (int)length, word, likely);
    else
        mistakes_add(mistakes, &place, NULL, "there is no flag %.*s (or it can mean several)",
                     (int)length, word);
}

static const struct setting *setting_of_help(void)
{
    for (size_t i = 0; i < setting_count; i++)
        if (strcmp(settings[i].name, "help") == 0)
            return &settings[i];
    abort(); /* the table has one */
}

int flags_read(struct flags *flags, int argc, char **argv, struct mistakes *mistakes)
{
    const struct place place = {.file = NULL};
    struct option *options = options_create();
    *flags = (struct flags){.list = calloc((size_t)argc + 1, sizeof *flags->list)};
    if (!options || !flags->list) {
        mistakes_add(mistakes, &place, NULL, "not enough memory to read the command line");
        free(options);
        return -ENOMEM;
    }
    optind = 0; /* start over: a reload reads the same words again */
    opterr = 0;
    for (;;) {
        const int word = optind > 0 ? optind : 1;
        const int found = getopt_long(argc, argv, ":h", options, NULL);
        if (found == -1)
            break;
        if (found == 'h')
            flags->list[flags->count++] = (struct flag){setting_of_help(), "on"};
        else if (found == ':')
            mistakes_add(mistakes, &place, settings[optopt - FLAG_BASE].name,
                         "a value is missing; write --%s %s", settings[optopt - FLAG_BASE].name,
                         settings[optopt - FLAG_BASE].argument);
        else if (found == '?')
            add_unknown(argv[optind > word ? optind - 1 : word], mistakes);
        else
            flags->list[flags->count++] =
                (struct flag){&settings[found - FLAG_BASE], optarg ? optarg : "on"};
    }
    for (int i = optind; i < argc; i++)
        mistakes_add(mistakes, &place, NULL,
                     "\"%s\" is no flag; remove it (a value of on or off is written with =, as in "
                     "--fallback=off)",
                     argv[i]);
    free(options);
    return 0;
}

void flags_free(struct flags *flags)
{
    free(flags->list);
    *flags = (struct flags){0};
}

const char *flags_value(const struct flags *flags, const char *name)
{
    for (size_t i = flags->count; i > 0; i--)
        if (strcmp(flags->list[i - 1].setting->name, name) == 0)
            return flags->list[i - 1].value;
    return NULL;
}
