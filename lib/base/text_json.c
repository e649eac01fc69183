/* text_json.c: texts and numbers as JSON (RFC 8259). What is no UTF-8 becomes U+FFFD, so
 * that the output can always be parsed. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "base/utf8.h"

static void text_json_escape(psn_text *text, unsigned char byte)
{
    static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    for (const char *pair = letters; *pair != '\0'; pair += 2) {
        if ((unsigned char)*pair == byte) {
            char escape[2] = {'\\', pair[1]};
            psn_text_append(text, escape, 2);
            return;
        }
    }
    psn_text_format(text, "\\u%04x", (unsigned)byte);
}

static size_t text_json_plain(const char *bytes, size_t length)
{
    size_t plain = 0;
    while (plain < length && (unsigned char)bytes[plain] >= 0x20 && bytes[plain] != '"' &&
           bytes[plain] != '\\') {
        plain++;
    }
    return psn_utf8_valid(bytes, plain);
}

void psn_text_json(psn_text *text, const char *bytes, int64_t length)
{
    size_t left = length < 0 ? strlen(bytes) : (size_t)length;
    psn_text_append(text, "\"", 1);
    while (left > 0) {
        size_t plain = text_json_plain(bytes, left);
        psn_text_append(text, bytes, plain);
        bytes += plain;
        left -= plain;
        if (left == 0) break;
        if ((unsigned char)*bytes >= 0x80) {
            psn_text_append(text, "\xef\xbf\xbd", 3);
        } else {
            text_json_escape(text, (unsigned char)*bytes);
        }
        bytes++;
        left--;
    }
    psn_text_append(text, "\"", 1);
}

void psn_text_json_real(psn_text *text, double value)
{
    char digits[PSN_NUMBER_BYTES];
    if (!isfinite(value)) {
        psn_text_append(text, "null", 4);
        return;
    }
    psn_text_append(text, digits, psn_print_real(digits, value));
}
