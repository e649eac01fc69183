/* recommend_weight.c: what one event weighs, in a fit, an update, a table of visitors.
 *
 *   weight = kind weight x dwell scale; below 0 where pieces were sent back
 *
 * Dwell (seconds looked at, beside kinds of looking) scales by log(1 + seconds) over the
 * mean of the fit, 0.25 to 4. */
#include "data/table.h"
#include "math/elementary.h"
#include "shop/recommend/recommend_model.h"

#include <math.h>

double psn_rec_dwell(const psn_rec_kind *kind, double seconds)
{
    if (kind->role != PSN_REC_ROLE_VIEW || !(seconds >= 0)) return -1;
    return psn_log1p(fmin(seconds, 1e9));
}

static double weight_cell(const persona_table *table, int64_t column, int64_t row)
{
    return column < 0 ? NAN : psn_column_number(psn_table_column(table, column), row);
}

float psn_rec_event_weight(const psn_rec_engine *engine, int32_t kind,
                           const persona_table *table, const int64_t *column, int64_t row)
{
    const psn_rec_kind *is = engine->kind + kind;
    const double pieces = weight_cell(table, column[PSN_REC_QUANTITY], row);
    const double dwell =
        psn_rec_dwell(is, weight_cell(table, column[PSN_REC_VALUE], row));
    float weight = pieces < 0 ? -fabsf(is->weight) : is->weight; /* sent back */
    if (dwell >= 0 && engine->dwell > 0)
        weight *= (float)fmin(4, fmax(0.25, dwell / engine->dwell));
    return weight;
}
