/*
 * The peers of locker-bench compare do the job that they are compared in.
 *   test_peers NAME
 * Exit code 77 when the peer is not installed.
 */
#include "peers/peer.h"
#include "support/files.h"
#include "support/harness.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SKIPPED 77

#define FIRST_MEDIUM 3 /* after two small ones */
#define WINDOW       16
#define THREADS      8

static const struct peer *peer;
static const struct load_protocol *protocol;
static struct peer_server server;
static char parent[HARNESS_PATH_SIZE];

/* ---- fixture --------------------------------------------------------------------------- */

/* PostgreSQL is another user when we are root, and must get through to its directory. */
static void make_directories(char directory[PEER_DIRECTORY_SIZE])
{
    char root[HARNESS_PATH_SIZE];
    harness_directory(parent);
    snprintf(root, sizeof root, "%s", parent);
    *strrchr(root, '/') = '\0';
    ck_assert_int_eq(chmod(root, 0711), 0);
    ck_assert_int_eq(chmod(parent, 0711), 0);
    ck_assert_int_lt(snprintf(directory, PEER_DIRECTORY_SIZE, "%s/peer", parent),
                     PEER_DIRECTORY_SIZE);
    ck_assert_int_eq(mkdir(directory, 0700), 0);
}

static void start(uint32_t medium, int64_t ttl_ms)
{
    char directory[PEER_DIRECTORY_SIZE];
    make_directories(directory);
    const struct peer_plan plan = {
        .directory = directory,
        .doors = {[SIZE_SMALL] = FIRST_MEDIUM - 1, [SIZE_MEDIUM] = medium, [SIZE_LARGE] = 1},
        .ttl_ms = ttl_ms,
        .links_max = THREADS + 1};
    ck_assert_int_eq(peer->start(&server, &plan), 0);
    ck_assert_uint_gt(strlen(server.version), 0);
}

static void stop(void)
{
    ck_assert_int_eq(peer->stop(&server), 0);
    files_remove_tree(parent);
}

static void *open_link(unsigned window)
{
    void *link = NULL;
    ck_assert_int_eq(protocol->open(&server, SIZE_MEDIUM, window, &link), 0);
    return link;
}

static struct load_answer ask(void *link, enum load_operation operation, const char *code)
{
    struct load_answer answer;
    ck_assert_int_eq(protocol->ask(link, operation, code, &answer), 0);
    ck_assert_int_eq(answer.operation, operation);
    return answer;
}

static struct load_answer deposit(void *link)
{
    return ask(link, LOAD_DEPOSIT, NULL);
}

static struct load_answer deposit_to(void *link, uint32_t compartment)
{
    struct load_answer answer = deposit(link);
    ck_assert_int_eq(answer.outcome, OUTCOME_OK);
    ck_assert_uint_eq(answer.compartment, compartment);
    ck_assert_uint_eq(strlen(answer.code), PEER_CODE_DIGITS);
    ck_assert_uint_eq(strspn(answer.code, "0123456789"), PEER_CODE_DIGITS);
    return answer;
}

/* Longer than a code of `ttl_ms` lives. */
static void outlive(int64_t ttl_ms)
{
    const struct timespec pause = {.tv_nsec = (ttl_ms + 20) * 1000000};
    nanosleep(&pause, NULL);
}

/* ---- one client ------------------------------------------------------------------------ */

START_TEST(test_lowest_free_compartment_of_the_size)
{
    start(4, PEER_TTL_MS);
    void *link = open_link(0);
    deposit_to(link, FIRST_MEDIUM);
    struct load_answer second = deposit_to(link, FIRST_MEDIUM + 1);
    deposit_to(link, FIRST_MEDIUM + 2);
    struct load_answer picked_up = ask(link, LOAD_PICKUP, second.code);
    ck_assert_int_eq(picked_up.outcome, OUTCOME_OK);
    ck_assert_uint_eq(picked_up.compartment, FIRST_MEDIUM + 1);
    deposit_to(link, FIRST_MEDIUM + 1);
    protocol->close(link);
    stop();
}
END_TEST

