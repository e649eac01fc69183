/* segment_log_data.h: a log while it becomes customers, for segment_log*.c. */
#ifndef PSN_SHOP_SEGMENT_LOG_DATA_H
#define PSN_SHOP_SEGMENT_LOG_DATA_H

#include "data/group.h"
#include "shop/segment/segment_log.h"

enum { PSN_LOG_MOST_DAYS = 73050, PSN_LOG_WEEKEND = 1, PSN_LOG_Q4 = 2 }; /* 200 years */

typedef struct psn_log_daymark {
    int32_t month; /* from the month of the first day */
    int32_t flags;
} psn_log_daymark;

typedef struct psn_log_data {
    const persona_table *table;
    const psn_column *column[PSN_ROLES]; /* NULL = none */
    psn_column days_column; /* of role time, where it holds numbers such as 19970131 */
    int64_t *day_times;
    int64_t user_column;
    int32_t *user, *order, *item; /* codes of the lines; user -1: left out */
    psn_dict *users, *orders, *items;
    psn_group lines; /* of each user, in the order of the table */
    int64_t as_of, first_day, days, months, customers;
    psn_log_daymark *day;
    int32_t *order_stamp, *item_stamp, *day_stamp;
    double *month_spend;
    double *feature[PSN_LOG_FEATURES]; /* NULL = the roles do not allow it */
    int64_t *first;                    /* a line of each customer in the result */
    int32_t *code;                     /* their user codes */
    psn_log_counts *counts;
} psn_log_data;

/* The features of one customer from his or her lines; added to the result if there is a
 * purchase. */
int psn_log_customer(psn_log_data *log, int32_t user, persona_error *error);

#endif
