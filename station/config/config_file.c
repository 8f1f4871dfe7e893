#include "config_file.h"

#include "config_text.h"
#include "endpoint.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 24
#define UNKNOWN_MAX 24

enum scope { SCOPE_FILE, SCOPE_COMPARTMENTS, SCOPE_COMPARTMENT, SCOPE_REMOTE };

#define SCOPE_COUNT 4

/* What may stand at one level of the file. libconfuse stops at the first option it does not know;
 * so that the rest of the file is read too, such options are added to the table as unknown ones,
 * and the file is read again. */
struct scope_options {
    cfg_opt_t options[OPTIONS_MAX + UNKNOWN_MAX + 1];
    size_t known;
    size_t count;
    struct {
        char name[64];
        int line; /* the first in which it stands */
    } unknown[UNKNOWN_MAX];
};

struct reading {
    struct draft *draft;
    const char *file;
    bool collecting; /* unknown options; nothing is said or taken over yet */
    bool found_unknown;
    bool broken; /* a syntax error: the rest was not read */
    int broken_line;
    struct scope_options scopes[SCOPE_COUNT];
    int *seen; /* by setting: the line in which it stands */
    struct wall_counts counts;
    int counts_line; /* where compartments stands; 0: nowhere */
    int door_line;   /* where the first compartment stands; 0: nowhere */
    bool door_has_size;
    struct remote_endpoint remote; /* the section being read */
    bool remote_has_role;
};

/* libconfuse hands its callbacks no pointer of ours. Set while a file is being read. */
static struct reading *reading;

static const char *const scope_names[SCOPE_COUNT] = {"root", "compartments", "compartment",
                                                     "remote"};

static struct scope_options *scope_of(const cfg_t *cfg)
{
    for (int i = 0; i < SCOPE_COUNT; i++)
        if (strcmp(cfg->name, scope_names[i]) == 0)
            return &reading->scopes[i];
    return &reading->scopes[SCOPE_FILE];
}

static struct place place_of(const cfg_t *cfg)
{
    return (struct place){.file = reading->file, .line = cfg->line};
}

/* ---- values ---------------------------------------------------------------------------- */

static int on_setting(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
    const struct place place = place_of(cfg);
    const struct setting *setting = setting_of_file(option->name);
    *(const char **)result = value;
    if (reading->collecting || !setting)
        return 0;
    int *seen = &reading->seen[setting - settings];
    if (*seen != 0)
        mistakes_add(reading->draft->mistakes, &place, option->name,
                     "it is set already, in line %d; keep one of the two", *seen);
    *seen = place.line;
    setting->set(setting, reading->draft, &place, value);
    return 0;
}

static int on_count(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
    const struct place place = place_of(cfg);
    enum parcel_size size;
    *(const char **)result = value;
    if (!reading->collecting && size_from_name(option->name, &size) == 0)
        wall_counts_add(&reading->counts, size, value, &place, "compartments",
                        reading->draft->mistakes);
    return 0;
}

static int on_door_size(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
    const struct place place = place_of(cfg);
    enum parcel_size size;
    *(const char **)result = value;
    if (reading->collecting)
        return 0;
    if (reading->door_line == 0)
        reading->door_line = place.line;
    if (reading->door_has_size)
        mistakes_add(reading->draft->mistakes, &place, option->name,
                     "compartment \"%s\" has two sizes; keep one", cfg_title(cfg));
    else if (size_from_name(value, &size) != 0)
        mistakes_add(reading->draft->mistakes, &place, option->name,
                     "\"%s\" is no size; write small, medium or large", value);
    else if (wall_add(&reading->draft->wall, cfg_title(cfg), size, &place,
                      reading->draft->mistakes) != 0)
        reading->draft->no_memory = true;
    reading->door_has_size = true;
    return 0;
}

