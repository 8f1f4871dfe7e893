#include "pace.h"
#include "support/harness.h"

#include <check.h>

#define MS UINT64_C(1000000)

static struct load_round round_;
static struct pace pace;
static struct pace_ticket ticket;

static void setup(void)
{
    load_round_clear(&round_);
}

static uint64_t p(const struct histogram *histogram, double percent)
{
    return histogram_percentile(histogram, percent);
}

/* A server that answers one request at a time, in order, each after `work_ns`, and does nothing
 * from stall_from to stall_until. The client's clock goes in steps of 10 us. */
struct server {
    uint64_t work_ns;
    uint64_t stall_from, stall_until;
    uint64_t free_at;
};

static uint64_t answered_at(struct server *server, uint64_t sent_ns)
{
    uint64_t start = sent_ns > server->free_at ? sent_ns : server->free_at;
    if (start >= server->stall_from && start < server->stall_until)
        start = server->stall_until;
    server->free_at = start + server->work_ns;
    return server->free_at;
}

#define STEP_NS 10000
#define TICKETS 4096

static void run(struct server *server, uint64_t until_ns)
{
    static struct pace_ticket tickets[TICKETS];
    static uint64_t due_answers[TICKETS];
    uint64_t sent = 0, received = 0;
    for (uint64_t now = pace.start_ns; now < until_ns && !pace_is_over(&pace); now += STEP_NS) {
        for (; received < sent && due_answers[received % TICKETS] <= now; received++)
            pace_answer(&pace, &tickets[received % TICKETS], due_answers[received % TICKETS], true);
        while (pace_issue(&pace, now, &ticket)) {
            tickets[sent % TICKETS] = ticket;
            due_answers[sent++ % TICKETS] = answered_at(server, now);
        }
    }
    for (; received < sent; received++)
        pace_give_up(&pace, &tickets[received % TICKETS], until_ns);
    pace_finish(&pace, until_ns);
}

START_TEST(test_requests_fall_due_evenly_and_rounding_does_not_add_up)
{
    pace_start(&pace, 5000, 3, 2, 100, &round_);
    ck_assert_uint_eq(pace.total, 6);
    const uint64_t due[] = {0, 333333333, 666666666, 1000000000, 1333333333, 1666666666};
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(pace_wake_ns(&pace), 5000 + due[i]);
        ck_assert(!pace_issue(&pace, 5000 + due[i] - 1, &ticket));
        ck_assert(pace_issue(&pace, 5000 + due[i] + 7, &ticket));
        ck_assert_uint_eq(ticket.due_ns, 5000 + due[i]);
        ck_assert_uint_eq(ticket.sent_ns, 5000 + due[i] + 7);
    }
    ck_assert_uint_eq(pace_wake_ns(&pace), UINT64_MAX);
    ck_assert(!pace_issue(&pace, 10000 * MS, &ticket));
}
END_TEST

START_TEST(test_request_that_has_no_room_waits_and_stays_due)
{
    pace_start(&pace, 0, 1000, 1, 1, &round_);
    struct pace_ticket first;
    ck_assert(pace_issue(&pace, 0, &first));
    ck_assert(!pace_issue(&pace, 5 * MS, &ticket));
    ck_assert_uint_eq(pace_wake_ns(&pace), UINT64_MAX);
    pace_answer(&pace, &first, 5 * MS, true);
    ck_assert(pace_issue(&pace, 5 * MS, &ticket));
    ck_assert_uint_eq(ticket.due_ns, 1 * MS);
    pace_answer(&pace, &ticket, 6 * MS, true);
    ck_assert_uint_eq(round_.response.max, 5 * MS); /* both */
    ck_assert_uint_eq(round_.response.min, 5 * MS);
    ck_assert_uint_eq(round_.service.min, 1 * MS);
}
END_TEST

START_TEST(test_steady_server_has_equal_times_and_reaches_the_rate)
{
    struct server server = {.work_ns = 100000};
    pace_start(&pace, MS, 1000, 1, 64, &round_);
    run(&server, 3000 * MS);
    ck_assert_uint_eq(round_.response.count, 1000);
    ck_assert_uint_eq(round_.answered, 1000);
    ck_assert_uint_le(round_.response.max, 100000 + STEP_NS);
    ck_assert(!round_.fell_short);
}
END_TEST

/* The point of it: 100 of 1000 requests fall due in a stall of 100 ms. With room for one request
 * at a time, one service time holds the stall, but 10 % of the response times hold a part of it. */
START_TEST(test_stall_is_charged_to_all_who_were_due_in_it)
{
    struct server server = {.work_ns = 10000, .stall_from = 500 * MS, .stall_until = 600 * MS};
    pace_start(&pace, 0, 1000, 1, 1, &round_);
    run(&server, 3000 * MS);
    ck_assert_uint_eq(round_.response.count, 1000);
    ck_assert_uint_lt(p(&round_.service, 99.8), MS);
    ck_assert_uint_ge(round_.service.max, 99 * MS);
    ck_assert_uint_lt(p(&round_.response, 85), MS);
    ck_assert_uint_ge(p(&round_.response, 95), 45 * MS);
    ck_assert_uint_ge(p(&round_.response, 99), 85 * MS);
    ck_assert(!round_.fell_short);
}
END_TEST

START_TEST(test_server_at_half_the_rate_falls_short_and_nobody_is_left_out)
{
    struct server server = {.work_ns = 2 * MS};
    pace_start(&pace, 0, 1000, 1, 64, &round_);
    run(&server, 1500 * MS);
    ck_assert(round_.fell_short);
    ck_assert_uint_eq(round_.response.count, 1000);
    ck_assert_uint_ge(round_.answered, 499);
    ck_assert_uint_le(round_.answered, 501);
    ck_assert_uint_ge(round_.response.max, 490 * MS);
    ck_assert_double_eq(round_.seconds, 1);
}
END_TEST

START_TEST(test_dead_server_leaves_ages)
{
    pace_start(&pace, 0, 100, 1, 10, &round_);
    struct server server = {.stall_until = UINT64_MAX / 2};
    run(&server, 2000 * MS);
    ck_assert_uint_eq(round_.answered, 0);
    ck_assert(round_.fell_short);
    ck_assert_uint_eq(round_.response.count, 100);
    ck_assert_uint_eq(round_.response.min / MS, 1010);
    ck_assert_uint_eq(round_.response.max / MS, 2000);
}
END_TEST

START_TEST(test_refusals_are_counted_and_not_timed)
{
    pace_start(&pace, 0, 10, 1, 10, &round_);
    while (pace_issue(&pace, 1000 * MS, &ticket))
        pace_answer(&pace, &ticket, 1000 * MS, false);
    pace_finish(&pace, 1000 * MS);
    ck_assert(pace_is_over(&pace));
    ck_assert_uint_eq(round_.refused, 10);
    ck_assert_uint_eq(round_.response.count, 0);
}
END_TEST

int main(void)
{
    TCase *tcase;
    Suite *suite = harness_suite("pace", &tcase);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_requests_fall_due_evenly_and_rounding_does_not_add_up);
    tcase_add_test(tcase, test_request_that_has_no_room_waits_and_stays_due);
    tcase_add_test(tcase, test_steady_server_has_equal_times_and_reaches_the_rate);
    tcase_add_test(tcase, test_stall_is_charged_to_all_who_were_due_in_it);
    tcase_add_test(tcase, test_server_at_half_the_rate_falls_short_and_nobody_is_left_out);
    tcase_add_test(tcase, test_dead_server_leaves_ages);
    tcase_add_test(tcase, test_refusals_are_counted_and_not_timed);
    return harness_run(suite);
}
