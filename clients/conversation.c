#include "conversation.h"

#include "client.h"
#include "command_line.h"
#include "duration.h"
#include "endpoint.h"
#include "key_file.h"
#include "monotonic.h"
#include "say.h"
#include "text.h"
#include "unanswered.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A station that could not take a change is asked again this much later. */
#define ASK_AGAIN_MS 200
/* With less time left than this, another question would only hide the answer that is there. */
#define WORTH_ASKING_MS 100

struct conversation {
    char endpoint[ENDPOINT_URI_SIZE];
    bool endpoint_given; /* rather than a run directory */
    struct key_pair own;
    char server_key[KEY_TEXT_SIZE]; /* "" on ipc:// */
    int timeout_ms;

    struct client *client; /* NULL: to be opened */

    struct unanswered unanswered;
    bool left_open;    /* the outcome of the change asked for last is not known … */
    bool nobody_asked; /* … but there was nobody to ask when it began */
};

static void wait_ms(int64_t ms)
{
    struct timespec span = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&span, NULL); /* cut short by a signal: asks a little earlier */
}

/* ---- where the station is -------------------------------------------------------------- */

static bool has_scheme(const char *endpoint, const char *scheme)
{
    return strncmp(endpoint, scheme, strlen(scheme)) == 0;
}

static int set_given_endpoint(struct conversation *conversation, const char *given,
                              const char *prefix)
{
    bool local = has_scheme(given, "ipc://");
    if (local ? given[strlen("ipc://")] == '\0' : !endpoint_is_tcp(given)) {
        say(prefix, "\"%s\" is no endpoint: give ipc://PATH or tcp://HOST:PORT", given);
        return STATUS_USAGE;
    }
    bool too_long = local ? strlen(given) - strlen("ipc://") >= ENDPOINT_PATH_MAX
                          : strlen(given) >= ENDPOINT_URI_SIZE;
    if (too_long) {
        say(prefix, "the endpoint is too long: %s", given);
        return STATUS_USAGE;
    }
    strcpy(conversation->endpoint, given);
    conversation->endpoint_given = true;
    return STATUS_DONE;
}

static int set_endpoint(struct conversation *conversation,
                        const struct conversation_settings *settings, const char *prefix)
{
    char run_dir[ENDPOINT_PATH_MAX];
    const char *directory = settings->run_dir;
    if (directory != NULL && settings->endpoint != NULL) {
        say(prefix, "--run and --endpoint both say where the station is: give one");
        return STATUS_USAGE;
    }
    if (settings->endpoint != NULL)
        return set_given_endpoint(conversation, settings->endpoint, prefix);
    if (directory != NULL && directory[0] == '\0') {
        say(prefix, "--run is empty: name the station's run directory");
        return STATUS_USAGE;
    }
    if (directory == NULL) {
        if (endpoint_default_run_dir(run_dir, sizeof run_dir) != 0) {
            say(prefix, "the default run directory's name is too long: name one with --run DIR");
            return STATUS_USAGE;
        }
        directory = run_dir;
    }
    if (endpoint_uri(directory, settings->role, conversation->endpoint) != 0) {
        say(prefix, "the run directory's name is too long for a socket: %s", directory);
        return STATUS_USAGE;
    }
    return STATUS_DONE;
}

static int set_keys(struct conversation *conversation, const struct conversation_settings *settings,
                    const char *prefix)
{
    bool remote = has_scheme(conversation->endpoint, "tcp://");
    if (!remote) {
        if (settings->server_key_file == NULL && settings->key_file == NULL)
            return STATUS_DONE;
        say(prefix, "--server-key and --key belong to a tcp:// endpoint; this one is %s",
            conversation->endpoint);
        return STATUS_USAGE;
    }
    if (settings->server_key_file == NULL || settings->key_file == NULL) {
        say(prefix, "a tcp:// endpoint is encrypted: name the station's public key with"
                    " --server-key FILE and your own keys with --key FILE (\"locker-operator"
                    " keygen FILE\" makes them)");
        return STATUS_USAGE;
    }
    int status = key_file_read_public(settings->server_key_file, conversation->server_key, prefix);
    if (status != STATUS_DONE)
        return status;
    return key_file_read_pair(settings->key_file, &conversation->own, prefix);
}

int conversation_create(struct conversation **conversation,
                        const struct conversation_settings *settings, const char *prefix)
{
    struct conversation *made = calloc(1, sizeof *made);
    if (made == NULL) {
        say(prefix, "out of memory");
        return STATUS_UNREACHED;
    }
    if (sodium_init() < 0) {
        say(prefix, "libsodium cannot be used on this machine");
        free(made);
        return STATUS_UNREACHED;
    }
    unanswered_begin(&made->unanswered);
    made->timeout_ms = settings->timeout_ms;
    int status = set_endpoint(made, settings, prefix);
    if (status == STATUS_DONE)
        status = set_keys(made, settings, prefix);
    if (status != STATUS_DONE) {
        conversation_destroy(made);
        return status;
    }
    *conversation = made;
    return STATUS_DONE;
}

void conversation_destroy(struct conversation *conversation)
{
    if (conversation == NULL)
        return;
    if (conversation->client != NULL)
        client_close(conversation->client);
    explicit_bzero(conversation, sizeof *conversation);
    free(conversation);
}

const char *conversation_endpoint(const struct conversation *conversation)
{
    return conversation->endpoint;
}

