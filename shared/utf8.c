#include "utf8.h"

#include <string.h>

/* The length of the sequence that starts at p with a byte over 0x7f, or 0 when it is no valid
 * one. The ranges are those of RFC 3629, section 4. */
static size_t sequence_length(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t length;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        length = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        length = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        length = 4;
    else
        return 0;
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    if (left < length || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    }
    return length;
}

bool utf8_is_valid(const char *bytes, size_t size)
{
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i < size;) {
        if (p[i] < 0x80) {
            i++;
            continue;
        }
        const size_t length = sequence_length(p + i, size - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

bool utf8_is_text(const char *bytes, size_t size)
{
    return utf8_is_valid(bytes, size) && (size == 0 || !memchr(bytes, '\0', size));
}
