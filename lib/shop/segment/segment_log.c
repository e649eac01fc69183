/* segment_log.c: a log of order lines becomes a table of customers.
 *
 * Lines are grouped by customer with one counting sort; then each customer's lines are
 * walked once. Distinct orders, products and days are counted with stamps ("the last
 * customer who touched this product"), so that the whole is O(lines) without a hash table
 * beyond the one that numbered the ids. A line with a negative quantity (or value, where
 * there is no quantity) is a return: it lowers monetary and counts in return_rate, and is
 * no purchase for anything else. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/task.h"
#include "data/datetime.h"
#include "data/name.h"
#include "data/table_flatten.h"
#include "shop/segment/segment_log_data.h"

#include <math.h>
#include <string.h>

const psn_log_feature_info psn_log_feature_infos[PSN_LOG_FEATURES] = {
    [PSN_LOG_RECENCY] = {"recency_days", "days", 1},
    [PSN_LOG_FREQUENCY] = {"frequency", "orders", 1},
    [PSN_LOG_MONETARY] = {"monetary", "money", 1},
    [PSN_LOG_TENURE] = {"tenure_days", "days", 1},
    [PSN_LOG_BASKET_VALUE] = {"basket_value", "money", 1},
    [PSN_LOG_BASKET_ITEMS] = {"basket_items", "items", 0},
    [PSN_LOG_DISTINCT_PRODUCTS] = {"distinct_products", "products", 0},
    [PSN_LOG_RETURN_RATE] = {"return_rate", "share", 1},
    [PSN_LOG_DISCOUNT_SHARE] = {"discount_share", "share", 1},
    [PSN_LOG_MONTH_CONCENTRATION] = {"month_concentration", "share", 1},
    [PSN_LOG_Q4_SHARE] = {"q4_share", "share", 0},
    [PSN_LOG_WEEKEND_SHARE] = {"weekend_share", "share", 0},
    [PSN_LOG_DAYS_BETWEEN] = {"days_between_orders", "days", 0},
};

static const char *const log_role_names[PSN_ROLES] = {"user",       "time",     "order",
                                                      "item",       "quantity", "price",
                                                      "list_price", "value",    "weight"};

const psn_roles psn_segment_roles = {log_role_names, PSN_ROLES, 0};

int64_t psn_log_day(int64_t ms)
{
    return ms / PSN_DAY_MS - (ms % PSN_DAY_MS < 0);
}

int psn_log_parse_time(const char *text, int64_t *ms)
{
    const size_t length = strlen(text);
    return (psn_parse_int(text, length, ms) || psn_parse_time(text, length, ms)) &&
           *ms >= -PSN_TIME_MOST && *ms <= PSN_TIME_MOST;
}

/* Ids that a spreadsheet turned into reals (17850.0) are ints again. */
static int log_whole_ids(persona_table **out, const psn_column *column, int64_t rows,
                         persona_error *error)
{
    int rc;
    int64_t *ints = psn_alloc((size_t)rows, sizeof *ints);
    uint8_t *valid = psn_alloc((size_t)rows, 1);
    PSN_NEED(ints);
    PSN_NEED(valid);
    for (int64_t i = 0; i < rows; i++) {
        const double x = psn_column_number(column, i);
        valid[i] = (uint8_t)!isnan(x);
        if (valid[i] && (fabs(x) > 9007199254740992.0 || floor(x) != x)) {
            rc = psn_fail_at(error, PERSONA_EDATA, i,
                             "column \"%s\" holds ids but row %lld is no whole number",
                             column->name, (long long)i);
            goto done;
        }
        ints[i] = valid[i] ? (int64_t)x : 0;
    }
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(
        psn_table_add(*out, column->name, PERSONA_TYPE_INT, ints, valid, rows, error));
done:
    psn_release(ints);
    psn_release(valid);
    return rc;
}

