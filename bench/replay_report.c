#include "replay_report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#define CHECKS_MAX 8

struct check {
    const char *name; /* in JSON */
    const char *text; /* for people: what holds */
    bool holds;
};

static uint64_t tolerance(uint64_t parcels)
{
    uint64_t share = parcels * REPLAY_REFUSED_TOLERANCE_PERCENT / 100;
    return share < REPLAY_REFUSED_TOLERANCE_MIN ? REPLAY_REFUSED_TOLERANCE_MIN : share;
}

static bool refusals_agree(const struct replay_report *report)
{
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        uint64_t replayed = report->audit->totals.refused[size];
        uint64_t counted = report->counted->refused[size];
        uint64_t apart = replayed > counted ? replayed - counted : counted - replayed;
        if (apart > tolerance(report->parcels[size]))
            return false;
    }
    return true;
}

static uint64_t refused_in_all(const struct trace_totals *totals)
{
    return totals->refused[SIZE_SMALL] + totals->refused[SIZE_MEDIUM] + totals->refused[SIZE_LARGE];
}

static void make_checks(const struct replay_report *report, struct check checks[CHECKS_MAX])
{
    const struct replay_audit *audit = report->audit;
    const struct trace_totals *totals = &audit->totals;
    const struct check made[CHECKS_MAX] = {
        {"finished", "every parcel of the trace was replayed", report->finished},
        {"answers", "every code tried in time opened its own compartment, none later",
         report->replay->broken == 0},
        {"settled", "every accepted parcel was picked up or expired",
         audit->unsettled == 0 && totals->picked_up + totals->expired == totals->deposits &&
             totals->deposits + refused_in_all(totals) == report->replay->count},
        {"as_planned", "those picked up are those with a customer in time, the rest expired",
         audit->not_as_planned == 0},
        {"given_once", "no compartment was given while a parcel was inside",
         audit->given_twice == 0},
        {"refused_rightly", "no deposit was refused while a compartment of its size was free",
         audit->refused_wrongly == 0},
        {"refusals", "refusals agree with the count (to 2 % of a size's parcels, or 3)",
         refusals_agree(report)},
        {"empty", "the station says that nothing is left inside", report->still_inside == 0},
    };
    for (unsigned i = 0; i < CHECKS_MAX; i++)
        checks[i] = made[i];
}

static bool all_hold(const struct check checks[CHECKS_MAX])
{
    for (unsigned i = 0; i < CHECKS_MAX; i++)
        if (!checks[i].holds)
            return false;
    return true;
}

static void print_line(FILE *file, const char *name, uint64_t replayed, uint64_t counted)
{
    fprintf(file, "  %-28s %9" PRIu64 " %9" PRIu64 "\n", name, replayed, counted);
}

static void print_totals(const struct replay_report *report, FILE *file)
{
    const struct trace_totals *replayed = &report->audit->totals;
    const struct trace_totals *counted = report->counted;
    fprintf(file, "  %-28s %9s %9s\n", "", "replayed", "counted");
    print_line(file, "parcels", report->replay->count, report->replay->count);
    print_line(file, "accepted", replayed->deposits, counted->deposits);
    for (unsigned size = 0; size < SIZE_COUNT; size++) {
        char name[32];
        snprintf(name, sizeof name, "refused, no %s free", size_name((enum parcel_size)size));
        print_line(file, name, replayed->refused[size], counted->refused[size]);
    }
    print_line(file, "picked up", replayed->picked_up, counted->picked_up);
    print_line(file, "expired (forgotten or late)", replayed->expired, counted->expired);
    print_line(file, "most inside at once", replayed->occupied_max, counted->occupied_max);
    fprintf(file, "  %-28s %9" PRId64 " %9d\n", "still inside", report->still_inside, 0);
}

static bool same_totals(const struct trace_totals *a, const struct trace_totals *b)
{
    bool same = a->deposits == b->deposits && a->picked_up == b->picked_up &&
                a->expired == b->expired && a->occupied_max == b->occupied_max;
    for (unsigned size = 0; size < SIZE_COUNT; size++)
        same = same && a->refused[size] == b->refused[size];
    return same;
}

/* Whoever sees two numbers that are not the same, and "ok" below them, asks. */
static void print_why_apart(FILE *file)
{
    fputs(
        "\n  The columns may differ by a few: a request that goes out a few ms late, much more in "
        "the\n"
        "  trace's time, can fall into another order with a pickup or an expiry, and a deposit "
        "then\n"
        "  find the last compartment of its size free instead of taken, or the other way round.\n",
        file);
}

static void print_slip(const struct replay *replay, FILE *file)
{
    double p99_ms = (double)histogram_percentile(&replay->slip, 99) / 1000;
    double max_ms = (double)replay->slip.max / 1000;
    fprintf(file,
            "\n  Schedule: of %" PRIu64 " requests 99 %% went out within %.1f ms of their time, "
            "the latest %.1f ms\n  after it: %.0f s and %.0f s of the trace's time.\n",
            replay->slip.count, p99_ms, max_ms, p99_ms * replay->speed_up / 1000,
            max_ms * replay->speed_up / 1000);
}

bool replay_report_print(const struct replay_report *report, FILE *file)
{
    struct check checks[CHECKS_MAX];
    make_checks(report, checks);
    print_totals(report, file);
    /* When a check has failed, that is the reason. */
    if (all_hold(checks) && !same_totals(&report->audit->totals, report->counted))
        print_why_apart(file);
    print_slip(report->replay, file);
    fputc('\n', file);
    /* What was interrupted can be neither right nor wrong. */
    for (unsigned i = 0; report->finished && i < CHECKS_MAX; i++)
        fprintf(file, "  %-6s %s\n", checks[i].holds ? "ok" : "FAILED", checks[i].text);
    return all_hold(checks);
}

static json_t *totals_json(const struct trace_totals *totals)
{
    return json_pack(
        "{s:I, s:{s:I, s:I, s:I}, s:I, s:I, s:I}", "accepted", (json_int_t)totals->deposits,
        "refused", "small", (json_int_t)totals->refused[SIZE_SMALL], "medium",
        (json_int_t)totals->refused[SIZE_MEDIUM], "large", (json_int_t)totals->refused[SIZE_LARGE],
        "picked_up", (json_int_t)totals->picked_up, "expired", (json_int_t)totals->expired,
        "occupied_max", (json_int_t)totals->occupied_max);
}

int replay_report_json(const struct replay_report *report, FILE *file, bool *agree)
{
    struct check checks[CHECKS_MAX];
    make_checks(report, checks);
    *agree = all_hold(checks);
    json_t *held = json_object();
    for (unsigned i = 0; i < CHECKS_MAX; i++)
        json_object_set_new(held, checks[i].name, json_boolean(checks[i].holds));
    json_t *object = json_pack(
        "{s:I, s:o, s:o, s:I, s:f, s:f, s:o, s:b}", "parcels", (json_int_t)report->replay->count,
        "replayed", totals_json(&report->audit->totals), "counted", totals_json(report->counted),
        "still_inside", (json_int_t)report->still_inside, "slip_p99_ms",
        (double)histogram_percentile(&report->replay->slip, 99) / 1000, "slip_max_ms",
        (double)report->replay->slip.max / 1000, "checks", held, "agree", *agree);
    if (object == NULL)
        return -ENOMEM;
    int status = json_dumpf(object, file, JSON_COMPACT | JSON_REAL_PRECISION(6)) != 0 ||
                         fputc('\n', file) == EOF
                     ? -EIO
                     : 0;
    json_decref(object);
    return status;
}
