/*
 * The supervisor: claims the directories, brings the state up, starts the processes, starts again
 * those that die, and ends them in good order. It reads no client's bytes.
 */
#ifndef LOCKER_SUPERVISOR_H
#define LOCKER_SUPERVISOR_H

#include "config.h"

/*
 * Run the station until it is told to end; returns the exit code: 0 ended in good order, 1 could
 * not start or left changes that are not on disk (the cause was logged). argv: to read the
 * configuration again on SIGHUP. config->ready_fd is closed once it has been written to.
 */
int supervise(struct config *config, int argc, char **argv);

#endif