static int log_codes(int32_t **codes, psn_dict **dict, const persona_table *table,
                     int64_t column, persona_error *error)
{
    int rc;
    persona_table *whole = NULL;
    const psn_column *values = psn_table_column(table, column);
    *codes = psn_alloc((size_t)table->rows, sizeof **codes);
    PSN_NEED(*codes);
    if (values->type == PERSONA_TYPE_REAL || values->type == PERSONA_TYPE_REAL32) {
        PSN_TRY(log_whole_ids(&whole, values, table->rows, error));
        PSN_TRY(psn_table_encode(whole, 0, *codes, dict, error));
    } else {
        PSN_TRY(psn_table_encode(table, column, *codes, dict, error));
    }
done:
    psn_table_free(whole);
    return rc;
}

/* Times, or days as whole numbers, which are read into the log. */
static int log_times(psn_log_data *log, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_column *column = log->column[PSN_ROLE_TIME];
    if (column->type == PERSONA_TYPE_TIME) return PERSONA_OK;
    if (!psn_log_day_numbers(column, log->table->rows))
        PSN_FAIL(
            error, PERSONA_EDATA,
            "column \"%s\" (role time) must be of type time (csv option type.%s=time)",
            column->name, column->name);
    PSN_TRY(psn_log_read_days(&log->day_times, column, log->table->rows, error));
    log->days_column = *column;
    log->days_column.values = log->day_times;
    log->column[PSN_ROLE_TIME] = &log->days_column;
done:
    return rc;
}

static int log_open(psn_log_data *log, char *const role[PSN_ROLES], persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t at[PSN_ROLES];
    for (int r = 0; r < PSN_ROLES; r++) {
        PSN_TRY(
            psn_roles_column(&at[r], &psn_segment_roles, r, log->table, role[r], error));
        log->column[r] = at[r] < 0 ? NULL : psn_table_column(log->table, at[r]);
    }
    if (log->column[PSN_ROLE_USER] == NULL)
        return psn_name_missing(log->table, "a log needs a column of role user", error);
    if (log->column[PSN_ROLE_TIME] == NULL)
        return psn_name_missing(log->table, "a log needs a column of role time", error);
    PSN_TRY(log_times(log, error));
    for (int r = PSN_ROLE_QUANTITY; r <= PSN_ROLE_VALUE; r++) {
        if (log->column[r])
            PSN_TRY(psn_roles_need_numbers(&psn_segment_roles, r, log->column[r], error));
    }
    log->user_column = at[PSN_ROLE_USER];
    PSN_TRY(log_codes(&log->user, &log->users, log->table, at[PSN_ROLE_USER], error));
    if (log->column[PSN_ROLE_ORDER])
        PSN_TRY(
            log_codes(&log->order, &log->orders, log->table, at[PSN_ROLE_ORDER], error));
    if (log->column[PSN_ROLE_ITEM])
        PSN_TRY(log_codes(&log->item, &log->items, log->table, at[PSN_ROLE_ITEM], error));
done:
    return rc;
}

/* Leaves out lines without user or time and after as_of, and finds the days there are. */
static int log_period(psn_log_data *log, persona_error *error)
{
    const psn_column *column = log->column[PSN_ROLE_TIME];
    const int64_t *time = column->values, rows = log->table->rows;
    int64_t last = INT64_MIN, first = INT64_MAX;
    for (int64_t i = 0; i < rows; i++) {
        if (log->user[i] < 0) {
            log->counts->no_user++;
        } else if (column->valid && !column->valid[i]) {
            log->user[i] = -1;
            log->counts->no_time++;
        } else {
            if (time[i] < -PSN_TIME_MOST || time[i] > PSN_TIME_MOST)
                return psn_fail_at(
                    error, PERSONA_EDATA, i,
                    "column \"%s\" (role time) is out of range in row %lld", column->name,
                    (long long)i);
            if (time[i] > last) last = time[i];
        }
    }
    if (log->as_of == PSN_AS_OF_FIND)
        log->as_of = last == INT64_MIN ? 0 : (psn_log_day(last) + 1) * PSN_DAY_MS;
    last = INT64_MIN;
    for (int64_t i = 0; i < rows; i++) {
        if (log->user[i] < 0) continue;
        if (time[i] >= log->as_of) {
            log->user[i] = -1;
            log->counts->after++;
            continue;
        }
        if (time[i] > last) last = time[i];
        if (time[i] < first) first = time[i];
    }
    if (last == INT64_MIN)
        return psn_fail(error, PERSONA_EDATA,
                        "no line of the log has a user and a time before as_of");
    log->first_day = psn_log_day(first);
    log->days = psn_log_day(last) - log->first_day + 1;
    if (log->days > PSN_LOG_MOST_DAYS)
        return psn_fail(error, PERSONA_EDATA,
                        "column \"%s\" (role time) spans more than 200 years",
                        column->name);
    return PERSONA_OK;
}

