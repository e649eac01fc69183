/* recommend_update.c: a model that knows new events as well, without a new fit.
 *
 *   events -> histories grow -> counts, lists and neighbour sessions out of the histories
 *          -> weights and factors of items that the learners have not seen
 *
 * What was learnt (weights, factors and their index, habits, trees) is shared with the
 * old model by a count of references. Made again is what changed: dictionaries,
 * histories, counts of items, lists, the index of sessions, and what is said of later
 * items; all of it depends only on the histories and on what was learnt, so that it does
 * not matter whether a model was saved and loaded between two updates. O(histories +
 * items), a fraction of a fit. */
#include "shop/recommend/recommend_update.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"

#include <math.h>
#include <string.h>

/* ---- what stays */

static void update_engine(psn_rec_engine *to, const psn_rec_engine *from)
{
    to->learnt_items = from->learnt_items;
    to->kinds = from->kinds;
    memcpy(to->kind, from->kind, sizeof to->kind);
    to->timed = from->timed;
    to->dwell = from->dwell;
    to->pool = from->pool;
    to->reranked = from->reranked;
    psn_rec_engine_share(to, from);
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        to->member[m].fitted = from->member[m].fitted;
        to->member[m].share = from->member[m].share;
        to->member[m].decay = from->member[m].decay;
        to->member[m].weighted = from->member[m].weighted;
        to->member[m].adds = from->member[m].adds;
    }
}

/* Notes of the fit; that of an update before is replaced by this one's. */
static int update_notes(persona_model *to, const persona_model *from,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t kept = 0;
    persona_table *notes = NULL;
    const psn_column *code =
        psn_table_column(from->notes, psn_table_find(from->notes, "code"));
    int64_t *rows = psn_alloc((size_t)from->notes->rows + 1, sizeof *rows);
    PSN_NEED(rows);
    for (int64_t i = 0; i < from->notes->rows; i++) {
        const char *text;
        int64_t length;
        psn_column_text(code, i, &text, &length);
        if (text == NULL || length != 7 || memcmp(text, "updated", 7) != 0)
            rows[kept++] = i;
    }
    if (kept == 0) goto done;
    PSN_TRY(psn_table_select(&notes, from->notes, rows, kept, error));
    psn_table_free(to->notes);
    to->notes = notes;
done:
    psn_release(rows);
    return rc;
}

static int update_kept(persona_model *to, const persona_model *from, persona_error *error)
{
    int rc = PERSONA_OK;
    if (from->kept_count == 0) return PERSONA_OK;
    PSN_NEED(to->kept = psn_alloc_zero(from->kept_count, sizeof *to->kept));
    for (size_t i = 0; i < from->kept_count; i++) {
        to->kept[i] = from->kept[i];
        PSN_NEED(to->kept[i].data = psn_copy(from->kept[i].data, from->kept[i].size));
        to->kept_count++;
    }
done:
    return rc;
}

static int update_start(psn_rec_growing *grow, persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_recommender *from = grow->from;
    persona_recommender *to = grow->to;
    to->mode = from->mode;
    to->events = from->events;
    to->bots = from->bots;
    to->newest = from->newest;
    update_engine(&to->engine, &from->engine);
    to->options = psn_table_ref(from->options);
    for (int p = 0; p < PSN_REC_PARTS; p++)
        if (from->part[p]) to->part[p] = psn_table_ref(from->part[p]);
    for (int r = 0; r < PSN_REC_ROLES; r++)
        if (from->column[r])
            PSN_NEED(to->column[r] =
                         psn_copy_text(from->column[r], strlen(from->column[r])));
    PSN_NEED(to->users = psn_dict_copy(from->users));
    PSN_NEED(to->items = psn_dict_copy(from->items));
    PSN_TRY(update_notes(&to->base, &from->base, error));
    PSN_TRY(update_kept(&to->base, &from->base, error));
done:
    return rc;
}

/* ---- counts */

/* The histories as rows of the fit; they stay the model's. */
static void update_lend_rows(psn_rec_growing *grow)
{
    const psn_rec_log *log = &grow->to->log;
    psn_rec_rows *rows = &grow->fit.rows;
    rows->rows = log->users;
    rows->events = log->start[log->users];
    rows->start = log->start;
    rows->item = log->item;
    rows->kind = log->kind;
    rows->weight = log->weight;
    rows->time = log->time;
    rows->rank = log->rank;
    rows->session = log->session;
    grow->fit.items = grow->to->engine.items;
    grow->fit.mode = grow->to->mode;
    grow->fit.times = grow->to->engine.timed ? PSN_REC_MOMENTS : PSN_REC_NO_TIME;
}

