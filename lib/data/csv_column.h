/* csv_column.h: one column while a CSV is read: its type so far and its values. */
#ifndef PSN_DATA_CSV_COLUMN_H
#define PSN_DATA_CSV_COLUMN_H

#include "data/csv_plan.h"
#include "data/csv_scan.h"
#include "data/table.h"

typedef struct psn_csv_column {
    psn_column data;  /* name and values; its type is 0 while only missing was seen */
    int64_t field;    /* which field of a row */
    int64_t rows;     /* in data */
    int64_t expected; /* rows to make room for at once */
    int forced;       /* the type was given */
    int stale;        /* is text after all, though its first rows were read as something
                         else: a second pass reads it */
    char point;       /* decimal mark, 0 = either, none was seen yet */
    int fraction,
        big;         /* reals: a point or exponent was seen; a whole number above int64 */
    int dates;       /* times: orders in which all dates with slashes can be read, or
                        COLUMN_PLAIN_DATES, 0 = none was seen yet */
    int date_orders; /* the orders to try */
    int words, quoted; /* while the type is 0: missing words; quotes without content */
    struct psn_dict *dict; /* text by dictionary */
    int64_t spread_at;     /* next number of rows to look at the dictionary */
    const struct psn_dict *missing;
    char *scratch; /* a text without its doubled quotes */
    size_t scratch_room;
} psn_csv_column;

void psn_csv_column_free(psn_csv_column *column);
/* The type that an option gave to it. */
int psn_csv_column_force(psn_csv_column *column, int32_t type, persona_error *error);
/* Appends the block's rows, whatever they hold: a column without a forced type changes
 * its type as needed; a stale one takes nothing. One with a forced type takes either all
 * rows or, if one does not fit (*fits = 0), none. */
int psn_csv_column_take(psn_csv_column *column, const psn_csv_block *block, int *fits,
                        persona_error *error);
/* Forced types: the first row >= from of the block that does not fit, or block->rows. */
int64_t psn_csv_column_check(psn_csv_column *column, const psn_csv_block *block,
                             int64_t from);
/* After the first pass: settles the type; the column may turn stale. */
int psn_csv_column_settle(psn_csv_column *column, persona_error *error);
/* Makes a stale column an empty text column. */
int psn_csv_column_restart(psn_csv_column *column, persona_error *error);
/* At the end: the values in their final form and size in column->data. */
int psn_csv_column_finish(psn_csv_column *column, persona_error *error);

#endif
