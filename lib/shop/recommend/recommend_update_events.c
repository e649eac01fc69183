/* recommend_update_events.c: new events in the numbers of the model. The columns are
 * those of the fit; ids that the model does not know are added at the end of its
 * dictionaries; a kind that it does not know counts as "other" if there is such a kind,
 * else the event is left out. Half-life: weights are as of the newest event, so those
 * that are stored fade by how much newer the new ones are. */
#include "shop/recommend/recommend_update.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/name.h"

#include <string.h>

enum { UPDATE_NAME = 60 }; /* bytes of a kind's name */

/* ---- columns */

static int update_needs(psn_rec_growing *grow, int r, persona_error *error)
{
    char what[96];
    if (grow->from->column[r] == NULL || grow->fit.column[r] >= 0) return PERSONA_OK;
    psn_format(what, sizeof what,
               "no column for role %s, which the model was fitted with",
               psn_recommend_roles.names[r]);
    return psn_name_missing(grow->fit.table, what, error);
}

static int update_roles(psn_rec_growing *grow, persona_error *error)
{
    int rc, given[PSN_REC_ROLES] = {0};
    int64_t *column = grow->fit.column;
    static const int needed[] = {PSN_REC_USER, PSN_REC_ITEM, PSN_REC_KIND, PSN_REC_TIME};
    PSN_TRY(psn_rec_read_roles(column, given, grow->fit.table, NULL, grow->from->column,
                               error));
    for (int r = 0; r < PSN_REC_ROLES; r++)
        if (grow->from->column[r] == NULL) column[r] = PERSONA_NONE;
    for (int i = 0; i < 4; i++)
        if (needed[i] != PSN_REC_TIME || grow->from->engine.timed)
            PSN_TRY(update_needs(grow, needed[i], error));
    if (grow->from->column[PSN_REC_USER] == NULL)
        PSN_TRY(update_needs(grow, PSN_REC_SESSION_ROLE, error));
done:
    return rc;
}

/* ---- ids */

typedef struct update_ids {
    int32_t *code;    /* of each row: level, -1 = missing */
    psn_dict *levels; /* of the table */
    int32_t *becomes; /* of each level: number in the model, -1 = not yet known */
} update_ids;

static int update_read_ids(update_ids *ids, const psn_rec_growing *grow, int role,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(ids->code = psn_alloc((size_t)grow->fit.count + 1, sizeof *ids->code));
    PSN_TRY(psn_table_encode(grow->fit.table, grow->fit.column[role], ids->code,
                             &ids->levels, error));
    const size_t levels = (size_t)psn_dict_count(ids->levels) + 1;
    PSN_NEED(ids->becomes = psn_alloc(levels, sizeof *ids->becomes));
    for (size_t l = 0; l < levels; l++) ids->becomes[l] = -1;
done:
    return rc;
}

static void update_close_ids(update_ids *ids)
{
    psn_release(ids->code);
    psn_release(ids->becomes);
    psn_dict_free(ids->levels);
}

/* The number of the row's id in `dict`, added if new; -1: memory is out, or more than
 * there may be. */
static int32_t update_number(const update_ids *ids, psn_dict *dict, int64_t row)
{
    size_t length;
    int32_t *becomes = ids->becomes + ids->code[row];
    if (*becomes >= 0) return *becomes;
    const char *text = psn_dict_text(ids->levels, ids->code[row], &length);
    const int64_t number = psn_dict_add(dict, text, length);
    if (number > INT32_MAX / 4) return -1;
    return *becomes = (int32_t)number;
}

static int32_t update_kind(const psn_rec_engine *engine, const update_ids *ids,
                           int64_t row)
{
    size_t length = 5;
    const char *text = "other";
    char name[UPDATE_NAME + 4];
    if (ids->code[row] >= 0) text = psn_dict_text(ids->levels, ids->code[row], &length);
    psn_format(name, sizeof name, "%.*s",
               (int)(length < UPDATE_NAME ? length : UPDATE_NAME), text);
    int32_t other = -1;
    for (int32_t k = 0; k < engine->kinds; k++) {
        if (strcmp(engine->kind[k].name, name) == 0) return k;
        if (strcmp(engine->kind[k].name, "other") == 0) other = k;
    }
    return other;
}

