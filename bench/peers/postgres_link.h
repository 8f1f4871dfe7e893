/*
 * One client of a PostgreSQL: libpq, prepared statements.
 *
 * Pipelined, up to a few dozen of the requests sent since the last wait are one transaction: one
 * synchronisation point, one flush of the disk, and an answer counts when the commit does. That is
 * as good as one connection can have it; a transaction for each request would be a flush for each.
 */
#ifndef LOCKER_POSTGRES_LINK_H
#define LOCKER_POSTGRES_LINK_H

#include "load_protocol.h"

#include <libpq-fe.h>

#define POSTGRES_USER "locker"

/* A connection to the one that listens in that directory. 0, or -errno after a message. */
int postgres_connect(const char *directory, PGconn **connected) __attribute__((warn_unused_result));

/* Print what the connection or the result complains of (result may be NULL); -EPROTO. */
int postgres_complain(const PGconn *connection, const PGresult *result);

/* The protocol of struct peer. */
extern const struct load_protocol postgres_protocol;

#endif
