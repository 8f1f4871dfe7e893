#include "station_lock.h"

#include "invariant.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

/* Asked of the kernel once a thread: no system call while the lock is held. A process of the
 * station never forks after it has taken the lock. */
static uint32_t own_thread_id(void)
{
    static _Thread_local uint32_t id;
    if (id == 0)
        id = (uint32_t)gettid();
    return id;
}

int station_lock_create(struct station_lock *lock)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);
    if (error != 0)
        return -error;
    error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (error == 0)
        error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (error == 0)
        error = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_NORMAL);
    if (error == 0)
        error = pthread_mutex_init(&lock->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    lock->holder = 0;
    lock->takeovers = 0;
    return -error;
}

static int wait_for(struct station_lock *lock, int limit_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += limit_ms / 1000;
    until.tv_nsec += (long)(limit_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return pthread_mutex_clocklock(&lock->mutex, CLOCK_MONOTONIC, &until);
}

int station_lock_take(struct station_lock *lock, int limit_ms)
{
    const uint32_t self = own_thread_id();
    int error = pthread_mutex_trylock(&lock->mutex);
    if (error == EBUSY)
        error = wait_for(lock, limit_ms);
    if (error == 0 || error == EOWNERDEAD)
        __atomic_store_n(&lock->holder, self, __ATOMIC_RELAXED);
    return -error;
}

void station_lock_repaired(struct station_lock *lock)
{
    INVARIANT(station_lock_is_held(lock));
    lock->takeovers++;
    INVARIANT(pthread_mutex_consistent(&lock->mutex) == 0);
}

void station_lock_release(struct station_lock *lock)
{
    INVARIANT(station_lock_is_held(lock));
    __atomic_store_n(&lock->holder, 0, __ATOMIC_RELAXED);
    INVARIANT(pthread_mutex_unlock(&lock->mutex) == 0);
}

bool station_lock_is_held(const struct station_lock *lock)
{
    return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) == own_thread_id();
}
