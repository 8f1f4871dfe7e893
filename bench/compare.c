#include "compare.h"

#include "interrupt.h"
#include "load_options.h"
#include "load_targets.h"
#include "output.h"
#include "peers/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char compare_help[] = LOAD_HELP
    "  --peers LIST         of redis-always,redis-everysec,postgres,sqlite (all)\n"
    "  --compartments LIST  the walls (medium=1024); all deposits ask for their first size\n"
    "  --station FILE       the program to start (locker-station beside this one)\n"
    "  --scratch DIR        where directories are made and removed ($TMPDIR, else /tmp); all\n"
    "                       that is durable is written there: mind which disk it is\n" OUTPUT_HELP
    "\n"
    "Peers are started on unix sockets below the scratch directory and ended again; one that is\n"
    "not installed is left out. As root, PostgreSQL runs as its own user, who must be able to get\n"
    "into the scratch directory. Peers are given no open loop (--rates, here 0), and SQLite, "
    "which\n"
    "has no pipelining, no windows.\n"
    "\n"
    "The echo is what libzmq costs the stations; the peers talk through libraries of their own.\n"
    "echo+flush takes in what waits, flushes as many bytes to the disk as a ledger would, and "
    "then\n"
    "answers: what any server that promises to keep pays for that alone on this machine.\n"
    "Codes have nine digits everywhere. Ctrl-C prints what there is.\n"
    "\n"
    "Examples: locker-bench compare\n"
    "          locker-bench compare --peers postgres --clients 8,32 --windows 0 --rounds 9\n";

#define NOTE_SIZE 192

struct compare {
    struct load_table table;
    struct load_targets targets;
    struct load_targets_plan plan;
    struct load_options how;
    struct output_options output;
    uint32_t doors[SIZE_COUNT];
    bool wanted[PEER_COUNT];
    struct peer_server servers[PEER_COUNT];
    bool started[PEER_COUNT];
    char notes[LOAD_TARGETS_MAX][NOTE_SIZE];
};

static const struct guarantees station_guarantees[] = {
    [LOAD_EPHEMERAL] = {.durable = "never (it outlives kill -9)",
                        .exactly_once = "yes",
                        .expiry = "the moment itself",
                        .refusals = "named"},
    [LOAD_DURABLE] = {.durable = "before the reply",
                      .exactly_once = "yes",
                      .expiry = "the moment itself",
                      .refusals = "named"},
    [LOAD_FLUSHING_ECHO] = {.durable = "before the reply, of nothing in particular",
                            .exactly_once = "no",
                            .expiry = "never",
                            .refusals = "none"},
};

_Static_assert(PEER_CODE_DIGITS == 9, "stations are told the same");
static const char *const station_options[] = {"--code-digits", "9", NULL};

/* ---- options --------------------------------------------------------------------------- */

static bool want(struct compare *compare, const char *name, size_t length)
{
    for (unsigned i = 0; i < PEER_COUNT; i++) {
        if (strlen(peers[i]->name) != length || strncmp(peers[i]->name, name, length) != 0)
            continue;
        compare->wanted[i] = true;
        return true;
    }
    return false;
}

static bool read_peers(struct compare *compare, const char *text)
{
    memset(compare->wanted, 0, sizeof compare->wanted);
    for (const char *p = text;; p++) {
        size_t length = strcspn(p, ",");
        if (!want(compare, p, length))
            break;
        p += length;
        if (*p == '\0')
            return true;
    }
    fprintf(stderr, "locker-bench: --peers \"%s\": give some of", text);
    for (unsigned i = 0; i < PEER_COUNT; i++)
        fprintf(stderr, "%s%s", i == 0 ? " " : ",", peers[i]->name);
    fputc('\n', stderr);
    return false;
}

static bool read_option(void *context, int option)
{
    struct compare *compare = context;
    switch (option) {
    case 'p':
        return read_peers(compare, optarg);
    case 'C':
        compare->plan.compartments = optarg;
        return argument_doors("--compartments", optarg, compare->doors);
    case 'P':
        compare->plan.program = optarg;
        return true;
    case 'T':
        compare->plan.scratch = optarg;
        return true;
    default:
        return load_option(&compare->how, option) || output_option(&compare->output, option);
    }
}

static bool read_options(struct compare *compare, int argc, char **argv)
{
    static const struct option options[] = {LOAD_LONG_OPTIONS,
                                            {"peers", required_argument, NULL, 'p'},
                                            {"compartments", required_argument, NULL, 'C'},
                                            {"station", required_argument, NULL, 'P'},
                                            {"scratch", required_argument, NULL, 'T'},
                                            OUTPUT_LONG_OPTIONS,
                                            {0}};
    if (!arguments_read(argc, argv, options, read_option, compare))
        return false;
    while (compare->doors[compare->plan.size] == 0)
        compare->plan.size++;
    return load_options_apply(&compare->how, &compare->table);
}

