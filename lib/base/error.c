/* error.c: filling the caller's persona_error.
 *
 * A message can end in a log file, so it is made one clean line whatever names a user put
 * into it: control characters become blanks, bytes that are no UTF-8 become '?', and what
 * does not fit is cut between two characters. */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>
#include "base/text.h"
#include "base/utf8.h"

static void error_clean(char *message)
{
    size_t length = strlen(message), at = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)message[i];
        if (byte < 0x20 || byte == 0x7f) message[i] = ' ';
    }
    while ((at += psn_utf8_valid(message + at, length - at)) < length)
        message[at++] = '?';
}

__attribute__((format(printf, 4, 0))) static int error_fill(persona_error *error,
                                                            int code, int64_t where,
                                                            const char *format,
                                                            va_list arguments)
{
    if (error == NULL) return code;
    error->code = code;
    error->reserved = 0;
    error->where = where;
    psn_vformat(error->message, sizeof error->message, format, arguments);
    error_clean(error->message);
    return code;
}

int psn_fail(persona_error *error, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_fill(error, code, -1, format, arguments);
    va_end(arguments);
    return code;
}

int psn_fail_at(persona_error *error, int code, int64_t where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_fill(error, code, where, format, arguments);
    va_end(arguments);
    return code;
}

int psn_fail_memory(persona_error *error)
{
    return psn_fail(error, PERSONA_ENOMEM, "out of memory");
}
