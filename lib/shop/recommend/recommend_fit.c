/* recommend_fit.c: from a table of events to a recommender.
 *
 *   roles -> events -> rows -> meaning of kinds -> catalogue -> split
 *   -> members chosen and weighed on the split -> trees over them
 *   -> the chosen members again, from everything */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "shop/recommend/recommend_fit.h"
#include "shop/settings.h"

#include <string.h>

/* Members that no answer needs are not fitted again. */
static void fit_drop(psn_rec_engine *engine, int trees)
{
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        const int asked = m == PSN_REC_POPULAR || m == PSN_REC_OWN ||
                          m == PSN_REC_CONTENT || !psn_rec_may_share(m) ||
                          (trees && engine->member[m].adds > 0);
        if (engine->member[m].share <= 0 && !asked)
            psn_rec_member_clear(engine->member + m);
    }
}

static int fit_again(psn_rec_fitting *fit, psn_rec_engine *engine, persona_error *error)
{
    int rc;
    PSN_TRY(psn_rec_fit_facts(engine, fit, NULL, error));
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        const psn_rec_member before = engine->member[m];
        if (!before.fitted) continue;
        PSN_TRY(psn_rec_fit_member(engine, fit, m, fit->setting + m, NULL, error));
        engine->member[m].share = before.share;
        engine->member[m].decay = before.decay;
        PSN_TRY(psn_rec_member_ready(engine, m, error));
        PSN_TRY(psn_task_check(fit->task, (m + 1.0) / PSN_REC_MEMBERS, error));
    }
done:
    return rc;
}

/* Sessions of each user as 0, 1 ...: their ids are nobody's business. */
static void fit_number_sessions(psn_rec_log *log)
{
    for (int64_t u = 0; u < log->users; u++) {
        int32_t number = 0, before = 0;
        for (int64_t e = log->start[u]; e < log->start[u + 1]; e++) {
            const int32_t session = log->session[e];
            number += e > log->start[u] && session != before;
            before = session;
            log->session[e] = number;
        }
    }
}

/* Histories of the users stay with the model: the newest events of each. */
static void fit_keep_log(psn_rec_fitting *fit)
{
    psn_rec_log *log = &fit->model->log;
    psn_rec_rows *rows = &fit->rows;
    log->users = rows->rows;
    log->start = rows->start;
    log->item = rows->item;
    log->kind = rows->kind;
    log->weight = rows->weight;
    log->rank = rows->rank;
    if (fit->session) {
        log->session = rows->session;
        rows->session = NULL;
        fit_number_sessions(log);
    }
    if (fit->times == PSN_REC_MOMENTS) {
        log->time = rows->time;
        rows->time = NULL;
    }
    rows->start = NULL;
    rows->item = NULL;
    rows->kind = NULL;
    rows->weight = NULL;
    rows->rank = NULL;
    fit->model->events = rows->events;
    fit->model->newest = INT64_MIN;
    for (int64_t e = 0; log->time && e < rows->events; e++)
        if (log->time[e] > fit->model->newest) fit->model->newest = log->time[e];
}

static int fit_learn(psn_rec_fitting *fit, persona_error *error)
{
    int rc;
    psn_rec_engine *engine = &fit->model->engine;
    psn_task_enter(fit->task, "choosing members", 0.1, 0.5);
    PSN_TRY(psn_rec_fit_split(fit, error));
    PSN_TRY(psn_rec_fit_auto(fit, engine, error));
    const int trees = strcmp(REC_TEXT(fit, "speed"), "best") == 0 && fit->only < 0;
    fit_drop(engine, trees);
    if (trees) {
        psn_task_enter(fit->task, "trees", 0.5, 0.7);
        PSN_TRY(psn_rec_fit_trees(fit, engine, error));
        fit_drop(engine, engine->trees != NULL);
    }
    PSN_TRY(psn_rec_fit_chances(fit, engine, error));
    psn_task_enter(fit->task, "fitting members", 0.7, 1);
    PSN_TRY(fit_again(fit, engine, error));
done:
    return rc;
}

/* What value i of the setting of member m came to. */
static double fit_value(const psn_rec_fitting *fit, int m, int i)
{
    const psn_als *als = m == PSN_REC_ALS ? fit->model->engine.member[m].als : NULL;
    if (als && i == 1) return als->unobserved;
    if (als && i == 2) return als->regularization;
    return fit->setting[m].value[i];
}

/* What the options came to, "auto" resolved. */
static void fit_auto(char *out, size_t room, const void *context, const char *name)
{
    const psn_rec_fitting *fit = context;
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        for (int i = 0; i < 4 && psn_rec_setting_option(m, i); i++)
            if (strcmp(psn_rec_setting_option(m, i), name) == 0 &&
                fit->model->engine.member[m].fitted)
                psn_format(out, room, "%g", fit_value(fit, m, i));
    if (strcmp(name, "order") == 0)
        psn_format(out, room, "%s", fit->mode == PSN_REC_SETS ? "none" : "time");
}

static int fit_silent(const void *context, const char *name)
{
    (void)context;
    return strcmp(name, "threads") == 0 || strcmp(name, "max_bytes") == 0 ||
           strcmp(name, "dry_run") == 0;
}

static int fit_resolved(psn_rec_fitting *fit, persona_error *error)
{
    const psn_settings settings = {
        &psn_recommend_fit_schema, fit->params, fit, fit_silent, fit_auto, NULL};
    return psn_settings_resolved(&fit->model->options, &settings, error);
}

