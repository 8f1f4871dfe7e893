#include "config_finish.h"

#include "code_space.h"
#include "curve_key.h"
#include "endpoint.h"
#include "locker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One code in so many may be live before a warning: guessing gets too easy. */
#define CODES_PER_COMPARTMENT 1000

#define SYSTEM_DATA_DIR "/var/lib/locker"

static const struct place nowhere = {.file = NULL};

static void finish_run_dir(struct draft *draft)
{
    struct config *config = draft->config;
    char path[ENDPOINT_PATH_MAX];
    bool fits = config->run_dir[0] != '\0' ||
                endpoint_default_run_dir(config->run_dir, sizeof config->run_dir) == 0;
    for (int role = 0; fits && role < ROLE_COUNT; role++)
        fits = endpoint_path(config->run_dir, (enum role)role, path, sizeof path) == 0;
    if (!fits)
        mistakes_add(draft->mistakes, &nowhere, "run",
                     "%s is too long for the path of a socket (%d bytes with its name); take a "
                     "shorter directory",
                     config->run_dir, ENDPOINT_PATH_MAX - 1);
}

static void finish_data_dir(struct draft *draft)
{
    struct config *config = draft->config;
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int length = -1;
    if (config->ephemeral)
        config->data_dir[0] = '\0';
    if (config->ephemeral || config->data_dir[0] != '\0')
        return;
    if (access(SYSTEM_DATA_DIR, W_OK | X_OK) == 0)
        length = snprintf(config->data_dir, sizeof config->data_dir, "%s", SYSTEM_DATA_DIR);
    else if (state && state[0] == '/')
        length = snprintf(config->data_dir, sizeof config->data_dir, "%s/locker", state);
    else if (home && home[0] == '/')
        length =
            snprintf(config->data_dir, sizeof config->data_dir, "%s/.local/state/locker", home);
    if (length < 0 || length >= CONFIG_PATH_MAX)
        mistakes_add(draft->mistakes, &nowhere, "data",
                     "there is no usual place for the ledger here; name one with --data DIR, or "
                     "run without a ledger with --ephemeral");
}

static void finish_wall(struct draft *draft)
{
    const struct policy *policy = &draft->config->policy;
    if (draft->wall.count == 0) {
        if (!draft->wall_given || draft->mistakes->count == 0)
            mistakes_add(draft->mistakes, &nowhere, "compartments",
                         "the station has no compartments; write --compartments "
                         "small=12,medium=8,large=4, or list them in the file that --config names");
        return;
    }
    const struct locker_shape shape =
        locker_shape_for(draft->wall.compartments, draft->wall.count, policy->remember_requests);
    const uint64_t wanted = 2 * locker_codes_in_use_max(&shape);
    unsigned digits = CODE_DIGITS_MIN;
    while (digits < CODE_DIGITS_MAX && code_space(digits) < wanted)
        digits++;
    if (code_space(policy->code_digits) < wanted)
        mistakes_add(draft->mistakes, &nowhere, "code-digits",
                     "%u digits are too few codes for %" PRIu32
                     " compartments and their used codes; use --code-digits %u",
                     (unsigned)policy->code_digits, draft->wall.count, digits);
}

/* FNV-1a, over the keys alone: a new comment lets nobody in or out. */
static int add_to_digest(void *context, const char *key)
{
    uint64_t *digest = context;
    for (; *key; key++)
        *digest = (*digest ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return 0;
}

static void finish_list(struct draft *draft, struct remote_endpoint *remote)
{
    const struct place place = {.file = draft->config->config_file, .line = remote->line};
    char why[CURVE_KEY_WHY_SIZE];
    remote->keys_digest = UINT64_C(0xcbf29ce484222325);
    if (remote->allowed_keys[0] != '\0' &&
        curve_key_read_list(remote->allowed_keys, add_to_digest, &remote->keys_digest, why) != 0)
        mistakes_add(draft->mistakes, &place, "allowed-keys", "%s: %s", remote->allowed_keys, why);
}

static void finish_remotes(struct draft *draft)
{
    struct config *config = draft->config;
    const struct place key_place = {.file = config->config_file, .line = draft->curve_key_line};
    char key[CURVE_KEY_TEXT_SIZE];
    char why[CURVE_KEY_WHY_SIZE];
    if (config->remote_count > 0 && config->curve_secret_key[0] == '\0') {
        const struct place first = {.file = config->config_file, .line = config->remotes[0].line};
        mistakes_add(draft->mistakes, &first, "remote",
                     "remote terminals need the station's own key; add curve-secret-key = "
                     "\"FILE\" with a key of its own (locker-operator keygen makes them)");
    }
    if (config->curve_secret_key[0] != '\0') {
        if (curve_key_read_secret(config->curve_secret_key, key, why) != 0)
            mistakes_add(draft->mistakes, &key_place, "curve-secret-key", "%s: %s",
                         config->curve_secret_key, why);
        explicit_bzero(key, sizeof key);
    }
    for (unsigned i = 0; i < config->remote_count; i++)
        finish_list(draft, &config->remotes[i]);
}

void config_finish(struct draft *draft)
{
    finish_run_dir(draft);
    finish_data_dir(draft);
    finish_wall(draft);
    finish_remotes(draft);
}

void config_warn(const struct config *config)
{
    unsigned digits = config->policy.code_digits;
    if (config->compartments <= code_space(digits) / CODES_PER_COMPARTMENT)
        return;
    while (digits < CODE_DIGITS_MAX &&
           config->compartments > code_space(digits) / CODES_PER_COMPARTMENT)
        digits++;
    fprintf(stderr,
            "locker-station: warning: with %" PRIu32 " compartments more than one code of %u "
            "digits in %d may be live, which makes guessing easy; consider --code-digits %u\n",
            config->compartments, (unsigned)config->policy.code_digits, CODES_PER_COMPARTMENT,
            digits);
}
