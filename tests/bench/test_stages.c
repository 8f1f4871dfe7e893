/*
 * The accounts of a traced station, read: times a request, without the marks, by round.
 */
#include "stages_table.h"
#include "support/harness.h"

#include <check.h>
#include <errno.h>

#define HEAD "process,kind,stage,count,sum_ns,mark_ns,up_to_ns:count\n"

static struct stages_table table;
static struct stages_cell *cell;

static void begin(void)
{
    cell = stages_table_add(&table);
    ck_assert_ptr_nonnull(cell);
    cell->station = "durable";
    cell->shape = (struct load_shape){.clients = 1};
}

static void end(void)
{
    stages_table_free(&table);
}

static int read_text(const char *text)
{
    char copy[2048];
    const int length = snprintf(copy, sizeof copy, "%s", text);
    FILE *file = fmemopen(copy, (size_t)length, "r");
    ck_assert_ptr_nonnull(file);
    const int status = stages_read(cell, file);
    fclose(file);
    return status;
}

#define ACCOUNTS                                                                                   \
    HEAD "driver desk,lap,receive,100,10000,20.0, 79:50 99:49 500:1\n"                             \
         "driver desk,lap,apply,200,3000,20.0, 15:200\n"                                           \
         "driver desk,span,decided,100,40000,20.0, 400:100\n"                                      \
         "driver desk,span,sent,100,60000,20.0, 600:100\n"                                         \
         "driver desk,span,whole,100,100000,20.0, 1000:100\n"                                      \
         "keypad desk,span,whole,100,100000,20.0, 1000:100\n"                                      \
         "keeper,lap,flush,50,5000000,30.0, 100000:50\n"

static void expect(const char *process, const char *stage, enum stages_figure figure, double value)
{
    const double found = stages_median(cell, process, stage, figure);
    ck_assert_msg(found > value - 1e-6 && found < value + 1e-6, "%s, %s: %f, not %f", process,
                  stage, found, value);
}

START_TEST(test_figures)
{
    cell->trips[0].mean_ns = 5000;
    ck_assert_int_eq(read_text(ACCOUNTS), 0);
    cell->rounds++;
    expect("driver desk", "receive", STAGES_TIMES, 1);
    expect("driver desk", "receive", STAGES_MEAN_NS, 80);
    expect("driver desk", "receive", STAGES_P50_NS, 59);
    expect("driver desk", "receive", STAGES_P99_NS, 79);
    expect("driver desk", "apply", STAGES_TIMES, 2);
    expect("driver desk", "apply", STAGES_MEAN_NS, 0); /* shorter than a mark */
    expect("driver desk", "apply", STAGES_MARK_NS, 40);
    expect("driver desk", "decided", STAGES_MEAN_NS, 400);
    expect("keeper", "flush", STAGES_TIMES, 0.25); /* of 200 changes */
    expect("keeper", "nonsense", STAGES_TIMES, 0);
}
END_TEST

START_TEST(test_the_way_comes_to_the_round_trip)
{
    double parts[STAGES_PARTS];
    double sum = 0;
    cell->trips[0].mean_ns = 5000;
    ck_assert_int_eq(read_text(ACCOUNTS), 0);
    cell->rounds++;
    stages_way(cell, 0, parts);
    for (unsigned part = 0; part < STAGES_PARTS; part++)
        sum += parts[part];
    ck_assert_double_eq_tol(sum, 5000, 1e-6);
    ck_assert_double_eq_tol(parts[PART_TRANSPORT], 4000, 1e-6);
    ck_assert_double_eq_tol(parts[PART_STORED], 0, 1e-6);
}
END_TEST

START_TEST(test_medians_of_rounds)
{
    for (unsigned round = 0; round < 3; round++) {
        ck_assert_int_eq(read_text(ACCOUNTS), 0);
        cell->rounds++;
    }
    expect("driver desk", "receive", STAGES_MEAN_NS, 80);
    expect("driver desk", "receive", STAGES_TIMES, 1);
}
END_TEST

START_TEST(test_what_is_no_account)
{
    static const char *const wrong[] = {
        "",
        "nonsense\n",
        HEAD,
        HEAD "driver desk,lap,receive\n",
        HEAD "driver desk,lap,receive,0,0,20.0,\n",
        HEAD "keeper,lap,flush,50,5000,30.0, 100:50\n",
    };
    ck_assert_int_eq(read_text(wrong[_i]), -EINVAL);
}
END_TEST

int main(void)
{
    TCase *tests;
    Suite *suite = harness_suite("stages", &tests);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, test_figures);
    tcase_add_test(tests, test_the_way_comes_to_the_round_trip);
    tcase_add_test(tests, test_medians_of_rounds);
    tcase_add_loop_test(tests, test_what_is_no_account, 0, 6);
    return harness_run(suite);
}