/* The member of option algorithm; options of members that are not asked are errors. */
static int fit_algorithm(psn_rec_fitting *fit, persona_error *error)
{
    const char *name = REC_TEXT(fit, "algorithm");
    fit->only = -1;
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        if (strcmp(psn_rec_member_names[m], name) == 0) fit->only = m;
    for (int m = 0; m < PSN_REC_MEMBERS && fit->only >= 0; m++)
        for (int i = 0; i < 4 && psn_rec_setting_option(m, i); i++)
            if (m != fit->only &&
                psn_params_is_set(fit->params, psn_rec_setting_option(m, i)))
                return psn_settings_useless(error, psn_rec_setting_option(m, i),
                                            "the algorithm is another");
    return PERSONA_OK;
}

/* Everything up to what learns. */
static int fit_read(psn_rec_fitting *fit, persona_error *error)
{
    int rc;
    psn_rec_engine *engine = &fit->model->engine;
    psn_task_enter(fit->task, "reading events", 0, 0.1);
    PSN_TRY(fit_algorithm(fit, error));
    PSN_TRY(psn_rec_fit_roles(fit, error));
    PSN_TRY(psn_rec_fit_events(fit, error));
    PSN_TRY(psn_rec_fit_catalog(fit, error));
    PSN_TRY(psn_rec_fit_rows(fit, error));
    PSN_TRY(psn_rec_fit_meaning(fit, error));
    fit->model->mode = fit->mode;
    engine->items = fit->items;
    engine->timed = fit->times == PSN_REC_MOMENTS;
    engine->pool = 200;
    PSN_TRY(psn_roles_keep(fit->model->column, &psn_recommend_roles, fit->table,
                           fit->column, error));
done:
    return rc;
}

/* A dry run: only the note. */
static int fit_dry(psn_rec_fitting *fit, int64_t bytes, persona_error *error)
{
    int rc;
    psn_rec_engine_clear(&fit->model->engine);
    PSN_TRY(psn_model_note(&fit->model->base, "expected_bytes", "info", bytes, error,
                           "the fit would take about %lld bytes beside the table",
                           (long long)bytes));
    PSN_TRY(fit_resolved(fit, error));
done:
    return rc;
}

/* The learner that was asked for by name must have something to learn from. */
static int fit_can(const psn_rec_fitting *fit, persona_error *error)
{
    struct psn_rec_setting settings[8];
    if (fit->only < 0 || psn_rec_fit_settings(fit, fit->only, settings) > 0)
        return PERSONA_OK;
    return psn_fail(error, PERSONA_EDATA, "algorithm %s needs %s",
                    psn_rec_member_names[fit->only],
                    fit->only == PSN_REC_CONTENT
                        ? "attributes: a table of items linked to the column of items"
                        : "events that belong together: orders, times or sessions");
}

static int fit_run(psn_rec_fitting *fit, persona_error *error)
{
    int rc;
    int64_t bytes;
    psn_rec_engine *engine = &fit->model->engine;
    PSN_TRY(fit_read(fit, error));
    PSN_TRY(fit_can(fit, error));
    PSN_TRY(psn_rec_fit_bytes(fit, &bytes, error));
    if (REC_BOOL(fit, "dry_run")) return fit_dry(fit, bytes, error);
    PSN_TRY(fit_learn(fit, error));
    PSN_TRY(psn_rec_fit_report(fit, error));
    PSN_TRY(fit_resolved(fit, error));
    fit_keep_log(fit);
    engine->learnt_items = engine->items;
    PSN_TRY(psn_rec_engine_ready(engine, error));
    fit->model->ready = 1;
done:
    return rc;
}

void psn_rec_fit_close(psn_rec_fitting *fit)
{
    psn_pool_close(fit->pool);
    psn_rec_split_clear(&fit->split);
    psn_rec_rows_clear(&fit->rows);
    psn_rec_trials_free(fit->trials);
    for (int c = 0; c < PSN_REC_CHANCES; c++) psn_rec_shown_clear(fit->shown + c);
    psn_sparse_free(fit->attributes);
    psn_release(fit->user);
    psn_release(fit->item);
    psn_release(fit->session);
    psn_release(fit->order);
    psn_release(fit->kind);
    psn_release(fit->weight);
    psn_release(fit->time);
}

int psn_recommend_fit(persona_recommender **out, const persona_table *table,
                      const persona_params *params, persona_task *task,
                      persona_error *error)
{
    int rc;
    void *made = NULL;
    psn_rec_fitting fit = {.table = table, .params = params, .task = task};
    *out = NULL;
    PSN_TRY(psn_params_expect(params, &psn_recommend_fit_schema, error));
    PSN_TRY(
        psn_model_new(&made, sizeof(persona_recommender), &psn_recommend_kind, error));
    fit.model = made;
    fit.seed = (uint64_t)REC_INT(&fit, "seed", NULL);
    PSN_TRY(psn_pool_open(&fit.pool, REC_INT(&fit, "threads", NULL), error));
    PSN_TRY(fit_run(&fit, error));
    PSN_TRY(psn_model_seal(&fit.model->base, error));
    *out = made;
    made = NULL;
done:
    psn_rec_fit_close(&fit);
    if (made) psn_model_free(made);
    return rc;
}
