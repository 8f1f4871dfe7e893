/*
 * Accepted replies for people, on stdout. Each is a session_printer.
 */
#ifndef LOCKER_PRINT_H
#define LOCKER_PRINT_H

#include "session.h"

session_printer print_ping;
session_printer print_deposit; /* an exchange, too */
session_printer print_cancel;
session_printer print_pickup;
session_printer print_availability;
session_printer print_expired;
session_printer print_collect;
session_printer print_service;
session_printer print_release;
session_printer print_reissue;
session_printer print_extend;
session_printer print_history;
session_printer print_sweep;
session_printer print_clock;
session_printer print_status;
session_printer print_compartments; /* the lines of one page */

/* The heading of the table that print_compartments() continues, page by page. */
void print_compartments_heading(const struct session *session);

#endif
