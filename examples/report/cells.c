/* cells.c: values of result tables by column name. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "cells.h"

static int is_missing(const persona_table *table, int64_t column, int64_t row)
{
    const uint8_t *valid = persona_table_valid(table, column);
    return valid != NULL && !valid[row];
}

const char *cell_words(char *name)
{
    for (char *c = name; *c != '\0'; c++)
        if (*c == '_') *c = ' ';
    return name;
}

double cell_number(const persona_table *table, const char *name, int64_t row)
{
    int64_t column = persona_table_find(table, name);
    if (column == PERSONA_NONE || is_missing(table, column, row)) return NAN;
    switch (persona_table_type(table, column)) {
    case PERSONA_TYPE_INT:
        return (double)persona_table_ints(table, column)[row];
    case PERSONA_TYPE_REAL:
        return persona_table_reals(table, column)[row];
    case PERSONA_TYPE_REAL32:
        return (double)persona_table_reals32(table, column)[row];
    case PERSONA_TYPE_BOOL:
        return persona_table_bools(table, column)[row];
    case PERSONA_TYPE_TIME:
        return (double)persona_table_times(table, column)[row];
    default:
        return NAN;
    }
}

const char *cell_text(char *out, const persona_table *table, const char *name,
                      int64_t row)
{
    const char *bytes = NULL;
    int64_t length = 0, column = persona_table_find(table, name);
    out[0] = '\0';
    if (column == PERSONA_NONE) return out;
    persona_table_text(table, column, row, &bytes, &length);
    if (bytes == NULL) return out;
    if (length > CELL_SIZE - 1) {
        length = CELL_SIZE - 1; /* back to the start of a UTF-8 character */
        while (length > 0 && ((unsigned char)bytes[length] & 0xC0) == 0x80) length--;
    }
    memcpy(out, bytes, (size_t)length);
    out[length] = '\0';
    return out;
}

/* Puts commas into the digits of an integer of five digits or more: 1979 may be a year.
 */
static void group_thousands(char *out, double value)
{
    char digits[64];
    int length = snprintf(digits, sizeof digits, "%.0f", fabs(value)), used = 0;
    if (value < 0) out[used++] = '-';
    for (int i = 0; i < length; i++) {
        if (length > 4 && i > 0 && (length - i) % 3 == 0) out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

const char *cell_readable(char *out, double value)
{
    double size = fabs(value);
    if (isnan(value))
        snprintf(out, CELL_SIZE, "–");
    else if (size >= 1e15)
        snprintf(out, CELL_SIZE, "%.3g", value);
    else if (size >= 100 || (size >= 1 && value == floor(value)))
        group_thousands(out, value);
    else if (size >= 10)
        snprintf(out, CELL_SIZE, "%.1f", value);
    else if (size >= 0.1)
        snprintf(out, CELL_SIZE, "%.2f", value);
    else
        snprintf(out, CELL_SIZE, "%.2g", value);
    return out;
}

const char *cell_percent(char *out, double share)
{
    if (isnan(share))
        snprintf(out, CELL_SIZE, "–");
    else
        snprintf(out, CELL_SIZE, share < 0.0995 ? "%.1f\u00a0%%" : "%.0f\u00a0%%",
                 share * 100);
    return out;
}

static int ends_in(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

const char *cell_named(char *out, const char *name, double value)
{
    static const char *const parts[] = {"share", "rate", "precision", "recall"};
    int percent = strchr(name, '=') != NULL;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        percent |= ends_in(name, parts[i]);
    return percent ? cell_percent(out, value) : cell_readable(out, value);
}
