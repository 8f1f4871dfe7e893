#include "assignment.h"

#include "curve_key.h"
#include "log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void give_keys(const struct station_keys *all, enum job_kind kind, struct station_keys *some)
{
    const bool is_desk = kind <= JOB_DESK_OPERATOR;
    if (is_desk) {
        memcpy(some->code_hash, all->code_hash, sizeof some->code_hash);
        memcpy(some->request, all->request, sizeof some->request);
    }
    if (kind == JOB_DESK_DRIVER || kind == JOB_DESK_OPERATOR)
        memcpy(some->code_derive, all->code_derive, sizeof some->code_derive);
    if (!is_desk)
        memcpy(some->ledger, all->ledger, sizeof some->ledger);
}

static void give_socket(const struct listeners *listeners, int which, int32_t *fd,
                        char path[CONFIG_PATH_MAX])
{
    *fd = listeners->listen_fd[which];
    snprintf(path, CONFIG_PATH_MAX, "%s", listeners->path[which]);
}

static void give_descriptors(const struct station_state *state, const struct listeners *listeners,
                             enum job_kind kind, struct job *job)
{
    job->listen_fd = -1;
    job->feed_fd = -1;
    job->archive_fd = -1;
    job->run_lock_fd = state->run_lock_fd;
    job->data_lock_fd = kind >= JOB_KEEPER ? state->data_lock_fd : -1;
    for (int i = 0; i <= JOB_KEEPER; i++)
        job->wake_fd[i] = kind == JOB_KEEPER ? listeners->wake_fd[i] : -1;
    if (kind == JOB_KEEPER)
        job->archive_fd = listeners->archive_fd;
    if (kind > JOB_KEEPER)
        return;
    job->wake_fd[kind] = listeners->wake_fd[kind];
    job->wake_fd[JOB_KEEPER] = listeners->wake_fd[JOB_KEEPER];
    if (kind == JOB_KEEPER)
        return;
    job->wake_fd[JOB_DESK_OPERATOR] = listeners->wake_fd[JOB_DESK_OPERATOR]; /* the feed's */
    give_socket(listeners, (int)kind, &job->listen_fd, job->socket_path);
    if (kind == JOB_DESK_OPERATOR)
        give_socket(listeners, LISTENER_FEED, &job->feed_fd, job->feed_path);
}

static int give_remotes(const struct config *config, enum job_kind kind, struct job *job)
{
    char why[CURVE_KEY_WHY_SIZE];
    for (unsigned i = 0; i < config->remote_count; i++)
        if ((enum job_kind)config->remotes[i].role == kind)
            job->remotes[job->remote_count++] = config->remotes[i];
    if (job->remote_count == 0)
        return 0;
    const int error = curve_key_read_secret(config->curve_secret_key, job->curve_secret_key, why);
    if (error != 0)
        log_error("curve-secret-key %s: %s", config->curve_secret_key, why);
    return error;
}

int assignment_write(const struct station_state *state, const struct listeners *listeners,
                     enum job_kind kind, struct job *job)
{
    const struct config *config = state->config;
    memset(job, 0, sizeof *job); /* padding too: another process reads all of it */
    job->kind = kind;
    job->supervisor_pid = getpid();
    job->segment_fd = state->segment.fd;
    job->ready_fd = -1;
    job->quiet = config->quiet;
    job->ephemeral = config->ephemeral;
    snprintf(job->station, sizeof job->station, "%s", config->name);
    memcpy(job->boot_id, state->boot_id, sizeof job->boot_id);
    if (kind >= JOB_DESK_OPERATOR)
        snprintf(job->data_dir, sizeof job->data_dir, "%s", config->data_dir);
    give_keys(&state->keys, kind, &job->keys);
    give_descriptors(state, listeners, kind, job);
    return give_remotes(config, kind, job);
}
