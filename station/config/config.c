#include "config.h"

#include "config_file.h"
#include "config_finish.h"
#include "config_json.h"
#include "config_print.h"
#include "flags.h"
#include "log.h"
#include "setting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The directory part of a path, with its slash; "" when it has none. */
static void directory_of(const char *path, char directory[CONFIG_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    memcpy(directory, path, length);
    directory[length] = '\0';
}

/* The file that --config names, under the flags. Whether all of it was read. */
static bool layer_file(struct draft *draft, const struct flags *flags)
{
    char base[CONFIG_PATH_MAX];
    const char *path = flags_value(flags, "config");
    const struct place place = {.file = NULL};
    if (!path)
        return true;
    const unsigned before = draft->mistakes->count;
    setting_path(draft, &place, "config", path, draft->config->config_file);
    if (draft->mistakes->count > before)
        return false;
    directory_of(draft->config->config_file, base);
    draft->base = base;
    const bool complete = config_file_read(draft);
    draft->base = "";
    return complete;
}

static void layer_flags(struct draft *draft, const struct flags *flags)
{
    const struct place place = {.file = NULL};
    for (size_t i = 0; i < flags->count; i++) {
        const struct setting *setting = flags->list[i].setting;
        if (setting->set && strcmp(setting->name, "config") != 0)
            setting->set(setting, draft, &place, flags->list[i].value);
    }
    setting_layer_end(draft, &place);
}

/* Everything but acting on it. *check_only: --check-config was among the flags. */
static void config_build(struct config *config, const struct flags *flags,
                         struct mistakes *mistakes, bool *check_only)
{
    const struct place place = {.file = NULL};
    struct draft draft = {.config = config, .mistakes = mistakes, .base = ""};
    draft.wall_given = mistakes->count > 0; /* a flag nobody understood may have been it */
    const bool complete = layer_file(&draft, flags);
    layer_flags(&draft, flags);
    if (complete && !draft.no_memory)
        config_finish(&draft);
    if (draft.no_memory)
        mistakes_add(mistakes, &place, NULL, "not enough memory for this configuration");
    *check_only = draft.check_only;
    config->wall = draft.wall.compartments;
    config->compartments = draft.wall.count;
    draft.wall.compartments = NULL;
    wall_free(&draft.wall);
}

static void config_default(struct config *config)
{
    *config = (struct config){.name = "locker", .ready_fd = -1, .policy = POLICY_DEFAULT};
}

enum config_action config_from_command_line(struct config *config, int argc, char **argv)
{
    struct mistakes mistakes = {0};
    struct flags flags;
    bool check_only = false;
    config_default(config);
    const int error = flags_read(&flags, argc, argv, &mistakes);
    if (error == 0 && flags_value(&flags, "help")) {
        config_print_help(stdout);
        flags_free(&flags);
        return CONFIG_EXIT_OK;
    }
    if (error == 0 && flags_value(&flags, "version")) {
        config_print_version(flags_value(&flags, "json") != NULL, stdout);
        flags_free(&flags);
        return CONFIG_EXIT_OK;
    }
    if (error == 0)
        config_build(config, &flags, &mistakes, &check_only);
    flags_free(&flags);
    if (mistakes.count > 0) {
        fputs("Try 'locker-station --help' for more information.\n", stderr);
        config_free(config);
        return CONFIG_EXIT_USAGE;
    }
    config_warn(config);
    if (!check_only)
        return CONFIG_RUN;
    if (!config->json)
        config_print_summary(config, stdout);
    else if (config_print_json(config, stdout) != 0)
        fputs("locker-station: not enough memory to print the configuration\n", stderr);
    return CONFIG_CHECK_ONLY;
}

static void warn_if(bool differs, const char *what)
{
    if (differs)
        log_warning("%s cannot change while the station runs; restart it", what);
}

static bool walls_differ(const struct config *a, const struct config *b)
{
    return a->compartments != b->compartments ||
           memcmp(a->wall, b->wall, a->compartments * sizeof *a->wall) != 0;
}

/* But for the keys in its list. */
static bool same_remote(const struct remote_endpoint *a, const struct remote_endpoint *b)
{
    return a->role == b->role && strcmp(a->uri, b->uri) == 0 &&
           strcmp(a->allowed_keys, b->allowed_keys) == 0;
}

static bool remotes_differ(const struct config *a, const struct config *b)
{
    bool differ =
        a->remote_count != b->remote_count || strcmp(a->curve_secret_key, b->curve_secret_key) != 0;
    for (unsigned i = 0; !differ && i < a->remote_count; i++)
        differ = !same_remote(&a->remotes[i], &b->remotes[i]);
    return differ;
}

static void warn_of_differences(const struct config *old, const struct config *fresh)
{
    warn_if(strcmp(old->name, fresh->name) != 0, "name");
    warn_if(strcmp(old->run_dir, fresh->run_dir) != 0, "run");
    warn_if(strcmp(old->data_dir, fresh->data_dir) != 0 || old->ephemeral != fresh->ephemeral,
            "data or ephemeral");
    warn_if(walls_differ(old, fresh), "compartments");
    warn_if(remotes_differ(old, fresh), "remote or curve-secret-key");
    warn_if(old->policy.code_digits != fresh->policy.code_digits, "code-digits");
    warn_if(old->policy.remember_requests != fresh->policy.remember_requests, "remember-requests");
    warn_if(old->quiet != fresh->quiet, "quiet");
}

/* The lists of the endpoints that the station has; others wait for a restart. */
static void take_digests(struct config *config, const struct config *fresh, struct reload *reload)
{
    for (unsigned i = 0; i < config->remote_count && i < fresh->remote_count; i++) {
        struct remote_endpoint *old = &config->remotes[i];
        const struct remote_endpoint *now = &fresh->remotes[i];
        if (!same_remote(old, now) || old->keys_digest == now->keys_digest)
            continue;
        old->keys_digest = now->keys_digest;
        reload->keys_changed[old->role] = true;
    }
}

int config_reload(struct config *config, int argc, char **argv, struct reload *reload)
{
    struct mistakes mistakes = {.to_log = true};
    struct flags flags;
    struct config fresh;
    bool ignored;
    *reload = (struct reload){.policy = config->policy};
    config_default(&fresh);
    if (flags_read(&flags, argc, argv, &mistakes) == 0)
        config_build(&fresh, &flags, &mistakes, &ignored);
    flags_free(&flags);
    if (mistakes.count == 0) {
        warn_of_differences(config, &fresh);
        reload->policy = fresh.policy;
        reload->policy.code_digits = config->policy.code_digits;
        reload->policy.remember_requests = config->policy.remember_requests;
        take_digests(config, &fresh, reload);
    }
    config_free(&fresh);
    return mistakes.count == 0 ? 0 : -EINVAL;
}

void config_free(struct config *config)
{
    free(config->wall);
    config->wall = NULL;
    config->compartments = 0;
}
