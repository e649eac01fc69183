/* ask.h: what asking a model that came out of the fuzzer needs. */
#ifndef TESTS_FUZZ_ASK_H
#define TESTS_FUZZ_ASK_H

#include <math.h>
#include "fuzz.h"

enum { MOST_INPUTS = 512, ROWS = 6 };

static inline void free_if_ok(int rc, const persona_error *error, persona_table *table)
{
    if (rc != PERSONA_OK) {
        promise_error(rc, error);
        PROMISE(table == NULL);
    } else {
        PROMISE(table != NULL);
        PROMISE(persona_table_rows(table) >= 0);
    }
    persona_table_free(table);
}

/* Rows of ordinary, missing, large and odd values. */
static inline void fill_row(double *numbers, int32_t count, int row)
{
    static const double odd[] = {0, 1, -1, NAN, 1e300, -1e300, 42.5, 1e-310, 1000, 3};
    for (int32_t i = 0; i < count; i++)
        numbers[i] = row == 0 ? 0 : row == 1 ? NAN : odd[(i * 7 + row * 3) % 10];
}

#endif