static int update_kinds(psn_rec_growing *grow, int32_t *kinds, persona_error *error)
{
    int rc = PERSONA_OK;
    update_ids ids = {0};
    memset(kinds, 0, (size_t)grow->fit.count * sizeof *kinds);
    if (grow->fit.column[PSN_REC_KIND] < 0) return PERSONA_OK;
    PSN_TRY(update_read_ids(&ids, grow, PSN_REC_KIND, error));
    for (int64_t i = 0; i < grow->fit.count; i++)
        kinds[i] = update_kind(&grow->to->engine, &ids, i);
done:
    update_close_ids(&ids);
    return rc;
}

/* user, item and kind of each row; an event that does not count has user -1. */
static int update_numbers(psn_rec_growing *grow, const int32_t *kinds,
                          persona_error *error)
{
    int rc;
    update_ids users = {0}, items = {0};
    psn_rec_fitting *fit = &grow->fit;
    const int by_user = fit->column[PSN_REC_USER] >= 0;
    PSN_TRY(update_read_ids(&users, grow, by_user ? PSN_REC_USER : PSN_REC_SESSION_ROLE,
                            error));
    PSN_TRY(update_read_ids(&items, grow, PSN_REC_ITEM, error));
    for (int64_t i = 0; i < fit->count; i++) {
        fit->user[i] = fit->item[i] = -1;
        fit->kind[i] = 0;
        if (kinds[i] < 0 || users.code[i] < 0 || items.code[i] < 0) {
            grow->skipped++;
            continue;
        }
        fit->kind[i] = (uint8_t)kinds[i];
        fit->user[i] = update_number(&users, grow->to->users, i);
        fit->item[i] = update_number(&items, grow->to->items, i);
        if (fit->user[i] < 0 || fit->item[i] < 0) PSN_NEED(NULL);
        grow->to->engine.kind[fit->kind[i]].events++;
    }
    fit->users = psn_dict_count(grow->to->users);
    grow->new_users = fit->users - psn_dict_count(grow->from->users);
done:
    update_close_ids(&users);
    update_close_ids(&items);
    return rc;
}

/* ---- times and weights */

static int update_times(psn_rec_growing *grow, persona_error *error)
{
    int rc;
    psn_rec_fitting *fit = &grow->fit;
    if (fit->column[PSN_REC_TIME] < 0 || fit->count == 0) return PERSONA_OK;
    const psn_column *column = psn_table_column(fit->table, fit->column[PSN_REC_TIME]);
    PSN_TRY(psn_rec_read_times(&fit->time, &fit->times, column, fit->count, error));
    if (grow->from->engine.timed && fit->times != PSN_REC_MOMENTS)
        PSN_FAIL(
            error, PERSONA_EDATA,
            "column \"%.80s\" (role time) holds no moments, but the model was fitted "
            "with moments",
            column->name);
    if (!grow->from->engine.timed && fit->times == PSN_REC_MOMENTS)
        PSN_FAIL(error, PERSONA_EDATA,
                 "column \"%.80s\" (role time) holds moments, but the model was fitted "
                 "with positions",
                 column->name);
done:
    return rc;
}

int psn_rec_update_events(psn_rec_growing *grow, persona_error *error)
{
    int rc;
    psn_rec_fitting *fit = &grow->fit;
    int32_t *kinds = NULL;
    fit->count = fit->table->rows;
    const size_t count = (size_t)fit->count + 1;
    PSN_TRY(update_roles(grow, error));
    PSN_NEED(kinds = psn_alloc(count, sizeof *kinds));
    PSN_NEED(fit->user = psn_alloc(count, sizeof *fit->user));
    PSN_NEED(fit->item = psn_alloc(count, sizeof *fit->item));
    PSN_NEED(fit->kind = psn_alloc(count, sizeof *fit->kind));
    PSN_TRY(update_kinds(grow, kinds, error));
    PSN_TRY(update_numbers(grow, kinds, error));
    if (grow->from->log.session && fit->column[PSN_REC_SESSION_ROLE] >= 0) {
        update_ids sessions = {0};
        rc = update_read_ids(&sessions, grow, PSN_REC_SESSION_ROLE, error);
        fit->session = sessions.code;
        sessions.code = NULL;
        update_close_ids(&sessions);
        if (rc != PERSONA_OK) goto done;
    }
    PSN_TRY(update_times(grow, error));
    PSN_TRY(psn_rec_fit_weights(fit, error));
done:
    psn_release(kinds);
    return rc;
}
