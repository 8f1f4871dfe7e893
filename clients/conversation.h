/*
 * One program's conversation with the station: where it is, how long to wait, what to ask again.
 */
#ifndef LOCKER_CONVERSATION_H
#define LOCKER_CONVERSATION_H

#include "codec.h"
#include "message.h"
#include "operation.h"

struct conversation;

struct conversation_settings {
    enum role role;
    const char *run_dir;         /* NULL: the default one */
    const char *endpoint;        /* instead of it; NULL: the role's, in the run directory */
    const char *server_key_file; /* tcp:// only, both or none; else NULL */
    const char *key_file;
    int timeout_ms; /* of one question, repetitions included */
};

/* STATUS_DONE; STATUS_USAGE or STATUS_UNREACHED after a message (with this prefix) that says
 * what is wrong with the settings. */
int conversation_create(struct conversation **conversation,
                        const struct conversation_settings *settings, const char *prefix);
void conversation_destroy(struct conversation *conversation);

/*
 * Ask. 0 and *reply (value_free() it), a map with a bool "ok": an answer or a refusal.
 * A change keeps the id it has, or gets a fresh one; but when it is a change whose outcome was left
 * open (no answer, or storage_unavailable), it gets that one's id again, so that repeating a
 * command by hand is as safe as repeating it by program. storage_unavailable, and a try_later that
 * no wrong codes can be the cause of, are asked again under the same id until the timeout.
 * -ETIMEDOUT: no answer. -EBADMSG: not a station's answer. Other -errno: conversation_explain().
 */
int conversation_ask(struct conversation *conversation, struct request *request,
                     struct value **reply) __attribute__((warn_unused_result));

/* Whether the change asked for last may have been made, though the answer does not say so. */
bool conversation_left_open(const struct conversation *conversation);

/* Say on stderr what a failed conversation_ask() means and what to do. quiet: no hint. */
void conversation_explain(const struct conversation *conversation, int error, const char *prefix,
                          bool quiet);

const char *conversation_endpoint(const struct conversation *conversation);

/* For a live picture, which asks often and must stay responsive. */
void conversation_set_timeout(struct conversation *conversation, int timeout_ms);
int conversation_timeout(const struct conversation *conversation);

#endif
