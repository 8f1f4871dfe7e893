/*
 * A disk that is behind by all that the station can hold: desks stop reading before there is no
 * room for a change, so nobody is refused; everything waits, and is answered once.
 */
#include "segment.h"
#include "support/patience.h"
#include "support/peer.h"
#include "support/wire.h"
#include "support/world.h"

#include <check.h>
#include <stdio.h>
#include <zmq.h>

#define CLIENTS 4    /* half of them at the driver's endpoint, half at the operator's */
#define EACH    2500 /* together more than the event ring holds */

/* A change of its own for each number. */
static void ask(struct peer *peer, enum role role, unsigned number)
{
    struct buffer bytes = {0};
    struct request request = {.operation = OP_DEPOSIT, .has_size = true, .size = SIZE_SMALL};
    if (role == ROLE_OPERATOR)
        request = (struct request){.operation = OP_SERVICE,
                                   .has_compartment = true,
                                   .compartment = "L01",
                                   .in_service = number % 2 == 0};
    wire_set_id(&request, number);
    ck_assert_int_eq(codec_encode_request(&request, &bytes), 0);
    peer_send(peer, "", 0, true);
    peer_send(peer, bytes.data, bytes.used, false);
    buffer_free(&bytes);
}

static enum role role_of(unsigned client)
{
    return client % 2 ? ROLE_OPERATOR : ROLE_DRIVER;
}

/* The shared memory tells what no desk that has stopped reading could be asked. */
static void map_segment(struct segment *segment, const struct station *station)
{
    char name[SEGMENT_NAME_SIZE];
    ck_assert_int_eq(segment_name(station->name, station->run, name), 0);
    ck_assert_int_eq(segment_open_readonly(segment, name), 0);
}

static bool has_reply(struct peer *peer)
{
    zmq_pollitem_t item = {.socket = peer->socket, .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, 0) == 1;
}

START_TEST(test_more_changes_than_the_ring_holds_wait_and_are_made_once)
{
    struct station station;
    struct segment segment;
    struct peer peers[CLIENTS];
    station_prepare(&station, "--compartments", "small=5000,large=1", NULL);
    struct world_page *world = world_begin(&station);
    station_start(&station);
    map_segment(&segment, &station);
    world->syncs_held = 1;
    for (unsigned i = 0; i < CLIENTS; i++) {
        peer_open(&peers[i], &station, role_of(i), ZMQ_DEALER);
        for (unsigned number = 0; number < EACH; number++)
            ask(&peers[i], role_of(i), i * EACH + number);
    }
    AWAIT(!locker_has_room(&segment.locker, 64));
    ck_assert(locker_has_room(&segment.locker, 32));
    ck_assert_uint_eq(locker_durable_sequence(&segment.locker), 0);
    for (unsigned i = 0; i < CLIENTS; i++)
        ck_assert(!has_reply(&peers[i]));
    world->syncs_held = 0;
    for (unsigned i = 0; i < CLIENTS; i++)
        for (unsigned number = 0; number < EACH; number++)
            EXPECT(OUTCOME_OK, peer_receive(&peers[i]));
    for (unsigned i = 0; i < CLIENTS; i++) {
        ask(&peers[i], role_of(i), i * EACH); /* once more, the same: answered, and not made */
        EXPECT(OUTCOME_OK, peer_receive(&peers[i]));
        ck_assert(!has_reply(&peers[i]));
        peer_close(&peers[i]);
    }
    ck_assert_uint_eq(locker_sequence(&segment.locker), CLIENTS * EACH);
    ck_assert_int_eq(wire_free(&station, SIZE_SMALL), 0);
    segment_unmap(&segment);
    station_end(&station);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("behind", &tests);
    tcase_add_test(tests, test_more_changes_than_the_ring_holds_wait_and_are_made_once);
    return harness_run(suite);
}
