/*
 * The station's policies: what an operator can choose.
 */
#ifndef LOCKER_POLICY_H
#define LOCKER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

struct policy {
    int64_t ttl_ms;             /* life of a code; > 0 */
    int64_t remember_ms;        /* how long a retired code is remembered */
    int64_t sweep_every_ms;     /* the longest the expiry timer sleeps; > 0 */
    int64_t credit_outages_ms;  /* an outage at least this long is credited; 0: off */
    uint32_t wrong_codes;       /* burst of wrong codes at the keypad; 0: no limit */
    uint32_t remember_requests; /* how many request ids are remembered; fixed for a run */
    uint8_t code_digits;        /* 6 to 12 */
    bool fallback;              /* a larger compartment when none of the exact size is free */
    bool hold_expired;          /* an expired parcel keeps its compartment until collected */
    bool reserved;
};

#define POLICY_DEFAULT                                                                             \
    ((struct policy){.ttl_ms = INT64_C(7) * 24 * 3600 * 1000,                                      \
                     .remember_ms = INT64_C(30) * 24 * 3600 * 1000,                                \
                     .sweep_every_ms = INT64_C(3600) * 1000,                                       \
                     .wrong_codes = 30,                                                            \
                     .remember_requests = 262144,                                                  \
                     .code_digits = 6})

/* One wrong code is earned back in this time. */
#define WRONG_CODE_EARNED_EVERY_MS 3000

#endif
