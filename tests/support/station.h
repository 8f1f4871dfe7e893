/*
 * A real station: the program under test, started in directories of its own.
 *
 * Every function fails the test when what it promises does not come true.
 */
#ifndef LOCKER_TEST_STATION_H
#define LOCKER_TEST_STATION_H

#include "bounds.h"
#include "client.h"
#include "harness.h"

#include <stdbool.h>
#include <sys/types.h>

#define STATION_ARGUMENTS_MAX 32
#define STATION_PROCESSES_MAX 8

struct station {
    char name[STATION_NAME_SIZE];
    char root[HARNESS_PATH_SIZE]; /* what follows is in it */
    char run[HARNESS_PATH_SIZE];
    char data[HARNESS_PATH_SIZE];
    char log[HARNESS_PATH_SIZE];     /* its stderr, of all starts */
    char segment[HARNESS_PATH_SIZE]; /* pattern of its entry in /dev/shm */
    char arguments[STATION_ARGUMENTS_MAX][HARNESS_PATH_SIZE];
    int argument_count;
    void (*before_exec)(struct station *); /* in the child; NULL: nothing */
    pid_t pid;                             /* of the supervisor; 0: not running */
    struct client *clients[ROLE_COUNT];    /* see wire.h */
};

/* Directories and arguments; nothing is started. More arguments for the program, up to NULL.
 * Without --compartments among them there are 4 small, 3 medium, 2 large ones. */
void station_prepare(struct station *station, ...) __attribute__((sentinel));

/* Start, and wait until it serves. */
void station_start(struct station *station);

/* The same in one. */
void station_begin(struct station *station, ...) __attribute__((sentinel));

/* Start one that must not come up; its exit code. What it says is in the log. */
int station_start_refused(struct station *station);

/* Another argument for the next start. */
void station_add_argument(struct station *station, const char *argument);

/* SIGTERM: exit code 0, and no process, socket or shared memory left. */
void station_stop(struct station *station);

/* Wait until the supervisor has ended by itself; its wait status. */
int station_await_end(struct station *station);

/* kill -9 of the supervisor: every process is gone afterwards. */
void station_kill(struct station *station);

/* Of a killed station: the shared memory that it left. */
void station_segment_path(const struct station *station, char path[HARNESS_PATH_SIZE]);

/* Stop it when it runs, and remove all of it. */
void station_end(struct station *station);

/* The process that calls itself "locker-station: WHAT"; waits until there is one. */
pid_t station_process(const struct station *station, const char *what);

/* Kill that process, and wait until it has been started again. */
void station_kill_process(const struct station *station, const char *what, int signal_number);

bool station_log_has(const struct station *station, const char *text);

/* Bytes of the file in the data directory of this name. */
void station_data_path(const struct station *station, const char *file,
                       char path[HARNESS_PATH_SIZE]);

#endif
