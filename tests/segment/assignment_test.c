/*
 * What each process is handed: the keys and descriptors of its work, and no others.
 */
#include "assignment.h"
#include "support/harness.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define RUN_LOCK  90
#define DATA_LOCK 91

static struct config *config;
static struct station_state state;
static struct listeners listeners;
static struct job *job;

static void setup(void)
{
    config = calloc(1, sizeof *config);
    job = calloc(1, sizeof *job);
    ck_assert(config != NULL && job != NULL);
    state = (struct station_state){
        .config = config, .run_lock_fd = RUN_LOCK, .data_lock_fd = DATA_LOCK};
    memset(&state.keys, 0x5a, sizeof state.keys);
    strcpy(config->data_dir, "/var/lib/locker");
    for (int i = 0; i < LISTENER_COUNT; i++)
        listeners.listen_fd[i] = 10 + i;
    for (int i = 0; i <= JOB_KEEPER; i++)
        listeners.wake_fd[i] = 20 + i;
    listeners.archive_fd = 30;
}

static void teardown(void)
{
    free(config);
    free(job);
}

static bool is_given(const uint8_t *key, size_t size)
{
    uint8_t none[32] = {0};
    return memcmp(key, none, size) != 0;
}

static const struct {
    bool code_hash, code_derive, request, ledger, data_lock, data_dir;
} wanted[JOB_KIND_COUNT] = {
    [JOB_DESK_DRIVER] = {.code_hash = true, .code_derive = true, .request = true},
    [JOB_DESK_KEYPAD] = {.code_hash = true, .request = true},
    [JOB_DESK_OPERATOR] = {.code_hash = true,
                           .code_derive = true,
                           .request = true,
                           .data_dir = true},
    [JOB_KEEPER] = {.ledger = true, .data_lock = true, .data_dir = true},
    [JOB_ARCHIVIST] = {.ledger = true, .data_lock = true, .data_dir = true},
};

START_TEST(test_a_process_is_given_what_its_work_takes)
{
    const struct station_keys *keys = &job->keys;
    ck_assert_int_eq(assignment_write(&state, &listeners, (enum job_kind)_i, job), 0);
    ck_assert_int_eq(is_given(keys->code_hash, sizeof keys->code_hash), wanted[_i].code_hash);
    ck_assert_int_eq(is_given(keys->code_derive, sizeof keys->code_derive), wanted[_i].code_derive);
    ck_assert_int_eq(is_given(keys->request, sizeof keys->request), wanted[_i].request);
    ck_assert_int_eq(is_given(keys->ledger, sizeof keys->ledger), wanted[_i].ledger);
    ck_assert_int_eq(job->run_lock_fd, RUN_LOCK);
    ck_assert_int_eq(job->data_lock_fd, wanted[_i].data_lock ? DATA_LOCK : -1);
    ck_assert_int_eq(job->data_dir[0] != '\0', wanted[_i].data_dir);
    ck_assert_int_eq(job->archive_fd, _i == JOB_KEEPER ? 30 : -1);
    ck_assert_int_eq(job->listen_fd, _i < ROLE_COUNT ? 10 + _i : -1);
    ck_assert_int_eq(job->feed_fd, _i == JOB_DESK_OPERATOR ? 10 + LISTENER_FEED : -1);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("assignment", &tests);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, test_a_process_is_given_what_its_work_takes, 0, JOB_KIND_COUNT);
    return harness_run(suite);
}