static int on_remote(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
    struct draft *draft = reading->draft;
    struct remote_endpoint *remote = &reading->remote;
    const struct place place = place_of(cfg);
    *(const char **)result = value;
    if (reading->collecting)
        return 0;
    for (int role = 0; role < ROLE_COUNT; role++) {
        if (strcmp(cfg_title(cfg), role_name((enum role)role)) == 0) {
            remote->role = (enum role)role;
            reading->remote_has_role = true;
        }
    }
    if (!reading->remote_has_role)
        mistakes_add(draft->mistakes, &place, "remote",
                     "\"%s\" is no role; write remote driver, keypad or operator", cfg_title(cfg));
    reading->remote_has_role = true; /* said once */
    if (strcmp(option->name, "allowed-keys") == 0)
        setting_path(draft, &place, option->name, value, remote->allowed_keys);
    else if (!endpoint_is_tcp(value) || strlen(value) >= sizeof remote->uri)
        mistakes_add(draft->mistakes, &place, option->name,
                     "\"%s\" is no tcp endpoint; write for example tcp://192.0.2.7:5555", value);
    if (strcmp(option->name, "endpoint") == 0)
        snprintf(remote->uri, sizeof remote->uri, "%s", value);
    return 0;
}

static void say_unknown(const cfg_t *cfg, const char *name, int line)
{
    const struct place place = {.file = reading->file, .line = line};
    const struct scope_options *scope = scope_of(cfg);
    const char *likely =
        mistakes_likely_name(name, scope->options, scope->known, sizeof scope->options[0]);
    if (likely)
        mistakes_add(reading->draft->mistakes, &place, NULL,
                     "there is no option \"%s\"; did you mean \"%s\"?", name, likely);
    else
        mistakes_add(reading->draft->mistakes, &place, NULL,
                     "there is no option \"%s\" here; remove it (a value of several words needs "
                     "quotes), or see locker-station --help for what there is",
                     name);
}

static int on_unknown(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
    *(const char **)result = value;
    if (!reading->collecting)
        say_unknown(cfg, option->name, cfg->line);
    return 0;
}

/* ---- the ends of sections ---------------------------------------------------------------- */

static int on_counts_end(cfg_t *cfg, cfg_opt_t *option)
{
    const struct place place = place_of(cfg);
    (void)option;
    if (reading->collecting)
        return 0;
    if (reading->counts_line != 0)
        mistakes_add(reading->draft->mistakes, &place, "compartments",
                     "there is one already, in line %d; keep one", reading->counts_line);
    reading->counts_line = place.line;
    return 0;
}

static int on_door_end(cfg_t *cfg, cfg_opt_t *option)
{
    const struct place place = place_of(cfg);
    (void)option;
    if (!reading->collecting && !reading->door_has_size)
        mistakes_add(reading->draft->mistakes, &place, "compartment",
                     "it has no size; add size = small, medium or large between the braces");
    if (reading->door_line == 0)
        reading->door_line = place.line;
    reading->door_has_size = false;
    return 0;
}

static int on_remote_end(cfg_t *cfg, cfg_opt_t *option)
{
    struct config *config = reading->draft->config;
    const struct place place = place_of(cfg);
    (void)option;
    if (reading->collecting)
        return 0;
    if (reading->remote.uri[0] == '\0' || reading->remote.allowed_keys[0] == '\0')
        mistakes_add(reading->draft->mistakes, &place, "remote",
                     "it needs both endpoint = \"tcp://ADDRESS:PORT\" and allowed-keys = \"FILE\"");
    if (config->remote_count == REMOTE_ENDPOINTS_MAX)
        mistakes_add(reading->draft->mistakes, &place, "remote",
                     "a station has %d remote endpoints at most; remove some",
                     REMOTE_ENDPOINTS_MAX);
    else {
        reading->remote.line = place.line;
        config->remotes[config->remote_count++] = reading->remote;
    }
    memset(&reading->remote, 0, sizeof reading->remote);
    reading->remote_has_role = false;
    return 0;
}

