#include "setting.h"

#include "duration.h"
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define DAY    (24 * 3600 * SECOND)

static void *target(const struct setting *setting, const struct draft *draft)
{
    return (char *)draft->config + setting->offset;
}

static void set_duration(const struct setting *setting, struct draft *draft,
                         const struct place *place, const char *value)
{
    int64_t ms = 0;
    char shortest[24];
    char longest[24];
    const bool off = setting->min == 0 && strcmp(value, "off") == 0;
    const int error = off ? 0 : duration_parse(value, &ms);
    if (error == -EINVAL) {
        mistakes_add(draft->mistakes, place, setting->name,
                     "\"%s\" is no duration; write a whole number and a unit (ms, s, m, h or d) "
                     "without a space, for example 7d",
                     value);
    } else if (error != 0 || ms < setting->min || ms > setting->max) {
        mistakes_add(draft->mistakes, place, setting->name,
                     "%s is out of range; write a duration from %s to %s", value,
                     duration_format(setting->min, shortest, sizeof shortest),
                     duration_format(setting->max, longest, sizeof longest));
    } else {
        memcpy(target(setting, draft), &ms, sizeof ms);
    }
}

static bool set_number(const struct setting *setting, struct draft *draft,
                       const struct place *place, const char *value, int64_t *number)
{
    if (number_parse(value, setting->min, setting->max, number) == 0)
        return true;
    mistakes_add(draft->mistakes, place, setting->name,
                 "\"%s\" will not do; write a whole number from %" PRId64 " to %" PRId64, value,
                 setting->min, setting->max);
    return false;
}

static void set_count(const struct setting *setting, struct draft *draft, const struct place *place,
                      const char *value)
{
    int64_t number;
    if (set_number(setting, draft, place, value, &number)) {
        const uint32_t count = (uint32_t)number;
        memcpy(target(setting, draft), &count, sizeof count);
    }
}

static void set_digits(const struct setting *setting, struct draft *draft,
                       const struct place *place, const char *value)
{
    int64_t number;
    if (set_number(setting, draft, place, value, &number))
        draft->config->policy.code_digits = (uint8_t)number;
}

static void set_ready_fd(const struct setting *setting, struct draft *draft,
                         const struct place *place, const char *value)
{
    int64_t number;
    if (set_number(setting, draft, place, value, &number))
        draft->config->ready_fd = (int)number;
}

static bool is_one_of(const char *value, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(value, *words) == 0)
            return true;
    return false;
}

/* -1 after adding the mistake. */
static int read_switch(const struct setting *setting, const struct draft *draft,
                       const struct place *place, const char *value)
{
    static const char *const on[] = {"on", "yes", "true", NULL};
    static const char *const off[] = {"off", "no", "false", NULL};
    if (is_one_of(value, on))
        return 1;
    if (is_one_of(value, off))
        return 0;
    mistakes_add(
        draft->mistakes, place, setting->name,
        "\"%s\" is neither on nor off; write one (yes and no, true and false mean the same)",
        value);
    return -1;
}

static void set_switch(const struct setting *setting, struct draft *draft,
                       const struct place *place, const char *value)
{
    const int on = read_switch(setting, draft, place, value);
    if (on >= 0)
        *(bool *)target(setting, draft) = on != 0;
}

static void set_no_fallback(const struct setting *setting, struct draft *draft,
                            const struct place *place, const char *value)
{
    (void)setting;
    (void)place;
    (void)value;
    draft->config->policy.fallback = false;
}

static void set_check_only(const struct setting *setting, struct draft *draft,
                           const struct place *place, const char *value)
{
    (void)setting;
    (void)place;
    (void)value;
    draft->check_only = true;
}

static void set_json(const struct setting *setting, struct draft *draft, const struct place *place,
                     const char *value)
{
    (void)setting;
    (void)place;
    (void)value;
    draft->config->json = true;
}

static void set_ephemeral(const struct setting *setting, struct draft *draft,
                          const struct place *place, const char *value)
{
    const int on = read_switch(setting, draft, place, value);
    if (on < 0)
        return;
    draft->config->ephemeral = on != 0;
    draft->ephemeral_given = on != 0;
}

