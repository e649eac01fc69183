/* cells.h: values of result tables by column name, for reports. */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include <stddef.h>
#include "persona.h"

enum { CELL_SIZE = 256 };

/* A number, bool or time as a double; NaN when it is missing, text, or there is no such
 * column. */
double cell_number(const persona_table *table, const char *column, int64_t row);
/* A text, NUL-terminated in `out` (CELL_SIZE bytes, cut at a character); "" when missing.
 * Returns out. */
const char *cell_text(char *out, const persona_table *table, const char *column,
                      int64_t row);
/* distinct_products -> distinct products, in place. Returns name. */
const char *cell_words(char *name);
/* A number for people: 12,345  3.46  0.0021  -. Returns out. */
const char *cell_readable(char *out, double value);
/* 0.1234 -> 12.3 %. Returns out. */
const char *cell_percent(char *out, double share);
/* One or the other by the name of the column: shares, rates, precision, recall and levels
 * of texts ("city=Oslo") are percents. Returns out. */
const char *cell_named(char *out, const char *name, double value);

#endif
