/*
 * What the configuration says of itself: --help, and the summary of --check-config.
 */
#ifndef LOCKER_CONFIG_PRINT_H
#define LOCKER_CONFIG_PRINT_H

#include "config.h"

#include <stdio.h>

void config_print_help(FILE *stream);
void config_print_summary(const struct config *config, FILE *stream);

#endif
