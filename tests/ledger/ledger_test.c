#include "ledger_cases.h"
#include "support/harness.h"

#include <stdlib.h>
#include <unistd.h>

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
    suite_add_tcase(suite, ledger_long_cases());
    if (access("/dev/shm", W_OK) == 0) /* thousands of flushes */
        setenv("TMPDIR", "/dev/shm", 1);
    return harness_run(suite);
}
