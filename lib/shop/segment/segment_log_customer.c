/* segment_log_customer.c: one customer's lines become one row of features.
 *
 * A line with a negative quantity (or value, where there is no quantity) is a return: it
 * lowers monetary and counts in return_rate, and is no purchase for anything else. */
#include "base/error.h"
#include "shop/segment/segment_log_data.h"

#include <math.h>

/* The running counts of one customer. */
typedef struct log_sums {
    int64_t lines, returns, orders, days, products;
    int64_t first_day, last_day, first_month, last_month;
    double spend, bought, items, paid, list, weekend, q4, weight;
} log_sums;

typedef struct log_line {
    int64_t row;
    double quantity, value, list;
    int is_return;
} log_line;

static double log_number(const psn_column *column, int64_t row, double fallback)
{
    return column ? psn_column_number(column, row) : fallback;
}

static int log_read_line(log_line *line, const psn_log_data *log, int64_t row,
                         persona_error *error)
{
    const psn_column *price = log->column[PSN_ROLE_PRICE];
    const psn_column *total = log->column[PSN_ROLE_VALUE];
    double quantity = log_number(log->column[PSN_ROLE_QUANTITY], row, 1);
    double value =
        total ? psn_column_number(total, row) : quantity * log_number(price, row, 1);
    line->row = row;
    line->list = quantity * log_number(log->column[PSN_ROLE_LIST_PRICE], row, NAN);
    if (isinf(quantity) || isinf(value) || isinf(line->list)) {
        const psn_column *blame = isinf(quantity) ? log->column[PSN_ROLE_QUANTITY]
                                  : isinf(value)  ? (total ? total : price)
                                                  : log->column[PSN_ROLE_LIST_PRICE];
        return psn_fail_at(error, PERSONA_EDATA, row,
                           "column \"%s\" is infinite, or too large, in row %lld",
                           blame->name, (long long)row);
    }
    if (isnan(value) || isnan(quantity)) log->counts->no_value++;
    line->is_return = log->column[PSN_ROLE_QUANTITY] ? quantity < 0 : value < 0;
    line->quantity = isnan(quantity) ? 1 : quantity;
    line->value = isnan(value) ? 0 : value;
    return PERSONA_OK;
}

static void log_add_purchase(log_sums *sums, psn_log_data *log, const log_line *line,
                             int32_t user)
{
    const int64_t *time = log->column[PSN_ROLE_TIME]->values;
    const int64_t day = psn_log_day(time[line->row]) - log->first_day;
    const int32_t month = log->day[day].month;
    const int money = log->feature[PSN_LOG_MONETARY] != NULL;
    const double weight = money ? line->value : line->quantity;
    if (sums->days == 0 || day < sums->first_day) sums->first_day = day;
    if (sums->days == 0 || day > sums->last_day) sums->last_day = day;
    if (sums->days == 0 || month < sums->first_month) sums->first_month = month;
    if (sums->days == 0 || month > sums->last_month) sums->last_month = month;
    if (log->day_stamp[day] != user) sums->days++;
    log->day_stamp[day] = user;
    if (log->order && log->order[line->row] >= 0) {
        int32_t *stamp = &log->order_stamp[log->order[line->row]];
        if (*stamp != user) sums->orders++;
        *stamp = user;
    }
    if (log->item && log->item[line->row] >= 0) {
        int32_t *stamp = &log->item_stamp[log->item[line->row]];
        if (*stamp != user) sums->products++;
        *stamp = user;
    }
    sums->bought += line->value;
    sums->items += line->quantity;
    if (line->list > 0) {
        sums->list += line->list;
        sums->paid += line->value;
    }
    log->month_spend[month] += weight;
    sums->weight += weight;
    if (log->day[day].flags & PSN_LOG_WEEKEND) sums->weekend += weight;
    if (log->day[day].flags & PSN_LOG_Q4) sums->q4 += weight;
}

/* The share of the best two months in a row, and the months cleared for the next. */
static double log_concentration(psn_log_data *log, const log_sums *sums)
{
    double best = 0;
    for (int64_t m = sums->first_month; m <= sums->last_month; m++) {
        const double next = m < sums->last_month ? log->month_spend[m + 1] : 0;
        if (log->month_spend[m] + next > best) best = log->month_spend[m] + next;
        log->month_spend[m] = 0;
    }
    return sums->weight > 0 ? best / sums->weight : NAN;
}

static void log_put(psn_log_data *log, psn_log_feature feature, double value)
{
    if (log->feature[feature]) log->feature[feature][log->customers] = value;
}

static void log_finish_customer(psn_log_data *log, const log_sums *sums)
{
    const int64_t end = psn_log_day(log->as_of - 1) - log->first_day;
    const double orders = (double)(sums->orders > 0 ? sums->orders : sums->days);
    const double weight = sums->weight > 0 ? sums->weight : NAN;
    log_put(log, PSN_LOG_RECENCY, (double)(end - sums->last_day));
    log_put(log, PSN_LOG_FREQUENCY, orders);
    log_put(log, PSN_LOG_MONETARY, sums->spend);
    log_put(log, PSN_LOG_TENURE, (double)(end - sums->first_day));
    log_put(log, PSN_LOG_BASKET_VALUE, sums->bought / orders);
    log_put(log, PSN_LOG_BASKET_ITEMS, sums->items / orders);
    log_put(log, PSN_LOG_DISTINCT_PRODUCTS, (double)sums->products);
    log_put(log, PSN_LOG_RETURN_RATE, (double)sums->returns / (double)sums->lines);
    log_put(log, PSN_LOG_DISCOUNT_SHARE,
            sums->list > 0 ? 1 - sums->paid / sums->list : NAN);
    log_put(log, PSN_LOG_MONTH_CONCENTRATION, log_concentration(log, sums));
    log_put(log, PSN_LOG_Q4_SHARE, sums->q4 / weight);
    log_put(log, PSN_LOG_WEEKEND_SHARE, sums->weekend / weight);
    log_put(log, PSN_LOG_DAYS_BETWEEN,
            sums->days > 1
                ? (double)(sums->last_day - sums->first_day) / (double)(sums->days - 1)
                : NAN);
}

int psn_log_customer(psn_log_data *log, int32_t user, persona_error *error)
{
    int rc = PERSONA_OK;
    log_sums sums = {0};
    log_line line = {0};
    for (int64_t i = log->lines.starts[user]; i < log->lines.starts[user + 1]; i++) {
        PSN_TRY(log_read_line(&line, log, log->lines.order[i], error));
        sums.lines++;
        sums.spend += line.value;
        if (line.is_return)
            sums.returns++;
        else
            log_add_purchase(&sums, log, &line, user);
    }
    if (!isfinite(sums.spend) || !isfinite(sums.list) || !isfinite(sums.items))
        PSN_FAIL(error, PERSONA_EDATA,
                 "the values of a customer's lines overflow in sum");
    if (sums.days == 0) {
        log->counts->only_returns += sums.lines > 0;
        return PERSONA_OK;
    }
    log_finish_customer(log, &sums);
    log->first[log->customers] = log->lines.order[log->lines.starts[user]];
    log->code[log->customers++] = user;
done:
    return rc;
}
