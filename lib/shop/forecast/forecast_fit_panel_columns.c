/* forecast_fit_panel_columns.c: which of the other columns explain the value (regressors)
 * and which say what kind of series it is (traits).
 *
 * A column that varies within more than one in fifty series is a regressor, unless
 *   - it could not be known ahead: called like a result of the sales (revenue, profit),
 *     or missing in most future rows;
 *   - it is the time once more: rises with every row, or is called weekday, month ...;
 *   - it is free text, or a text that orders of one period differ in.
 * Others are traits, if several series share their values. */
#include "shop/forecast/forecast_fit_panel.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/name.h"
#include "data/table_flatten.h"

enum { COLUMNS_LEVELS = 500, COLUMNS_LIST = 160, COLUMNS_NAME = 256 };

/* ---- names that tell */

/* Known only once the period is over. */
static const char *const columns_results =
    "revenue turnover profit margin amount total totalamount totalprice sales sale "
    "salesamount salesvalue linetotal gross net income customers visitors visits "
    "transactions orders invoices stock inventory onhand closingstock order orderid "
    "orderno invoice invoiceno transaction transactionid customer customerid user userid "
    "quantity qty units value";
/* The calendar, or a number of the row. */
static const char *const columns_calendar =
    "year month quarter week weekofyear weekno isoweek day dayofweek dayofmonth "
    "dayofyear "
    "weekday wday dow hour minute date time timestamp row rowid index idx unnamed0 id "
    "monday tuesday wednesday thursday friday saturday sunday weekend isweekend";

static int columns_is_price(const char *plain)
{
    return (strstr(plain, "price") != NULL || strstr(plain, "cost") != NULL) &&
           strstr(plain, "change") == NULL;
}

/* 1 if the list holds the name; *all: it is "auto". */
static int columns_listed(const char *list, const char *name, int *all)
{
    char item[COLUMNS_NAME];
    *all = strcmp(list, "auto") == 0;
    while (psn_list_next(&list, item, sizeof item) == 1)
        if (strcmp(item, name) == 0) return 1;
    return 0;
}

/* ---- what a column looks like */

typedef struct columns_look {
    int64_t several, vary, rising; /* series with two values or more, and of them ... */
    int64_t known, rows;           /* of history */
    int64_t ahead, ahead_known;    /* rows of the future */
    int64_t again, clash;          /* rows of a log, and that differ from others then */
    int64_t above;                 /* 0 */
    int flag;
    int64_t levels;
} columns_look;

typedef struct columns_walk {
    const psn_panel_reader *reader;
    const psn_column *column;
    const int32_t *code; /* of a text; else NULL */
    int sparse;          /* a text that most rows lack: there it says "none" */
    int32_t *first;      /* log: what the first row of each place says; -2: none yet */
} columns_walk;

static double columns_value(const columns_walk *walk, int64_t row)
{
    if (walk->code == NULL) return psn_column_number(walk->column, row);
    if (walk->code[row] < 0) return walk->sparse ? -1 : NAN;
    return walk->code[row];
}

static void columns_series(columns_look *look, const columns_walk *walk, int64_t s)
{
    const psn_group *group = &walk->reader->group;
    const psn_panel *panel = walk->reader->panel;
    double first = NAN, before = NAN;
    int vary = 0, rising = 1;
    int64_t known = 0;
    for (int64_t i = group->starts[s]; i < group->starts[s + 1]; i++) {
        const int64_t at = psn_panel_at(walk->reader, s, i);
        const double x = columns_value(walk, group->order[i]);
        const int ahead = at >= panel->start[s] + panel->count[s];
        if (at < 0) continue;
        look->rows += !ahead;
        look->ahead += ahead;
        if (isnan(x)) continue;
        look->known += !ahead;
        look->ahead_known += ahead;
        look->above += x > 0;
        look->flag &= x == 0 || x == 1;
        if (walk->first) {
            int32_t *code = walk->first + walk->reader->place[i];
            if (*code == -2) *code = (int32_t)x;
            look->again++;
            look->clash += *code != (int32_t)x;
        }
        if (known++ == 0) first = x;
        vary |= x != first;
        rising &= !(x <= before);
        before = x;
    }
    look->several += known >= 2;
    look->vary += vary;
    look->rising += vary && rising && known >= 3;
}

/* Texts of orders say something of a period only if all orders of it agree. */
static int columns_places(columns_walk *walk, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_group *group = &walk->reader->group;
    const int64_t rows = group->starts[walk->reader->panel->series];
    int32_t most = 0;
    for (int64_t i = 0; i < rows; i++)
        if (walk->reader->place[i] > most) most = walk->reader->place[i];
    PSN_NEED(walk->first = psn_alloc((size_t)most + 1, sizeof *walk->first));
    for (int32_t p = 0; p <= most; p++) walk->first[p] = -2;
done:
    return rc;
}

