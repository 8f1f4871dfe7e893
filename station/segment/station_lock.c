#include "station_lock.h"

#include "invariant.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__) && __GNUC__ < 13
#include <sanitizer/tsan_interface.h>
/* gcc 12's ThreadSanitizer does not know pthread_mutex_clocklock(), only the unlock. */
static void tell_sanitizer_taken(pthread_mutex_t *mutex)
{
    __tsan_mutex_pre_lock(mutex, __tsan_mutex_try_lock);
    __tsan_mutex_post_lock(mutex, __tsan_mutex_try_lock, 0);
}
#define TELL_SANITIZER_TAKEN(mutex) tell_sanitizer_taken(mutex)
#else
#define TELL_SANITIZER_TAKEN(mutex) ((void)(mutex))
#endif

/* Asked of the kernel once a thread, before the lock is taken: no system call while it is held. */
static _Thread_local uint32_t own_id;

/* In the child of a fork the only thread is another one. */
static void forget_own_id(void)
{
    own_id = 0;
}

static void watch_forks(void)
{
    /* Without memory for that, a child might take itself for its parent: better not to go on. */
    INVARIANT(pthread_atfork(NULL, NULL, forget_own_id) == 0);
}

static uint32_t own_thread_id(void)
{
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    if (own_id == 0) {
        pthread_once(&watched, watch_forks);
        own_id = (uint32_t)gettid();
    }
    return own_id;
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

bool station_lock_is_sound(const struct station_lock *lock)
{
    struct station_lock fresh;
    if (station_lock_create(&fresh) != 0)
        return false;
    /* What glibc tells kinds, robust and shared apart by; it has no function that asks. */
    const bool sound = lock->mutex.__data.__kind == fresh.mutex.__data.__kind;
    pthread_mutex_destroy(&fresh.mutex);
    return sound;
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
    /* Not pthread_mutex_trylock(): in glibc 2.36 it answers ENOTRECOVERABLE and keeps the lock, so
     * that whoever comes next waits in vain. A time before all others asks for the same, and costs
     * no look at the clock. */
    static const struct timespec at_once = {.tv_sec = -1};
    const uint32_t self = own_thread_id();
    int error = pthread_mutex_clocklock(&lock->mutex, CLOCK_MONOTONIC, &at_once);
    if (error == ETIMEDOUT)
        error = wait_for(lock, limit_ms);
    if (error == 0 || error == EOWNERDEAD) {
        TELL_SANITIZER_TAKEN(&lock->mutex);
        __atomic_store_n(&lock->holder, self, __ATOMIC_RELAXED);
    }
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
