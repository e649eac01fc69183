/* text.c: a growing text, and the formatter behind every message of the library.
 *
 * The formatter writes into a sink: either a growing text or a fixed buffer. It knows the
 * few conversions that text.h lists, with `0` and a width for whole numbers, and asks
 * number.c for reals, so that no locale can change a point into a comma. */
#include "base/text.h"

#include <string.h>
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"

enum { TEXT_FIRST_CAPACITY = 64, TEXT_REAL_BYTES = 400 };

/* Makes room for `more` bytes and a NUL. */
static int text_reserve(psn_text *text, size_t more)
{
    size_t needed;
    if (text->failed) return 0;
    if (!psn_size_add(text->length, more, &needed) || needed >= PTRDIFF_MAX) {
        text->failed = 1;
        return 0;
    }
    if (needed < text->capacity) return 1;
    size_t capacity = text->capacity < TEXT_FIRST_CAPACITY / 2 ? TEXT_FIRST_CAPACITY
                                                               : 2 * text->capacity;
    if (capacity <= needed) capacity = needed + 1;
    char *bytes = psn_resize(text->bytes, capacity, 1);
    if (bytes == NULL) {
        text->failed = 1;
        return 0;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return 1;
}

void psn_text_append(psn_text *text, const char *bytes, size_t length)
{
    if (!text_reserve(text, length)) return;
    if (length > 0) memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void psn_text_free(psn_text *text)
{
    psn_release(text->bytes);
    *text = (psn_text){0};
}

typedef struct text_sink {
    psn_text *text; /* or NULL, then: */
    char *out;
    size_t length, capacity;
    int full;
} text_sink;

/* A fixed buffer that overflows takes what fits and is cut back to a whole character. */
static void text_put(text_sink *sink, const char *bytes, size_t length)
{
    if (sink->text != NULL) {
        psn_text_append(sink->text, bytes, length);
        return;
    }
    if (sink->full) return;
    size_t room = sink->capacity - 1 - sink->length;
    if (length > room) {
        sink->full = 1;
        length = psn_utf8_cut(bytes, length, room);
    }
    memcpy(sink->out + sink->length, bytes, length);
    sink->length += length;
}

/* One conversion as read from the format. */
typedef struct text_conversion {
    int zero, width, precision; /* precision -1: none */
    int longs;                  /* number of l */
    int size;                   /* z */
    char letter;
} text_conversion;

static const char *text_read_conversion(const char *at, text_conversion *out,
                                        int star_precision)
{
    *out = (text_conversion){.precision = -1};
    if (*at == '0') {
        out->zero = 1;
        at++;
    }
    for (; *at >= '0' && *at <= '9'; at++) out->width = out->width * 10 + (*at - '0');
    if (*at == '.') {
        at++;
        out->precision = 0;
        if (*at == '*') {
            out->precision = star_precision;
            at++;
        }
        for (; *at >= '0' && *at <= '9'; at++) {
            out->precision = out->precision * 10 + (*at - '0');
        }
    }
    for (; *at == 'l'; at++) out->longs++;
    for (; *at == 'z'; at++) out->size = 1;
    out->letter = *at;
    return *at == '\0' ? at : at + 1;
}

static void text_put_padded(text_sink *sink, const text_conversion *conversion,
                            const char *digits, size_t length)
{
    if (conversion->zero && length > 0 && digits[0] == '-') {
        text_put(sink, "-", 1);
        digits++;
        for (size_t i = length--; i < (size_t)conversion->width; i++)
            text_put(sink, "0", 1);
    } else {
        for (size_t i = length; i < (size_t)conversion->width; i++) {
            text_put(sink, conversion->zero ? "0" : " ", 1);
        }
    }
    text_put(sink, digits, length);
}

static size_t text_print_unsigned(char *out, uint64_t value, unsigned base)
{
    char reversed[24];
    size_t length = 0;
    do {
        reversed[length++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    for (size_t i = 0; i < length; i++) out[i] = reversed[length - 1 - i];
    return length;
}

static size_t text_print_real(char *out, double value, const text_conversion *conversion)
{
    if (conversion->letter == 'g') return psn_print_real(out, value);
    int decimals = conversion->precision < 0 ? 6 : conversion->precision;
    return psn_print_fixed(out, value, decimals > 9 ? 9 : decimals);
}

static void text_put_string(text_sink *sink, const char *string, int precision)
{
    if (string == NULL) string = "(null)";
    size_t length;
    if (precision < 0) {
        length = strlen(string);
    } else {
        const char *end = memchr(string, '\0', (size_t)precision);
        length = end == NULL ? (size_t)precision : (size_t)(end - string);
    }
    text_put(sink, string, length);
}

/* Arguments are taken with va_arg in one place only: a va_list that a callee has read
 * from is of no use to its caller. */
#define TEXT_SIGNED(arguments, conversion)                                               \
    ((conversion).longs > 1    ? (int64_t)va_arg(arguments, long long)                   \
     : (conversion).longs == 1 ? (int64_t)va_arg(arguments, long)                        \
                               : (int64_t)va_arg(arguments, int))
#define TEXT_UNSIGNED(arguments, conversion)                                             \
    ((conversion).size         ? (uint64_t)va_arg(arguments, size_t)                     \
     : (conversion).longs > 1  ? (uint64_t)va_arg(arguments, unsigned long long)         \
     : (conversion).longs == 1 ? (uint64_t)va_arg(arguments, unsigned long)              \
                               : (uint64_t)va_arg(arguments, unsigned))

__attribute__((format(printf, 2, 0))) static void
text_write(text_sink *sink, const char *format, va_list arguments)
{
    char digits[TEXT_REAL_BYTES], letter;
    size_t length;
    while (*format != '\0') {
        const char *percent = strchr(format, '%');
        if (percent == NULL) percent = format + strlen(format);
        text_put(sink, format, (size_t)(percent - format));
        if (*percent == '\0') return;
        int star = percent[1] == '.' && percent[2] == '*' ? va_arg(arguments, int) : -1;
        text_conversion conversion;
        format = text_read_conversion(percent + 1, &conversion, star);
        switch (conversion.letter) {
        case 's':
            text_put_string(sink, va_arg(arguments, const char *), conversion.precision);
            break;
        case 'c':
            letter = (char)va_arg(arguments, int);
            text_put(sink, &letter, 1);
            break;
        case 'd':
            length = psn_print_int(digits, TEXT_SIGNED(arguments, conversion));
            text_put_padded(sink, &conversion, digits, length);
            break;
        case 'u':
        case 'x':
            length = text_print_unsigned(digits, TEXT_UNSIGNED(arguments, conversion),
                                         conversion.letter == 'x' ? 16 : 10);
            text_put_padded(sink, &conversion, digits, length);
            break;
        case 'g':
        case 'f':
            length = text_print_real(digits, va_arg(arguments, double), &conversion);
            text_put(sink, digits, length);
            break;
        default: /* %% and what the formatter does not know */
            text_put(sink, "%", 1);
        }
    }
}

size_t psn_vformat(char *out, size_t capacity, const char *format, va_list arguments)
{
    if (capacity == 0) return 0;
    text_sink sink = {.out = out, .capacity = capacity};
    text_write(&sink, format, arguments);
    out[sink.length] = '\0';
    return sink.length;
}

size_t psn_format(char *out, size_t capacity, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = psn_vformat(out, capacity, format, arguments);
    va_end(arguments);
    return length;
}

void psn_text_format(psn_text *text, const char *format, ...)
{
    text_sink sink = {.text = text};
    va_list arguments;
    va_start(arguments, format);
    text_write(&sink, format, arguments);
    va_end(arguments);
}
