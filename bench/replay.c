#include "replay.h"

#include "bench_station.h"
#include "client.h"
#include "duration.h"
#include "endpoint.h"
#include "interrupt.h"
#include "output.h"
#include "replay_report.h"
#include "trace_command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)

/* What the station's timer may need after the last expiry. */
#define EMPTY_TIMEOUT_MS 5000

const char replay_help[] =
    "  --speed-up N         how much faster than life (86400: a day a second)\n"
    "  --ttl DURATION       how long a code is valid in the trace's time (7d); the station's "
    "--ttl\n"
    "                       is this divided by the speed-up\n"
    "  --config FILE        the station to start has this configuration\n"
    "  --compartments LIST  or this wall (small=36,medium=28,large=12)\n"
    "  --ephemeral          start it without a ledger\n"
    "  --run DIR            replay through the station that runs there instead; it must be empty,\n"
    "                       and its --ttl as it must be is checked\n"
    "  --station FILE       the program to start (locker-station beside this one)\n"
    "  --scratch DIR        where directories are made and removed ($TMPDIR, else /tmp)\n"
    "  --timeout DURATION   for one answer (10s)\n"
    "  --json               one JSON object\n" QUIET_HELP "\n"
    "A driver's terminal deposits and a keypad picks up, each when the trace says. A deposit that\n"
    "is refused for want of space is not tried again. At the end the totals stand beside those of\n"
    "locker-bench count, and the exit code is 1 when they disagree.\n"
    "\n"
    "Examples: locker-bench replay demo/month.csv --speed-up 129600\n"
    "          locker-bench replay month.csv --run /run/locker --speed-up 1440\n";

struct replay_options {
    const char *path;
    double speed_up;
    int64_t ttl_ms; /* of the trace's time */
    int64_t timeout_ms;
    const char *config;
    const char *compartments;
    const char *run_dir;
    const char *program;
    const char *scratch;
    bool ephemeral;
    bool json;
};

struct session {
    const struct replay_options *options;
    struct scratch scratch;
    struct bench_station station;
    char driver_uri[ENDPOINT_URI_SIZE];
    char keypad_uri[ENDPOINT_URI_SIZE];
    char operator_uri[ENDPOINT_URI_SIZE];
    uint32_t doors[SIZE_COUNT];
    int64_t ttl_ms; /* of the station */
};

static bool read_option(struct replay_options *chosen, int option)
{
    uint32_t doors[SIZE_COUNT];
    switch (option) {
    case 's':
        return argument_number("--speed-up", optarg, 0.001, 1e7, &chosen->speed_up);
    case 't':
        return argument_duration("--ttl", optarg, &chosen->ttl_ms);
    case 'T':
        return argument_duration("--timeout", optarg, &chosen->timeout_ms);
    case 'c':
        chosen->config = optarg;
        return true;
    case 'C':
        chosen->compartments = optarg;
        return argument_doors("--compartments", optarg, doors);
    case 'e':
        chosen->ephemeral = true;
        return true;
    case 'R':
        chosen->run_dir = optarg;
        return true;
    case 'P':
        chosen->program = optarg;
        return true;
    case 'S':
        chosen->scratch = optarg;
        return true;
    case 'j':
        chosen->json = true;
        return true;
    case 'q':
        progress_silence();
        return true;
    default:
        return false;
    }
}

