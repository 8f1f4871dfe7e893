#include "ledger_cases.h"

#include <stdlib.h>

int main(void)
{
    Suite *suite = suite_create("ledger");
    suite_add_tcase(suite, ledger_row_cases());
    suite_add_tcase(suite, ledger_load_cases());
    suite_add_tcase(suite, ledger_damage_cases());
    suite_add_tcase(suite, ledger_damage_with_checkpoint_cases());
    suite_add_tcase(suite, ledger_crash_cases());
    suite_add_tcase(suite, ledger_share_cases());
    suite_add_tcase(suite, ledger_foreign_cases());
    suite_add_tcase(suite, ledger_end_cases());
    suite_add_tcase(suite, ledger_watch_cases());
    suite_add_tcase(suite, ledger_backfill_cases());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