/* ---- syntax ------------------------------------------------------------------------------ */

static const struct {
    const char *format; /* libconfuse's */
    const char *remedy;
} remedies[] = {
    {"unexpected token '%s'", "write NAME = VALUE, one value, in quotes if it has odd characters"},
    {"missing equal sign after option '%s'", "write NAME = VALUE"},
    {"attempt to append to non-list option '%s'", "write = instead of +="},
    {"missing title for section '%s'",
     "write it as compartment \"A1\" { size = small } or remote driver { ... }"},
    {"missing opening brace for section '%s'", "write it as compartments { small = 12 }"},
    {"unexpected closing brace", "remove it, or add the { it belongs to"},
    {"premature end of file", "finish or remove the last option"},
};

/* The line of an option that nobody knows, or 0. */
static int unknown_line(const struct scope_options *scope, const char *name)
{
    for (size_t i = 0; i < scope->count - scope->known; i++)
        if (strcmp(scope->unknown[i].name, name) == 0)
            return scope->unknown[i].line;
    return 0;
}

static void add_unknown(struct scope_options *scope, const char *name, int line)
{
    const size_t n = scope->count - scope->known;
    if (n == UNKNOWN_MAX || strlen(name) >= sizeof scope->unknown[n].name)
        return;
    memcpy(scope->unknown[n].name, name, strlen(name) + 1);
    scope->unknown[n].line = line;
    scope->options[scope->count++] =
        (cfg_opt_t)CFG_STR_LIST_CB(scope->unknown[n].name, NULL, CFGF_NODEFAULT, on_unknown);
    reading->found_unknown = true;
}

static void on_error(cfg_t *cfg, const char *format, va_list arguments)
{
    const struct place place = place_of(cfg);
    const bool is_no_option = strncmp(format, "no such option", 14) == 0;
    const char *name = "";
    char text[256];
    va_list again;
    va_copy(again, arguments);
    if (strstr(format, "%s"))
        name = va_arg(again, const char *);
    va_end(again);
    reading->broken = true;
    reading->broken_line = place.line;
    if (reading->collecting) {
        if (is_no_option)
            add_unknown(scope_of(cfg), name, cfg->line);
        return;
    }
    const int line = unknown_line(scope_of(cfg), name);
    if (is_no_option || line != 0) {
        /* Not the syntax is at fault: what follows such a name cannot be understood. */
        say_unknown(cfg, name, line != 0 ? line : cfg->line);
        return;
    }
    const char *remedy = "see locker-station --help for how the file is written";
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++)
        if (strcmp(format, remedies[i].format) == 0)
            remedy = remedies[i].remedy;
    vsnprintf(text, sizeof text, format, arguments);
    mistakes_add(reading->draft->mistakes, &place, NULL, "%s; %s", text, remedy);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void scope_add(enum scope scope, cfg_opt_t option)
{
    struct scope_options *options = &reading->scopes[scope];
    if (options->count == OPTIONS_MAX)
        abort(); /* the table above has outgrown this one */
    options->options[options->count++] = option;
    options->known = options->count;
}

static void scopes_create(void)
{
    for (int size = 0; size < SIZE_COUNT; size++)
        scope_add(SCOPE_COMPARTMENTS, (cfg_opt_t)CFG_STR_CB(size_name((enum parcel_size)size), NULL,
                                                            CFGF_NODEFAULT, on_count));
    scope_add(SCOPE_COMPARTMENT, (cfg_opt_t)CFG_STR_CB("size", NULL, CFGF_NODEFAULT, on_door_size));
    scope_add(SCOPE_REMOTE, (cfg_opt_t)CFG_STR_CB("endpoint", NULL, CFGF_NODEFAULT, on_remote));
    scope_add(SCOPE_REMOTE, (cfg_opt_t)CFG_STR_CB("allowed-keys", NULL, CFGF_NODEFAULT, on_remote));
    for (size_t i = 0; i < setting_count; i++)
        if (settings[i].where & IN_FILE)
            scope_add(SCOPE_FILE,
                      (cfg_opt_t)CFG_STR_CB(settings[i].name, NULL, CFGF_NODEFAULT, on_setting));
    scope_add(SCOPE_FILE,
              (cfg_opt_t)CFG_SEC("compartments", reading->scopes[SCOPE_COMPARTMENTS].options,
                                 CFGF_NODEFAULT));
    scope_add(SCOPE_FILE,
              (cfg_opt_t)CFG_SEC("compartment", reading->scopes[SCOPE_COMPARTMENT].options,
                                 CFGF_MULTI | CFGF_TITLE));
    scope_add(SCOPE_FILE, (cfg_opt_t)CFG_SEC("remote", reading->scopes[SCOPE_REMOTE].options,
                                             CFGF_MULTI | CFGF_TITLE));
}

