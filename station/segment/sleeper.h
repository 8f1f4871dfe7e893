/*
 * Sleeper: a process that sleeps, or is about to, until a sequence is reached. It says so in shared
 * memory, so that the others wake it only when that is of use: a wake-up costs about as much as
 * all the work of a request (as io_uring's NEED_WAKEUP flag saves system calls).
 *
 * None is missed: the sleeper lies down first and then looks once more whether there is something
 * to do; who makes something to do does it first and then looks at the sleeper; and both put a
 * full barrier in between. Lock required: none.
 */
#ifndef LOCKER_SLEEPER_H
#define LOCKER_SLEEPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A sequence that is never reached: asleep until told. */
#define SLEEPER_UNTIL_TOLD UINT64_MAX

struct sleeper {
    _Atomic uint64_t wakes_at; /* 0: awake; else the sequence that it waits for */
};

/* The sleeper's own: look for work between the two. */
void sleeper_lie_down(struct sleeper *sleeper, uint64_t sequence);
void sleeper_get_up(struct sleeper *sleeper);

/* `reached` is there (SLEEPER_UNTIL_TOLD: wake it in any case). True for one caller: it is to write
 * to the sleeper's eventfd. */
bool sleeper_rouse(struct sleeper *sleeper, uint64_t reached);

#endif
