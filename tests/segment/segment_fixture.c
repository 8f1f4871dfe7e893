#include "segment_fixture.h"

#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_MOMENT_MS   INT64_C(1767225600000)
#define REMEMBER_REQUESTS 200

void fixture_plan(struct fixture *fixture, uint32_t compartments)
{
    *fixture = (struct fixture){.compartments = compartments, .random = 1};
    harness_directory(fixture->directory);
    harness_station_name(fixture->station, sizeof fixture->station);
    ck_assert_int_eq(segment_name(fixture->station, fixture->directory, fixture->name), 0);
    snprintf(fixture->path, sizeof fixture->path, "/dev/shm%s", fixture->name);
    fixture->wall = calloc(compartments, sizeof *fixture->wall);
    ck_assert_ptr_nonnull(fixture->wall);
    for (uint32_t i = 0; i < compartments; i++) {
        snprintf(fixture->wall[i].id, sizeof fixture->wall[i].id, "%c%02u", "SML"[i % 3], i + 1);
        fixture->wall[i].size = (uint8_t)(i % 3);
    }
    fixture->plan = (struct segment_plan){
        .name = fixture->name,
        .station = fixture->station,
        .wall = fixture->wall,
        .compartments = compartments,
        .policy = POLICY_DEFAULT,
    };
    fixture->plan.policy.remember_requests = REMEMBER_REQUESTS;
    fixture->plan.policy.hold_expired = true;
    fixture->plan.policy.wrong_codes = 0;
    memset(fixture->plan.boot_id, 0xb0, sizeof fixture->plan.boot_id);
    fixture->segment.fd = -1;
    fixture->now = (struct moment){.now_ms = FIRST_MOMENT_MS, .elapsed_ms = 1000};
}

void fixture_begin(struct fixture *fixture, uint32_t compartments)
{
    fixture_plan(fixture, compartments);
    ck_assert_int_eq(segment_create(&fixture->segment, &fixture->plan), 0);
    segment_ready(&fixture->segment);
}

void fixture_leave(struct fixture *fixture, uint32_t compartments)
{
    fixture_begin(fixture, compartments);
    fixture_changes(fixture, 300);
    segment_unmap(&fixture->segment);
}

void fixture_end(struct fixture *fixture)
{
    segment_unmap(&fixture->segment);
    ck_assert(shm_unlink(fixture->name) == 0 || errno == ENOENT);
    ck_assert_int_eq(rmdir(fixture->directory), 0);
    free(fixture->wall);
}

/* splitmix64 (Steele, Lea, Flood 2014): every failure repeats. */
uint64_t fixture_random(struct fixture *fixture, uint64_t below)
{
    fixture->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = fixture->random;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (x ^ (x >> 31)) % below;
}

/* ---- changes ----------------------------------------------------------------------------- */

/* Mostly of a compartment that there is a parcel in. */
static uint64_t some_code(struct fixture *fixture)
{
    struct snapshot_compartment state = {.code_hash = 0};
    for (int tries = 0; tries < 4 && state.code_hash == 0; tries++)
        snapshot_get_compartment(&fixture->segment.locker,
                                 (uint32_t)fixture_random(fixture, fixture->compartments), &state);
    return state.code_hash;
}

static enum operation some_operation(struct fixture *fixture)
{
    static const enum operation operations[] = {OP_DEPOSIT, OP_DEPOSIT, OP_DEPOSIT, OP_DEPOSIT,
                                                OP_PICKUP,  OP_PICKUP,  OP_PICKUP,  OP_CANCEL,
                                                OP_CANCEL,  OP_SERVICE, OP_SERVICE, OP_RELEASE,
                                                OP_REISSUE, OP_EXTEND,  OP_COLLECT, OP_SWEEP};
    return operations[fixture_random(fixture, sizeof operations / sizeof operations[0])];
}

