/*
 * The results of a load, for people and for programs.
 */
#ifndef LOCKER_LOAD_REPORT_H
#define LOCKER_LOAD_REPORT_H

#include "load_table.h"
#include "samples.h"

#include <jansson.h>
#include <stdio.h>

/* The tables for people. At least one round. */
void load_print(const struct load_table *table, FILE *file);

/* One row a cell: medians over the rounds, percentiles over all requests; empty where unknown. */
void load_print_csv(const struct load_table *table, FILE *file);

/* One object: {"rounds", "seconds", "cells": […]}. A new reference, NULL: no memory. */
json_t *load_json(const struct load_table *table);

/* What a later run is compared with: ratios to target 0, round by round. 0 or -ENOMEM. */
int load_samples(const struct load_table *table, struct samples *samples)
    __attribute__((warn_unused_result));

#endif
