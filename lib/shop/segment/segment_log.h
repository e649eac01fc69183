/* segment_log.h: customers from a log of orders. */
#ifndef PSN_SHOP_SEGMENT_LOG_H
#define PSN_SHOP_SEGMENT_LOG_H

#include "shop/roles.h"
#include "shop/segment/segment.h"

/* Features built from a log, in the order of their columns. */
typedef enum psn_log_feature {
    PSN_LOG_RECENCY,
    PSN_LOG_FREQUENCY,
    PSN_LOG_MONETARY,
    PSN_LOG_TENURE,
    PSN_LOG_BASKET_VALUE,
    PSN_LOG_BASKET_ITEMS,
    PSN_LOG_DISTINCT_PRODUCTS,
    PSN_LOG_RETURN_RATE,
    PSN_LOG_DISCOUNT_SHARE,
    PSN_LOG_MONTH_CONCENTRATION,
    PSN_LOG_Q4_SHARE,
    PSN_LOG_WEEKEND_SHARE,
    PSN_LOG_DAYS_BETWEEN,
    PSN_LOG_FEATURES
} psn_log_feature;

/* By default customers are grouped by the features with `grouping`; the others describe.
 */
typedef struct psn_log_feature_info {
    const char *name, *unit;
    int grouping;
} psn_log_feature_info;
extern const psn_log_feature_info psn_log_feature_infos[PSN_LOG_FEATURES];

/* What the builder left out. */
typedef struct psn_log_counts {
    int64_t no_user, no_time, after; /* lines */
    int64_t no_value;                /* lines that count as bought, without their value */
    int64_t only_returns;            /* customers */
} psn_log_counts;

#define PSN_AS_OF_FIND INT64_MIN

/* One row a customer with at least one purchase, in order of first sight: the user
 * column, the features the roles allow, and the columns of a table linked on the user
 * column. role: column names, NULL = none; user and time are needed. *as_of: in the
 * limit, or PSN_AS_OF_FIND for the end of the last day; out what was used. */
int psn_log_customers(persona_table **out, const persona_table *log,
                      char *const role[PSN_ROLES], int64_t *as_of, psn_log_counts *counts,
                      persona_task *task, persona_error *error);

extern const psn_roles psn_segment_roles;

/* What as_of takes: a time as psn_parse_time reads it, or milliseconds since 1970. 1 if
 * so. */
int psn_log_parse_time(const char *text, int64_t *ms);

/* segment_log_dates.c. 1 if all values of the column are days such as 19970131. */
int psn_log_day_numbers(const psn_column *column, int64_t rows);
/* Their times, 0 where there is none; psn_release. */
int psn_log_read_days(int64_t **out, const psn_column *column, int64_t rows,
                      persona_error *error);

enum { PSN_DAY_MS = 86400000 };
/* 100 million days around 1970: later and earlier times are taken for garbage. */
#define PSN_TIME_MOST 8640000000000000
int64_t psn_log_day(int64_t ms); /* floor */

#endif
