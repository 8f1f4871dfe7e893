#include "history_view.h"

#include <string.h>

static bool history_view_has_amount(uint8_t kind)
{
    return kind == EVENT_EXTENDED || kind == EVENT_SWEPT || kind == EVENT_OUTAGE_CREDITED;
}

void history_view_of_event(const struct locker *locker, const struct event *event,
                           struct history_line *line)
{
    *line = (struct history_line){
        .sequence = event->sequence,
        .at_ms = event->at_ms,
        .event = event_name((enum event_kind)event->kind),
        .expires_at_ms = event->expires_at_ms,
        .has_in_service = event->kind == EVENT_SERVICE_CHANGED,
        .in_service = event->in_service != 0,
        .has_amount = history_view_has_amount(event->kind),
        .amount = event->amount,
    };
    if (event->compartment != COMPARTMENT_NONE) {
        const struct compartment *compartment = locker_compartment(locker, event->compartment);
        memcpy(line->compartment, compartment->id, sizeof line->compartment);
        line->has_size = true;
        line->size = (enum parcel_size)compartment->size;
    }
    if (event->kind == EVENT_EXCHANGED)
        memcpy(line->cancelled, locker_compartment(locker, event->given_up)->id,
               sizeof line->cancelled);
    memcpy(line->reason, event->reason, sizeof line->reason);
    if (event->kind == EVENT_CANCELLED || event->kind == EVENT_EXCHANGED) {
        const char *reason = cancel_reason_name((enum cancel_reason)event->cancel_reason);
        memset(line->reason, 0, sizeof line->reason);
        memcpy(line->reason, reason, strlen(reason));
    }
}
