/*
 * Processes, as /proc shows them. Usable outside of tests: nothing here asserts.
 */
#ifndef LOCKER_TEST_PROCESSES_H
#define LOCKER_TEST_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The living children of a process, at most max; returns how many. Zombies do not live. */
int processes_children(pid_t parent, pid_t *pids, int max);

/* Its first argument: how it calls itself. "" when it is gone. */
void processes_title(pid_t pid, char *title, size_t size);

bool processes_live(pid_t pid);

/* Whether it is alive, and is asleep for most of the 0.4 s that this looks on. */
bool processes_sleep(pid_t pid);

/* 1 when one of its descriptors is of a file whose path has this text in it, 0 when none is, -1
 * when this may not be seen (only root looks into processes that leave no core dump). */
int processes_have_open(pid_t pid, const char *text);

/* 1 when the bytes stand in memory of its own (heap, stack, data), 0 when not, -1 when this may not
 * be seen. */
int processes_have_in_memory(pid_t pid, const void *bytes, size_t size);

#endif
