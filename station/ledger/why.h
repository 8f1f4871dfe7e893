/*
 * The sentence that goes with an error: what is wrong, and what can be done.
 */
#ifndef LOCKER_WHY_H
#define LOCKER_WHY_H

/* What to do about damage that the ledger itself cannot make good. */
#define WHY_RESTORE                                                                                \
    "nothing was changed; keep a copy of the directory, then restore ledger.db, mark and "         \
    "checkpoint together from a backup"

/* Write the sentence into why (LEDGER_WHY_SIZE bytes, or NULL: nobody wants it); returns error. */
int why_say(char *why, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
