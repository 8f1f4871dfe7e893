#include "group.h"

#include "reply_message.h"
#include "stage.h"

#include <errno.h>
#include <string.h>

/* It may have named a code. It is nobody else's: libzmq shares what is sent to many, not this. */
static void close_request(zmq_msg_t *body)
{
    const size_t size = zmq_msg_size(body);
    explicit_bzero(zmq_msg_data(body), size < REQUEST_BYTES_MAX ? size : REQUEST_BYTES_MAX);
    zmq_msg_close(body);
}

/* What is kept of a request's message is the way back. */
static void read_request(struct group *group, struct dispatch *dispatch, unsigned i)
{
    zmq_msg_t *body = &group->requests[i].body;
    dispatch_read(dispatch, group->requests[i].well_framed ? zmq_msg_data(body) : NULL,
                  zmq_msg_size(body), &group->errands[i]);
    close_request(body);
}

int group_take(struct group *group, struct counter *counter, struct dispatch *dispatch,
               unsigned most)
{
    group->count = 0;
    group->held = 0;
    group->chores = false;
    if (most > GROUP_MAX)
        most = GROUP_MAX;
    while (group->count < most) {
        const int error = counter_receive(counter, &group->requests[group->count]);
        stage_end(error == 0 ? STAGE_RECEIVE : STAGE_VAIN);
        if (error == -EAGAIN || error == -EINTR)
            break;
        if (error != 0) {
            group_drop(group);
            return error;
        }
        read_request(group, dispatch, group->count++);
    }
    return (int)group->count;
}

static int hold_reply(struct group *group, struct dispatch *dispatch, struct held_replies *held,
                      struct buffer *encoded)
{
    struct errand *errand = &group->errands[group->held];
    const struct counter_request *request = &group->requests[group->held];
    zmq_msg_t body;
    int error = dispatch_answer(dispatch, errand, encoded);
    if (error == 0)
        error = reply_message(encoded, errand->verdict.secret, &body);
    if (error != 0)
        return error;
    group->chores |= errand->verdict.chores;
    *held_replies_add(held) = (struct held_reply){
        .identity = request->identity,
        .envelope = request->envelope,
        .body = body,
        .sequence = errand->verdict.sequence,
    };
    group->held++;
    stage_end(STAGE_HOLD);
    return 0;
}

int group_perform(struct group *group, struct dispatch *dispatch, struct held_replies *held,
                  struct buffer *encoded)
{
    const int done =
        dispatch_perform(dispatch, &group->errands[group->held], group->count - group->held);
    int error = done < 0 ? done : 0;
    for (int i = 0; i < done && error == 0; i++)
        error = hold_reply(group, dispatch, held, encoded);
    return error;
}

void group_drop(struct group *group)
{
    for (unsigned i = group->held; i < group->count; i++) {
        zmq_msg_close(&group->requests[i].identity);
        envelope_free(group->requests[i].envelope);
        errand_drop(&group->errands[i]);
    }
    group->held = group->count;
}
