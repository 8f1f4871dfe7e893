/*
 * A live picture of the station on a terminal, once a second, until q.
 */
#ifndef LOCKER_WATCH_H
#define LOCKER_WATCH_H

#include "conversation.h"

/* STATUS_DONE after q; STATUS_USAGE after a message when this terminal cannot show it. A signal
 * that ends the program does so after the terminal is as it was. */
int watch_run(struct conversation *conversation, const char *prefix);

#endif
