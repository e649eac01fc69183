/* check.h: what every public function does before it calls the floor below. */
#ifndef PSN_API_CHECK_H
#define PSN_API_CHECK_H

#include "base/error.h"

/* Where a result goes: must not be NULL, and holds NULL after a failure. */
#define PSN_API_OUT(out)                                                                 \
    do {                                                                                 \
        if ((out) == NULL) return psn_fail(error, PERSONA_EARG, "%s: is NULL", #out);    \
        *(out) = NULL;                                                                   \
    } while (0)

#define PSN_API_NEED(argument)                                                           \
    do {                                                                                 \
        if ((argument) == NULL)                                                          \
            return psn_fail(error, PERSONA_EARG, "%s: is NULL", #argument);              \
    } while (0)

/* An array of `count` values, which may be NULL when there are none. */
#define PSN_API_ARRAY(array, count)                                                      \
    do {                                                                                 \
        if ((count) < 0)                                                                 \
            return psn_fail(error, PERSONA_EARG, "%s: need 0 or more", #count);          \
        if ((array) == NULL && (count) > 0)                                              \
            return psn_fail(error, PERSONA_EARG, "%s: is NULL", #array);                 \
    } while (0)

/* (bytes, length), where PERSONA_NUL means up to the NUL. */
#define PSN_API_TEXT(text, length)                                                       \
    do {                                                                                 \
        if ((length) < PERSONA_NUL)                                                      \
            return psn_fail(error, PERSONA_EARG, "%s: need 0 or more, or PERSONA_NUL",   \
                            #length);                                                    \
        if ((text) == NULL && (length) != 0)                                             \
            return psn_fail(error, PERSONA_EARG, "%s: is NULL", #text);                  \
    } while (0)

#endif
