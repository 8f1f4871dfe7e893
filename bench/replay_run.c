#include "replay_run.h"

#include "client.h"
#include "interrupt.h"
#include "stopwatch.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* How many wrong answers are told one by one. */
#define BROKEN_TOLD_MAX 10

#define NAP_NS UINT64_C(50000000)

struct replay_state {
    pthread_mutex_t lock; /* guards the parcels' fates, slip and broken */
    pthread_cond_t changed;
    uint64_t start_ns; /* stopwatch */
    int64_t start_us;  /* wall clock then */
    size_t *by_pickup; /* parcels that somebody comes for, by when */
    size_t pickup_count;
    int status; /* the first failure */
};

/* One terminal. */
struct terminal {
    struct replay *replay;
    struct client *client;
};

int replay_prepare(struct replay *replay, const struct trace *trace)
{
    replay->count = trace->count;
    replay->parcels = calloc(trace->count, sizeof replay->parcels[0]);
    if (replay->parcels == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < trace->count; i++)
        replay->parcels[i].planned = &trace->parcels[i];
    histogram_clear(&replay->slip);
    return 0;
}

void replay_free(struct replay *replay)
{
    free(replay->parcels);
    replay->parcels = NULL;
}

/* ---- time ------------------------------------------------------------------------------ */

static int64_t now_us(const struct replay *replay)
{
    return replay->state->start_us +
           (int64_t)((stopwatch_now_ns() - replay->state->start_ns) / 1000);
}

static uint64_t due_ns(const struct replay *replay, int64_t trace_ms)
{
    return replay->state->start_ns + (uint64_t)((double)trace_ms * 1e6 / replay->speed_up);
}

/* Sleep until then; false when the replay is to stop. */
static bool sleep_until(const struct replay *replay, uint64_t then_ns)
{
    for (;;) {
        if (interrupted() || __atomic_load_n(&replay->state->status, __ATOMIC_RELAXED) != 0)
            return false;
        uint64_t now_ns = stopwatch_now_ns();
        if (now_ns >= then_ns)
            return true;
        uint64_t nap_ns = then_ns - now_ns < NAP_NS ? then_ns - now_ns : NAP_NS;
        const struct timespec nap = {.tv_nsec = (long)nap_ns};
        nanosleep(&nap, NULL);
    }
}

static bool wait_turn(struct replay *replay, uint64_t then_ns)
{
    if (!sleep_until(replay, then_ns))
        return false;
    uint64_t slip_us = (stopwatch_now_ns() - then_ns) / 1000;
    pthread_mutex_lock(&replay->state->lock);
    histogram_record(&replay->slip, slip_us);
    pthread_mutex_unlock(&replay->state->lock);
    return true;
}

/* ---- answers --------------------------------------------------------------------------- */

static void settle(struct replay *replay, struct replay_parcel *parcel, enum replay_fate fate)
{
    pthread_mutex_lock(&replay->state->lock);
    parcel->fate = fate;
    pthread_cond_broadcast(&replay->state->changed);
    pthread_mutex_unlock(&replay->state->lock);
}

static void settle_broken(struct replay *replay, struct replay_parcel *parcel, const char *what,
                          const char *answer)
{
    pthread_mutex_lock(&replay->state->lock);
    if (replay->broken++ < BROKEN_TOLD_MAX)
        fprintf(stderr, "locker-bench: parcel %zu (%s, compartment %s): %s: %s\n",
                (size_t)(parcel - replay->parcels) + 1, size_name(parcel->planned->size),
                parcel->compartment[0] == '\0' ? "none" : parcel->compartment, what, answer);
    pthread_mutex_unlock(&replay->state->lock);
    settle(replay, parcel, REPLAY_BROKEN);
}

static void fail(struct replay *replay, int status)
{
    pthread_mutex_lock(&replay->state->lock);
    if (replay->state->status == 0)
        __atomic_store_n(&replay->state->status, status, __ATOMIC_RELAXED);
    pthread_cond_broadcast(&replay->state->changed);
    pthread_mutex_unlock(&replay->state->lock);
}

static const char *text_of(const struct value *reply, const char *key)
{
    const struct value *value = value_get(reply, key);
    return value == NULL ? "" : value_str(value);
}

static bool is_ok(const struct value *reply)
{
    const struct value *ok = value_get(reply, "ok");
    return ok != NULL && value_bool(ok);
}

