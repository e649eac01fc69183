/* utf8.c: is it UTF-8, and where may it be cut.
 *
 * Valid is what RFC 3629 says: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Runs of ASCII are passed eight bytes at a time. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

static int utf8_continues(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the character at the start of `at`, or 0 when it is none. */
static size_t utf8_character(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0], low = 0x80, high = 0xbf;
    size_t bytes;
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) {
        bytes = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        bytes = 3;
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        bytes = 4;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
    } else {
        return 0;
    }
    if (left < bytes || at[1] < low || at[1] > high) return 0;
    for (size_t i = 2; i < bytes; i++) {
        if (!utf8_continues(at[i])) return 0;
    }
    return bytes;
}

size_t psn_utf8_valid(const char *bytes, size_t length)
{
    const unsigned char *text = (const unsigned char *)bytes;
    size_t at = 0;
    while (at < length) {
        uint64_t eight;
        if (length - at >= 8) {
            memcpy(&eight, text + at, 8);
            if ((eight & 0x8080808080808080u) == 0) {
                at += 8;
                continue;
            }
        }
        size_t step = utf8_character(text + at, length - at);
        if (step == 0) return at;
        at += step;
    }
    return length;
}

size_t psn_utf8_cut(const char *bytes, size_t length, size_t limit)
{
    if (length <= limit) return length;
    size_t cut = limit;
    while (cut > 0 && limit - cut < 3 && utf8_continues((unsigned char)bytes[cut])) cut--;
    /* Not UTF-8: any cut is as good. */
    return utf8_continues((unsigned char)bytes[cut]) ? limit : cut;
}
