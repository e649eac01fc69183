/* recommend_fit_events.c: events out of the table: ids to numbers, times to milliseconds,
 * weights.
 *
 *   weight = weight of the event (recommend_weight.c)
 *            x 2^(-(newest time - time) / half_life) */
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "shop/recommend/recommend_fit.h"

#include <math.h>
#include <string.h>

enum { EVENTS_FEWEST = 1 };
#define EVENTS_DAY_MS 86400000.0

static int events_ids(int32_t **codes, psn_dict **dict, psn_rec_fitting *fit, int role,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(*codes = psn_alloc((size_t)fit->count, sizeof **codes));
    PSN_TRY(psn_table_encode(fit->table, fit->column[role], *codes, dict, error));
done:
    return rc;
}

/* ---- weights */

/* The mean of the looks, unless a fit before has one. */
static void events_dwell(psn_rec_fitting *fit)
{
    double sum = 0;
    int64_t count = 0;
    psn_rec_engine *engine = &fit->model->engine;
    if (fit->column[PSN_REC_VALUE] < 0 || engine->dwell > 0) return;
    const psn_column *value = psn_table_column(fit->table, fit->column[PSN_REC_VALUE]);
    for (int64_t i = 0; i < fit->count; i++) {
        const double dwell =
            psn_rec_dwell(engine->kind + fit->kind[i], psn_column_number(value, i));
        if (dwell < 0) continue;
        sum += dwell;
        count++;
    }
    engine->dwell = count > 0 ? sum / (double)count : 0;
}

static void events_decay(psn_rec_fitting *fit, double half_life_days)
{
    int64_t newest = INT64_MIN;
    for (int64_t i = 0; i < fit->count; i++)
        if (fit->time[i] > newest) newest = fit->time[i];
    for (int64_t i = 0; i < fit->count; i++) {
        if (fit->time[i] == INT64_MIN) continue;
        const double days = ((double)newest - (double)fit->time[i]) / EVENTS_DAY_MS;
        fit->weight[i] *= (float)psn_exp(-days / half_life_days * 0.69314718055994531);
    }
}

int psn_rec_fit_weights(psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK, none;
    const psn_rec_engine *engine = &fit->model->engine;
    PSN_NEED(fit->weight = psn_alloc((size_t)fit->count, sizeof *fit->weight));
    events_dwell(fit);
    for (int64_t i = 0; i < fit->count; i++)
        fit->weight[i] =
            psn_rec_event_weight(engine, fit->kind[i], fit->table, fit->column, i);
    const double half_life = REC_REAL(fit, "half_life", &none);
    if (!none) {
        if (fit->times != PSN_REC_MOMENTS)
            PSN_FAIL(error, PERSONA_EOPTION,
                     "half_life has no effect: there is no column of times");
        events_decay(fit, half_life);
    }
done:
    return rc;
}

/* ---- the whole */

static int events_all_ids(psn_rec_fitting *fit, persona_error *error)
{
    int rc;
    persona_recommender *model = fit->model;
    psn_dict *dict = NULL;
    const int has_user = fit->column[PSN_REC_USER] >= 0;
    PSN_TRY(events_ids(&fit->user, &model->users, fit,
                       has_user ? PSN_REC_USER : PSN_REC_SESSION_ROLE, error));
    fit->users = psn_dict_count(model->users);
    PSN_TRY(events_ids(&fit->item, &model->items, fit, PSN_REC_ITEM, error));
    if (has_user && fit->column[PSN_REC_SESSION_ROLE] >= 0) {
        PSN_TRY(events_ids(&fit->session, &dict, fit, PSN_REC_SESSION_ROLE, error));
        psn_dict_free(dict);
        dict = NULL;
    }
    if (fit->column[PSN_REC_ORDER] >= 0) {
        PSN_TRY(events_ids(&fit->order, &dict, fit, PSN_REC_ORDER, error));
    }
    if (psn_dict_count(model->items) > INT32_MAX / 4)
        PSN_FAIL(error, PERSONA_ELIMIT, "the table has more than %d items",
                 INT32_MAX / 4);
    fit->items = (int32_t)psn_dict_count(model->items);
done:
    psn_dict_free(dict);
    return rc;
}

int psn_rec_fit_events(psn_rec_fitting *fit, persona_error *error)
{
    int rc;
    fit->count = fit->table->rows;
    if (fit->count < EVENTS_FEWEST)
        PSN_FAIL(error, PERSONA_EDATA, "the table has no events");
    PSN_TRY(events_all_ids(fit, error));
    PSN_TRY(psn_rec_fit_kinds(fit, error));
    if (fit->column[PSN_REC_TIME] >= 0)
        PSN_TRY(psn_rec_read_times(
            &fit->time, &fit->times,
            psn_table_column(fit->table, fit->column[PSN_REC_TIME]), fit->count, error));
    PSN_TRY(psn_rec_fit_weights(fit, error));
done:
    return rc;
}