static void take_deposit(struct replay *replay, struct replay_parcel *parcel,
                         const struct value *reply)
{
    if (!is_ok(reply)) {
        if (strcmp(text_of(reply, "error"), "no_space") == 0)
            settle(replay, parcel, REPLAY_REFUSED);
        else
            settle_broken(replay, parcel, "the deposit was refused", text_of(reply, "message"));
        return;
    }
    const struct value *expires = value_get(reply, "expires_at_ms");
    parcel->expires_at_us = expires == NULL ? 0 : value_int(expires) * 1000;
    snprintf(parcel->compartment, sizeof parcel->compartment, "%s", text_of(reply, "compartment"));
    snprintf(parcel->code, sizeof parcel->code, "%s", text_of(reply, "code"));
    if (strcmp(text_of(reply, "size"), size_name(parcel->planned->size)) != 0)
        settle_broken(replay, parcel, "it was given a compartment of another size",
                      text_of(reply, "size"));
    else
        settle(replay, parcel, REPLAY_INSIDE);
}

static void take_pickup(struct replay *replay, struct replay_parcel *parcel,
                        const struct value *reply)
{
    const char *error = text_of(reply, "error");
    bool ok = is_ok(reply);
    if (ok && strcmp(text_of(reply, "compartment"), parcel->compartment) != 0)
        settle_broken(replay, parcel, "its code opened another compartment",
                      text_of(reply, "compartment"));
    else if (ok && parcel->pickup_sent_us >= parcel->expires_at_us)
        settle_broken(replay, parcel, "its code opened after it had expired", parcel->compartment);
    else if (ok)
        settle(replay, parcel, REPLAY_PICKED_UP);
    else if (strcmp(error, "code_expired") != 0)
        settle_broken(replay, parcel, "its code was refused", error);
    else if (parcel->pickup_done_us < parcel->expires_at_us)
        settle_broken(replay, parcel, "its code was refused before it expired", error);
    else
        settle(replay, parcel, REPLAY_EXPIRED);
}

/* ---- the two terminals ----------------------------------------------------------------- */

static bool deposit(struct terminal *terminal, struct replay_parcel *parcel)
{
    struct replay *replay = terminal->replay;
    struct request request = {
        .operation = OP_DEPOSIT, .has_size = true, .size = parcel->planned->size};
    struct value *reply = NULL;
    client_new_id(&request);
    parcel->deposit_sent_us = now_us(replay);
    int status = client_call(terminal->client, &request, &reply);
    parcel->deposit_done_us = now_us(replay);
    if (status == 0)
        take_deposit(replay, parcel, reply);
    else
        fail(replay, status);
    value_free(reply);
    return status == 0;
}

static bool pick_up(struct terminal *terminal, struct replay_parcel *parcel)
{
    struct replay *replay = terminal->replay;
    struct request request = {.operation = OP_PICKUP};
    memcpy(request.code, parcel->code, sizeof request.code);
    client_new_id(&request);
    for (;;) {
        struct value *reply = NULL;
        parcel->pickup_sent_us = now_us(replay);
        int status = client_call(terminal->client, &request, &reply);
        parcel->pickup_done_us = now_us(replay);
        const struct value *wait = status == 0 ? value_get(reply, "retry_after_ms") : NULL;
        uint64_t wait_ns = wait == NULL ? 0 : (uint64_t)value_int(wait) * 1000000;
        if (status == 0 && wait == NULL)
            take_pickup(replay, parcel, reply);
        else if (status != 0)
            fail(replay, status);
        value_free(reply);
        if (wait == NULL)
            return status == 0;
        if (!sleep_until(replay, stopwatch_now_ns() + wait_ns))
            return false;
    }
}

static void *driver_main(void *argument)
{
    struct terminal *terminal = argument;
    struct replay *replay = terminal->replay;
    for (size_t i = 0; i < replay->count; i++) {
        struct replay_parcel *parcel = &replay->parcels[i];
        if (!wait_turn(replay, due_ns(replay, parcel->planned->offset_ms)) ||
            !deposit(terminal, parcel))
            break;
        if (i % 64 == 0)
            progress_show("day %.1f, parcel %zu of %zu",
                          (double)parcel->planned->offset_ms / 86400000, i + 1, replay->count);
    }
    return NULL;
}

/* When the driver is behind its schedule, the customer stands there before the parcel does. */
static enum replay_fate wait_deposited(struct replay *replay, const struct replay_parcel *parcel)
{
    struct replay_state *state = replay->state;
    pthread_mutex_lock(&state->lock);
    while (parcel->fate == REPLAY_WAITING && state->status == 0 && !interrupted()) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&state->changed, &state->lock, &until);
    }
    enum replay_fate fate = parcel->fate;
    pthread_mutex_unlock(&state->lock);
    return fate;
}