/* A list of popularity, counted again. */
static int update_list(psn_rec_growing *grow, int m, persona_error *error)
{
    int rc;
    const struct psn_rec_setting none = {{0}};
    psn_rec_member *member = grow->to->engine.member + m;
    const psn_rec_member before = *member;
    if (!before.fitted) return PERSONA_OK;
    memset(member, 0, sizeof *member); /* what it has is the old model's */
    PSN_TRY(psn_rec_fit_member(&grow->to->engine, &grow->fit, m, &none, NULL, error));
    member->share = before.share;
    member->decay = before.decay;
    member->weighted = before.weighted;
    member->adds = before.adds;
done:
    return rc;
}

static int update_sessions(psn_rec_growing *grow, persona_error *error)
{
    int rc;
    psn_sparse *sessions = NULL;
    persona_recommender *to = grow->to;
    const psn_rec_member *from = grow->from->engine.member + PSN_REC_SESSION_KNN;
    if (from->sessions == NULL) return PERSONA_OK;
    PSN_TRY(psn_rec_log_sequences(&sessions, &to->log, to->engine.items, NULL, error));
    PSN_TRY(psn_session_knn_new(&to->engine.member[PSN_REC_SESSION_KNN].sessions,
                                sessions, psn_session_knn_settings(from->sessions),
                                grow->fit.task, error));
done:
    psn_sparse_free(sessions);
    return rc;
}

static int update_run(psn_rec_growing *grow, persona_error *error)
{
    int rc;
    persona_recommender *to = grow->to;
    PSN_TRY(update_start(grow, error));
    PSN_TRY(psn_rec_update_events(grow, error));
    PSN_TRY(psn_task_check(grow->fit.task, 0.2, error));
    PSN_TRY(psn_rec_update_catalog(grow, error));
    PSN_TRY(psn_rec_update_log(grow, error));
    PSN_TRY(psn_task_check(grow->fit.task, 0.4, error));
    PSN_TRY(psn_rec_update_facts(grow, error));
    update_lend_rows(grow);
    PSN_TRY(psn_rec_fit_facts(&to->engine, &grow->fit, NULL, error));
    PSN_TRY(update_list(grow, PSN_REC_POPULAR, error));
    PSN_TRY(update_list(grow, PSN_REC_TRENDING, error));
    PSN_TRY(update_sessions(grow, error));
    PSN_TRY(psn_task_check(grow->fit.task, 0.7, error));
    PSN_TRY(psn_rec_update_items(grow, error));
    PSN_TRY(psn_rec_engine_ready(&to->engine, error));
    to->ready = 1;
    PSN_TRY(psn_model_note(
        &to->base, "updated", "info", grow->added, error,
        "%lld new events, %lld of them were known or could not be used; %lld new users, "
        "%lld new items since the fit",
        (long long)grow->fit.count, (long long)(grow->twice + grow->skipped),
        (long long)grow->new_users,
        (long long)(to->engine.items - to->engine.learnt_items)));
done:
    return rc;
}

static void update_close(psn_rec_growing *grow)
{
    grow->fit.rows = (psn_rec_rows){0}; /* lent */
    psn_rec_fit_close(&grow->fit);
    if (grow->told) psn_model_free(&grow->told->base);
}

int psn_recommend_update(persona_recommender **out, const persona_recommender *model,
                         const persona_table *events, persona_task *task,
                         persona_error *error)
{
    int rc;
    void *made = NULL;
    psn_rec_growing grow = {.from = model, .fit = {.table = events, .task = task}};
    *out = NULL;
    PSN_TRY(psn_model_ready(&model->base, &psn_recommend_kind, model->ready, error));
    PSN_TRY(
        psn_model_new(&made, sizeof(persona_recommender), &psn_recommend_kind, error));
    grow.to = grow.fit.model = made;
    psn_task_enter(task, "updating", 0, 1);
    PSN_TRY(psn_pool_open(&grow.fit.pool, 1, error));
    PSN_TRY(update_run(&grow, error));
    PSN_TRY(psn_model_seal(&grow.to->base, error));
    *out = made;
    made = NULL;
done:
    update_close(&grow);
    if (made) psn_model_free(made);
    return rc;
}