START_TEST(test_used_and_unknown_codes_are_refused_by_name)
{
    start(2, PEER_TTL_MS);
    void *link = open_link(0);
    struct load_answer deposited = deposit_to(link, FIRST_MEDIUM);
    ck_assert_int_eq(ask(link, LOAD_PICKUP, deposited.code).outcome, OUTCOME_OK);
    ck_assert_int_eq(ask(link, LOAD_PICKUP, deposited.code).outcome, OUTCOME_CODE_USED);
    ck_assert_int_eq(ask(link, LOAD_PICKUP, "12345").outcome, OUTCOME_INVALID_CODE);
    deposit_to(link, FIRST_MEDIUM);
    ck_assert_int_eq(ask(link, LOAD_PICKUP, deposited.code).outcome, OUTCOME_CODE_USED);
    protocol->close(link);
    stop();
}
END_TEST

START_TEST(test_full_is_refused_and_changes_nothing)
{
    start(2, PEER_TTL_MS);
    void *link = open_link(0);
    struct load_answer first = deposit_to(link, FIRST_MEDIUM);
    struct load_answer second = deposit_to(link, FIRST_MEDIUM + 1);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(deposit(link).outcome, OUTCOME_NO_SPACE);
    ck_assert_uint_eq(ask(link, LOAD_PICKUP, second.code).compartment, FIRST_MEDIUM + 1);
    ck_assert_uint_eq(ask(link, LOAD_PICKUP, first.code).compartment, FIRST_MEDIUM);
    deposit_to(link, FIRST_MEDIUM);
    protocol->close(link);
    stop();
}
END_TEST

START_TEST(test_expired_code_opens_nothing_and_its_compartment_is_freed_in_need)
{
    const int64_t ttl_ms = 50;
    start(1, ttl_ms);
    void *link = open_link(0);
    struct load_answer first = deposit_to(link, FIRST_MEDIUM);
    outlive(ttl_ms);
    struct load_answer late = ask(link, LOAD_PICKUP, first.code);
    ck_assert_int_eq(late.outcome, OUTCOME_CODE_EXPIRED);
    struct load_answer second = deposit_to(link, FIRST_MEDIUM);
    outlive(ttl_ms);
    deposit_to(link, FIRST_MEDIUM);
    ck_assert_int_eq(ask(link, LOAD_PICKUP, first.code).outcome, OUTCOME_CODE_EXPIRED);
    ck_assert_int_eq(ask(link, LOAD_PICKUP, second.code).outcome, OUTCOME_CODE_EXPIRED);
    protocol->close(link);
    stop();
}
END_TEST

/* ---- pipelined ------------------------------------------------------------------------- */

static void receive_all(void *link, struct load_answer answers[WINDOW])
{
    for (unsigned received = 0; received < WINDOW;) {
        int status = protocol->receive(link, &answers[received]);
        ck_assert_int_ge(status, 0);
        if (status == 0)
            ck_assert_int_eq(protocol->wait(link), 0);
        else
            received++;
    }
}

START_TEST(test_pipelined_requests_are_answered_in_order)
{
    struct load_answer deposited[WINDOW];
    struct load_answer picked_up[WINDOW];
    if (protocol->send == NULL)
        return;
    start(WINDOW - 1, PEER_TTL_MS);
    void *link = open_link(WINDOW);
    for (unsigned i = 0; i < WINDOW; i++)
        ck_assert_int_eq(protocol->send(link, LOAD_DEPOSIT, NULL), 0);
    receive_all(link, deposited);
    for (unsigned i = 0; i < WINDOW - 1; i++)
        ck_assert_uint_eq(deposited[i].compartment, FIRST_MEDIUM + i);
    ck_assert_int_eq(deposited[WINDOW - 1].outcome, OUTCOME_NO_SPACE);
    for (unsigned i = 0; i < WINDOW; i++) /* the last one again: used by then */
        ck_assert_int_eq(protocol->send(link, LOAD_PICKUP, deposited[i < WINDOW - 1 ? i : 0].code),
                         0);
    receive_all(link, picked_up);
    for (unsigned i = 0; i < WINDOW - 1; i++)
        ck_assert_uint_eq(picked_up[i].compartment, FIRST_MEDIUM + i);
    ck_assert_int_eq(picked_up[WINDOW - 1].outcome, OUTCOME_CODE_USED);
    protocol->close(link);
    stop();
}
END_TEST

