#include "pace.h"

#define NS_PER_SECOND UINT64_C(1000000000)

/* A handful may be out when the time is over, however fast the server: no shortfall. */
#define IN_FLIGHT_AT_END 8

/* From the start and not from the one before, so that rounding never adds up. */
static uint64_t due_ns(const struct pace *pace, uint64_t number)
{
    return pace->start_ns + number / pace->rate * NS_PER_SECOND +
           number % pace->rate * NS_PER_SECOND / pace->rate;
}

void pace_start(struct pace *pace, uint64_t start_ns, uint64_t rate, double seconds,
                uint64_t out_max, struct load_round *round)
{
    *pace = (struct pace){.start_ns = start_ns,
                          .end_ns = start_ns + (uint64_t)(seconds * (double)NS_PER_SECOND),
                          .rate = rate,
                          .total = (uint64_t)(seconds * (double)rate),
                          .out_max = out_max,
                          .round = round};
    if (pace->total == 0)
        pace->total = 1;
    round->seconds = seconds;
}

bool pace_issue(struct pace *pace, uint64_t now_ns, struct pace_ticket *ticket)
{
    if (now_ns < pace_wake_ns(pace))
        return false;
    *ticket = (struct pace_ticket){.due_ns = due_ns(pace, pace->issued++), .sent_ns = now_ns};
    return true;
}

uint64_t pace_wake_ns(const struct pace *pace)
{
    if (pace->issued == pace->total || pace->issued - pace->settled >= pace->out_max)
        return UINT64_MAX;
    return due_ns(pace, pace->issued);
}

void pace_answer(struct pace *pace, const struct pace_ticket *ticket, uint64_t now_ns, bool ok)
{
    pace->settled++;
    if (!ok) {
        pace->round->refused++;
        return;
    }
    histogram_record(&pace->round->response, now_ns - ticket->due_ns);
    histogram_record(&pace->round->service, now_ns - ticket->sent_ns);
    if (now_ns <= pace->end_ns)
        pace->round->answered++;
}

void pace_give_up(struct pace *pace, const struct pace_ticket *ticket, uint64_t now_ns)
{
    pace->settled++;
    histogram_record(&pace->round->response, now_ns - ticket->due_ns);
    histogram_record(&pace->round->service, now_ns - ticket->sent_ns);
}

bool pace_is_over(const struct pace *pace)
{
    return pace->settled == pace->total;
}

void pace_finish(struct pace *pace, uint64_t now_ns)
{
    for (; pace->issued < pace->total && due_ns(pace, pace->issued) <= now_ns; pace->issued++)
        histogram_record(&pace->round->response, now_ns - due_ns(pace, pace->issued));
    uint64_t in_time = pace->round->answered + pace->round->refused;
    pace->round->fell_short =
        in_time + IN_FLIGHT_AT_END < pace->total && in_time < pace->total - pace->total / 100;
}