static int64_t pickup_ms(const struct trace_parcel *parcel)
{
    return parcel->offset_ms + parcel->dwell_ms;
}

static void *keypad_main(void *argument)
{
    struct terminal *terminal = argument;
    struct replay *replay = terminal->replay;
    struct replay_state *state = replay->state;
    for (size_t i = 0; i < state->pickup_count; i++) {
        struct replay_parcel *parcel = &replay->parcels[state->by_pickup[i]];
        if (!wait_turn(replay, due_ns(replay, pickup_ms(parcel->planned))))
            break;
        enum replay_fate fate = wait_deposited(replay, parcel);
        if (fate == REPLAY_WAITING || (fate == REPLAY_INSIDE && !pick_up(terminal, parcel)))
            break;
    }
    return NULL;
}

/* A code that nobody came with must not open once its time is over. */
static void try_forgotten(struct terminal *terminal)
{
    struct replay *replay = terminal->replay;
    struct replay_state *state = replay->state;
    for (size_t i = 0; i < replay->count; i++) {
        struct replay_parcel *parcel = &replay->parcels[i];
        if (parcel->fate != REPLAY_INSIDE)
            continue;
        progress_show("the forgotten codes, parcel %zu of %zu", i + 1, replay->count);
        int64_t since_start_us = parcel->expires_at_us - state->start_us;
        uint64_t then_ns =
            state->start_ns + (since_start_us > 0 ? (uint64_t)since_start_us * 1000 : 0);
        if (!sleep_until(replay, then_ns) || !pick_up(terminal, parcel))
            return;
    }
}

/* ---- all of it ------------------------------------------------------------------------- */

static int by_pickup(const void *a, const void *b, void *argument)
{
    const struct replay *replay = argument;
    size_t left = *(const size_t *)a;
    size_t right = *(const size_t *)b;
    int64_t left_ms = pickup_ms(replay->parcels[left].planned);
    int64_t right_ms = pickup_ms(replay->parcels[right].planned);
    if (left_ms != right_ms)
        return left_ms < right_ms ? -1 : 1;
    return (left > right) - (left < right);
}

static int plan_pickups(struct replay *replay)
{
    struct replay_state *state = replay->state;
    state->by_pickup = calloc(replay->count, sizeof state->by_pickup[0]);
    if (state->by_pickup == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < replay->count; i++)
        if (replay->parcels[i].planned->dwell_ms != TRACE_NEVER)
            state->by_pickup[state->pickup_count++] = i;
    qsort_r(state->by_pickup, state->pickup_count, sizeof state->by_pickup[0], by_pickup, replay);
    return 0;
}

static int open_terminal(struct terminal *terminal, struct replay *replay, const char *uri)
{
    terminal->replay = replay;
    struct client_options options = {.endpoint = uri, .timeout_ms = replay->timeout_ms};
    return client_open(&terminal->client, &options);
}

static void start_clocks(struct replay_state *state)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    state->start_ns = stopwatch_now_ns();
    state->start_us = (int64_t)wall.tv_sec * 1000000 + wall.tv_nsec / 1000;
}

static int run_terminals(struct replay *replay, struct terminal *driver, struct terminal *keypad)
{
    pthread_t driver_thread;
    start_clocks(replay->state);
    int status = pthread_create(&driver_thread, NULL, driver_main, driver);
    if (status != 0)
        return -status;
    keypad_main(keypad);
    pthread_join(driver_thread, NULL);
    try_forgotten(keypad);
    progress_show(NULL);
    if (interrupted())
        return -EINTR;
    return replay->state->status;
}

int replay_run(struct replay *replay)
{
    struct replay_state state = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                 .changed = PTHREAD_COND_INITIALIZER};
    struct terminal driver = {0};
    struct terminal keypad = {0};
    replay->state = &state;
    int status = plan_pickups(replay);
    if (status == 0)
        status = open_terminal(&driver, replay, replay->driver_uri);
    if (status == 0)
        status = open_terminal(&keypad, replay, replay->keypad_uri);
    if (status == 0)
        status = run_terminals(replay, &driver, &keypad);
    if (driver.client != NULL)
        client_close(driver.client);
    if (keypad.client != NULL)
        client_close(keypad.client);
    free(state.by_pickup);
    replay->state = NULL;
    return status;
}