static int log_calendar(psn_log_data *log, persona_error *error)
{
    int rc = PERSONA_OK, month, day;
    int64_t year, start = 0;
    log->day = psn_alloc((size_t)log->days, sizeof *log->day);
    PSN_NEED(log->day);
    for (int64_t d = 0; d < log->days; d++) {
        const int64_t weekday = ((log->first_day + d) % 7 + 11) % 7; /* 0 = Sunday */
        psn_date_of_days(log->first_day + d, &year, &month, &day);
        if (d == 0) start = year * 12 + month;
        log->day[d].month = (int32_t)(year * 12 + month - start);
        log->day[d].flags = (weekday == 0 || weekday == 6 ? PSN_LOG_WEEKEND : 0) |
                            (month >= 10 ? PSN_LOG_Q4 : 0);
    }
    log->months = log->day[log->days - 1].month + 1;
done:
    return rc;
}

static int32_t *log_stamps(int64_t count)
{
    int32_t *stamps = psn_alloc((size_t)count, sizeof *stamps);
    for (int64_t i = 0; stamps && i < count; i++) stamps[i] = -1;
    return stamps;
}

static int log_scratch(psn_log_data *log, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t users = (size_t)psn_dict_count(log->users);
    const int money = log->column[PSN_ROLE_PRICE] || log->column[PSN_ROLE_VALUE];
    const int signs = log->column[PSN_ROLE_QUANTITY] || log->column[PSN_ROLE_VALUE];
    const int allowed[PSN_LOG_FEATURES] = {1,
                                           1,
                                           money,
                                           1,
                                           money,
                                           1,
                                           log->item != NULL,
                                           signs,
                                           log->column[PSN_ROLE_LIST_PRICE] &&
                                               log->column[PSN_ROLE_PRICE],
                                           1,
                                           1,
                                           1,
                                           1};
    for (int f = 0; f < PSN_LOG_FEATURES; f++) {
        if (!allowed[f]) continue;
        log->feature[f] = psn_alloc(users, sizeof(double));
        PSN_NEED(log->feature[f]);
    }
    PSN_NEED(log->first = psn_alloc(users, sizeof *log->first));
    PSN_NEED(log->code = psn_alloc(users, sizeof *log->code));
    PSN_NEED(log->day_stamp = log_stamps(log->days));
    PSN_NEED(log->month_spend = psn_alloc_zero((size_t)log->months, sizeof(double)));
    if (log->order) PSN_NEED(log->order_stamp = log_stamps(psn_dict_count(log->orders)));
    if (log->item) PSN_NEED(log->item_stamp = log_stamps(psn_dict_count(log->items)));
done:
    return rc;
}

static int log_user_column(persona_table *out, const psn_log_data *log,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_column *column = log->column[PSN_ROLE_USER];
    int64_t *ids = NULL;
    if (column->type != PERSONA_TYPE_TEXT) {
        PSN_NEED(ids = psn_alloc((size_t)log->customers, sizeof *ids));
        for (int64_t c = 0; c < log->customers; c++)
            ids[c] = column->type == PERSONA_TYPE_INT
                         ? ((const int64_t *)column->values)[log->first[c]]
                         : (int64_t)psn_column_number(column, log->first[c]);
        PSN_TRY(psn_table_add(out, column->name, PERSONA_TYPE_INT, ids, NULL,
                              log->customers, error));
    } else {
        PSN_TRY(psn_table_add_codes(
            out, column->name, log->code, log->customers, psn_dict_bytes(log->users),
            psn_dict_offsets(log->users), psn_dict_count(log->users), error));
    }
done:
    psn_release(ids);
    return rc;
}

