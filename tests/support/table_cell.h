/* table_cell.h: one text of a public table, for tests. */
#ifndef TESTS_SUPPORT_TABLE_CELL_H
#define TESTS_SUPPORT_TABLE_CELL_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "persona/table.h"

/* "-" = missing. Until the next call. */
static inline const char *cell(const persona_table *table, const char *column,
                               int64_t row)
{
    static char text[256];
    const char *bytes;
    int64_t length;
    assert_int_equal(persona_table_text(table, persona_table_find(table, column), row,
                                        &bytes, &length),
                     0);
    if (bytes == NULL) return "-";
    assert_true(length < (int64_t)sizeof text);
    memcpy(text, bytes, (size_t)length);
    text[length] = 0;
    return text;
}

#endif
