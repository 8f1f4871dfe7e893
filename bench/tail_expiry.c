#include "tail_experiments.h"

#include "client.h"
#include "endpoint.h"
#include "interrupt.h"
#include "load_client.h"
#include "load_targets.h"
#include "station_processes.h"
#include "stopwatch.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The other client: requests due a second, and for how long each stretch is. */
#define RATE            1000
#define STRETCH_SECONDS 8.0

/* Until the archivist has dealt with the start and with so many deposits. */
#define ARCHIVIST_MS 3000

/* Life of a code: enough to deposit them all at a modest pace, and for the quiet stretch. */
#define TTL_BASE_MS       13000
#define TTL_TOKENS_A_MS   20
#define STOP_BEFORE_MS    1500 /* the keeper, before the first expires */
#define CONTINUE_AFTER_MS 100  /* the last has expired */
#define SPARE_DOORS       1024

#define STATUS_TIMEOUT_MS 5000

struct expiry {
    const char *run_dir;
    int64_t inside; /* when the keeper goes on; negative: could not be asked */
    struct load_server server;
    pid_t keeper;
    uint64_t all_expired_ns;
    double spread_ms; /* from the first deposit to the last */
};

static void sleep_until(uint64_t at_ns)
{
    const struct timespec at = {.tv_sec = (time_t)(at_ns / 1000000000U),
                                .tv_nsec = (long)(at_ns % 1000000000U)};
    while (!interrupted() && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

static int64_t int_of(const struct value *reply, const char *key)
{
    const struct value *value = value_get(reply, key);
    return value == NULL ? 0 : value_int(value);
}

/* The parcels inside, as the operator's desk says, or -errno. */
static int64_t count_inside(const char *run_dir)
{
    char uri[ENDPOINT_URI_SIZE];
    struct client *client = NULL;
    struct value *reply = NULL;
    struct request request = {.operation = OP_STATUS};
    const struct client_options options = {.endpoint = uri, .timeout_ms = STATUS_TIMEOUT_MS};
    int status = endpoint_uri(run_dir, ROLE_OPERATOR, uri);
    if (status == 0)
        status = client_open(&client, &options);
    if (status == 0)
        status = client_call(client, &request, &reply);
    int64_t inside = status == 0 ? int_of(reply, "occupied") + int_of(reply, "expired") : status;
    value_free(reply);
    if (client != NULL)
        client_close(client);
    return inside;
}

/* Between the load's preparations and its first measured request. */
static void let_all_expire(void *context)
{
    struct expiry *expiry = context;
    kill(expiry->keeper, SIGSTOP);
    sleep_until(expiry->all_expired_ns + CONTINUE_AFTER_MS * UINT64_C(1000000));
    expiry->inside = count_inside(expiry->run_dir);
    kill(expiry->keeper, SIGCONT);
}

static int run_stretch(struct expiry *expiry, void (*on_start)(void *), struct load_round *round)
{
    const struct load_plan load = {.driver_uri = expiry->server.driver_uri,
                                   .keypad_uri = expiry->server.keypad_uri,
                                   .size = SIZE_MEDIUM,
                                   .shape = {.clients = 1, .rate = RATE},
                                   .seconds = STRETCH_SECONDS,
                                   .on_start = on_start,
                                   .context = expiry};
    return load_run(&load, round);
}

static int fill(const struct tail_plan *plan, struct expiry *expiry, int64_t ttl_ms)
{
    const struct load_plan load = {.driver_uri = expiry->server.driver_uri,
                                   .keypad_uri = expiry->server.keypad_uri,
                                   .size = SIZE_MEDIUM};
    uint64_t start_ns = stopwatch_now_ns();
    progress_show("expiry: depositing %u parcels", plan->tokens);
    int status = load_fill(&load, plan->tokens);
    uint64_t end_ns = stopwatch_now_ns();
    expiry->spread_ms = (double)(end_ns - start_ns) / 1e6;
    expiry->all_expired_ns = end_ns + (uint64_t)ttl_ms * 1000000U;
    if (status == 0 && expiry->spread_ms > (double)ttl_ms / 3) {
        fprintf(stderr,
                "locker-bench: depositing %u parcels took %.0f ms, too long for their "
                "life of %" PRId64 " ms; give fewer --tokens\n",
                plan->tokens, expiry->spread_ms, ttl_ms);
        status = -ETIME;
    }
    return status;
}

static int add_expired(struct measures *measures, uint64_t expired)
{
    char name[64];
    snprintf(name, sizeof name, "expiry: tokens expired in the stretch of %g s", STRETCH_SECONDS);
    return measures_add_count(measures, name, true, expired);
}

static int add_results(struct measures *measures, const struct load_round *quiet,
                       const struct load_round *busy, double spread_ms)
{
    double before = (double)histogram_percentile(&quiet->response, 99) / 1000;
    double meanwhile = (double)histogram_percentile(&busy->response, 99) / 1000;
    histogram_merge(measures_curve(measures, "quiet client"), &quiet->response);
    histogram_merge(measures_curve(measures, "mass expiry"), &busy->response);
    int status = measures_add(measures, "expiry: another client's p99, quiet, us", false, before);
    if (status == 0)
        status =
            measures_add(measures, "expiry: another client's p99, meanwhile, us", false, meanwhile);
    if (status == 0)
        status =
            measures_add(measures, "expiry: p99 meanwhile to quiet", false, meanwhile / before);
    if (status == 0)
        status = measures_add(measures, "expiry: longest wait meanwhile, ms", false,
                              (double)busy->response.max / 1e6);
    if (status == 0)
        status = measures_add(measures, "expiry: the tokens were deposited within, ms", false,
                              spread_ms);
    return status;
}

static int measure(const struct tail_plan *plan, const struct bench_station *station,
                   int64_t ttl_ms, struct measures *measures)
{
    static struct load_round quiet;
    static struct load_round busy;
    struct expiry expiry = {.run_dir = station->run_dir,
                            .keeper = station_process(station->child.pid, "keeper")};
    int status = expiry.keeper == 0 ? -ESRCH : load_server_of(&expiry.server, station->run_dir);
    if (status == 0)
        status = fill(plan, &expiry, ttl_ms);
    progress_show("expiry: a quiet stretch");
    if (status == 0)
        sleep_until(stopwatch_now_ns() + ARCHIVIST_MS * UINT64_C(1000000));
    if (status == 0)
        status = run_stretch(&expiry, NULL, &quiet);
    progress_show("expiry: waiting for %u tokens to expire", plan->tokens);
    uint64_t first_ns = expiry.all_expired_ns - (uint64_t)(expiry.spread_ms * 1e6);
    if (status == 0)
        sleep_until(first_ns - STOP_BEFORE_MS * UINT64_C(1000000));
    if (status == 0 && !interrupted())
        status = run_stretch(&expiry, let_all_expire, &busy);
    progress_show(NULL);
    if (status != 0 || interrupted())
        return status;
    int64_t expired = expiry.inside - count_inside(station->run_dir);
    if (expiry.inside < (int64_t)plan->tokens || expired <= 0) {
        fputs("locker-bench: no tokens expired in the stretch that was measured\n", stderr);
        return -ENODATA;
    }
    status = add_expired(measures, (uint64_t)expired);
    return status == 0 ? add_results(measures, &quiet, &busy, expiry.spread_ms) : status;
}

int tail_expiry(const struct tail_plan *plan, struct measures *measures)
{
    static const char *const options[] = {"--code-digits", "9", NULL};
    struct scratch scratch = {.path = ""};
    struct bench_station station = {.run_dir = ""};
    char compartments[32];
    snprintf(compartments, sizeof compartments, "medium=%u", plan->tokens + SPARE_DOORS);
    int status = scratch_make_or_say(&scratch, plan->scratch);
    const struct bench_station_plan station_plan = {.program = plan->program,
                                                    .scratch = scratch.path,
                                                    .name = "expiry",
                                                    .compartments = compartments,
                                                    .ttl_ms = TTL_BASE_MS +
                                                              plan->tokens / TTL_TOKENS_A_MS,
                                                    .options = options};
    if (status == 0)
        status = bench_station_start(&station, &station_plan);
    if (status == 0) {
        status = measure(plan, &station, station_plan.ttl_ms, measures);
        if (status != 0)
            fprintf(stderr, "locker-bench: the expiry could not be measured: %s\n",
                    strerror(-status));
    }
    int stopped = bench_station_stop(&station);
    scratch_remove(&scratch);
    return status == 0 ? stopped : status;
}
