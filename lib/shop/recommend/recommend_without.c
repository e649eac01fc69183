/* recommend_without.c: the same model without one user: his id, his history and, where
 * sessions are neighbours, the session itself. Weights between items keep what he added
 * to them among all others; describe says so. O(model). */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend.h"

#include <string.h>

static int without_copy(persona_model **out, const persona_model *base,
                        persona_error *error)
{
    psn_text bytes = {0};
    int rc = psn_model_encode(&bytes, base, error);
    if (rc == PERSONA_OK)
        rc = psn_model_decode(out, bytes.bytes, bytes.length, NULL, error);
    psn_text_free(&bytes);
    return rc;
}

static int without_id(psn_dict **out, const psn_dict *users, int64_t user,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *made = psn_dict_new();
    PSN_NEED(made);
    for (int64_t u = 0; u < psn_dict_count(users); u++) {
        size_t length;
        const char *text = psn_dict_text(users, u, &length);
        if (u != user && psn_dict_add(made, text, length) < 0) PSN_NEED(NULL);
    }
    *out = made;
    made = NULL;
done:
    psn_dict_free(made);
    return rc;
}

static void without_history(psn_rec_log *log, int64_t user)
{
    const int64_t first = log->start[user], after = log->start[user + 1];
    const size_t left = (size_t)(log->start[log->users] - after);
    memmove(log->item + first, log->item + after, left * sizeof *log->item);
    memmove(log->kind + first, log->kind + after, left * sizeof *log->kind);
    memmove(log->weight + first, log->weight + after, left * sizeof *log->weight);
    if (log->time)
        memmove(log->time + first, log->time + after, left * sizeof *log->time);
    for (int64_t u = user; u < log->users; u++)
        log->start[u] = log->start[u + 1] - (after - first);
    if (log->session)
        memmove(log->session + first, log->session + after, left * sizeof *log->session);
    const int64_t rank = log->rank[user];
    memmove(log->rank + user, log->rank + user + 1,
            (size_t)(log->users - user - 1) * sizeof *log->rank);
    log->users--;
    for (int64_t u = 0; u < log->users; u++) log->rank[u] -= log->rank[u] > rank;
}

/* The index again, out of the histories that are left. */
static int without_session(persona_recommender *model, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_member *member = model->engine.member + PSN_REC_SESSION_KNN;
    psn_sparse *sessions = NULL;
    psn_session_knn *knn = NULL;
    if (member->sessions == NULL) return PERSONA_OK;
    PSN_TRY(
        psn_rec_log_sequences(&sessions, &model->log, model->engine.items, NULL, error));
    PSN_TRY(psn_session_knn_new(&knn, sessions,
                                psn_session_knn_settings(member->sessions), NULL, error));
    psn_session_knn_free(member->sessions);
    member->sessions = knn;
done:
    psn_sparse_free(sessions);
    return rc;
}

int psn_recommend_without(persona_model **out, const persona_model *base,
                          const char *user, size_t length, persona_task *task,
                          persona_error *error)
{
    int rc;
    persona_model *copy = NULL;
    psn_dict *users = NULL;
    (void)task;
    *out = NULL;
    PSN_TRY(without_copy(&copy, base, error));
    persona_recommender *made = (persona_recommender *)copy;
    const int64_t found =
        made->users ? psn_dict_find(made->users, user, length) : PERSONA_NONE;
    if (found < 0) PSN_FAIL(error, PERSONA_EDATA, "the model does not know this user");
    PSN_TRY(without_id(&users, made->users, found, error));
    without_history(&made->log, found);
    PSN_TRY(without_session(made, error));
    psn_dict_free(made->users);
    made->users = users;
    users = NULL;
    PSN_TRY(psn_model_seal(copy, error));
    *out = copy;
    copy = NULL;
done:
    psn_model_free(copy);
    psn_dict_free(users);
    return rc;
}