/* One reading of the text. */
static void text_parse(const char *text)
{
    for (int i = 0; i < SCOPE_COUNT; i++)
        reading->scopes[i].options[reading->scopes[i].count] = (cfg_opt_t)CFG_END();
    reading->broken = false;
    cfg_t *cfg = cfg_init(reading->scopes[SCOPE_FILE].options, CFGF_NONE);
    if (!cfg) {
        reading->draft->no_memory = true;
        reading->broken = true;
        return;
    }
    cfg_set_error_function(cfg, on_error);
    cfg_set_validate_func(cfg, "compartments", on_counts_end);
    cfg_set_validate_func(cfg, "compartment", on_door_end);
    cfg_set_validate_func(cfg, "remote", on_remote_end);
    if (cfg_parse_buf(cfg, text) != CFG_SUCCESS && !reading->broken) {
        reading->draft->no_memory = true; /* the one failure that it does not report */
        reading->broken = true;
    }
    cfg_free(cfg);
}

static void wall_finish(struct draft *draft)
{
    const struct place place = {.file = reading->file, .line = reading->counts_line};
    draft->wall_given = draft->wall_given || reading->counts_line != 0 || reading->door_line != 0;
    if (reading->counts_line != 0 && reading->door_line != 0)
        mistakes_add(draft->mistakes, &place, "compartments",
                     "the compartments are also listed one by one, from line %d on; keep either "
                     "the counts or the list",
                     reading->door_line);
    else if (reading->counts_line != 0 && wall_from_counts(&draft->wall, &reading->counts) != 0)
        draft->no_memory = true;
    if (wall_check_unique(&draft->wall, reading->file, draft->mistakes) != 0)
        draft->no_memory = true;
}

static void say_unread(const struct reading *done, const char *text)
{
    const struct place place = {.file = done->file, .line = done->broken_line};
    if (config_text_has_more(text, done->broken_line))
        mistakes_add(done->draft->mistakes, &place, NULL,
                     "what follows was not read, and may have more mistakes; mend these first");
}

bool config_file_read(struct draft *draft)
{
    const struct place whole = {.file = draft->config->config_file};
    char *text = config_text_read(whole.file, draft->mistakes);
    if (!text)
        return false;
    struct reading *mine = calloc(1, sizeof *mine);
    int *seen = calloc(setting_count, sizeof *seen);
    bool complete = false;
    if (mine && seen) {
        *mine = (struct reading){.draft = draft, .file = whole.file, .seen = seen};
        reading = mine;
        scopes_create();
        mine->collecting = true;
        do {
            mine->found_unknown = false;
            text_parse(text);
        } while (mine->found_unknown);
        mine->collecting = false;
        mine->door_line = 0;
        text_parse(text);
        complete = !mine->broken;
        if (complete)
            wall_finish(draft);
        else if (!draft->no_memory)
            say_unread(mine, text);
        setting_layer_end(draft, &whole);
        reading = NULL;
    } else {
        draft->no_memory = true;
    }
    free(seen);
    free(mine);
    free(text);
    return complete;
}
