/*
 * The cases of the ledger's tests, one function a file.
 */
#ifndef LEDGER_CASES_H
#define LEDGER_CASES_H

#include <check.h>

TCase *ledger_row_cases(void);
TCase *ledger_load_cases(void);
TCase *ledger_damage_cases(void);
TCase *ledger_damage_with_checkpoint_cases(void);
TCase *ledger_crash_cases(void);
TCase *ledger_share_cases(void);
TCase *ledger_foreign_cases(void);
TCase *ledger_end_cases(void);
TCase *ledger_watch_cases(void);
TCase *ledger_backfill_cases(void);
TCase *ledger_long_cases(void);

#endif
