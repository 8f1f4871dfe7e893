/*
 * DIR/history.db: the sequences of each compartment's rows, so that the history of one compartment
 * needs no walk through all rows. For the files of this layer only.
 *
 * No index of the events' table: each commit would write some more pages, scattered over the whole
 * tree, and a reply waits for each commit. This one is a file of its own which the archivist brings
 * up to date now and then; the rows since are few, and are walked through. It says how far it goes,
 * of which ledger, and holds nothing that could not be made again: whatever is wrong with it, it is
 * not used, and the next archivist makes it anew.
 */
#ifndef LOCKER_LEDGER_INDEX_H
#define LOCKER_LEDGER_INDEX_H

#include "ledger_handle.h"

struct ledger_index {
    sqlite3 *db;      /* NULL: there is none to be used */
    uint64_t covered; /* rows up to this one are in it; 0 when there is none */
};

/* Open it for reading; one that is missing, damaged, or another ledger's counts as none. */
void ledger_index_open(struct ledger_index *index, struct ledger *ledger);
void ledger_index_close(struct ledger_index *index);

/* The sequences of this compartment's rows before `before`, newest first, at most limit of them
 * into sequences. The count, or -errno. */
int ledger_index_find(const struct ledger_index *index, const char *compartment, uint64_t before,
                      uint32_t limit, uint64_t *sequences) __attribute__((warn_unused_result));

#endif
