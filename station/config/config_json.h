/*
 * The configuration as one JSON object: what --check-config --json prints.
 */
#ifndef LOCKER_CONFIG_JSON_H
#define LOCKER_CONFIG_JSON_H

#include "config.h"

#include <stdio.h>

/* The file's names of the settings, durations in milliseconds under NAME_ms. 0, or -ENOMEM with
 * nothing printed. */
int config_print_json(const struct config *config, FILE *stream)
    __attribute__((warn_unused_result));

/* "locker-station 0.1.0", or as JSON. */
void config_print_version(bool json, FILE *stream);

#endif