void conversation_set_timeout(struct conversation *conversation, int timeout_ms)
{
    conversation->timeout_ms = timeout_ms;
}

int conversation_timeout(const struct conversation *conversation)
{
    return conversation->timeout_ms;
}

/* ---- asking ---------------------------------------------------------------------------- */

static int open_client(struct conversation *conversation)
{
    struct client_options options = {
        .endpoint = conversation->endpoint,
        .timeout_ms = conversation->timeout_ms,
    };
    if (conversation->server_key[0] != '\0') {
        options.server_public_key = conversation->server_key;
        options.public_key = conversation->own.public_key;
        options.secret_key = conversation->own.secret_key;
    }
    return client_open(&conversation->client, &options);
}

static int call(struct conversation *conversation, const struct request *request, int64_t left_ms,
                struct value **reply)
{
    *reply = NULL;
    if (conversation->client == NULL) {
        int error = open_client(conversation);
        if (error != 0)
            return error;
    }
    client_set_timeout(conversation->client, (int)left_ms);
    return client_call(conversation->client, request, reply);
}

static bool is_refusal(const struct value *reply, enum outcome outcome)
{
    char error[TEXT_SIZE];
    return strcmp(text_of(reply, "error", error), outcome_name(outcome)) == 0;
}

/* What a change's last attempt says of its outcome. */
static void note_outcome(struct conversation *conversation, const struct request *request,
                         int error, const struct value *reply)
{
    /* storage_unavailable leaves it open: the change may be recorded, and on disk later. */
    if (error != 0 || is_refusal(reply, OUTCOME_STORAGE_UNAVAILABLE)) {
        unanswered_keep(&conversation->unanswered, request);
        conversation->left_open = true;
    } else if (!is_refusal(reply, OUTCOME_TRY_LATER)) { /* that says nothing of earlier attempts */
        unanswered_forget(&conversation->unanswered, request);
        conversation->left_open = false;
    }
}

/* How long to wait before the same question is worth asking again; 0: it is not. */
static int64_t ask_again_in_ms(const struct request *request, const struct value *reply)
{
    if (is_refusal(reply, OUTCOME_STORAGE_UNAVAILABLE))
        return ASK_AGAIN_MS;
    /* A pickup may have been put off for wrong codes: that is for the customer to know. */
    if (!is_refusal(reply, OUTCOME_TRY_LATER) || request->operation == OP_PICKUP)
        return 0;
    const struct value *after = value_get(reply, "retry_after_ms");
    int64_t ms = after != NULL ? value_int(after) : 0;
    return ms > 0 ? ms : ASK_AGAIN_MS;
}

/* Of a socket in the file system it can be told, of tcp not. */
static bool nobody_there(const struct conversation *conversation)
{
    const char *endpoint = conversation->endpoint;
    return has_scheme(endpoint, "ipc://") && access(endpoint + strlen("ipc://"), F_OK) != 0;
}

int conversation_ask(struct conversation *conversation, struct request *request,
                     struct value **reply)
{
    bool change = request_changes(request);
    conversation->left_open = false;
    conversation->nobody_asked = nobody_there(conversation);
    if (change && !request->has_id && !unanswered_recall(&conversation->unanswered, request))
        client_new_id(request);
    int64_t deadline_ms = monotonic_ms() + conversation->timeout_ms;
    int64_t left_ms = conversation->timeout_ms;
    int error;
    for (;;) {
        error = call(conversation, request, left_ms, reply);
        if (change)
            note_outcome(conversation, request, error, *reply);
        if (error != 0)
            break;
        int64_t pause_ms = ask_again_in_ms(request, *reply);
        if (pause_ms == 0 || pause_ms > deadline_ms - monotonic_ms() - WORTH_ASKING_MS)
            break;
        value_free(*reply);
        wait_ms(pause_ms);
        left_ms = deadline_ms - monotonic_ms();
        if (left_ms < 1)
            left_ms = 1;
    }
    return error;
}

bool conversation_left_open(const struct conversation *conversation)
{
    return conversation->left_open && !(conversation->nobody_asked && nobody_there(conversation));
}

/* ---- what went wrong ------------------------------------------------------------------- */

static void hint(const struct conversation *conversation)
{
    if (!has_scheme(conversation->endpoint, "ipc://")) {
        say(NULL, "Is the station running there, does it allow this terminal's public key, and is"
                  " --server-key the station's?");
        return;
    }
    const char *path = conversation->endpoint + strlen("ipc://");
    if (access(path, R_OK | W_OK) == 0)
        say(NULL, "Its socket is there: is the station stopped or overloaded?");
    else if (errno == EACCES)
        say(NULL, "You may not use this socket: join the group that owns it.");
    else
        say(NULL, "There is no socket there. Is the station running?%s",
            conversation->endpoint_given
                ? ""
                : " Name its run directory with --run DIR or $LOCKER_RUN.");
}

void conversation_explain(const struct conversation *conversation, int error, const char *prefix,
                          bool quiet)
{
    char span[32];
    if (error == -ETIMEDOUT)
        say(prefix, "no answer from the station at %s within %s", conversation->endpoint,
            duration_format(conversation->timeout_ms, span, sizeof span));
    else if (error == -EBADMSG)
        say(prefix, "what answers at %s is no locker station", conversation->endpoint);
    else
        say(prefix, "cannot reach the station at %s: %s", conversation->endpoint, strerror(-error));
    if (!quiet && error != -EBADMSG)
        hint(conversation);
}
