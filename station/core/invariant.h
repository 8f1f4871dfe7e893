/*
 * An assertion that is always on: for what can only be false when this program is wrong, or its
 * memory damaged. Never for bytes from outside.
 *
 * It traps: nothing may be written or allocated where it stands (the segment's lock may be held).
 * What was false is noted first, for the handler of the trap (harden.h) to say.
 */
#ifndef LOCKER_INVARIANT_H
#define LOCKER_INVARIANT_H

/* "FILE:LINE: CONDITION" of the one that is false; NULL: none. */
extern const char *volatile invariant_broken;

#define INVARIANT_TEXT_OF(x) #x
#define INVARIANT_TEXT(x)    INVARIANT_TEXT_OF(x)

#define INVARIANT(condition)                                                                       \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            invariant_broken = __FILE__ ":" INVARIANT_TEXT(__LINE__) ": " #condition;              \
            __builtin_trap();                                                                      \
        }                                                                                          \
    } while (0)

#endif
