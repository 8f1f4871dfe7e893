/*
 * The results of a load, for people and for programs.
 */
#ifndef LOCKER_LOAD_REPORT_H
#define LOCKER_LOAD_REPORT_H

#include "load_table.h"

#include <stdio.h>

/* The table for people. At least one round. */
void load_print(const struct load_table *table, FILE *file);

/* One JSON object. 0, -ENOMEM, or -EIO. */
int load_print_json(const struct load_table *table, FILE *file) __attribute__((warn_unused_result));

#endif