static bool read_options(struct replay_options *chosen, int argc, char **argv)
{
    static const struct option options[] = {{"speed-up", required_argument, NULL, 's'},
                                            {"ttl", required_argument, NULL, 't'},
                                            {"timeout", required_argument, NULL, 'T'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"compartments", required_argument, NULL, 'C'},
                                            {"ephemeral", no_argument, NULL, 'e'},
                                            {"run", required_argument, NULL, 'R'},
                                            {"station", required_argument, NULL, 'P'},
                                            {"scratch", required_argument, NULL, 'S'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!read_option(chosen, option))
            return false;
    if (optind + 1 != argc) {
        fputs("locker-bench: name one trace to replay\n", stderr);
        return false;
    }
    if (chosen->config != NULL && chosen->compartments != NULL) {
        fputs("locker-bench: --config and --compartments both describe the wall; give one\n",
              stderr);
        return false;
    }
    if (chosen->config == NULL && chosen->compartments == NULL)
        chosen->compartments = "small=36,medium=28,large=12";
    chosen->path = argv[optind];
    return true;
}

/* ---- the station ----------------------------------------------------------------------- */

static int64_t int_of(const struct value *map, const char *key)
{
    const struct value *value = map == NULL ? NULL : value_get(map, key);
    return value == NULL ? 0 : value_int(value);
}

static int ask_status(const struct session *session, struct value **reply)
{
    struct client_options options = {.endpoint = session->operator_uri,
                                     .timeout_ms = (int)session->options->timeout_ms};
    struct request request = {.operation = OP_STATUS};
    struct client *client = NULL;
    int status = client_open(&client, &options);
    if (status == 0)
        status = client_call(client, &request, reply);
    if (client != NULL)
        client_close(client);
    if (status != 0)
        fprintf(stderr, "locker-bench: the station at %s does not answer: %s\n",
                session->operator_uri, strerror(-status));
    return status;
}

/* Whether the station can be compared with a count: empty, and with this ttl. */
static int check_station(struct session *session, const struct value *status)
{
    char is_ttl[24];
    char wants_ttl[24];
    int64_t ttl_ms = int_of(status, "ttl_ms");
    if (ttl_ms != session->ttl_ms) {
        fprintf(stderr,
                "locker-bench: at this speed-up the station needs --ttl %s, it has %s; start it "
                "with that, or choose another --speed-up or --ttl here\n",
                duration_format(session->ttl_ms, wants_ttl, sizeof wants_ttl),
                duration_format(ttl_ms, is_ttl, sizeof is_ttl));
        return -EINVAL;
    }
    if (int_of(status, "occupied") != 0 || int_of(status, "expired") != 0) {
        fputs("locker-bench: there are parcels in the station; a replay can be checked only in an "
              "empty one\n",
              stderr);
        return -EINVAL;
    }
    const struct value *free = value_get(status, "free");
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        session->doors[size] = (uint32_t)int_of(free, size_name((enum parcel_size)size));
    return 0;
}

static int start_station(struct session *session)
{
    const struct replay_options *options = session->options;
    int status = scratch_make_or_say(&session->scratch, options->scratch);
    if (status != 0)
        return status;
    struct bench_station_plan plan = {.program = options->program,
                                      .scratch = session->scratch.path,
                                      .name = "replay",
                                      .config = options->config,
                                      .compartments = options->compartments,
                                      .ttl_ms = session->ttl_ms,
                                      .ephemeral = options->ephemeral};
    return bench_station_start(&session->station, &plan);
}

static int open_session(struct session *session)
{
    int status = session->options->run_dir != NULL ? bench_station_find(session->options->run_dir)
                                                   : start_station(session);
    if (status != 0)
        return status;
    const char *run_dir =
        session->options->run_dir != NULL ? session->options->run_dir : session->station.run_dir;
    status = endpoint_uri(run_dir, ROLE_DRIVER, session->driver_uri);
    if (status == 0)
        status = endpoint_uri(run_dir, ROLE_KEYPAD, session->keypad_uri);
    if (status == 0)
        status = endpoint_uri(run_dir, ROLE_OPERATOR, session->operator_uri);
    struct value *reply = NULL;
    if (status == 0)
        status = ask_status(session, &reply);
    if (status == 0)
        status = check_station(session, reply);
    value_free(reply);
    return status;
}

/* How many parcels the station says are inside, once its timer had the time to see to the last. */
static int64_t still_inside(const struct session *session)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    int64_t inside = -1;
    for (int waited = 0; waited <= EMPTY_TIMEOUT_MS; waited += 20) {
        struct value *reply = NULL;
        if (ask_status(session, &reply) != 0)
            return -1;
        inside = int_of(reply, "occupied") + int_of(reply, "expired");
        value_free(reply);
        if (inside == 0 || interrupted())
            break;
        nanosleep(&pause, NULL);
    }
    return inside;
}

/* ---- all of it ------------------------------------------------------------------------- */

static int report(const struct session *session, const struct replay *replay,
                  const struct trace *trace, bool finished)
{
    struct replay_audit audit;
    struct trace_totals counted;
    int status = replay_judge(replay, session->doors, session->options->ttl_ms, &audit);
    if (status == 0)
        status = trace_count(trace, session->doors, session->options->ttl_ms, &counted);
    if (status != 0) {
        fprintf(stderr, "locker-bench: %s\n", strerror(-status));
        return EXIT_REFUSED;
    }
    struct replay_report result = {
        .replay = replay,
        .audit = &audit,
        .counted = &counted,
        .finished = finished,
        .still_inside = still_inside(session),
    };
    for (size_t i = 0; i < trace->count; i++)
        result.parcels[trace->parcels[i].size]++;
    bool agree = false;
    if (!session->options->json)
        agree = replay_report_print(&result, stdout);
    else if (replay_report_json(&result, stdout, &agree) != 0)
        agree = false;
    int written = arguments_flush_stdout();
    if (!agree && finished && !session->options->json)
        fputs("locker-bench: the replay and the count disagree\n", stderr);
    return agree ? written : EXIT_REFUSED;
}

static int run(struct session *session, const struct trace *trace)
{
    struct replay replay = {.speed_up = session->options->speed_up,
                            .driver_uri = session->driver_uri,
                            .keypad_uri = session->keypad_uri,
                            .timeout_ms = (int)session->options->timeout_ms};
    int status = replay_prepare(&replay, trace);
    int result = EXIT_REFUSED;
    if (status == 0) {
        status = replay_run(&replay);
        result = status == 0 || status == -EINTR ? report(session, &replay, trace, status == 0)
                                                 : EXIT_UNREACHED;
    }
    if (status == -EINTR)
        fputs("locker-bench: interrupted: the totals are of a part of the trace, and not checked\n",
              stderr);
    if (status != 0 && status != -EINTR)
        fprintf(stderr, "locker-bench: the replay was cut short: %s\n", strerror(-status));
    replay_free(&replay);
    return result;
}

int replay_command(const struct subcommand *self, int argc, char **argv)
{
    struct replay_options options = {.speed_up = 86400, .ttl_ms = WEEK_MS, .timeout_ms = 10000};
    if (!read_options(&options, argc, argv))
        return subcommand_usage(self);
    struct trace trace;
    int result = trace_load(&trace, options.path);
    if (result != EXIT_DONE)
        return result;
    struct session session = {.options = &options};
    session.ttl_ms = (int64_t)((double)options.ttl_ms / options.speed_up + 0.5);
    interrupt_watch();
    if (session.ttl_ms < 1) {
        fputs("locker-bench: at this speed-up codes would be valid for less than 1 ms\n", stderr);
        result = EXIT_USAGE;
    } else {
        int status = open_session(&session);
        result = status == 0         ? run(&session, &trace)
                 : status == -EINVAL ? EXIT_USAGE
                                     : EXIT_UNREACHED;
        if (bench_station_stop(&session.station) != 0 && result == EXIT_DONE)
            result = EXIT_REFUSED;
    }
    scratch_remove(&session.scratch);
    trace_free(&trace);
    return result;
}