static void draw_intent(struct fixture *fixture, struct intent *intent)
{
    *intent = (struct intent){.operation = some_operation(fixture), .role = ROLE_OPERATOR};
    if (intent->operation == OP_DEPOSIT || intent->operation == OP_CANCEL)
        intent->role = ROLE_DRIVER;
    if (intent->operation == OP_PICKUP)
        intent->role = ROLE_KEYPAD;
    intent->has_id = fixture_random(fixture, 4) != 0;
    intent->request_key[0] = fixture_random(fixture, UINT64_MAX) | 1;
    intent->request_key[1] = fixture_random(fixture, UINT64_MAX);
    intent->request_fingerprint = fixture_random(fixture, UINT64_MAX);
    intent->has_size = intent->operation == OP_DEPOSIT || fixture_random(fixture, 2) == 0;
    intent->size = (enum parcel_size)fixture_random(fixture, SIZE_COUNT);
    intent->compartment = COMPARTMENT_NONE;
    if (intent->operation == OP_PICKUP || intent->operation == OP_CANCEL)
        intent->code_hash = some_code(fixture);
    else if (intent->operation != OP_DEPOSIT && intent->operation != OP_SWEEP)
        intent->compartment = (uint32_t)fixture_random(fixture, fixture->compartments);
    intent->reason = (enum cancel_reason)fixture_random(fixture, CANCEL_REASON_COUNT);
    intent->in_service = fixture_random(fixture, 3) != 0;
    if (!intent->in_service)
        strcpy(intent->service_reason, "door jammed");
    intent->by_ms = 1 + (int64_t)fixture_random(fixture, 86400000);
    do {
        intent->offer.nonce = fixture_random(fixture, UINT64_MAX);
        intent->offer.hash = fixture_random(fixture, UINT64_MAX) | 1;
    } while (!locker_offer_is_fresh(&fixture->segment.locker, &intent->offer));
    intent->offer.digits = 6;
}

enum outcome fixture_change(struct fixture *fixture, bool drain, struct answer *answer)
{
    struct locker *locker = &fixture->segment.locker;
    struct intent intent;
    fixture->now.now_ms += (int64_t)fixture_random(fixture, 3600 * 1000);
    fixture->now.elapsed_ms += 1000;
    draw_intent(fixture, &intent);
    const enum outcome outcome = locker_perform(locker, fixture->now, &intent, true, answer);
    if (drain)
        locker_set_durable(locker, locker_sequence(locker));
    return outcome;
}

void fixture_decide(struct fixture *fixture, struct event *event)
{
    struct intent intent;
    do
        draw_intent(fixture, &intent);
    while (locker_decide(&fixture->segment.locker, fixture->now, &intent, event) != OUTCOME_OK);
}

void fixture_changes(struct fixture *fixture, int count)
{
    struct answer answer;
    while (count-- > 0) {
        ck_assert_int_eq(segment_lock(&fixture->segment, NULL), 0);
        fixture_change(fixture, true, &answer);
        segment_unlock(&fixture->segment);
    }
}

void fixture_expect_sound(struct fixture *fixture, bool recovered)
{
    char why[FIXTURE_REASON_SIZE] = "";
    bool was_recovered = !recovered;
    ck_assert_int_eq(segment_lock(&fixture->segment, &was_recovered), 0);
    const bool sound = locker_check(&fixture->segment.locker, why, sizeof why);
    segment_unlock(&fixture->segment);
    ck_assert_msg(sound, "%s", why);
    ck_assert_int_eq(was_recovered, recovered);
}

/* ---- adoption ---------------------------------------------------------------------------- */

int fixture_adopt(struct fixture *fixture, char why[FIXTURE_REASON_SIZE])
{
    ck_assert_ptr_null(fixture->segment.header);
    why[0] = '\0';
    return segment_adopt(&fixture->segment, &fixture->plan, why, FIXTURE_REASON_SIZE);
}

void fixture_expect_stale(struct fixture *fixture, const char *words)
{
    char why[FIXTURE_REASON_SIZE];
    const int error = fixture_adopt(fixture, why);
    ck_assert_msg(error == -ESTALE, "wanted \"%s\", got %d \"%s\"", words, error, why);
    ck_assert_msg(strstr(why, words) != NULL, "wanted \"%s\", got \"%s\"", words, why);
    ck_assert_ptr_null(fixture->segment.header);
    ck_assert_int_eq(fixture->segment.fd, -1);
}

void fixture_poke(const struct fixture *fixture, size_t offset, const void *bytes, size_t size)
{
    const int fd = open(fixture->path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, bytes, size, (off_t)offset), (ssize_t)size);
    close(fd);
}

/* ---- helpers ----------------------------------------------------------------------------- */

pid_t fixture_spawn(void (*work)(struct fixture *fixture), struct fixture *fixture)
{
    const uint64_t seed = fixture_random(fixture, UINT64_MAX);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0); /* it may be meant to die of a fault */
    signal(SIGSEGV, SIG_DFL);  /* and then without a sanitizer's report */
    fixture->random = seed;    /* every helper draws numbers of its own */
    if (getppid() == parent)
        work(fixture);
    _exit(0);
}

void fixture_expect_end(pid_t pid, int signal_number)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    if (signal_number == 0)
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
    else
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == signal_number, "status %x",
                      (unsigned)status);
}
