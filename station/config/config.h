/*
 * The station's configuration: the command line over the configuration file over the defaults.
 *
 * The file is libconfuse's syntax. Every mistake, in the file or on the command line, is reported
 * with its place and its remedy; all of them, not only the first.
 */
#ifndef LOCKER_CONFIG_H
#define LOCKER_CONFIG_H

#include "bounds.h"
#include "compartment.h"
#include "operation.h"
#include "policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_PATH_MAX 512

/* A tcp endpoint of one role, CURVE only. */
struct remote_endpoint {
    enum role role;
    char uri[128];                      /* tcp://ADDRESS:PORT */
    char allowed_keys[CONFIG_PATH_MAX]; /* file: one Z85 public key a line */
};

#define REMOTE_ENDPOINTS_MAX 8

struct config {
    char name[STATION_NAME_SIZE];
    char run_dir[CONFIG_PATH_MAX];
    char data_dir[CONFIG_PATH_MAX]; /* "" when ephemeral */
    char config_file[CONFIG_PATH_MAX];
    bool ephemeral;
    bool quiet;
    int ready_fd; /* -1: none */
    struct policy policy;
    struct compartment *wall; /* owned */
    uint32_t compartments;
    char curve_secret_key[CONFIG_PATH_MAX]; /* file with the station's Z85 secret key; "" none */
    struct remote_endpoint remotes[REMOTE_ENDPOINTS_MAX];
    unsigned remote_count;
};

enum config_action { CONFIG_RUN, CONFIG_CHECK_ONLY, CONFIG_EXIT_OK, CONFIG_EXIT_USAGE };

/* Read the command line (and the file it names) into config. What to do next; messages have been
 * printed (help and version on stdout, mistakes on stderr). */
enum config_action config_from_command_line(struct config *config, int argc, char **argv);

/* SIGHUP: read the same command line and file again; only the policies that can change live are
 * taken over into *policy (ttl, on-expiry, fallback, remember, wrong-codes, sweep-every,
 * credit-outages). What else differs is named in a warning on stderr as needing a restart. 0, or
 * -EINVAL: mistakes were reported, nothing is to change. */
int config_reload(const struct config *config, int argc, char **argv, struct policy *policy)
    __attribute__((warn_unused_result));

void config_free(struct config *config);

#endif
