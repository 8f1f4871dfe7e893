/*
 * Values of the wire as people read them.
 */
#include "support/harness.h"
#include "text.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const struct {
    int64_t ms;
    const char *text;
} durations[] = {
    {0, "0ms"},
    {850, "850ms"},
    {SECOND, "1s"},
    {2 * SECOND - 3, "2s"}, /* a moment after two seconds were given */
    {MINUTE - 1, "1m"},
    {MINUTE + 10 * SECOND, "1m 10s"},
    {HOUR - 1, "1h"},
    {26 * HOUR + 3 * MINUTE, "1d 2h"},
    {DAY - 1, "1d"},
    {7 * DAY - 80, "7d"},
    {7 * DAY - HOUR, "6d 23h"},
    {7 * DAY, "7d"},
};

START_TEST(test_duration_is_rounded_to_the_units_it_is_shown_in)
{
    char text[TEXT_SIZE];
    ck_assert_str_eq(text_duration(durations[_i].ms, text), durations[_i].text);
}
END_TEST

START_TEST(test_distance_is_seen_from_now)
{
    char text[TEXT_SIZE];
    ck_assert_str_eq(text_distance(7 * DAY, 5, text), "in 7d");
    ck_assert_str_eq(text_distance(5, 3 * HOUR + 5 * MINUTE, text), "3h 5m ago");
}
END_TEST

START_TEST(test_short_moment_leaves_out_what_is_known)
{
    const int64_t now_ms = INT64_C(1800000000) * SECOND; /* 2027-01-15 08:00:00 UTC */
    static const struct {
        int64_t distance_ms;
        const char *text;
    } moments[] = {
        {0, "08:00:00"},
        {5 * SECOND, "08:00:05"},
        {7 * DAY, "01-22 08:00"},
        {-40 * DAY, "2026-12-06"},
    };
    char text[TEXT_SIZE];
    setenv("TZ", "UTC", 1);
    tzset();
    ck_assert_str_eq(text_short_moment(now_ms + moments[_i].distance_ms, now_ms, text),
                     moments[_i].text);
}
END_TEST

/* ---- events ---------------------------------------------------------------------------- */

#define NOW_MS (INT64_C(1800000000) * SECOND) /* 2027-01-15 08:00:00 UTC */

static const struct history_line exchanged = {
    .event = "exchanged",
    .compartment = "L01",
    .cancelled = "M01",
    .has_size = true,
    .size = SIZE_LARGE,
    .reason = "does_not_fit",
    .expires_at_ms = NOW_MS + 7 * DAY,
};

static const struct history_line service = {
    .event = "service_changed",
    .compartment = "M02",
    .reason = "door jammed, key is at the desk",
    .has_in_service = true,
};

static const struct {
    const struct history_line *line;
    size_t columns;
    const char *text;
} events[] = {
    {&exchanged, 80, "exchanged        L01 large, instead of M01, does_not_fit, until 01-22 08:00"},
    {&exchanged, 75, "exchanged        L01 large, instead of M01, does_not_fit, until 01-22 08:00"},
    {&exchanged, 74, "exchanged        L01 large, instead of M01, does_not_fit"},
    {&exchanged, 55, "exchanged        L01 large, instead of M01"}, /* nor the reason */
    {&exchanged, 30, "exchanged        L01 large"},
    {&exchanged, 21, "exchanged        L01"},
    {&exchanged, 4, "exch"},
    {&exchanged, 0, ""},
    {&service, 68, "service_changed  M02 out of service, door jammed, key is at the desk"},
    {&service, 66, "service_changed  M02 out of service, door jammed, key is at the..."},
    {&service, 50, "service_changed  M02 out of service, door jamme..."},
    {&service, 40, "service_changed  M02 out of service"},
};

START_TEST(test_event_leaves_out_whole_parts_where_there_is_no_room)
{
    struct buffer bytes = {0};
    struct value *event;
    char text[TEXT_SIZE];
    setenv("TZ", "UTC", 1);
    tzset();
    ck_assert_int_eq(codec_encode_feed(events[_i].line, &bytes), 0);
    ck_assert_int_eq(value_decode(bytes.data, bytes.used, &event), 0);
    text_event(event, NOW_MS, 3, text, events[_i].columns + 1);
    ck_assert_str_eq(text, events[_i].text);
    value_free(event);
    buffer_free(&bytes);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("text", &tests);
    tcase_add_loop_test(tests, test_duration_is_rounded_to_the_units_it_is_shown_in, 0,
                        sizeof durations / sizeof durations[0]);
    tcase_add_test(tests, test_distance_is_seen_from_now);
    tcase_add_loop_test(tests, test_short_moment_leaves_out_what_is_known, 0, 4);
    tcase_add_loop_test(tests, test_event_leaves_out_whole_parts_where_there_is_no_room, 0,
                        sizeof events / sizeof events[0]);
    return harness_run(suite);
}
