/* recommend_evaluate.c: how good a recommender is on events that it has not learnt from:
 * the table is split, one part fits, its lists are judged by the other; a second
 * algorithm that learns from the same part may stand beside it. The cases, the truth and
 * the bounds of what may be shown are the same for both. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/task.h"
#include "shop/recommend/recommend_evaluate.h"
#include "shop/settings.h"

#include <string.h>

enum { EVALUATE_LONGEST = 10000 };

/* Option k: rising, each once. */
static int evaluate_lengths(psn_rec_evaluation *work, persona_error *error)
{
    char text[32];
    const char *cursor = EVALUATE_TEXT(work, "k");
    int more;
    while ((more = psn_list_next(&cursor, text, sizeof text)) != 0) {
        int64_t k;
        if (more < 0 || !psn_parse_int(text, strlen(text), &k) || k < 1 ||
            k > EVALUATE_LONGEST)
            return psn_fail(error, PERSONA_EOPTION,
                            "k: need whole numbers, 1 to %d, with commas between",
                            EVALUATE_LONGEST);
        if (work->lengths == PSN_REC_LENGTHS)
            return psn_fail(error, PERSONA_EOPTION, "k: need at most %d lengths",
                            PSN_REC_LENGTHS);
        int32_t at = work->lengths++;
        for (; at > 0 && work->length[at - 1] > k; at--)
            work->length[at] = work->length[at - 1];
        work->length[at] = (int32_t)k;
        if (at > 0 && work->length[at - 1] == k)
            return psn_fail(error, PERSONA_EOPTION, "k: %d is there twice", (int)k);
    }
    if (work->lengths == 0)
        return psn_fail(error, PERSONA_EOPTION, "k: need at least one length");
    return PERSONA_OK;
}

/* The options of the fit for the other algorithm: those of other learners left out. */
static int evaluate_other_params(persona_params **out, const psn_rec_evaluation *work,
                                 const char *against, persona_error *error)
{
    int rc;
    char own[64];
    psn_format(own, sizeof own, "%s.", against);
    PSN_TRY(psn_params_new(out, &psn_recommend_fit_schema, error));
    for (size_t o = 0; o < psn_recommend_fit_schema.count; o++) {
        const char *name = psn_recommend_fit_schema.options[o].name;
        const int learner = strchr(name, '.') != NULL && strchr(name, '*') == NULL;
        if (strcmp(name, "algorithm") == 0) continue;
        if (learner && strncmp(name, own, strlen(own)) != 0) continue;
        PSN_TRY(
            psn_settings_copy(*out, work->fit, &psn_recommend_fit_schema, name, error));
    }
    PSN_TRY(psn_params_set_text(*out, "algorithm", against, PERSONA_NUL, error));
done:
    return rc;
}

static int evaluate_other(int32_t **lists, const psn_rec_evaluation *work,
                          const char *against, persona_task *task, persona_error *error)
{
    int rc;
    persona_params *params = NULL;
    persona_recommender *model = NULL;
    PSN_TRY(evaluate_other_params(&params, work, against, error));
    PSN_TRY(psn_recommend_fit(&model, work->part, params, task, error));
    PSN_TRY(psn_rec_evaluate_lists(lists, work, model, task, error));
done:
    psn_params_free(params);
    if (model) psn_model_free(&model->base);
    return rc;
}

static int evaluate_run(persona_table **out, psn_rec_evaluation *work, persona_task *task,
                        persona_error *error)
{
    int rc;
    persona_recommender *model = NULL;
    int32_t *lists = NULL, *other = NULL;
    const char *against = EVALUATE_TEXT(work, "against");
    PSN_TRY(psn_rec_evaluate_check(work, error));
    PSN_TRY(evaluate_lengths(work, error));
    PSN_TRY(psn_rec_evaluate_split(work, error));
    PSN_TRY(psn_recommend_fit(&model, work->part, work->fit, task, error));
    PSN_TRY(psn_rec_evaluate_cases(work, model, error));
    PSN_TRY(psn_rec_evaluate_lists(&lists, work, model, task, error));
    psn_model_free(&model->base);
    model = NULL;
    if (strcmp(against, "none") != 0)
        PSN_TRY(evaluate_other(&other, work, against, task, error));
    PSN_TRY(psn_rec_evaluate_metrics(out, work, lists, other, against, error));
done:
    psn_release(lists);
    psn_release(other);
    if (model) psn_model_free(&model->base);
    return rc;
}

static void evaluate_close(psn_rec_evaluation *work)
{
    psn_rec_fitting *whole = &work->whole;
    psn_rec_fit_close(whole);
    if (whole->model) psn_model_free(&whole->model->base);
    psn_sparse_free(work->sequences);
    psn_release(work->row);
    psn_release(work->user);
    psn_split_free(work->split);
    psn_table_free(work->part);
    psn_params_free(work->fit);
    psn_sparse_free(work->profile);
    psn_sparse_free(work->truth);
    psn_release(work->of);
}

int psn_recommend_evaluate(persona_table **out, const persona_table *events,
                           const persona_params *fit, const persona_params *evaluate,
                           persona_task *task, persona_error *error)
{
    int rc;
    void *scrap = NULL;
    psn_rec_evaluation work = {
        .whole = {.table = events, .params = fit, .task = task, .only = -1},
        .asked = evaluate};
    *out = NULL;
    PSN_TRY(psn_params_expect(fit, &psn_recommend_fit_schema, error));
    PSN_TRY(psn_params_expect(evaluate, &psn_recommend_evaluate_schema, error));
    if (psn_params_bool(fit, &psn_recommend_fit_schema, "dry_run"))
        PSN_FAIL(error, PERSONA_EOPTION, "dry_run has no effect: evaluating fits");
    PSN_TRY(
        psn_model_new(&scrap, sizeof(persona_recommender), &psn_recommend_kind, error));
    work.whole.model = scrap;
    PSN_TRY(psn_pool_open(&work.whole.pool,
                          psn_params_int(fit, &psn_recommend_fit_schema, "threads", NULL),
                          error));
    PSN_TRY(evaluate_run(out, &work, task, error));
done:
    evaluate_close(&work);
    return rc;
}
