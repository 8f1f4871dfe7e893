#include "row_relay.h"

#include <errno.h>
#include <stdlib.h>

/* ---- the taker's thread ------------------------------------------------------------------ */

/* The next batch, or NULL: there will be none. */
static struct row_batch *await_batch(struct row_relay *relay)
{
    struct row_batch *batch = NULL;
    pthread_mutex_lock(&relay->mutex);
    while (relay->taken == relay->given && !relay->over)
        pthread_cond_wait(&relay->changed, &relay->mutex);
    if (relay->taken != relay->given)
        batch = &relay->batches[relay->taken % ROW_RELAY_BATCHES];
    pthread_mutex_unlock(&relay->mutex);
    return batch;
}

static void say_taken(struct row_relay *relay, int error)
{
    pthread_mutex_lock(&relay->mutex);
    relay->taken++;
    relay->error = error;
    pthread_cond_signal(&relay->changed);
    pthread_mutex_unlock(&relay->mutex);
}

static void *take_all(void *argument)
{
    struct row_relay *relay = argument;
    struct row_batch *batch;
    int error = 0;
    while (error == 0 && (batch = await_batch(relay)) != NULL) {
        error = relay->take(relay->context, batch);
        say_taken(relay, error);
    }
    return NULL;
}

/* ---- the giver --------------------------------------------------------------------------- */

/* Hand over what is in the room, and wait for another one. */
static int hand_over(struct row_relay *relay)
{
    pthread_mutex_lock(&relay->mutex);
    relay->given++;
    pthread_cond_signal(&relay->changed);
    while (relay->given - relay->taken == ROW_RELAY_BATCHES && relay->error == 0)
        pthread_cond_wait(&relay->changed, &relay->mutex);
    const int error = relay->error;
    pthread_mutex_unlock(&relay->mutex);
    relay->room = &relay->batches[relay->given % ROW_RELAY_BATCHES];
    return error;
}

static int give(struct row_relay *relay)
{
    int error;
    if (relay->room->count == 0)
        return 0;
    if (relay->has_thread)
        error = hand_over(relay);
    else
        error = relay->error = relay->take(relay->context, relay->room);
    relay->room->count = 0; /* it is free, or after an error nobody's any more */
    return error;
}

int row_relay_open(struct row_relay *relay, bool long_way, row_taker *take, void *context)
{
    *relay = (struct row_relay){.take = take,
                                .context = context,
                                .mutex = PTHREAD_MUTEX_INITIALIZER,
                                .changed = PTHREAD_COND_INITIALIZER};
    relay->batches = malloc((long_way ? ROW_RELAY_BATCHES : 1) * sizeof *relay->batches);
    if (relay->batches == NULL)
        return -ENOMEM;
    relay->room = relay->batches;
    relay->room->count = 0;
    relay->has_thread = long_way && pthread_create(&relay->thread, NULL, take_all, relay) == 0;
    return 0;
}

int row_relay_add(struct row_relay *relay)
{
    return ++relay->room->count == ROW_BATCH_ROWS ? give(relay) : 0;
}

int row_relay_close(struct row_relay *relay)
{
    give(relay);
    if (relay->has_thread) {
        pthread_mutex_lock(&relay->mutex);
        relay->over = true;
        pthread_cond_signal(&relay->changed);
        pthread_mutex_unlock(&relay->mutex);
        pthread_join(relay->thread, NULL);
    }
    pthread_cond_destroy(&relay->changed);
    pthread_mutex_destroy(&relay->mutex);
    free(relay->batches);
    return relay->error;
}
