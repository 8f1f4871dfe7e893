/*
 * The end of reading a configuration: default places, and what only the whole can be judged by.
 */
#ifndef LOCKER_CONFIG_FINISH_H
#define LOCKER_CONFIG_FINISH_H

#include "setting.h"

/* Fill in the places that nobody named, and add the mistakes that lie between settings. */
void config_finish(struct draft *draft);

/* On stderr: what is allowed but hardly meant. */
void config_warn(const struct config *config);

#endif
