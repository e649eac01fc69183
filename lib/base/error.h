/* error.h: how a function says what went wrong. */
#ifndef PSN_BASE_ERROR_H
#define PSN_BASE_ERROR_H

#include "persona/types.h"

/* Fill *error (which may be NULL) and return `code`. The format knows what
 * psn_text_format knows. The message is one line, names the argument and what is allowed,
 * and holds no value out of a data column. */
int psn_fail(persona_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int psn_fail_at(persona_error *error, int code, int64_t where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int psn_fail_memory(persona_error *error);

/* The two shapes of goto-cleanup: every function with something to release has `int rc`
 * and one label `done`. */
#define PSN_TRY(call)                                                                    \
    do {                                                                                 \
        if ((rc = (call)) != PERSONA_OK) goto done;                                      \
    } while (0)
#define PSN_FAIL(...)                                                                    \
    do {                                                                                 \
        rc = psn_fail(__VA_ARGS__);                                                      \
        goto done;                                                                       \
    } while (0)
#define PSN_NEED(pointer)                                                                \
    do {                                                                                 \
        if ((pointer) == NULL) {                                                         \
            rc = psn_fail_memory(error);                                                 \
            goto done;                                                                   \
        }                                                                                \
    } while (0)

#endif
