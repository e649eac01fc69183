/* recommend_read.c: which column is what: named by option column.<role>, as in the fit,
 * or recognised by its name; and times in their unit. */
#include "shop/recommend/recommend_read.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/name.h"

#include <math.h>

#define READ_SECONDS 1e8 /* as a number of seconds: 1973 */
#define READ_MILLIS  1e11
#define READ_MICROS  1e14
#define READ_MONTH   (31 * 86400000.0)

/* ---- columns */

static const char *const roles_names[PSN_REC_ROLES] = {
    "user", "item", "time", "kind", "session", "order", "quantity", "price", "value"};
const psn_roles psn_recommend_roles = {roles_names, PSN_REC_ROLES, 1};

/* In order of preference, letters and digits only. */
static const char *const roles_words[PSN_REC_ROLES] = {
    [PSN_REC_USER] =
        "user userid customer customerid customerno customernumber client clientid "
        "visitor visitorid member memberid shopper shopperid buyer buyerid account "
        "accountid reviewerid uid usersession",
    [PSN_REC_ITEM] = "item itemid product productid productno sku skuid article "
                     "articleid stockcode stock movie movieid track trackid book bookid "
                     "asin business businessid parentasin venue venueid location "
                     "locationid iid pid goods goodsid",
    [PSN_REC_TIME] = "time timestamp eventtime eventtimestamp eventat datetime orderedat "
                     "ordertime orderdate invoicedate purchasetime purchasedate "
                     "purchasedat createdat date day ts unixreviewtime t",
    [PSN_REC_KIND] = "kind event eventtype eventname behavior behaviour behaviortype "
                     "behaviourtype action actiontype interaction interactiontype type",
    [PSN_REC_SESSION_ROLE] = "session sessionid sid visit visitid",
    [PSN_REC_ORDER] = "order orderid orderno ordernumber invoice invoiceno basket "
                      "basketid transaction transactionid cart cartid",
    [PSN_REC_QUANTITY] = "quantity qty",
    [PSN_REC_PRICE] = "price unitprice",
    [PSN_REC_VALUE] = "value rating stars dwell dwelltime dwellseconds seconds duration",
};

static int64_t read_column(const persona_table *table, int r, char *const *kept)
{
    if (kept && kept[r]) {
        const int64_t found = psn_table_find(table, kept[r]);
        if (found >= 0) return found;
    }
    return psn_name_find(table, roles_words[r]);
}

int psn_rec_read_roles(int64_t *column, int *given, const persona_table *table,
                       const persona_params *params, char *const *kept,
                       persona_error *error)
{
    const int rc =
        psn_roles_named(column, given, &psn_recommend_roles, table, params, error);
    if (rc != PERSONA_OK) return rc;
    for (int r = 0; r < PSN_REC_ROLES; r++) {
        if (given[r]) continue;
        const int64_t found = read_column(table, r, kept);
        int taken = 0;
        for (int other = 0; other < PSN_REC_ROLES; other++)
            taken |= found >= 0 && column[other] == found;
        if (!taken) column[r] = found;
    }
    return PERSONA_OK;
}

/* ---- times */

static int read_unit(const psn_column *column, double most, double *unit, int32_t *what,
                     persona_error *error)
{
    const char *name = column->name;
    *what = PSN_REC_MOMENTS;
    *unit = 1;
    if (column->type == PERSONA_TYPE_TIME) {
        /* Times of the first month of 1970 are seconds that somebody took for
         * milliseconds. */
        if (most > 0 && most < READ_MONTH)
            return psn_fail(error, PERSONA_EDATA,
                            "column \"%.80s\" (role time) lies in January 1970: are "
                            "these seconds? times are milliseconds since 1970",
                            name);
    } else if (most < READ_SECONDS) {
        *what = PSN_REC_POSITIONS;
    } else if (most < READ_MILLIS) {
        *unit = 1000;
    } else if (most >= READ_MICROS) {
        return psn_fail(error, PERSONA_EDATA,
                        "column \"%.80s\" (role time) lies beyond the year 5138: are "
                        "these microseconds? times are milliseconds or seconds since "
                        "1970",
                        name);
    }
    return PERSONA_OK;
}

static int read_most(double *most, const psn_column *column, int64_t count,
                     persona_error *error)
{
    *most = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        const double x = psn_column_number(column, i);
        if (isinf(x))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "column \"%.80s\" (role time) is infinite", column->name);
        if (x > *most) *most = x;
    }
    return PERSONA_OK;
}

int psn_rec_read_times(int64_t **times, int32_t *what, const psn_column *column,
                       int64_t count, persona_error *error)
{
    int rc;
    double most, unit;
    *times = NULL;
    if (column->type == PERSONA_TYPE_TEXT)
        return psn_fail(error, PERSONA_EDATA,
                        "column \"%.80s\" (role time) holds texts that are no times",
                        column->name);
    PSN_TRY(read_most(&most, column, count, error));
    PSN_TRY(read_unit(column, most, &unit, what, error));
    PSN_NEED(*times = psn_alloc((size_t)count, sizeof **times));
    for (int64_t i = 0; i < count; i++) {
        const double x = psn_column_number(column, i) * unit;
        (*times)[i] = isnan(x) || fabs(x) > 9e15 ? INT64_MIN : (int64_t)x;
    }
done:
    return rc;
}
