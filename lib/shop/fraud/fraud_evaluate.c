/* fraud_evaluate.c: how good a scorer is on orders that it has not learnt from: the table
 * is split, one part fits, the other is scored and judged. By time wherever there is a
 * time: a random split lets a model learn from the day that it is asked about. */
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/task.h"
#include "data/table_flatten.h"
#include "math/order.h"
#include "shop/fraud/fraud_fit.h"
#include "shop/settings.h"

#include <math.h>
#include <string.h>

typedef struct evaluate_work {
    psn_fraud_fitting whole; /* label, weight, time of the table */
    const persona_params *asked;
    persona_table *train, *test;
    int64_t *row; /* of the test part */
    int64_t rows;
    persona_params *fit; /* what the fit gets */
    double *probability, *amount, *label, *weight;
} evaluate_work;

static const char *evaluate_text(const evaluate_work *work, const char *name)
{
    return psn_params_text(work->asked, &psn_fraud_evaluate_schema, name);
}

/* ---- the split */

static int evaluate_random(uint8_t *test, const evaluate_work *work, double share,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t rows = work->whole.rows;
    const uint64_t seed = (uint64_t)psn_params_int(
        work->asked, &psn_fraud_evaluate_schema, "split_seed", NULL);
    psn_random random;
    double taken[2] = {0, 0}, dealt[2] = {0, 0}; /* good, frauds: as many of each */
    double *key = psn_alloc((size_t)rows, sizeof *key);
    int64_t *order = psn_alloc((size_t)rows, sizeof *order);
    PSN_NEED(key);
    PSN_NEED(order);
    for (int64_t i = 0; i < rows; i++) {
        psn_random_start(&random, seed, PSN_FRAUD_DRAW_SPLIT, (uint64_t)i);
        key[i] = psn_random_unit(&random);
    }
    psn_sort_order(order, key, rows);
    for (int64_t k = 0; k < rows; k++) {
        const int fraud = work->whole.label[order[k]] > 0;
        dealt[fraud]++;
        if (taken[fraud] + 1 > share * dealt[fraud] + 1e-9) continue;
        taken[fraud]++;
        test[order[k]] = 1;
    }
done:
    psn_release(key);
    psn_release(order);
    return rc;
}

static int evaluate_last(uint8_t *test, const evaluate_work *work, const double *time,
                         double share, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t rows = work->whole.rows, wanted = (int64_t)(share * (double)rows + 0.5);
    double *spare = psn_alloc((size_t)rows, sizeof *spare);
    int64_t *order = psn_alloc((size_t)rows, sizeof *order);
    PSN_NEED(spare);
    PSN_NEED(order);
    psn_fraud_fit_by_time(order, time, spare, rows);
    for (int64_t k = rows - wanted; k < rows; k++)
        if (k >= 0) test[order[k]] = 1;
done:
    psn_release(spare);
    psn_release(order);
    return rc;
}

static int evaluate_mark(uint8_t *test, const evaluate_work *work, persona_error *error)
{
    const char *how = evaluate_text(work, "split");
    const double share =
        psn_params_real(work->asked, &psn_fraud_evaluate_schema, "test_share", NULL);
    if (strcmp(how, "auto") == 0) how = work->whole.time ? "time" : "random";
    if (strcmp(how, "none") == 0)
        return psn_fail(error, PERSONA_EOPTION,
                        "split=none needs a model that has learnt from other rows");
    if (strcmp(how, "time") == 0 && work->whole.time == NULL)
        return psn_fail(error, PERSONA_EOPTION,
                        "split=time: there is no column of role time (column.time=...)");
    if (strcmp(how, "every5th") == 0) {
        for (int64_t i = 4; i < work->whole.rows; i += 5) test[i] = 1;
        return PERSONA_OK;
    }
    if (strcmp(how, "random") == 0) return evaluate_random(test, work, share, error);
    return evaluate_last(test, work, strcmp(how, "time") == 0 ? work->whole.time : NULL,
                         share, error);
}

static int evaluate_split(evaluate_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t rows = work->whole.rows;
    int64_t learn = 0;
    uint8_t *test = psn_alloc_zero((size_t)rows, 1);
    int64_t *other = psn_alloc((size_t)rows, sizeof *other);
    PSN_NEED(test);
    PSN_NEED(other);
    PSN_NEED(work->row = psn_alloc((size_t)rows, sizeof *work->row));
    PSN_TRY(evaluate_mark(test, work, error));
    for (int64_t i = 0; i < rows; i++)
        if (test[i])
            work->row[work->rows++] = i;
        else
            other[learn++] = i;
    if (learn == 0 || work->rows == 0)
        PSN_FAIL(error, PERSONA_EDATA, "the table has too few rows to split");
    PSN_TRY(psn_table_select(&work->train, work->whole.table, other, learn, error));
    PSN_TRY(
        psn_table_select(&work->test, work->whole.table, work->row, work->rows, error));
done:
    psn_release(test);
    psn_release(other);
    return rc;
}

