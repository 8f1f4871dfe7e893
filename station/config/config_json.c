#include "config_json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

/* NULL: out of memory. Paths need not be UTF-8: then they are left out rather than all of it. */
static json_t *text_or_null(const char *text)
{
    json_t *string = text[0] != '\0' ? json_string(text) : NULL;
    return string != NULL ? string : json_null();
}

static json_t *counts(const struct config *config)
{
    json_int_t by_size[SIZE_COUNT] = {0};
    for (uint32_t i = 0; i < config->compartments; i++)
        by_size[config->wall[i].size]++;
    return json_pack("{s:I, s:I, s:I}", size_name(SIZE_SMALL), by_size[SIZE_SMALL],
                     size_name(SIZE_MEDIUM), by_size[SIZE_MEDIUM], size_name(SIZE_LARGE),
                     by_size[SIZE_LARGE]);
}

static json_t *policies(const struct policy *policy)
{
    return json_pack(
        "{s:I, s:i, s:b, s:s, s:I, s:I, s:I, s:I, s:I}", "ttl_ms", (json_int_t)policy->ttl_ms,
        "code-digits", (int)policy->code_digits, "fallback", (int)policy->fallback, "on-expiry",
        policy->hold_expired ? "hold" : "free", "remember_ms", (json_int_t)policy->remember_ms,
        "remember-requests", (json_int_t)policy->remember_requests, "wrong-codes",
        (json_int_t)policy->wrong_codes, "sweep-every_ms", (json_int_t)policy->sweep_every_ms,
        "credit-outages_ms", (json_int_t)policy->credit_outages_ms);
}

static json_t *remotes(const struct config *config)
{
    json_t *list = json_array();
    int failed = list == NULL;
    for (unsigned i = 0; failed == 0 && i < config->remote_count; i++)
        failed = json_array_append_new(
            list, json_pack("{s:s, s:o, s:o}", "role", role_name(config->remotes[i].role),
                            "endpoint", text_or_null(config->remotes[i].uri), "allowed-keys",
                            text_or_null(config->remotes[i].allowed_keys)));
    if (failed == 0)
        return list;
    json_decref(list);
    return NULL;
}

int config_print_json(const struct config *config, FILE *stream)
{
    json_t *json = json_pack("{s:b, s:s, s:o, s:o, s:o, s:o, s:o}", "ok", 1, "name", config->name,
                             "compartments", counts(config), "run", text_or_null(config->run_dir),
                             "data", text_or_null(config->data_dir), "policies",
                             policies(&config->policy), "remotes", remotes(config));
    char *line = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (line == NULL)
        return -ENOMEM;
    fprintf(stream, "%s\n", line);
    free(line);
    return 0;
}

void config_print_version(bool json, FILE *stream)
{
    if (json)
        fputs("{\"ok\":true,\"program\":\"locker-station\",\"version\":\"" LOCKER_VERSION "\"}\n",
              stream);
    else
        fputs("locker-station " LOCKER_VERSION "\n", stream);
}