static int columns_look_at(columns_look *look, const psn_panel_reader *reader,
                           const persona_table *table, int64_t column,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *dict = NULL;
    int32_t *code = NULL;
    columns_walk walk = {reader, psn_table_column(table, column), NULL, 0, NULL};
    memset(look, 0, sizeof *look);
    look->flag = 1;
    if (walk.column->type == PERSONA_TYPE_TEXT) {
        PSN_NEED(code = psn_alloc((size_t)table->rows + 1, sizeof *code));
        PSN_TRY(psn_table_encode(table, column, code, &dict, error));
        look->levels = psn_dict_count(dict);
        int64_t missing = 0;
        for (int64_t i = 0; i < table->rows; i++) missing += code[i] < 0;
        walk.sparse = missing * 2 > table->rows;
        walk.code = code;
        if (reader->binned) PSN_TRY(columns_places(&walk, error));
    }
    for (int64_t s = 0; s < reader->panel->series; s++) columns_series(look, &walk, s);
done:
    psn_dict_free(dict);
    psn_release(code);
    psn_release(walk.first);
    return rc;
}

static int columns_varies(const columns_look *look)
{
    return look->vary > 0 && look->vary * 50 > look->several;
}

/* Why a column that varies is no regressor; NULL: it is one. */
static const char *columns_objection(const psn_panel_reader *reader,
                                     const columns_look *look, const psn_column *column)
{
    char plain[COLUMNS_NAME];
    psn_name_plain(plain, sizeof plain, column->name);
    if (psn_name_in(plain, columns_results)) return "known only afterwards";
    if (reader->panel->dates && psn_name_in(plain, columns_calendar)) return "calendar";
    if (column->type != PERSONA_TYPE_TEXT && look->rising * 2 > look->vary)
        return "rises with time";
    if (look->ahead > 0 && look->ahead_known * 2 < look->ahead &&
        look->known * 2 > look->rows)
        return "missing in future rows";
    if (column->type == PERSONA_TYPE_TEXT && look->clash * 50 > look->again)
        return "differs within periods";
    if (look->levels > COLUMNS_LEVELS || look->levels * 2 > look->known + 4)
        return "free text";
    return NULL;
}

static psn_regressor_kind columns_kind(const columns_look *look, const psn_column *column)
{
    char plain[COLUMNS_NAME];
    psn_name_plain(plain, sizeof plain, column->name);
    if (column->type == PERSONA_TYPE_TEXT) return PSN_REGRESSOR_EVENT;
    if (look->flag) return PSN_REGRESSOR_FLAG;
    if (columns_is_price(plain) &&
        look->above * 20 >= (look->known + look->ahead_known) * 19)
        return PSN_REGRESSOR_PRICE;
    return PSN_REGRESSOR_NUMBER;
}

/* ---- adding */

static int columns_add_regressor(psn_panel_reader *reader, const columns_look *look,
                                 const persona_table *table, int64_t column,
                                 persona_error *error)
{
    int rc = PERSONA_OK;
    psn_panel *panel = reader->panel;
    const psn_column *from = psn_table_column(table, column);
    if (panel->regressors == PSN_FORECAST_REGRESSORS)
        PSN_FAIL(error, PERSONA_ELIMIT,
                 "at most %d regressors: column \"%.80s\" and those after it are too "
                 "many (regressors=a,b,c names those that count)",
                 PSN_FORECAST_REGRESSORS, from->name);
    if (panel->regressor == NULL)
        PSN_NEED(panel->regressor =
                     psn_alloc_zero(PSN_FORECAST_REGRESSORS, sizeof *panel->regressor));
    psn_regressor *regressor = panel->regressor + panel->regressors++;
    regressor->kind = columns_kind(look, from);
    PSN_NEED(regressor->name = psn_copy_text(from->name, strlen(from->name)));
    PSN_TRY(psn_panel_fill(reader, regressor, table, column, error));
done:
    return rc;
}

/* The first row of every series in the table; -1: none. */
static int64_t columns_row(const psn_panel_reader *reader, int64_t s, int by_series)
{
    const psn_group *group = &reader->group;
    if (by_series) return s;
    return group->starts[s] < group->starts[s + 1] ? group->order[group->starts[s]] : -1;
}