static void set_path(const struct setting *setting, struct draft *draft, const struct place *place,
                     const char *value)
{
    setting_path(draft, place, setting->name, value, target(setting, draft));
}

/* Read only when all of the file has been: the line is remembered for that. */
static void set_curve_secret_key(const struct setting *setting, struct draft *draft,
                                 const struct place *place, const char *value)
{
    set_path(setting, draft, place, value);
    draft->curve_key_line = place->line;
}

static void set_data(const struct setting *setting, struct draft *draft, const struct place *place,
                     const char *value)
{
    set_path(setting, draft, place, value);
    draft->config->ephemeral = draft->ephemeral_given; /* over what an earlier layer said */
    draft->data_given = true;
}

static void set_name(const struct setting *setting, struct draft *draft, const struct place *place,
                     const char *value)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.";
    const size_t length = strlen(value);
    if (length == 0 || length > STATION_NAME_MAX || strspn(value, allowed) != length)
        mistakes_add(draft->mistakes, place, setting->name,
                     "\"%s\" can be no name; take 1 to %d letters, digits, dashes, dots and "
                     "underscores",
                     value, STATION_NAME_MAX);
    else
        memcpy(draft->config->name, value, length + 1);
}

static void set_on_expiry(const struct setting *setting, struct draft *draft,
                          const struct place *place, const char *value)
{
    if (strcmp(value, "free") == 0)
        draft->config->policy.hold_expired = false;
    else if (strcmp(value, "hold") == 0)
        draft->config->policy.hold_expired = true;
    else
        mistakes_add(draft->mistakes, place, setting->name,
                     "\"%s\" is neither free nor hold; write one", value);
}

static void set_compartments(const struct setting *setting, struct draft *draft,
                             const struct place *place, const char *value)
{
    struct wall_counts counts = {.used = 0};
    const unsigned before = draft->mistakes->count;
    draft->wall_given = true;
    wall_counts_parse(&counts, value, place, setting->name, draft->mistakes);
    if (draft->mistakes->count == before && wall_from_counts(&draft->wall, &counts) != 0)
        draft->no_memory = true;
}

#define POLICY(field) offsetof(struct config, policy.field)

