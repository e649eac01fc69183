/* text.h: a growing text, and formatting that no locale can change. */
#ifndef PSN_BASE_TEXT_H
#define PSN_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise. Appending goes on after running out of memory; `failed` says so once
 * at the end. bytes always ends with a NUL when not NULL. */
typedef struct psn_text {
    char *bytes;
    size_t length;
    size_t capacity;
    int failed;
} psn_text;

void psn_text_append(psn_text *text, const char *bytes, size_t length);
/* Knows %s %.*s %c %d %u %x (also with l, ll, z, a width and a leading 0), %g (shortest
 * that reads back), %.Nf with N <= 9, and %%. */
void psn_text_format(psn_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes; length < 0 means up to the NUL. */
void psn_text_json(psn_text *text, const char *bytes, int64_t length);
/* A JSON number: shortest form, null when not finite. */
void psn_text_json_real(psn_text *text, double value);
void psn_text_free(psn_text *text);

/* Into a fixed buffer, always NUL-terminated, cut at a UTF-8 boundary. Returns the bytes
 * written. */
size_t psn_format(char *out, size_t capacity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t psn_vformat(char *out, size_t capacity, const char *format, va_list arguments);

#endif
