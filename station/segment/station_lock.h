/*
 * The lock that guards the segment: a robust, process-shared mutex that knows whether it is held.
 *
 * While it is held: no system call, no logging, no allocation. Its owner may die at any
 * instruction; whoever takes it next is told so and puts the state right before going on.
 */
#ifndef LOCKER_STATION_LOCK_H
#define LOCKER_STATION_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* An owner that holds the lock this long is stopped or lost: an alarm, never a stolen lock. */
#define STATION_LOCK_LIMIT_MS 5000

struct station_lock {
    pthread_mutex_t mutex; /* PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_ROBUST, NORMAL */
    uint32_t holder;       /* thread id of the owner, 0 when free: for assertions and alarms */
    uint32_t takeovers;    /* how often an owner has died holding it */
};

/* In fresh memory that nobody else sees yet. 0 or -errno. */
int station_lock_create(struct station_lock *lock) __attribute__((warn_unused_result));

/*
 * 0: taken. -EOWNERDEAD: taken, its owner died holding it; repair what it guards, then call
 * station_lock_repaired() (releasing without makes it unusable for everyone). -ETIMEDOUT: the
 * owner did not let go within limit_ms. -ENOTRECOVERABLE: a repair was given up: every process must
 * leave.
 */
int station_lock_take(struct station_lock *lock, int limit_ms) __attribute__((warn_unused_result));
void station_lock_repaired(struct station_lock *lock);
void station_lock_release(struct station_lock *lock);

/* Whether it can be one that station_lock_create() made: to be asked before a lock of uncertain
 * past is taken, because of a mutex of another kind the C library believes more than is safe (it
 * may abort, or change this thread's priority). */
bool station_lock_is_sound(const struct station_lock *lock);

/* Whether the calling thread holds it. */
bool station_lock_is_held(const struct station_lock *lock);

#endif
