/*
 * The keypad on a screen in a public place: one question, one big answer with what to do next, and
 * no code left to be read by the next in line.
 */
#ifndef LOCKER_KEYPAD_SCREEN_H
#define LOCKER_KEYPAD_SCREEN_H

#include "session.h"

/* Until the end of input. STATUS_DONE. */
int keypad_screen_run(struct session *session);

#endif
