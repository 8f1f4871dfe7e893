#include "tail_experiments.h"

#include "bench_station.h"
#include "client.h"
#include "endpoint.h"
#include "interrupt.h"
#include "station_processes.h"
#include "stopwatch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BEFORE_MS  1000 /* load before the kill */
#define AFTER_MS   3000 /* and after it */
#define TIMEOUT_MS 20000

struct desk_client {
    pthread_t thread;
    const char *driver_uri;
    const char *keypad_uri;
    const _Atomic uint64_t *killed_ns; /* 0: not yet */
    const atomic_bool *ending;
    uint64_t longest_ns; /* of the calls that ended after the kill */
    int status;
};

/* One call, its answer's code into `code` if there is one. 0, -EPROTO: refused, other -errno. */
static int call(struct desk_client *self, struct client *client, struct request *request,
                char code[CODE_SIZE])
{
    struct value *reply = NULL;
    client_new_id(request);
    uint64_t start_ns = stopwatch_now_ns();
    int status = client_call(client, request, &reply);
    uint64_t end_ns = stopwatch_now_ns();
    if (status != 0)
        return status;
    uint64_t killed_ns = atomic_load(self->killed_ns);
    if (killed_ns != 0 && end_ns > killed_ns && end_ns - start_ns > self->longest_ns)
        self->longest_ns = end_ns - start_ns;
    const struct value *ok = value_get(reply, "ok");
    const struct value *text = value_get(reply, "code");
    if (text != NULL)
        snprintf(code, CODE_SIZE, "%s", value_str(text));
    status = ok != NULL && value_bool(ok) ? 0 : -EPROTO;
    value_free(reply);
    return status;
}

static void *client_main(void *argument)
{
    struct desk_client *self = argument;
    struct client *driver = NULL;
    struct client *keypad = NULL;
    const struct client_options driver_options = {.endpoint = self->driver_uri,
                                                  .timeout_ms = TIMEOUT_MS};
    const struct client_options keypad_options = {.endpoint = self->keypad_uri,
                                                  .timeout_ms = TIMEOUT_MS};
    self->status = client_open(&driver, &driver_options);
    if (self->status == 0)
        self->status = client_open(&keypad, &keypad_options);
    while (self->status == 0 && !atomic_load(self->ending)) {
        struct request deposit = {.operation = OP_DEPOSIT, .has_size = true, .size = SIZE_MEDIUM};
        struct request pickup = {.operation = OP_PICKUP};
        self->status = call(self, driver, &deposit, pickup.code);
        if (self->status == 0)
            self->status = call(self, keypad, &pickup, deposit.code);
    }
    if (keypad != NULL)
        client_close(keypad);
    if (driver != NULL)
        client_close(driver);
    return NULL;
}

static void rest(int ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

static int add_results(struct measures *measures, const struct desk_client *clients, unsigned count)
{
    double waits_ms[1024];
    for (unsigned i = 0; i < count; i++) {
        if (clients[i].status != 0)
            return clients[i].status;
        waits_ms[i] = (double)clients[i].longest_ns / 1e6;
    }
    double median_ms = median_of(waits_ms, count); /* sorted now */
    int status = measures_add(measures, "desk killed: longest wait of a client, ms", false,
                              waits_ms[count - 1]);
    return status == 0
               ? measures_add(measures, "desk killed: longest wait of the median client, ms", false,
                              median_ms)
               : status;
}

static int measure(const struct tail_plan *plan, const struct bench_station *station,
                   struct measures *measures)
{
    char driver_uri[ENDPOINT_URI_SIZE];
    char keypad_uri[ENDPOINT_URI_SIZE];
    _Atomic uint64_t killed_ns = 0;
    atomic_bool ending = false;
    struct desk_client *clients = calloc(plan->clients, sizeof *clients);
    int status =
        clients == NULL ? -ENOMEM : endpoint_uri(station->run_dir, ROLE_DRIVER, driver_uri);
    if (status == 0)
        status = endpoint_uri(station->run_dir, ROLE_KEYPAD, keypad_uri);
    unsigned started = 0;
    for (; started < plan->clients && status == 0; started += status == 0) {
        clients[started] = (struct desk_client){.driver_uri = driver_uri,
                                                .keypad_uri = keypad_uri,
                                                .killed_ns = &killed_ns,
                                                .ending = &ending};
        status = -pthread_create(&clients[started].thread, NULL, client_main, &clients[started]);
    }
    rest(BEFORE_MS);
    pid_t desk = station_process(station->child.pid, "driver desk");
    atomic_store(&killed_ns, stopwatch_now_ns());
    if (status == 0 && (desk == 0 || kill(desk, SIGKILL) != 0))
        status = -ESRCH;
    rest(AFTER_MS);
    atomic_store(&ending, true);
    for (unsigned i = 0; i < started; i++)
        pthread_join(clients[i].thread, NULL);
    if (status == 0)
        status = add_results(measures, clients, started);
    free(clients);
    return status;
}

int tail_killed_desk(const struct tail_plan *plan, struct measures *measures)
{
    static const char *const options[] = {"--code-digits", "9", NULL};
    struct scratch scratch = {.path = ""};
    struct bench_station station = {.run_dir = ""};
    int status = scratch_make_or_say(&scratch, plan->scratch);
    const struct bench_station_plan station_plan = {.program = plan->program,
                                                    .scratch = scratch.path,
                                                    .name = "killed",
                                                    .compartments = "medium=1100",
                                                    .options = options};
    progress_show("a desk is killed under %u clients", plan->clients);
    if (status == 0)
        status = bench_station_start(&station, &station_plan);
    if (status == 0) {
        status = measure(plan, &station, measures);
        progress_show(NULL);
        if (status != 0)
            fprintf(stderr, "locker-bench: the clients of a killed desk were not served: %s\n",
                    strerror(-status));
    }
    int stopped = bench_station_stop(&station);
    scratch_remove(&scratch);
    return status == 0 ? stopped : status;
}