const struct setting settings[] = {
    {"config", "FILE", false, IN_FLAGS, GROUP_PLACES,
     "read this configuration file first; flags override it", set_path,
     offsetof(struct config, config_file), 0, 0},
    {"run", "DIR", false, IN_BOTH, GROUP_PLACES,
     "where the sockets are (default: $LOCKER_RUN, else /run/locker when it exists, else "
     "$XDG_RUNTIME_DIR/locker, else /tmp/locker-UID)",
     set_path, offsetof(struct config, run_dir), 0, 0},
    {"data", "DIR", false, IN_BOTH, GROUP_PLACES,
     "where the ledger and the station key are (default: /var/lib/locker when it exists and can "
     "be written, else $XDG_STATE_HOME/locker, else ~/.local/state/locker)",
     set_data, offsetof(struct config, data_dir), 0, 0},
    {"ephemeral", NULL, true, IN_BOTH, GROUP_PLACES,
     "no ledger: for trials and benchmarks; a restart may forget every parcel", set_ephemeral, 0, 0,
     0},
    {"name", "NAME", false, IN_BOTH, GROUP_PLACES, "the station's name (default: locker)", set_name,
     0, 0, 0},

    {"compartments", "SIZE=COUNT,...", false, IN_FLAGS, GROUP_WALL,
     "how many compartments of each size: small=12,medium=8,large=4 makes S01 to S12, M01 to M08, "
     "L01 to L04, filled in that order; replaces those of the file",
     set_compartments, 0, 0, 0},

    {"ttl", "DURATION", false, IN_BOTH, GROUP_POLICY, "how long a code opens its door (default 7d)",
     set_duration, POLICY(ttl_ms), 1, 3653 * DAY},
    {"code-digits", "N", false, IN_BOTH, GROUP_POLICY, "digits of a code, 6 to 12 (default 6)",
     set_digits, 0, CODE_DIGITS_MIN, CODE_DIGITS_MAX},
    {"fallback", NULL, true, IN_BOTH, GROUP_POLICY,
     "use a larger compartment when none of the exact size is free (default off)", set_switch,
     POLICY(fallback), 0, 0},
    {"no-fallback", NULL, false, IN_FLAGS, GROUP_POLICY, "the same as --fallback=off",
     set_no_fallback, 0, 0, 0},
    {"on-expiry", "free|hold", false, IN_BOTH, GROUP_POLICY,
     "an expired parcel's compartment is free at once, or held until a driver collects the parcel "
     "(default free)",
     set_on_expiry, 0, 0, 0},
    {"remember", "DURATION", false, IN_BOTH, GROUP_POLICY,
     "how long a used or expired code is still known as such (default 30d)", set_duration,
     POLICY(remember_ms), 0, 3653 * DAY},
    {"remember-requests", "N", false, IN_BOTH, GROUP_POLICY,
     "how many changes are remembered, so that a repeated request gets its first answer (default "
     "262144)",
     set_count, POLICY(remember_requests), 1, 100000000},
    {"wrong-codes", "N", false, IN_BOTH, GROUP_POLICY,
     "wrong codes that the keypad takes in a burst; one is earned back every 3 s; 0: no limit "
     "(default 30)",
     set_count, POLICY(wrong_codes), 0, 1000000},
    {"sweep-every", "DURATION", false, IN_BOTH, GROUP_POLICY,
     "the longest the station sleeps before it looks for expired codes (default 1h)", set_duration,
     POLICY(sweep_every_ms), 10, 20 * DAY},
    {"credit-outages", "DURATION", false, IN_BOTH, GROUP_POLICY,
     "an outage at least this long is added to the life of every code (default off)", set_duration,
     POLICY(credit_outages_ms), 0, 3653 * DAY},

    {"curve-secret-key", "FILE", false, IN_FILE, GROUP_RUNNING, NULL, set_curve_secret_key,
     offsetof(struct config, curve_secret_key), 0, 0},
    {"ready-fd", "N", false, IN_FLAGS, GROUP_RUNNING,
     "write \"ready\" and a line feed to this descriptor when the station serves, and close it",
     set_ready_fd, 0, 0, 1 << 20},
    {"check-config", NULL, false, IN_FLAGS, GROUP_RUNNING,
     "say what would be run, or every mistake, and exit", set_check_only, 0, 0, 0},
    {"json", NULL, false, IN_FLAGS, GROUP_RUNNING,
     "with --check-config or --version: print one JSON object", set_json, 0, 0, 0},
    {"quiet", NULL, true, IN_BOTH, GROUP_RUNNING, "log warnings and errors only", set_switch,
     offsetof(struct config, quiet), 0, 0},
    {"version", NULL, false, IN_FLAGS, GROUP_RUNNING, "print the version and exit", NULL, 0, 0, 0},
    {"help", NULL, false, IN_FLAGS, GROUP_RUNNING, "print this and exit", NULL, 0, 0, 0},
};

const size_t setting_count = sizeof settings / sizeof settings[0];

const struct setting *setting_of_file(const char *name)
{
    for (size_t i = 0; i < setting_count; i++)
        if ((settings[i].where & IN_FILE) && strcmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

void setting_path(struct draft *draft, const struct place *place, const char *subject,
                  const char *value, char path[CONFIG_PATH_MAX])
{
    const char *base = value[0] == '/' ? "" : draft->base;
    if (value[0] == '\0') {
        mistakes_add(draft->mistakes, place, subject, "the path is empty; write one");
        return;
    }
    const int length = snprintf(path, CONFIG_PATH_MAX, "%s%s", base, value);
    if (length < 0 || length >= CONFIG_PATH_MAX)
        mistakes_add(draft->mistakes, place, subject,
                     "the path is longer than %d bytes; take a shorter one", CONFIG_PATH_MAX - 1);
}

void setting_layer_end(struct draft *draft, const struct place *place)
{
    if (draft->data_given && draft->ephemeral_given)
        mistakes_add(draft->mistakes, place, place->file ? "ephemeral" : "data",
                     "a data directory and ephemeral exclude each other; keep one of the two");
    draft->data_given = false;
    draft->ephemeral_given = false;
}
