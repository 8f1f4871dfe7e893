#include "config_print.h"

#include "duration.h"
#include "setting.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define HELP_COLUMN 30
#define HELP_WIDTH  96

/* Text from HELP_COLUMN to HELP_WIDTH, words kept whole; the first line has begun already. */
static void print_wrapped(const char *text, FILE *stream)
{
    int column = HELP_COLUMN;
    while (*text) {
        const int word = (int)strcspn(text, " ");
        if (column + 1 + word > HELP_WIDTH) {
            fprintf(stream, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", word, text);
        column += word;
        text += word + (text[word] == ' ');
    }
    fputc('\n', stream);
}

static void print_setting(const struct setting *setting, FILE *stream)
{
    char flag[64];
    const int length =
        snprintf(flag, sizeof flag, "  --%s%s%s", setting->name,
                 setting->is_switch ? "[=on|off]" : "", setting->argument ? " " : "");
    const char *argument = setting->argument ? setting->argument : "";
    const int used = length + (int)strlen(argument);
    fprintf(stream, "%s%s", flag, argument);
    if (used >= HELP_COLUMN)
        fprintf(stream, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(stream, "%*s", HELP_COLUMN - used, "");
    print_wrapped(setting->help, stream);
}

static const char *const group_titles[SETTING_GROUP_COUNT] = {"Name and places", "Compartments",
                                                              "Policies", "Running"};

static const char help_head[] =
    "Usage: locker-station --compartments small=12,medium=8,large=4 [OPTION]...\n"
    "       locker-station --config FILE [OPTION]...\n"
    "\n"
    "Run a parcel locker station: a supervisor, a desk for each of driver, keypad and operator,\n"
    "and the keeper of the ledger. SIGTERM and SIGINT end it in good order; SIGHUP reads the\n"
    "configuration again and takes over what can change while it runs (ttl, on-expiry, fallback,\n"
    "remember, wrong-codes, sweep-every, credit-outages, and the keys in allowed-keys files: the\n"
    "connections of a role whose keys changed are made anew).\n";

static const char help_tail[] =
    "\n"
    "A DURATION is a whole number and a unit: ms, s, m, h, d (7d, 90m, 1500ms).\n"
    "\n"
    "Configuration file\n"
    "  The same names as the flags, without the dashes; # begins a comment. Relative paths start\n"
    "  from the file's own directory. Compartments are counted, or listed in the order in which\n"
    "  they are to be filled; remote terminals come in over tcp with CURVE keys only. ${NAME} in\n"
    "  a value is the environment's variable of that name ('single quotes' keep it as it is).\n"
    "\n"
    "    name = lobby\n"
    "    ttl = 7d\n"
    "    fallback = on\n"
    "    compartments { small = 12 medium = 8 large = 4 }\n"
    "    # or, instead of the counts:\n"
    "    compartment \"A01\" { size = small }\n"
    "    compartment \"A02\" { size = large }\n"
    "    # terminals on the network:\n"
    "    curve-secret-key = \"station.curve\"\n"
    "    remote driver { endpoint = \"tcp://192.0.2.7:5555\" allowed-keys = \"drivers.keys\" }\n"
    "\n"
    "Examples\n"
    "  A trial that leaves nothing behind:\n"
    "    locker-station --compartments small=4,medium=2,large=1 --ephemeral\n"
    "  A station of its own, with its ledger in ./data and its sockets in ./run:\n"
    "    locker-station --config lobby-76.conf --run run --data data\n"
    "  What a configuration means, or what is wrong with it:\n"
    "    locker-station --config lobby-76.conf --check-config\n"
    "\n"
    "Exit status: 0 done, 1 could not start (the cause is named), 2 wrong usage or "
    "configuration.\n";

void config_print_help(FILE *stream)
{
    fputs(help_head, stream);
    for (int group = 0; group < SETTING_GROUP_COUNT; group++) {
        fprintf(stream, "\n%s\n", group_titles[group]);
        for (size_t i = 0; i < setting_count; i++)
            if ((settings[i].where & IN_FLAGS) && (int)settings[i].group == group)
                print_setting(&settings[i], stream);
    }
    fputs(help_tail, stream);
}

static void print_duration(const char *label, int64_t ms, FILE *stream)
{
    char text[24];
    fprintf(stream, "%-18s %s\n", label, ms == 0 ? "off" : duration_format(ms, text, sizeof text));
}

void config_print_summary(const struct config *config, FILE *stream)
{
    const struct policy *policy = &config->policy;
    uint32_t by_size[SIZE_COUNT] = {0};
    for (uint32_t i = 0; i < config->compartments; i++)
        by_size[config->wall[i].size]++;
    fprintf(stream, "%-18s %s\n", "station", config->name);
    fprintf(stream, "%-18s %" PRIu32 ": %" PRIu32 " small, %" PRIu32 " medium, %" PRIu32 " large\n",
            "compartments", config->compartments, by_size[SIZE_SMALL], by_size[SIZE_MEDIUM],
            by_size[SIZE_LARGE]);
    fprintf(stream, "%-18s %s\n", "filled from", config->wall[0].id);
    fprintf(stream, "%-18s %s\n", "sockets in", config->run_dir);
    fprintf(stream, "%-18s %s\n", "ledger in",
            config->ephemeral ? "none (ephemeral)" : config->data_dir);
    print_duration("ttl", policy->ttl_ms, stream);
    fprintf(stream, "%-18s %u\n", "code-digits", (unsigned)policy->code_digits);
    fprintf(stream, "%-18s %s\n", "fallback", policy->fallback ? "on" : "off");
    fprintf(stream, "%-18s %s\n", "on-expiry", policy->hold_expired ? "hold" : "free");
    print_duration("remember", policy->remember_ms, stream);
    fprintf(stream, "%-18s %" PRIu32 "\n", "remember-requests", policy->remember_requests);
    fprintf(stream, "%-18s %" PRIu32 "%s\n", "wrong-codes", policy->wrong_codes,
            policy->wrong_codes == 0 ? " (no limit)" : "");
    print_duration("sweep-every", policy->sweep_every_ms, stream);
    print_duration("credit-outages", policy->credit_outages_ms, stream);
    for (unsigned i = 0; i < config->remote_count; i++)
        fprintf(stream, "%-18s %s (%s, CURVE)\n", "remote", config->remotes[i].uri,
                role_name(config->remotes[i].role));
}
