/* fuzz.h: what the fuzz targets share. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "persona.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise stops the fuzzer. */
#define PROMISE(condition)                                                               \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);      \
            abort();                                                                     \
        }                                                                                \
    } while (0)

/* Every failure says what went wrong in one line, with a known code. */
static inline void promise_error(int rc, const persona_error *error)
{
    PROMISE(rc < 0 && rc >= PERSONA_EBLAS);
    PROMISE(error->code == rc);
    PROMISE(error->message[0] != '\0');
    PROMISE(memchr(error->message, '\0', sizeof error->message) != NULL);
    PROMISE(strchr(error->message, '\n') == NULL);
}

#endif
