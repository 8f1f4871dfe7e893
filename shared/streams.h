/*
 * The three standard streams of a program.
 */
#ifndef LOCKER_STREAMS_H
#define LOCKER_STREAMS_H

/*
 * The first thing a program does: see that descriptors 0 to 2 are taken, so that nothing opened
 * later gets one of them, and is read or written as a standard stream (a lock file that the log
 * goes into). What was closed stays as good as closed: reading and writing it fails, for output
 * that goes nowhere is an error. Exits where that cannot be had.
 */
void streams_occupy(void);

#endif
