/*
 * The configuration file, in libconfuse's syntax: the settings by their names, and the sections
 * compartments, compartment and remote.
 */
#ifndef LOCKER_CONFIG_FILE_H
#define LOCKER_CONFIG_FILE_H

#include "setting.h"

/* Read draft->config->config_file into the draft. Whether it could be read to its end: if not, what
 * it lacks says nothing. Mistakes are added. */
bool config_file_read(struct draft *draft);

#endif