/* ---- many clients ---------------------------------------------------------------------- */

#define CROWD_DOORS 4 /* fewer than threads: full now and then */
#define CROWD_PAIRS 40

static atomic_bool taken[FIRST_MEDIUM + CROWD_DOORS];
static atomic_uint twice, strange;

static void *deposit_and_pick_up(void *link)
{
    for (unsigned done = 0; done < CROWD_PAIRS;) {
        struct load_answer answer;
        if (protocol->ask(link, LOAD_DEPOSIT, NULL, &answer) != 0)
            atomic_fetch_add(&strange, CROWD_PAIRS);
        else if (answer.outcome == OUTCOME_NO_SPACE)
            continue;
        if (strange > 0 || answer.compartment < FIRST_MEDIUM ||
            answer.compartment >= FIRST_MEDIUM + CROWD_DOORS)
            return NULL;
        twice += atomic_exchange(&taken[answer.compartment], true);
        uint32_t compartment = answer.compartment;
        char code[CODE_SIZE];
        memcpy(code, answer.code, sizeof code);
        atomic_store(&taken[compartment], false);
        strange += protocol->ask(link, LOAD_PICKUP, code, &answer) != 0 ||
                   answer.outcome != OUTCOME_OK || answer.compartment != compartment;
        done++;
    }
    return NULL;
}

static void run_crowd(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    void *links[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        links[i] = open_link(0);
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, body, links[i]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < THREADS; i++)
        protocol->close(links[i]);
}

START_TEST(test_never_the_same_compartment_twice_at_once)
{
    start(CROWD_DOORS, PEER_TTL_MS);
    run_crowd(deposit_and_pick_up);
    ck_assert_uint_eq(twice, 0);
    ck_assert_uint_eq(strange, 0);
    void *link = open_link(0);
    for (uint32_t i = 0; i < CROWD_DOORS; i++)
        deposit_to(link, FIRST_MEDIUM + i);
    protocol->close(link);
    stop();
}
END_TEST

static char wanted_code[CODE_SIZE];
static atomic_uint opened, used;

static void *pick_up_wanted(void *link)
{
    struct load_answer answer;
    if (protocol->ask(link, LOAD_PICKUP, wanted_code, &answer) != 0)
        return NULL;
    opened += answer.outcome == OUTCOME_OK;
    used += answer.outcome == OUTCOME_CODE_USED;
    return NULL;
}

START_TEST(test_a_code_opens_once_whoever_else_types_it)
{
    start(1, PEER_TTL_MS);
    void *link = open_link(0);
    struct load_answer deposited = deposit_to(link, FIRST_MEDIUM);
    memcpy(wanted_code, deposited.code, sizeof wanted_code);
    run_crowd(pick_up_wanted);
    ck_assert_uint_eq(opened, 1);
    ck_assert_uint_eq(used, THREADS - 1);
    protocol->close(link);
    stop();
}
END_TEST

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < PEER_COUNT; i++)
        if (argc == 2 && strcmp(peers[i]->name, argv[1]) == 0)
            peer = peers[i];
    if (peer == NULL) {
        fputs("usage: test_peers NAME\n", stderr);
        return 2;
    }
    if (!peer->installed()) {
        printf("%s is not installed (apt-get install %s)\n", peer->name, peer->package);
        return SKIPPED;
    }
    protocol = peer->protocol;
    TCase *tests;
    Suite *suite = harness_suite(peer->name, &tests);
    tcase_add_test(tests, test_lowest_free_compartment_of_the_size);
    tcase_add_test(tests, test_used_and_unknown_codes_are_refused_by_name);
    tcase_add_test(tests, test_full_is_refused_and_changes_nothing);
    tcase_add_test(tests, test_expired_code_opens_nothing_and_its_compartment_is_freed_in_need);
    tcase_add_test(tests, test_pipelined_requests_are_answered_in_order);
    tcase_add_test(tests, test_never_the_same_compartment_twice_at_once);
    tcase_add_test(tests, test_a_code_opens_once_whoever_else_types_it);
    return harness_run(suite);
}
