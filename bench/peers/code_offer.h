/*
 * Codes that a client offers with a deposit: the peers' servers have no source of unpredictable
 * numbers as cheap as the client's kernel. The server takes the first that is unused; with several
 * in one request, a second round trip is as good as never needed.
 */
#ifndef LOCKER_CODE_OFFER_H
#define LOCKER_CODE_OFFER_H

#include "bounds.h"

#define CODE_OFFER_COUNT 4

struct code_offer {
    char codes[CODE_OFFER_COUNT][CODE_SIZE]; /* PEER_CODE_DIGITS decimal digits each */
};

/* 0 or -errno. */
int code_offer_draw(struct code_offer *offer) __attribute__((warn_unused_result));

#endif
