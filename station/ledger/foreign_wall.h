/*
 * The foreign wall: a private locker over the configured wall, with the compartments behind it that
 * the ledger speaks of and nobody has configured any more. The ledger is replayed into it, and what
 * it then holds is carried over to the locker of the configured wall alone: that is fine as long as
 * nothing is in the foreign ones in the end.
 */
#ifndef LOCKER_FOREIGN_WALL_H
#define LOCKER_FOREIGN_WALL_H

#include "ledger_handle.h"
#include "name_table.h"

#include <stddef.h>
#include <stdint.h>

struct foreign_wall {
    struct locker locker;
    void *memory; /* the locker's; NULL: not open */
    size_t memory_size;
};

/* Add the compartments of the rows after `after` up to `end` to the table. 0, or -errno with why.
 */
int foreign_wall_collect(struct ledger *ledger, uint64_t after, uint64_t end,
                         struct name_table *names, char *why) __attribute__((warn_unused_result));

/* An empty locker over all that the table names. 0, or -ENOMEM with why. */
int foreign_wall_open(struct foreign_wall *wall, const struct name_table *names, char *why)
    __attribute__((warn_unused_result));
void foreign_wall_close(struct foreign_wall *wall);

/* Its state into the locker of the configured wall, which is empty. 0; -EXDEV: a parcel is in a
 * foreign compartment; -EBADMSG: what `path` holds gives no possible state; then with why. */
int foreign_wall_carry_over(const struct foreign_wall *wall, const struct name_table *names,
                            struct locker *target, const char *path, char *why)
    __attribute__((warn_unused_result));

#endif
