/* segment_fit_ids.c: numbers that count or name rows and measure nothing.
 *
 * A distance between row 7 and row 9, or between two account numbers, says nothing, but
 * k-means takes it as any other and groups by it, because such numbers are spread evenly.
 *   - a row number: whole numbers that are 0 .. n - 1 or 1 .. n, in any order;
 *   - an id: whole numbers or texts of which no two are equal, under a name like one
 *     (customer_no, EAN, c1: how an index without a name is called on reading);
 *   - a post code or phone number, though they repeat.
 * Fewer than 10 rows tell nothing. */
#include "base/error.h"
#include "base/memory.h"
#include "data/intmap.h"
#include "math/order.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

enum { IDS_ROWS_THAT_TELL = 10 };
#define IDS_WHOLE_MOST 9007199254740992.0

/* Words of ids wherever they stand, and those that must stand last: number_of_orders and
 * account_balance are measures. */
static const char ids_words[] = "id ids uid uuid guid sku ean isbn iban email";
static const char ids_last_words[] = "number no nr code cust customer client user "
                                     "account acct key index row rowid unnamed "
                                     "ref reference token hash name c";
static const char ids_code_words[] =
    "zip zipcode postcode postalcode plz phone telephone";

static int ids_int_repeats(int *out, const psn_column *column, int64_t rows,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    psn_intmap *map = psn_intmap_new();
    PSN_NEED(map);
    *out = 0;
    for (int64_t i = 0; i < rows && !*out; i++) {
        if (psn_column_missing(column, i)) continue;
        const int64_t found =
            psn_intmap_add(map, ((const int64_t *)column->values)[i], i);
        PSN_NEED(found < 0 ? NULL : map);
        *out = found != i;
    }
done:
    psn_intmap_free(map);
    return rc;
}

static int ids_text_repeats(int *out, const psn_column *column, int64_t rows,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *dict = psn_dict_new();
    int64_t length, known = 0;
    const char *text;
    PSN_NEED(dict);
    *out = 0;
    for (int64_t i = 0; i < rows && !*out; i++) {
        psn_column_text(column, i, &text, &length);
        if (text == NULL) continue;
        const int64_t number = psn_dict_add(dict, text, (size_t)length);
        PSN_NEED(number < 0 ? NULL : dict);
        *out = number < known;
        known = psn_dict_count(dict);
    }
done:
    psn_dict_free(dict);
    return rc;
}

/* Ids that a spreadsheet made reals of are whole numbers; others are no ids. */
static int ids_real_repeats(int *out, const psn_column *column, int64_t rows,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t present = 0;
    double *sorted = psn_alloc((size_t)rows, sizeof *sorted);
    PSN_NEED(sorted);
    *out = 0;
    for (int64_t i = 0; i < rows && *out == 0; i++) {
        const double x = psn_column_number(column, i);
        if (isnan(x)) continue;
        if (isinf(x) || floor(x) != x || fabs(x) > IDS_WHOLE_MOST) *out = -1;
        sorted[present++] = x;
    }
    if (*out == 0) {
        psn_sort_reals(sorted, present);
        for (int64_t i = 1; i < present; i++) *out |= sorted[i] == sorted[i - 1];
    }
done:
    psn_release(sorted);
    return rc;
}

int psn_fit_repeats(int *out, const persona_table *table, int64_t column,
                    persona_error *error)
{
    const psn_column *values = psn_table_column(table, column);
    switch (values->type) {
    case PERSONA_TYPE_INT:
        return ids_int_repeats(out, values, table->rows, error);
    case PERSONA_TYPE_TEXT:
        return ids_text_repeats(out, values, table->rows, error);
    case PERSONA_TYPE_REAL:
    case PERSONA_TYPE_REAL32:
        return ids_real_repeats(out, values, table->rows, error);
    default:
        *out = -1;
        return PERSONA_OK;
    }
}

/* 0 .. n - 1 or 1 .. n: no two are equal and the ends are right. */
static int ids_row_numbers(const psn_column *column, int64_t rows)
{
    const int64_t *values = column->values;
    int64_t low = INT64_MAX, high = INT64_MIN;
    if (column->type != PERSONA_TYPE_INT) return 0;
    for (int64_t i = 0; i < rows; i++) {
        if (psn_column_missing(column, i)) return 0;
        if (values[i] < low) low = values[i];
        if (values[i] > high) high = values[i];
    }
    return (low == 0 || low == 1) && high == low + rows - 1;
}

/* 1 if a word of the name is in `anywhere`, or its last one in `last`. */
static int ids_named(const char *name, const char *anywhere, const char *last)
{
    char word[64] = "", ending[64] = "";
    int found = 0;
    while (psn_fit_next_word(word, sizeof word, &name)) {
        found |= psn_name_in(word, anywhere);
        memcpy(ending, word, sizeof ending);
    }
    return found || psn_name_in(ending, last);
}

int psn_fit_id_look(psn_fit_look *out, const psn_fit *fit, int64_t column,
                    persona_error *error)
{
    int rc = PERSONA_OK, repeats;
    char plain[256];
    const psn_column *values = psn_fit_column(fit, column);
    const int whole = values->type == PERSONA_TYPE_INT;
    *out = PSN_LOOK_PLAIN;
    if (fit->customers->rows < IDS_ROWS_THAT_TELL ||
        (!whole && values->type != PERSONA_TYPE_TEXT))
        return PERSONA_OK;
    psn_name_plain(plain, sizeof plain, values->name);
    PSN_TRY(psn_fit_repeats(&repeats, fit->customers, column, error));
    if (repeats) {
        if (whole && ids_named(values->name, ids_code_words, ids_code_words))
            *out = PSN_LOOK_CODE;
    } else if (ids_row_numbers(values, fit->customers->rows)) {
        *out = PSN_LOOK_ROW_NUMBER;
    } else if (ids_named(values->name, ids_words, ids_last_words) ||
               ids_named(values->name, ids_code_words, ids_code_words) ||
               psn_fit_named_user(plain)) {
        *out = PSN_LOOK_ID;
    } else if (whole) {
        *out = PSN_LOOK_DISTINCT;
    }
done:
    return rc;
}
