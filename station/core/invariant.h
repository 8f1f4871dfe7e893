/*
 * An assertion that is always on: for what can only be false when this program is wrong, or its
 * memory damaged. Never for bytes from outside.
 */
#ifndef LOCKER_INVARIANT_H
#define LOCKER_INVARIANT_H

#define INVARIANT(condition)                                                                       \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            __builtin_trap();                                                                      \
    } while (0)

#endif
