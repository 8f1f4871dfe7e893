#include "code_offer.h"

#include "peer.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

int code_offer_draw(struct code_offer *offer)
{
    uint64_t draws[CODE_OFFER_COUNT];
    if (getrandom(draws, sizeof draws, 0) != sizeof draws)
        return -errno;
    for (unsigned i = 0; i < CODE_OFFER_COUNT; i++) {
        /* The remainder of 64 bits favours no code by more than 1 in 10^10. */
        uint64_t rest = draws[i];
        for (unsigned digit = PEER_CODE_DIGITS; digit-- > 0; rest /= 10)
            offer->codes[i][digit] = (char)('0' + rest % 10);
        offer->codes[i][PEER_CODE_DIGITS] = '\0';
    }
    return 0;
}
