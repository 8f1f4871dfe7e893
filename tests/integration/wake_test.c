/*
 * Whoever wakes another takes its flag first, so that one does and not all, and then writes to its
 * eventfd. One that dies between the two leaves a sleeper whom nobody is going to wake.
 */
#include "support/patience.h"
#include "support/peer.h"
#include "support/wire.h"
#include "support/world.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define ATTEMPTS_MAX 500

static struct world_page *begin(struct station *station, struct peer *peer)
{
    station_prepare(station, "--compartments", "small=600", NULL);
    struct world_page *world = world_begin(station);
    station_start(station);
    peer_open(peer, station, ROLE_DRIVER, ZMQ_DEALER);
    return world;
}

static bool has_reply(struct peer *peer)
{
    zmq_pollitem_t item = {.socket = peer->socket, .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, 0) == 1;
}

/* A deposit whose id is this number. Not by the client library: it would ask again. */
static void ask_deposit(struct peer *peer, int number)
{
    struct buffer bytes = {0};
    struct request request = {.operation = OP_DEPOSIT, .has_size = true, .size = SIZE_SMALL};
    wire_set_id(&request, (uint64_t)number);
    ck_assert_int_eq(codec_encode_request(&request, &bytes), 0);
    peer_send(peer, "", 0, true);
    peer_send(peer, bytes.data, bytes.used, false);
    buffer_free(&bytes);
}

/* Deposit until this process has died of it, waking another: who is awake needs no waking. The
 * number of the deposit, which may have been made and was not answered. */
static int deposit_until_it_dies(struct peer *peer, struct world_page *world, pid_t victim)
{
    world->dies_waking = victim;
    for (int number = 1; number <= ATTEMPTS_MAX; number++) {
        ask_deposit(peer, number);
        AWAIT(world->dies_waking == 0 || has_reply(peer));
        if (world->dies_waking == 0)
            return number;
        EXPECT(OUTCOME_OK, peer_receive(peer));
    }
    ck_abort_msg("it never wakes anybody");
}

/* The keeper looks around every ten seconds anyway. Here it does not, and nobody asks again before
 * the change is on disk: it has to be woken. */
START_TEST(test_change_of_a_desk_that_died_waking_the_keeper_is_flushed)
{
    struct station station;
    struct peer peer;
    struct world_page *world = begin(&station, &peer);
    const pid_t desk = station_process(&station, "driver desk");
    world->oversleeps = station_process(&station, "keeper");
    ask_deposit(&peer, 0); /* woken by this, it sleeps without end the next time */
    EXPECT(OUTCOME_OK, peer_receive(&peer));
    const int number = deposit_until_it_dies(&peer, world, desk);
    AWAIT(wire_status(&station, "durable_sequence") == number + 1);
    AWAIT(station_process(&station, "driver desk") != desk);
    ask_deposit(&peer, number);
    EXPECT(OUTCOME_OK, peer_receive(&peer));
    ck_assert_int_eq(wire_status(&station, "sequence"), number + 1); /* it was the same one */
    peer_close(&peer);
    station_end(&station);
}
END_TEST

/* The desk holds the reply of a change that is on disk, and nobody asks it for anything. */
START_TEST(test_reply_is_given_though_the_keeper_died_waking_the_desk)
{
    struct station station;
    struct peer peer;
    struct world_page *world = begin(&station, &peer);
    deposit_until_it_dies(&peer, world, station_process(&station, "keeper"));
    EXPECT(OUTCOME_OK, peer_receive(&peer));
    ck_assert(!has_reply(&peer));
    peer_close(&peer);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("wake", &tests);
    tcase_add_test(tests, test_change_of_a_desk_that_died_waking_the_keeper_is_flushed);
    tcase_add_test(tests, test_reply_is_given_though_the_keeper_died_waking_the_desk);
    return harness_run(suite);
}
