/*
 * Many processes at work on one segment, killed at random while they are: no compartment is given
 * out twice, nothing that was answered is lost, and readers never see half a change.
 */
#include "patience.h"
#include "segment_fixture.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WALL        60
#define WORKERS     3
#define REPORTS_MAX 32768

/* A fork under a sanitizer takes ten times as long, and the deaths are the same. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KILLS 40
#else
#define KILLS 200
#endif

/* Enough that the victim is at work when it is killed. */
#define EVENTS_A_KILL 6000

/* What a worker was answered, kept where its death leaves it. */
struct report {
    uint64_t sequence;
    uint32_t compartment;
    uint8_t kind;
};

struct worker {
    pid_t pid;
    _Atomic uint32_t count;
    struct report reports[REPORTS_MAX];
};

struct stage {
    struct worker workers[WORKERS];
    _Atomic uint64_t allowed;  /* how many events there may be: so that whoever is not at work
                                  leaves the machine to the others */
    _Atomic uint64_t pictures; /* that the reader took and found whole */
};

static struct stage *stage;
static struct worker *own; /* a worker's, in its process */

/* ---- the processes ----------------------------------------------------------------------- */

static void work(struct fixture *fixture)
{
    for (;;) {
        struct answer answer;
        if (locker_sequence(&fixture->segment.locker) >= atomic_load(&stage->allowed)) {
            sched_yield();
            continue;
        }
        if (segment_lock(&fixture->segment, NULL) != 0)
            _exit(EXIT_FAILURE);
        const enum outcome outcome = fixture_change(fixture, false, &answer);
        segment_unlock(&fixture->segment);
        const uint32_t count = atomic_load(&own->count);
        if (outcome != OUTCOME_OK || count == REPORTS_MAX)
            continue;
        own->reports[count] = (struct report){answer.sequence, answer.compartment, answer.kind};
        atomic_store(&own->count, count + 1);
    }
}

struct picture {
    struct occupancy told;
    struct occupancy seen;
};

static bool take_picture(const struct locker *locker, struct picture *picture)
{
    const uint64_t ticket = locker_read_begin(locker);
    if (ticket == 0)
        return false;
    picture->seen = (struct occupancy){.occupied = 0};
    locker_occupancy(locker, &picture->told);
    for (uint32_t i = 0; i < WALL; i++) {
        struct compartment_line line;
        locker_describe(locker, i, 0, &line); /* at 0 nothing has expired by itself */
        picture->seen.total[line.size]++;
        picture->seen.free[line.size] += line.state == STATE_FREE && line.in_service;
        picture->seen.occupied += line.state == STATE_OCCUPIED;
        picture->seen.expired += line.state == STATE_EXPIRED;
        picture->seen.out_of_service += !line.in_service;
    }
    return locker_read_valid(locker, ticket);
}

static void read_on(struct fixture *fixture)
{
    struct segment reader;
    struct picture picture;
    if (segment_open_readonly(&reader, fixture->name) != 0)
        _exit(EXIT_FAILURE);
    for (;;) {
        if (!take_picture(&reader.locker, &picture)) {
            sched_yield();
            continue;
        }
        if (memcmp(&picture.told, &picture.seen, sizeof picture.told) != 0)
            _exit(EXIT_FAILURE);
        atomic_fetch_add(&stage->pictures, 1);
    }
}

/* ---- the keeper -------------------------------------------------------------------------- */

/* Follows the events, as naively as can be. */
struct ledger {
    uint64_t last;
    bool taken[WALL];
    struct report *rows; /* by sequence */
    size_t room;
};

static void give(struct ledger *ledger, uint32_t compartment)
{
    ck_assert_uint_lt(compartment, WALL);
    ck_assert_msg(!ledger->taken[compartment], "compartment %u was given out twice", compartment);
    ledger->taken[compartment] = true;
}

static void take_back(struct ledger *ledger, uint32_t compartment)
{
    ck_assert_uint_lt(compartment, WALL);
    ck_assert_msg(ledger->taken[compartment], "compartment %u was emptied twice", compartment);
    ledger->taken[compartment] = false;
}

static void enter(struct ledger *ledger, const struct event *event)
{
    ck_assert_uint_eq(event->sequence, ledger->last + 1);
    switch ((enum event_kind)event->kind) {
    case EVENT_EXCHANGED:
        take_back(ledger, event->given_up);
        give(ledger, event->compartment);
        break;
    case EVENT_DEPOSITED:
        give(ledger, event->compartment);
        break;
    case EVENT_PICKED_UP:
    case EVENT_CANCELLED:
    case EVENT_RELEASED:
    case EVENT_COLLECTED:
        take_back(ledger, event->compartment);
        break;
    case EVENT_EXPIRED:
    case EVENT_REISSUED:
    case EVENT_EXTENDED:
        ck_assert(ledger->taken[event->compartment]);
        break;
    default:
        break;
    }
    if (event->sequence >= ledger->room) {
        ledger->room = ledger->room * 2 + 65536;
        ledger->rows = realloc(ledger->rows, ledger->room * sizeof *ledger->rows);
        ck_assert_ptr_nonnull(ledger->rows);
    }
    ledger->rows[event->sequence] =
        (struct report){event->sequence, event->compartment, event->kind};
    ledger->last = event->sequence;
}