static int columns_trait_codes(psn_panel_reader *reader, psn_trait *trait,
                               const persona_table *table, int64_t column, int by_series,
                               persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_group *group = &reader->group;
    psn_dict *dict = NULL;
    int32_t *code = psn_alloc((size_t)table->rows + 1, sizeof *code);
    PSN_NEED(code);
    PSN_TRY(psn_table_encode(table, column, code, &dict, error));
    for (int64_t s = 0; s < reader->panel->series; s++) {
        const int64_t first = columns_row(reader, s, by_series);
        int32_t own = first < 0 ? -1 : code[first];
        for (int64_t i = group->starts[s]; !by_series && own < 0; i++) {
            if (i >= group->starts[s + 1]) break;
            own = code[group->order[i]];
        }
        if (own < 0) continue;
        size_t length;
        const char *text = psn_dict_text(dict, own, &length);
        const int64_t level = reader->like ? psn_dict_find(trait->levels, text, length)
                                           : psn_dict_add(trait->levels, text, length);
        if (level < 0 && !reader->like) PSN_TRY(psn_fail_memory(error));
        trait->code[s] = (int32_t)level;
    }
done:
    psn_dict_free(dict);
    psn_release(code);
    return rc;
}

static int columns_can_be_trait(const psn_column *column)
{
    return column->type == PERSONA_TYPE_TEXT || column->type == PERSONA_TYPE_INT ||
           column->type == PERSONA_TYPE_BOOL;
}

static int columns_add_trait(psn_panel_reader *reader, const persona_table *table,
                             int64_t column, int by_series, int asked,
                             persona_error *error)
{
    int rc = PERSONA_OK;
    psn_panel *panel = reader->panel;
    const psn_column *from = psn_table_column(table, column);
    if (!columns_can_be_trait(from) || panel->traits == PSN_FORECAST_TRAITS)
        return PERSONA_OK;
    if (panel->trait == NULL)
        PSN_NEED(panel->trait =
                     psn_alloc_zero(PSN_FORECAST_TRAITS, sizeof *panel->trait));
    psn_trait *trait = panel->trait + panel->traits++;
    PSN_NEED(trait->name = psn_copy_text(from->name, strlen(from->name)));
    PSN_NEED(trait->levels = psn_dict_new());
    PSN_NEED(trait->code = psn_alloc((size_t)panel->series + 1, sizeof *trait->code));
    for (int64_t s = 0; s < panel->series; s++) trait->code[s] = -1;
    PSN_TRY(columns_trait_codes(reader, trait, table, column, by_series, error));
    const int64_t levels = psn_dict_count(trait->levels);
    if (asked || (levels >= 2 && levels * 2 <= panel->series)) return PERSONA_OK;
    panel->traits--; /* of one series each, or of all: says nothing */
    psn_release(trait->name);
    psn_dict_free(trait->levels);
    psn_release(trait->code);
    memset(trait, 0, sizeof *trait);
done:
    return rc;
}

/* ---- the whole */

typedef struct columns_left {
    char list[COLUMNS_LIST];
    size_t used;
    int64_t count;
} columns_left;

static void columns_leave(columns_left *left, const char *name, const char *why)
{
    left->count++;
    if (left->used + strlen(name) + strlen(why) + 8 < sizeof left->list)
        left->used += psn_format(left->list + left->used, sizeof left->list - left->used,
                                 "%s%s (%s)", left->used > 0 ? ", " : "", name, why);
}

static int columns_decide(psn_panel_reader *reader, const persona_table *table,
                          int64_t column, columns_left *left, persona_error *error)
{
    int rc;
    columns_look look;
    int any_regressor, any_trait;
    const psn_column *from = psn_table_column(table, column);
    const int regressor = columns_listed(PSN_FORECAST_TEXT(reader, "regressors"),
                                         from->name, &any_regressor);
    const int trait =
        columns_listed(PSN_FORECAST_TEXT(reader, "traits"), from->name, &any_trait);
    if (from->type == PERSONA_TYPE_TIME ||
        strcmp(PSN_FORECAST_TEXT(reader, "season"), from->name) == 0)
        return PERSONA_OK;
    if (!regressor && !trait && !any_regressor && !any_trait) return PERSONA_OK;
    PSN_TRY(columns_look_at(&look, reader, table, column, error));
    if (look.known + look.ahead_known == 0) return PERSONA_OK;
    if (trait) return columns_add_trait(reader, table, column, 0, 1, error);
    if (regressor) return columns_add_regressor(reader, &look, table, column, error);
    if (!columns_varies(&look))
        return any_trait ? columns_add_trait(reader, table, column, 0, 0, error)
                         : PERSONA_OK;
    if (!any_regressor) return PERSONA_OK;
    const char *why = columns_objection(reader, &look, from);
    if (why == NULL) return columns_add_regressor(reader, &look, table, column, error);
    columns_leave(left, from->name, why);
done:
    return rc;
}

