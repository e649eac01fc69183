/* forecast_roles.c: which column is what: named by option column.<role>, as in the fit,
 * or recognised by its name; without a known name, the only column of times is the time
 * and the only column of numbers the value. */
#include "shop/forecast/forecast_roles.h"

#include <string.h>
#include "base/memory.h"
#include "data/name.h"

static const char *const roles_names[PSN_FORECAST_ROLES] = {"series", "time", "value",
                                                            "quantity"};
const psn_roles psn_forecast_roles = {roles_names, PSN_FORECAST_ROLES, 1};

/* In order of preference, letters and digits only. */
static const char *const roles_words[PSN_FORECAST_ROLES] = {
    [PSN_FORECAST_SERIES] =
        "series seriesid uniqueid tsid timeseries item itemid product productid "
        "productno sku skuid article articleid stockcode part partid partno asin id "
        "store storeid shop shopid location name stock",
    [PSN_FORECAST_TIME] =
        "time timestamp datetime date ds period week month day quarter year t "
        "orderedat ordertime orderdate invoicedate saledate purchasedate eventtime "
        "createdat weekstart monthstart datetimeutc step index",
    [PSN_FORECAST_VALUE] = "value y target demand sales sale unitsales sold "
                           "salesqty volume observation v",
    [PSN_FORECAST_QUANTITY] = "quantity qty units unitssold pieces amountsold count",
};

static int roles_fits(const psn_column *column, int r)
{
    const int real =
        column->type == PERSONA_TYPE_REAL || column->type == PERSONA_TYPE_REAL32;
    const int number = real || column->type == PERSONA_TYPE_INT;
    switch (r) {
    case PSN_FORECAST_SERIES: /* numbers called stock are what is left of it */
        if (strcmp(column->name, "stock") == 0 && column->type != PERSONA_TYPE_TEXT)
            return 0;
        return !real && column->type != PERSONA_TYPE_TIME;
    case PSN_FORECAST_TIME:
        return column->type != PERSONA_TYPE_BOOL;
    default:
        return number || column->type == PERSONA_TYPE_BOOL;
    }
}

int psn_forecast_is_role(const int64_t *column, int64_t c)
{
    for (int r = 0; r < PSN_FORECAST_ROLES; r++)
        if (column[r] == c) return 1;
    return 0;
}

/* 1 if every level or number could be a time: a text such as MONTHLY is none. */
static int roles_may_be_time(const persona_table *table, int64_t c)
{
    int64_t *times = NULL;
    int dates;
    const psn_column *column = psn_table_column(table, c);
    const int64_t look = table->rows < 100 ? table->rows : 100;
    const int rc = psn_forecast_times(&times, &dates, column, look, NULL);
    psn_release(times);
    return rc == PERSONA_OK;
}

/* readable: only a column that can be read as times; a table that has none such gets to
 * hear what is wrong with the others. */
static int64_t roles_by_name(const persona_table *table, int r, const int64_t *column,
                             int readable)
{
    char word[64];
    for (const char *at = roles_words[r]; *at;) {
        const size_t length = strcspn(at, " ");
        memcpy(word, at, length);
        word[length] = 0;
        at += length;
        at += *at == ' ';
        const int64_t c = psn_name_find(table, word);
        if (c < 0 || psn_forecast_is_role(column, c)) continue;
        if (!roles_fits(psn_table_column(table, c), r)) continue;
        if (readable && r == PSN_FORECAST_TIME && !roles_may_be_time(table, c)) continue;
        return c;
    }
    return PERSONA_NONE;
}

/* The only column of times or of numbers that is nothing else yet. */
static int64_t roles_only(const persona_table *table, int r, const int64_t *column)
{
    int64_t found = PERSONA_NONE;
    for (int64_t c = 0; c < table->count; c++) {
        const psn_column *of = psn_table_column(table, c);
        if (psn_forecast_is_role(column, c)) continue;
        if (r == PSN_FORECAST_TIME ? of->type != PERSONA_TYPE_TIME
                                   : of->type == PERSONA_TYPE_BOOL || !roles_fits(of, r))
            continue;
        if (found >= 0) return PERSONA_NONE;
        found = c;
    }
    return found;
}

int psn_forecast_find_roles(int64_t *column, int *given, const persona_table *table,
                            const persona_params *params, char *const *kept,
                            persona_error *error)
{
    const int rc =
        psn_roles_named(column, given, &psn_forecast_roles, table, params, error);
    if (rc != PERSONA_OK) return rc;
    for (int r = 0; kept && r < PSN_FORECAST_ROLES; r++) {
        if (given[r]) continue;
        column[r] = kept[r] ? psn_table_find(table, kept[r]) : PERSONA_NONE;
        given[r] = column[r] >= 0 || kept[r] == NULL;
    }
    static const int order[] = {PSN_FORECAST_TIME, PSN_FORECAST_VALUE,
                                PSN_FORECAST_QUANTITY, PSN_FORECAST_SERIES};
    for (int i = 0; i < PSN_FORECAST_ROLES; i++)
        for (int readable = 1; readable >= 0 && !given[order[i]]; readable--)
            if (column[order[i]] < 0)
                column[order[i]] = roles_by_name(table, order[i], column, readable);
    if (!given[PSN_FORECAST_TIME] && column[PSN_FORECAST_TIME] < 0)
        column[PSN_FORECAST_TIME] = roles_only(table, PSN_FORECAST_TIME, column);
    if (!given[PSN_FORECAST_VALUE] && column[PSN_FORECAST_VALUE] < 0 &&
        column[PSN_FORECAST_QUANTITY] < 0 && !kept)
        column[PSN_FORECAST_VALUE] = roles_only(table, PSN_FORECAST_VALUE, column);
    return PERSONA_OK;
}