/* False when there was nothing to enter. */
static bool keep(struct ledger *ledger, struct locker *locker)
{
    const uint64_t recorded = locker_sequence(locker);
    struct event event;
    if (recorded == ledger->last)
        return false;
    while (ledger->last < recorded) {
        ck_assert_int_eq(locker_read_event(locker, ledger->last + 1, &event), 0);
        enter(ledger, &event);
    }
    locker_set_durable(locker, recorded);
    return true;
}

static void keep_until(struct ledger *ledger, struct locker *locker, uint64_t sequence)
{
    int64_t until_ms = patience_begin();
    while (ledger->last < sequence) {
        if (keep(ledger, locker))
            until_ms = patience_begin();
        else
            ck_assert_msg(patience_goes_on(until_ms), "nobody changes anything any more");
    }
}

/* All that the worker was answered has happened. */
static void compare_reports(struct ledger *ledger, struct locker *locker,
                            const struct worker *worker)
{
    const uint32_t count = atomic_load(&worker->count);
    keep(ledger, locker);
    for (uint32_t i = 0; i < count; i++) {
        const struct report *report = &worker->reports[i];
        ck_assert_uint_le(report->sequence, ledger->last);
        const struct report *row = &ledger->rows[report->sequence];
        ck_assert_uint_eq(row->compartment, report->compartment);
        ck_assert_uint_eq(row->kind, report->kind);
    }
}

/* ---- the test ---------------------------------------------------------------------------- */

static void start_worker(struct fixture *fixture, int i)
{
    own = &stage->workers[i];
    atomic_store(&own->count, 0);
    own->pid = fixture_spawn(work, fixture);
}

static void kill_worker(struct worker *worker)
{
    ck_assert_int_eq(kill(worker->pid, SIGKILL), 0);
    fixture_expect_end(worker->pid, SIGKILL);
}

/* Whoever has the lock, when it can be told; else anybody. */
static int some_worker(struct fixture *fixture)
{
    const struct station_lock *lock = &fixture->segment.header->lock;
    const uint32_t holder = __atomic_load_n(&lock->holder, __ATOMIC_RELAXED);
    for (int i = 0; i < WORKERS; i++) {
        if ((uint32_t)stage->workers[i].pid == holder)
            return i;
    }
    return (int)fixture_random(fixture, WORKERS);
}

static void expect_sound_model(struct fixture *fixture, struct ledger *ledger)
{
    struct occupancy occupancy;
    uint32_t taken = 0;
    char why[FIXTURE_REASON_SIZE] = "";
    ck_assert_int_eq(segment_lock(&fixture->segment, NULL), 0);
    const bool sound = locker_check(&fixture->segment.locker, why, sizeof why);
    keep(ledger, &fixture->segment.locker);
    locker_occupancy(&fixture->segment.locker, &occupancy);
    segment_unlock(&fixture->segment);
    ck_assert_msg(sound, "%s", why);
    for (uint32_t i = 0; i < WALL; i++)
        taken += ledger->taken[i];
    ck_assert_uint_eq(occupancy.occupied + occupancy.expired, taken);
}

START_TEST(test_workers_killed_at_random_lose_and_double_nothing)
{
    struct fixture fixture;
    struct ledger ledger = {.last = 0};
    stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(stage != MAP_FAILED);
    fixture_begin(&fixture, WALL);
    struct locker *locker = &fixture.segment.locker;
    const pid_t reader = fixture_spawn(read_on, &fixture);
    for (int i = 0; i < WORKERS; i++)
        start_worker(&fixture, i);
    /* Until one has died with the lock, too: it is held for so short a time that not every run of
     * this many kills meets it. */
    const struct station_lock *lock = &fixture.segment.header->lock;
    for (int kills = 0; kills < KILLS || (lock->takeovers == 0 && kills < 50 * KILLS); kills++) {
        atomic_store(&stage->allowed, ledger.last + EVENTS_A_KILL);
        keep_until(&ledger, locker, ledger.last + 1 + fixture_random(&fixture, 100));
        const int victim = some_worker(&fixture);
        kill_worker(&stage->workers[victim]);
        expect_sound_model(&fixture, &ledger);
        compare_reports(&ledger, locker, &stage->workers[victim]);
        start_worker(&fixture, victim);
    }
    for (int i = 0; i < WORKERS; i++) {
        kill_worker(&stage->workers[i]);
        expect_sound_model(&fixture, &ledger);
        compare_reports(&ledger, locker, &stage->workers[i]);
    }
    AWAIT(atomic_load(&stage->pictures) > 0);
    kill_worker(&(struct worker){.pid = reader});
    ck_assert_uint_gt(lock->takeovers, 0);
    free(ledger.rows);
    fixture_end(&fixture);
    munmap(stage, sizeof *stage);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("hammer", &tests);
    tcase_add_test(tests, test_workers_killed_at_random_lose_and_double_nothing);
    return harness_run(suite);
}