/* ---- targets --------------------------------------------------------------------------- */

static void note(struct compare *compare, unsigned target, const struct guarantees *guarantees,
                 const char *version)
{
    /* Made here and copied: version may be part of *compare, too. */
    char text[NOTE_SIZE];
    snprintf(text, sizeof text,
             "on disk: %s; exactly-once ids: %s; expiry frees at: %s; refusals: %s%s%s",
             guarantees->durable, guarantees->exactly_once, guarantees->expiry,
             guarantees->refusals, *version == '\0' ? "" : "; version ", version);
    memcpy(compare->notes[target], text, sizeof text);
    compare->table.notes[target] = compare->notes[target];
}

static int make_directory(const struct compare *compare, const char *name,
                          char path[PEER_DIRECTORY_SIZE])
{
    char *scratch = realpath(compare->targets.scratch.path, NULL);
    if (scratch == NULL)
        return -errno;
    int length = snprintf(path, PEER_DIRECTORY_SIZE, "%s/%s", scratch, name);
    free(scratch);
    if (length < 0 || length >= PEER_DIRECTORY_SIZE)
        return -ENAMETOOLONG;
    return mkdir(path, 0700) != 0 ? -errno : 0;
}

static unsigned most_clients(const struct load_table *table)
{
    unsigned most = 1;
    for (unsigned i = 0; i < table->shape_count; i++)
        if (table->shapes[i].clients > most)
            most = table->shapes[i].clients;
    return most;
}

static int start_peer(struct compare *compare, unsigned at)
{
    const struct peer *peer = peers[at];
    if (!peer->installed()) {
        notice_show("%s is left out: it is not installed (apt-get install %s)", peer->name,
                    peer->package);
        return 0;
    }
    char directory[PEER_DIRECTORY_SIZE];
    struct peer_plan plan = {
        .directory = directory, .ttl_ms = PEER_TTL_MS, .links_max = most_clients(&compare->table)};
    memcpy(plan.doors, compare->doors, sizeof plan.doors);
    progress_show("starting %s", peer->name);
    int status = make_directory(compare, peer->name, directory);
    if (status != 0) {
        fprintf(stderr, "locker-bench: cannot make a directory for %s: %s\n", peer->name,
                strerror(-status));
        return status;
    }
    status = peer->start(&compare->servers[at], &plan);
    progress_show(NULL);
    if (status != 0)
        return status;
    compare->started[at] = true;
    unsigned target = compare->table.target_count++;
    compare->table.targets[target] = peer->name;
    note(compare, target, &peer->guarantees, compare->servers[at].version);
    compare->targets.servers[target] =
        (struct load_server){.protocol = peer->protocol, .server = &compare->servers[at]};
    return 0;
}

static int start(struct compare *compare)
{
    int status = load_targets_start(&compare->targets, &compare->plan, &compare->table);
    for (unsigned i = LOAD_EPHEMERAL; i <= LOAD_FLUSHING_ECHO && status == 0; i++)
        note(compare, i, &station_guarantees[i], i == LOAD_FLUSHING_ECHO ? "" : LOCKER_VERSION);
    for (unsigned i = 0; i < PEER_COUNT && status == 0 && !interrupted(); i++)
        if (compare->wanted[i])
            status = start_peer(compare, i);
    return status;
}

static int stop(struct compare *compare)
{
    int status = 0;
    for (unsigned i = 0; i < PEER_COUNT; i++)
        if (compare->started[i] && peers[i]->stop(&compare->servers[i]) != 0)
            status = -ECHILD;
    int stations = load_targets_stop(&compare->targets);
    return stations != 0 ? stations : status;
}

int compare_command(const struct subcommand *self, int argc, char **argv)
{
    struct compare compare = {
        .doors = {[SIZE_MEDIUM] = 1024},
        .plan = {.compartments = "medium=1024",
                 .ephemeral = true,
                 .durable = true,
                 .flushing_echo = true,
                 .options = station_options},
        .how = LOAD_OPTIONS_DEFAULT,
        .wanted = {true, true, true, true},
    };
    compare.how.rates = "0";
    if (!read_options(&compare, argc, argv))
        return subcommand_usage(self);
    interrupt_watch();
    int status = start(&compare);
    if (status == 0)
        status = load_measure(&compare.table, compare.targets.servers, compare.plan.size,
                              (unsigned)compare.how.rounds);
    int result = status != 0 ? EXIT_UNREACHED : output_table(&compare.output, &compare.table);
    if (stop(&compare) != 0 && result == EXIT_DONE)
        result = EXIT_REFUSED;
    load_table_free(&compare.table);
    return result;
}