/* ---- options of the fit: those given, and what follows from the split */

static int evaluate_params(evaluate_work *work, persona_error *error)
{
    int rc;
    const psn_fraud_fitting *whole = &work->whole;
    PSN_TRY(psn_params_new(&work->fit, &psn_fraud_fit_schema, error));
    for (size_t o = 0; o < psn_fraud_fit_schema.count; o++)
        PSN_TRY(psn_settings_copy(work->fit, whole->params, &psn_fraud_fit_schema,
                                  psn_fraud_fit_schema.options[o].name, error));
    /* a part may look unlike the whole: its roles are those of the whole */
    for (int r = 0; r < PSN_FRAUD_ROLES; r++) {
        char name[64];
        psn_format(name, sizeof name, "column.%s", psn_fraud_role_names[r]);
        if (psn_params_is_set(work->fit, name)) continue;
        const char *column = whole->column[r] < 0
                                 ? "none"
                                 : psn_fraud_fit_column(whole, whole->column[r])->name;
        PSN_TRY(psn_params_set_text(work->fit, name, column, PERSONA_NUL, error));
    }
    if (strcmp(evaluate_text(work, "split"), "order") == 0 && whole->supervised &&
        !psn_params_is_set(work->fit, "validation"))
        PSN_TRY(
            psn_params_set_text(work->fit, "validation", "order", PERSONA_NUL, error));
done:
    return rc;
}

/* ---- scores and metrics */

static int evaluate_score(evaluate_work *work, const persona_fraud_scorer *model,
                          persona_task *task, persona_error *error)
{
    int rc;
    persona_params *query = NULL;
    persona_table *scores = NULL;
    psn_fraud_view view = {0};
    const size_t n = (size_t)work->rows;
    double *values = psn_alloc((size_t)model->inputs, sizeof *values);
    PSN_NEED(values);
    PSN_TRY(psn_params_new(&query, &psn_fraud_query_schema, error));
    PSN_TRY(psn_params_set_int(query, "reasons", 0, error));
    PSN_TRY(psn_fraud_score_table(&scores, model, work->test, query, task, error));
    PSN_NEED(work->probability = psn_copy(
                 psn_table_column(scores, psn_table_find(scores, "probability"))->values,
                 n * sizeof(double)));
    PSN_NEED(work->amount = psn_alloc(n, sizeof(double)));
    PSN_TRY(psn_fraud_view_open(&view, model, work->test, error));
    for (int64_t i = 0; i < work->rows; i++) {
        psn_fraud_view_row(&view, i, values);
        work->amount[i] = psn_fraud_amount(model, values);
    }
done:
    psn_fraud_view_close(&view);
    psn_table_free(scores);
    psn_params_free(query);
    psn_release(values);
    return rc;
}

/* Rows whose label is not known, or that weigh nothing, judge nothing. */
static int evaluate_known(evaluate_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_fraud_fitting *whole = &work->whole;
    int64_t kept = 0;
    PSN_NEED(work->label = psn_alloc((size_t)work->rows, sizeof(double)));
    PSN_NEED(work->weight = psn_alloc((size_t)work->rows, sizeof(double)));
    for (int64_t i = 0; i < work->rows; i++) {
        const int64_t row = work->row ? work->row[i] : i;
        if (isnan(whole->label[row]) || psn_fraud_fit_weight(whole, row) == 0) continue;
        work->probability[kept] = work->probability[i];
        work->amount[kept] = work->amount[i];
        work->label[kept] = whole->label[row];
        work->weight[kept++] = psn_fraud_fit_weight(whole, row);
    }
    work->rows = kept;
    if (kept == 0) PSN_FAIL(error, PERSONA_EDATA, "no row to judge by has a label");
done:
    return rc;
}

static int evaluate_metrics(persona_table **out, evaluate_work *work,
                            const persona_fraud_scorer *model, persona_error *error)
{
    const psn_schema *schema = &psn_fraud_evaluate_schema;
    const psn_fraud_scored scored = {
        .probability = work->probability,
        .label = work->label,
        .weight = work->whole.weight ? work->weight : NULL,
        .amount = work->amount,
        .rows = work->rows,
        .costs = &model->costs,
        .level = psn_params_real(work->asked, schema, "level", NULL),
        .draws = (int32_t)psn_params_int(work->asked, schema, "draws", NULL),
        .seed = (uint64_t)psn_params_int(work->asked, schema, "split_seed", NULL),
        .pool = work->whole.pool};
    return psn_fraud_metrics(out, &scored, evaluate_text(work, "metrics"), error);
}

