#include "stage.h"

#include "stage_board.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Their own cost is measured by so many marks in a row, in the fastest of so many rows: in the
 * others the processor was somebody else's, too. */
#define PROBE_MARKS 1000
#define PROBE_ROWS  20

/* Changes recorded and not yet handed to the keeper: a batch of a desk, or a slice of a sweep. */
#define UNHANDED_MAX 128

/* Requests at work at a time: no fewer than a group. */
#define RECEIVED_MAX 16

/* A change of this desk's own on its way. */
struct journey {
    uint64_t sequence; /* 0: none, or its reply was sent */
    uint64_t received_ns;
    uint64_t recorded_ns;
    uint64_t handed_ns;
};

static struct stage_board *own_board;
/* Of the thread that opened it; in another, as in one that copies SQLite's WAL, NULL: it counts
 * nothing. */
static _Thread_local struct stage_account *account;
static uint64_t last_ns; /* the mark before */
/* Of the requests at work, by how many came before; their replies are held back in that order. */
static uint64_t received_ns[RECEIVED_MAX];
static uint64_t received_count;
static uint64_t held_count;
static struct journey journeys[STAGE_MOMENTS];
static uint64_t unhanded[UNHANDED_MAX];
static unsigned unhanded_count;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* of one machine, so all processes have the same */
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

unsigned stage_bucket(uint64_t ns)
{
    const unsigned subs = 1U << STAGE_SUB_BITS;
    if (ns < subs)
        return (unsigned)ns;
    const unsigned shift = 63U - (unsigned)__builtin_clzll(ns) - STAGE_SUB_BITS;
    const uint64_t bucket = ((shift + 1) << STAGE_SUB_BITS) + (ns >> shift) - subs;
    return bucket < STAGE_BUCKETS ? (unsigned)bucket : STAGE_BUCKETS - 1;
}

uint64_t stage_bucket_top(unsigned bucket)
{
    const unsigned subs = 1U << STAGE_SUB_BITS;
    if (bucket < subs)
        return bucket;
    const unsigned shift = (bucket >> STAGE_SUB_BITS) - 1;
    return ((uint64_t)(bucket % subs + subs + 1) << shift) - 1;
}

static void add(enum trace_stage stage, uint64_t from_ns, uint64_t to_ns)
{
    struct stage_sum *sum = &account->stages[stage];
    const uint64_t ns = to_ns > from_ns ? to_ns - from_ns : 0;
    sum->count++;
    sum->sum_ns += ns;
    sum->buckets[stage_bucket(ns)]++;
}

/* ---- laps ---------------------------------------------------------------------------------- */

void stage_end(enum trace_stage stage)
{
    if (!account)
        return;
    const uint64_t ns = now_ns();
    add(stage, last_ns, ns);
    last_ns = ns;
    if (stage == STAGE_RECEIVE)
        received_ns[received_count++ % RECEIVED_MAX] = ns;
    if (stage == STAGE_HOLD)
        held_count++;
}

void stage_open(struct stage_board *board, unsigned process)
{
    own_board = board;
    account = &board->accounts[process];
    const struct stage_sum before = account->stages[STAGE_TRACE];
    uint64_t fastest_ns = UINT64_MAX;
    last_ns = now_ns();
    for (int row = 0; row < PROBE_ROWS; row++) {
        const uint64_t began_ns = last_ns;
        for (int i = 0; i < PROBE_MARKS; i++)
            stage_end(STAGE_TRACE);
        if (last_ns - began_ns < fastest_ns)
            fastest_ns = last_ns - began_ns;
    }
    account->mark_ns = (double)fastest_ns / PROBE_MARKS;
    account->stages[STAGE_TRACE] = before;
}

/* ---- a change's way ------------------------------------------------------------------------ */

void stage_recorded(uint64_t sequence, unsigned place)
{
    if (!account || sequence == 0)
        return;
    journeys[sequence % STAGE_MOMENTS] =
        (struct journey){.sequence = sequence,
                         .received_ns = received_ns[(held_count + place) % RECEIVED_MAX],
                         .recorded_ns = last_ns};
    if (unhanded_count < UNHANDED_MAX)
        unhanded[unhanded_count++] = sequence;
}

void stage_handed(void)
{
    if (!account)
        return;
    const uint64_t ns = now_ns();
    for (unsigned i = 0; i < unhanded_count; i++)
        journeys[unhanded[i] % STAGE_MOMENTS].handed_ns = ns;
    unhanded_count = 0;
}

void stage_taken(uint64_t first, size_t count)
{
    if (!account)
        return;
    const uint64_t ns = now_ns();
    for (uint64_t sequence = first; sequence < first + count; sequence++)
        own_board->moments[sequence % STAGE_MOMENTS] =
            (struct stage_moment){.sequence = sequence, .taken_ns = ns};
}

void stage_stored(uint64_t first, size_t count)
{
    if (!account)
        return;
    const uint64_t ns = now_ns();
    for (uint64_t sequence = first; sequence < first + count; sequence++)
        own_board->moments[sequence % STAGE_MOMENTS].stored_ns = ns;
}

/* Its spans, each from where the one before it ended. A keeper that is at work takes a change
 * before anybody tells it, and where there is no ledger it never does. */