/* What the linked tables say: of series (one row each, traits), of others (rows). */
static int columns_linked(psn_panel_reader *reader, persona_table *of_series,
                          persona_table *of_rows, persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_table *table = reader->table;
    const size_t series = (size_t)reader->panel->series;
    int64_t *pick = psn_alloc(series + 1, sizeof *pick);
    PSN_NEED(pick);
    for (size_t s = 0; s < series; s++) {
        pick[s] = columns_row(reader, (int64_t)s, 0);
        if (pick[s] < 0) pick[s] = 0;
    }
    for (int64_t l = 0; l < table->links; l++) {
        const psn_link *link = table->link + l;
        if (link->column == reader->reading->column[PSN_FORECAST_SERIES])
            PSN_TRY(psn_table_join(of_series, table, link, pick, (int64_t)series, error));
        else
            PSN_TRY(psn_table_join(of_rows, table, link, NULL, table->rows, error));
    }
done:
    psn_release(pick);
    return rc;
}

/* An update reads the columns that the panel has. */
static int columns_like(psn_panel_reader *reader, const persona_table *of_series,
                        const persona_table *of_rows, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_panel *panel = reader->panel;
    const persona_table *from[2] = {reader->table, of_rows};
    for (int32_t r = 0; r < panel->regressors; r++)
        for (int t = 0; t < 2; t++) {
            const int64_t c = psn_table_find(from[t], panel->regressor[r].name);
            if (c >= 0)
                PSN_TRY(psn_panel_fill(reader, panel->regressor + r, from[t], c, error));
            if (c >= 0) break;
        }
    for (int32_t k = 0; k < panel->traits; k++) {
        const char *name = panel->trait[k].name;
        for (int t = 0; t < 3; t++) {
            const persona_table *table = t < 2 ? from[t] : of_series;
            const int64_t c = psn_table_find(table, name);
            if (c < 0 || !columns_can_be_trait(psn_table_column(table, c))) continue;
            PSN_TRY(
                columns_trait_codes(reader, panel->trait + k, table, c, t == 2, error));
            break;
        }
    }
done:
    return rc;
}

/* PERSONA_EDATA for a listed name that no table has. */
static int columns_check_list(const char *list, const persona_table *const *tables,
                              const char *option, persona_error *error)
{
    char item[COLUMNS_NAME];
    if (strcmp(list, "auto") == 0 || strcmp(list, "none") == 0) return PERSONA_OK;
    while (psn_list_next(&list, item, sizeof item) == 1) {
        int found = 0;
        int64_t at;
        for (int t = 0; t < 3; t++) found |= psn_table_find(tables[t], item) >= 0;
        if (!found) return psn_name_column(&at, tables[0], item, option, error);
    }
    return PERSONA_OK;
}

static int columns_choose(psn_panel_reader *reader, const persona_table *of_series,
                          const persona_table *of_rows, persona_error *error)
{
    int rc = PERSONA_OK, all;
    columns_left left = {{0}, 0, 0};
    const persona_table *const tables[3] = {reader->table, of_rows, of_series};
    const char *traits = PSN_FORECAST_TEXT(reader, "traits");
    PSN_TRY(columns_check_list(PSN_FORECAST_TEXT(reader, "regressors"), tables,
                               "option regressors", error));
    PSN_TRY(columns_check_list(traits, tables, "option traits", error));
    for (int t = 0; t < 2; t++)
        for (int64_t c = 0; c < tables[t]->count; c++)
            if (t == 1 || !psn_forecast_is_role(reader->reading->column, c))
                PSN_TRY(columns_decide(reader, tables[t], c, &left, error));
    for (int64_t c = 0; c < of_series->count; c++) {
        const char *name = psn_table_column(of_series, c)->name;
        const int asked = columns_listed(traits, name, &all);
        if (strcmp(PSN_FORECAST_TEXT(reader, "season"), name) == 0) continue;
        if (asked || all)
            PSN_TRY(columns_add_trait(reader, of_series, c, 1, asked, error));
    }
    if (left.count > 0)
        PSN_TRY(psn_panel_note(reader, "regressors", "info", left.count, error,
                               "columns that are not used: %s (regressors=... names "
                               "those that count)",
                               left.list));
done:
    return rc;
}

int psn_panel_columns(psn_panel_reader *reader, persona_error *error)
{
    int rc;
    persona_table *of_series = NULL, *of_rows = NULL;
    PSN_TRY(psn_table_new(&of_series, error));
    PSN_TRY(psn_table_new(&of_rows, error));
    if (reader->table->links > 0)
        PSN_TRY(columns_linked(reader, of_series, of_rows, error));
    rc = reader->like ? columns_like(reader, of_series, of_rows, error)
                      : columns_choose(reader, of_series, of_rows, error);
done:
    psn_table_free(of_series);
    psn_table_free(of_rows);
    return rc;
}
