/*
 * Measuring servers side by side: interleaved rounds, so that whatever else the machine does meets
 * all of them alike.
 */
#ifndef LOCKER_LOAD_MEASURE_H
#define LOCKER_LOAD_MEASURE_H

#include "endpoint.h"
#include "load_protocol.h"
#include "load_table.h"
#include "size.h"

/* Where one target of the table takes requests. Both may be the same. */
struct load_server {
    char driver_uri[ENDPOINT_URI_SIZE];
    char keypad_uri[ENDPOINT_URI_SIZE];
    /* Not by libzmq at these: then in which way, and of which server (the protocol's open()). */
    const struct load_protocol *protocol;
    void *server;
};

/* Make the table's cells and fill them, `rounds` times; servers are in the order of its targets.
 * Cells of a shape that a server's protocol does not have are skipped.
 * Ctrl-C ends it early, and the table holds the rounds completed. 0, or -errno after a message
 * when a server gave no proper answer. load_table_free() either way. */
int load_measure(struct load_table *table, const struct load_server *servers, enum parcel_size size,
                 unsigned rounds) __attribute__((warn_unused_result));

#endif