static int evaluate_fitted(persona_table **out, evaluate_work *work, persona_task *task,
                           persona_error *error)
{
    int rc;
    persona_fraud_scorer *model = NULL;
    PSN_TRY(evaluate_split(work, error));
    PSN_TRY(evaluate_params(work, error));
    PSN_TRY(psn_fraud_fit(&model, work->train, work->fit, task, error));
    PSN_TRY(evaluate_score(work, model, task, error));
    PSN_TRY(evaluate_known(work, error));
    PSN_TRY(evaluate_metrics(out, work, model, error));
done:
    if (model) psn_model_free(&model->base);
    return rc;
}

static int evaluate_given(persona_table **out, evaluate_work *work,
                          const persona_fraud_scorer *model, persona_task *task,
                          persona_error *error)
{
    int rc;
    const char *how = evaluate_text(work, "split");
    if (strcmp(how, "auto") != 0 && strcmp(how, "none") != 0)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "split: a given model scores the whole table (split=none)");
    work->test = psn_table_ref(work->whole.table);
    work->rows = work->whole.rows;
    PSN_TRY(evaluate_score(work, model, task, error));
    PSN_TRY(evaluate_known(work, error));
    PSN_TRY(evaluate_metrics(out, work, model, error));
done:
    return rc;
}

/* Label, weight and time of the whole table, by the rules of the fit. */
static int evaluate_open(evaluate_work *work, const persona_fraud_scorer *model,
                         void **scrap, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_fraud_fitting *whole = &work->whole;
    PSN_TRY(psn_model_new(scrap, sizeof(persona_fraud_scorer), &psn_fraud_kind, error));
    whole->model = *scrap;
    if (model && model->role[PSN_FRAUD_ROLE_LABEL] && whole->params == NULL) {
        PSN_TRY(psn_params_new(&work->fit, &psn_fraud_fit_schema, error));
        PSN_TRY(psn_params_set_text(work->fit, "column.label",
                                    model->role[PSN_FRAUD_ROLE_LABEL], PERSONA_NUL,
                                    error));
        whole->params = work->fit;
    }
    PSN_TRY(psn_fraud_fit_roles(whole, error));
    PSN_TRY(psn_fraud_fit_labels(whole, error));
    if (whole->label == NULL)
        PSN_FAIL(error, PERSONA_EDATA, "evaluating needs labels (column.label=...)");
    PSN_TRY(psn_pool_open(
        &whole->pool,
        psn_params_int(whole->params, &psn_fraud_fit_schema, "threads", NULL), error));
done:
    return rc;
}

static void evaluate_close(evaluate_work *work, void *scrap)
{
    psn_pool_close(work->whole.pool);
    psn_release(work->whole.label);
    psn_release(work->whole.weight);
    psn_release(work->whole.time);
    if (scrap) psn_model_free(scrap);
    psn_table_free(work->train);
    psn_table_free(work->test);
    psn_params_free(work->fit);
    psn_release(work->row);
    psn_release(work->probability);
    psn_release(work->amount);
    psn_release(work->label);
    psn_release(work->weight);
}

int psn_fraud_evaluate(persona_table **out, const persona_fraud_scorer *model,
                       const persona_table *table, const persona_params *fit,
                       const persona_params *evaluate, persona_task *task,
                       persona_error *error)
{
    int rc;
    void *scrap = NULL;
    persona_table *flat = NULL;
    evaluate_work work = {.whole = {.params = fit, .task = task}, .asked = evaluate};
    *out = NULL;
    PSN_TRY(psn_params_expect(fit, &psn_fraud_fit_schema, error));
    PSN_TRY(psn_params_expect(evaluate, &psn_fraud_evaluate_schema, error));
    if (model && fit)
        PSN_FAIL(error, PERSONA_EARG, "fit: must be NULL where a model is given");
    if (model) PSN_TRY(psn_fraud_ready(model, error));
    PSN_TRY(psn_table_flatten(&flat, table, error));
    work.whole.table = flat;
    work.whole.rows = flat->rows;
    PSN_TRY(evaluate_open(&work, model, &scrap, error));
    PSN_TRY(model ? evaluate_given(out, &work, model, task, error)
                  : evaluate_fitted(out, &work, task, error));
done:
    evaluate_close(&work, scrap);
    psn_table_free(flat);
    return rc;
}