/* The columns of the table linked on the user column. */
static int log_join(persona_table *customers, const psn_log_data *log,
                    persona_error *error)
{
    int rc = PERSONA_OK;
    for (int64_t i = 0; i < log->table->links; i++) {
        const psn_link *link = &log->table->link[i];
        if (link->column != log->user_column) continue;
        for (int64_t c = 0; c < link->other->count; c++) {
            const char *name = link->other->columns[c].name;
            if (c != link->key && psn_table_find(customers, name) != PERSONA_NONE)
                PSN_FAIL(error, PERSONA_EDATA,
                         "the linked table's column \"%s\" has the name of a feature "
                         "built from the log; give it another name",
                         name);
        }
        PSN_TRY(psn_table_join(customers, log->table, link, log->first, log->customers,
                               error));
    }
done:
    return rc;
}

static int log_table(persona_table **out, psn_log_data *log, persona_error *error)
{
    int rc;
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(log_user_column(*out, log, error));
    for (int f = 0; f < PSN_LOG_FEATURES; f++) {
        psn_column column = {.type = PERSONA_TYPE_REAL, .values = log->feature[f]};
        if (log->feature[f] == NULL) continue;
        PSN_NEED(column.name = psn_copy_text(psn_log_feature_infos[f].name,
                                             strlen(psn_log_feature_infos[f].name)));
        log->feature[f] = NULL; /* the table's from here on, whatever happens */
        PSN_TRY(psn_table_adopt(*out, &column, log->customers, error));
    }
    PSN_TRY(log_join(*out, log, error));
done:
    return rc;
}

static void log_close(psn_log_data *log)
{
    psn_dict_free(log->users);
    psn_dict_free(log->orders);
    psn_dict_free(log->items);
    psn_release(log->day_times);
    psn_release(log->user);
    psn_release(log->order);
    psn_release(log->item);
    psn_group_free(&log->lines);
    psn_release(log->day);
    psn_release(log->order_stamp);
    psn_release(log->item_stamp);
    psn_release(log->day_stamp);
    psn_release(log->month_spend);
    psn_release(log->first);
    psn_release(log->code);
    for (int f = 0; f < PSN_LOG_FEATURES; f++) psn_release(log->feature[f]);
}

int psn_log_customers(persona_table **out, const persona_table *table,
                      char *const role[PSN_ROLES], int64_t *as_of, psn_log_counts *counts,
                      persona_task *task, persona_error *error)
{
    int rc;
    psn_log_data log = {.table = table, .as_of = *as_of, .counts = counts};
    *out = NULL;
    *counts = (psn_log_counts){0};
    PSN_TRY(log_open(&log, role, error));
    PSN_TRY(log_period(&log, error));
    PSN_TRY(log_calendar(&log, error));
    PSN_TRY(psn_group_build(&log.lines, log.user, table->rows, psn_dict_count(log.users),
                            error));
    PSN_TRY(log_scratch(&log, error));
    const int64_t users = psn_dict_count(log.users);
    for (int64_t u = 0; u < users; u++) {
        PSN_TRY(psn_log_customer(&log, (int32_t)u, error));
        if (u % 1024 == 0)
            PSN_TRY(psn_task_check(task, (double)u / (double)users, error));
    }
    if (log.customers == 0)
        PSN_FAIL(error, PERSONA_EDATA, "the log holds returns only, no purchase");
    PSN_TRY(log_table(out, &log, error));
    *as_of = log.as_of;
done:
    if (rc != PERSONA_OK) {
        psn_table_free(*out);
        *out = NULL;
    }
    log_close(&log);
    return rc;
}
