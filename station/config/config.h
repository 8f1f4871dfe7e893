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
    int line;                           /* of the configuration file, where it stands */
    uint64_t keys_digest;               /* of the keys in that file, to tell when they change */
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
    bool json; /* what --check-config and --version print */
};

enum config_action { CONFIG_RUN, CONFIG_CHECK_ONLY, CONFIG_EXIT_OK, CONFIG_EXIT_USAGE };

/* Read the command line (and the file it names) into config. What to do next; messages have been
 * printed (help and version on stdout, mistakes on stderr). */
enum config_action config_from_command_line(struct config *config, int argc, char **argv);

/* What a new reading changes while the station runs. */
struct reload {
    struct policy policy;
    bool keys_changed[ROLE_COUNT]; /* other keys are allowed at the role's remote endpoints */
};

/* SIGHUP: read the same command line and file again; only what can change live is taken over: the
 * policies (ttl, on-expiry, fallback, remember, wrong-codes, sweep-every, credit-outages) are left
 * to the caller, what is known of the lists of allowed keys is noted in config. What else differs
 * is named in the log as needing a restart. 0, or -EINVAL: mistakes were logged, nothing is to
 * change. */
int config_reload(struct config *config, int argc, char **argv, struct reload *reload)
    __attribute__((warn_unused_result));

void config_free(struct config *config);

#endif