static void add_journey(const struct journey *journey, uint64_t released_ns, uint64_t sent_ns)
{
    const struct stage_moment *moment = &own_board->moments[journey->sequence % STAGE_MOMENTS];
    uint64_t at_ns = journey->recorded_ns;
    add(SPAN_DECIDED, journey->received_ns, at_ns);
    if (moment->sequence == journey->sequence) {
        const uint64_t handed_ns =
            journey->handed_ns < moment->taken_ns ? journey->handed_ns : moment->taken_ns;
        add(SPAN_HANDED, at_ns, handed_ns);
        at_ns = handed_ns > at_ns ? handed_ns : at_ns;
        add(SPAN_TAKEN, at_ns, moment->taken_ns);
        at_ns = moment->taken_ns > at_ns ? moment->taken_ns : at_ns;
        add(SPAN_STORED, at_ns, moment->stored_ns);
        at_ns = moment->stored_ns;
    }
    add(SPAN_RELEASED, at_ns, released_ns);
    add(SPAN_SENT, released_ns, sent_ns);
    add(SPAN_WHOLE, journey->received_ns, sent_ns);
}

void stage_sent(uint64_t sequence)
{
    if (!account)
        return;
    const uint64_t released_ns = last_ns;
    struct journey *journey = &journeys[sequence % STAGE_MOMENTS];
    stage_end(STAGE_SEND);
    if (sequence == 0 || journey->sequence != sequence)
        return; /* a refusal that waited for somebody else's change */
    add_journey(journey, released_ns, last_ns);
    journey->sequence = 0;
    stage_end(STAGE_TRACE);
}

/* ---- who wakes whom ------------------------------------------------------------------------ */

void stage_rouse(unsigned process)
{
    if (account)
        atomic_store_explicit(&own_board->accounts[process].roused_ns, now_ns(),
                              memory_order_relaxed);
}

void stage_woken(void)
{
    if (!account)
        return;
    const uint64_t roused_ns = atomic_exchange(&account->roused_ns, 0);
    if (roused_ns != 0)
        add(SPAN_WOKEN, roused_ns, last_ns);
}

/* ---- the accounts given -------------------------------------------------------------------- */

static const char *const names[STAGE_COUNT] = {
    [STAGE_RECEIVE] = "receive",
    [STAGE_DECODE] = "decode",
    [STAGE_HASH] = "hash",
    [STAGE_LOCK] = "lock",
    [STAGE_DECIDE] = "decide",
    [STAGE_RECORD] = "record",
    [STAGE_APPLY] = "apply",
    [STAGE_UNLOCK] = "unlock",
    [STAGE_ENCODE] = "encode",
    [STAGE_HOLD] = "hold",
    [STAGE_VAIN] = "receive in vain",
    [STAGE_WAKE] = "wake",
    [STAGE_RELEASE] = "release",
    [STAGE_SEND] = "send",
    [STAGE_LOOK] = "look",
    [STAGE_GATHER] = "gather",
    [STAGE_ROW] = "row",
    [STAGE_INSERT] = "insert",
    [STAGE_COMMIT] = "commit",
    [STAGE_WRITE] = "write",
    [STAGE_FLUSH] = "flush",
    [STAGE_MARK] = "mark",
    [STAGE_TELL] = "tell",
    [STAGE_SLEEP] = "sleep",
    [STAGE_STIR] = "stir",
    [STAGE_TRACE] = "tracing",
    [SPAN_DECIDED] = "decided",
    [SPAN_HANDED] = "handed",
    [SPAN_TAKEN] = "taken",
    [SPAN_STORED] = "stored",
    [SPAN_RELEASED] = "released",
    [SPAN_SENT] = "sent",
    [SPAN_WHOLE] = "whole",
    [SPAN_WOKEN] = "woken",
};

/* As they are called in the log. */
static const char *const processes[STAGE_PROCESSES] = {"driver desk", "keypad desk",
                                                       "operator desk", "keeper", "archivist"};

void stage_clear(struct stage_board *board)
{
    memset(board, 0, sizeof *board);
}

static void give_sum(FILE *file, const struct stage_board *board, unsigned process, unsigned stage)
{
    const struct stage_account *given = &board->accounts[process];
    const struct stage_sum *sum = &given->stages[stage];
    fprintf(file, "%s,%s,%s,%llu,%llu,%.1f,", processes[process],
            stage < SPAN_DECIDED ? "lap" : "span", names[stage], (unsigned long long)sum->count,
            (unsigned long long)sum->sum_ns, given->mark_ns);
    for (unsigned bucket = 0; bucket < STAGE_BUCKETS; bucket++)
        if (sum->buckets[bucket] != 0)
            fprintf(file, " %llu:%u", (unsigned long long)stage_bucket_top(bucket),
                    sum->buckets[bucket]);
    fputc('\n', file);
}

void stage_give(const struct stage_board *board, const char *directory)
{
    char path[4096];
    const int length = snprintf(path, sizeof path, "%s/stages.csv", directory);
    FILE *file = length < (int)sizeof path ? fopen(path, "we") : NULL;
    bool written = file != NULL;
    if (file) {
        fputs("process,kind,stage,count,sum_ns,mark_ns,up_to_ns:count\n", file);
        for (unsigned process = 0; process < STAGE_PROCESSES; process++)
            for (unsigned stage = 0; stage < STAGE_COUNT; stage++)
                if (board->accounts[process].stages[stage].count > 0)
                    give_sum(file, board, process, stage);
        written = ferror(file) == 0;
        written = fclose(file) == 0 && written;
    }
    if (!written)
        perror("locker-station: the accounts of a traced station cannot be written");
}
