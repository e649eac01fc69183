/* recommend_read.h: a table of events, as the fit and the tables of answers read it:
 * which column is what, and times as milliseconds. */
#ifndef PSN_SHOP_RECOMMEND_READ_H
#define PSN_SHOP_RECOMMEND_READ_H

#include "data/table.h"
#include "shop/roles.h"

enum {
    PSN_REC_USER,
    PSN_REC_ITEM,
    PSN_REC_TIME,
    PSN_REC_KIND,
    PSN_REC_SESSION_ROLE,
    PSN_REC_ORDER,
    PSN_REC_QUANTITY,
    PSN_REC_PRICE,
    PSN_REC_VALUE,
    PSN_REC_ROLES
};
extern const psn_roles psn_recommend_roles;

/* The column of each role: named by option column.<role> of params; else the one that the
 * model keeps (kept NULL: none), if the table has it; else the one that is called like
 * it. PERSONA_NONE where there is none. given[role]: an option was about it. */
int psn_rec_read_roles(int64_t *column, int *given, const persona_table *table,
                       const persona_params *params, char *const *kept,
                       persona_error *error);

/* What times are: moments in ms, or positions in a list. */
enum { PSN_REC_NO_TIME, PSN_REC_MOMENTS, PSN_REC_POSITIONS, PSN_REC_KIND_POSITIONS };
/* Seconds and milliseconds since 1970 are told apart by their size; numbers below 1973 in
 * seconds are positions. *times: `count` of them, INT64_MIN = missing. PERSONA_EDATA: no
 * times, or in another unit. */
int psn_rec_read_times(int64_t **times, int32_t *what, const psn_column *column,
                       int64_t count, persona_error *error);

#endif
