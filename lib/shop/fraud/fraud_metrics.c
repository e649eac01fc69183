/* fraud_metrics.c: how good probabilities were, on rows whose truth is known, with
 * intervals from bootstrap draws of the rows.
 *
 * recall_at_1pct_fpr: share of the frauds found by the limit that stops 1 % of the good
 * orders. precision_at_1pct: share of frauds among the 1 % of orders with the greatest
 * probability. cost: what the chosen actions cost (lib/plan/decision.h). */
#include "base/error.h"
#include "base/memory.h"
#include "math/order.h"
#include "measure/bootstrap.h"
#include "measure/calibration.h"
#include "measure/loss.h"
#include "measure/roc.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

enum {
    METRIC_ROWS,
    METRIC_FRAUDS,
    METRIC_AUC,
    METRIC_AP,
    METRIC_LOG_LOSS,
    METRIC_BRIER,
    METRIC_ECE,
    METRIC_RECALL_1,
    METRIC_RECALL_5,
    METRIC_PRECISION_1,
    METRIC_COST,
    METRIC_COST_ACCEPTING,
    METRIC_REVIEWED,
    METRIC_BLOCKED,
    METRICS
};
enum { METRIC_ECE_BINS = 15 };
static const char *const metric_names[METRICS] = {"rows",
                                                  "frauds",
                                                  "auc",
                                                  "average_precision",
                                                  "log_loss",
                                                  "brier",
                                                  "ece",
                                                  "recall_at_1pct_fpr",
                                                  "recall_at_5pct_fpr",
                                                  "precision_at_1pct",
                                                  "cost",
                                                  "cost_accepting_all",
                                                  "reviewed",
                                                  "blocked"};

typedef struct metric_work {
    const psn_fraud_scored *on;
    double *each; /* rows: values whose mean is the metric */
    double *some; /* the same for a part of the rows */
    double value[METRICS], low[METRICS], high[METRICS];
} metric_work;

static int metric_bootstrap(metric_work *work, int metric, psn_bootstrap_metric kind,
                            const double *a, const double *weight, int64_t rows,
                            double scale, persona_error *error)
{
    const psn_fraud_scored *on = work->on;
    psn_bootstrap_options options;
    psn_bootstrap_result result;
    psn_bootstrap_defaults(&options);
    options.draws = on->draws;
    options.level = on->level;
    options.seed = on->seed;
    const int rc = psn_bootstrap_paired(&result, kind, a, NULL, on->label, weight, rows,
                                        &options, on->pool, error);
    if (rc != PERSONA_OK) return rc;
    work->value[metric] = scale * result.value;
    work->low[metric] = scale * result.low;
    work->high[metric] = scale * result.high;
    return PERSONA_OK;
}

static int metric_loss(metric_work *work, int metric, psn_loss loss, persona_error *error)
{
    double mean;
    const psn_fraud_scored *on = work->on;
    int rc = psn_loss_mean(&mean, work->each, loss, 0, on->probability, on->label,
                           on->weight, on->rows, error);
    if (rc != PERSONA_OK) return rc;
    return metric_bootstrap(work, metric, PSN_BOOTSTRAP_MEAN, work->each, on->weight,
                            on->rows, 1, error);
}

/* Frauds at or above the limit that stops at most `share` of the good orders. */
static int metric_recall(metric_work *work, int metric, double share,
                         const psn_roc_point *points, int64_t count, persona_error *error)
{
    const psn_fraud_scored *on = work->on;
    double limit = INFINITY;
    int64_t frauds = 0;
    for (int64_t i = 0; i < count && points[i].false_rate <= share; i++)
        limit = points[i].threshold;
    for (int64_t i = 0; i < on->rows; i++) {
        if (!(on->label[i] > 0)) continue;
        work->each[frauds] = on->probability[i] >= limit;
        work->some[frauds++] = on->weight ? on->weight[i] : 1;
    }
    return metric_bootstrap(work, metric, PSN_BOOTSTRAP_MEAN, work->each,
                            on->weight ? work->some : NULL, frauds, 1, error);
}

static int metric_recalls(metric_work *work, persona_error *error)
{
    int rc;
    int64_t count;
    const psn_fraud_scored *on = work->on;
    psn_roc_point *points = psn_alloc((size_t)on->rows, sizeof *points);
    PSN_NEED(points);
    PSN_TRY(psn_roc_points(points, &count, on->probability, on->label, on->weight,
                           on->rows, error));
    PSN_TRY(metric_recall(work, METRIC_RECALL_1, 0.01, points, count, error));
    PSN_TRY(metric_recall(work, METRIC_RECALL_5, 0.05, points, count, error));
done:
    psn_release(points);
    return rc;
}

static int metric_precision(metric_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_fraud_scored *on = work->on;
    const int64_t top = on->rows < 100 ? 1 : on->rows / 100;
    int64_t *order = psn_alloc((size_t)on->rows, sizeof *order);
    PSN_NEED(order);
    for (int64_t i = 0; i < on->rows; i++) work->each[i] = -on->probability[i];
    psn_sort_order(order, work->each, on->rows);
    for (int64_t i = 0; i < top; i++) work->some[i] = on->label[order[i]] > 0;
    PSN_TRY(metric_bootstrap(work, METRIC_PRECISION_1, PSN_BOOTSTRAP_MEAN, work->some,
                             NULL, top, 1, error));
done:
    psn_release(order);
    return rc;
}

static double metric_cost(const psn_fraud_costs *costs, int32_t action, double fraud,
                          double amount)
{
    double cost[PSN_DECISION_ACTIONS];
    psn_decision_expect(cost, &costs->decision, fraud, amount);
    return cost[action];
}

static double metric_amount(const psn_fraud_scored *on, int64_t row)
{
    const double amount = fabs(on->amount[row]);
    return amount <= 1e15 ? amount : on->costs->usual_amount;
}

static int metric_costs(metric_work *work, persona_error *error)
{
    int rc;
    const psn_fraud_scored *on = work->on;
    const double rows = (double)on->rows;
    double reviewed = 0, blocked = 0;
    for (int64_t i = 0; i < on->rows; i++) {
        const double amount = metric_amount(on, i), fraud = on->label[i] > 0;
        const int32_t action = psn_fraud_action(on->costs, on->probability[i], amount);
        work->each[i] = metric_cost(on->costs, action, fraud, amount);
        work->some[i] = metric_cost(on->costs, PSN_DECISION_ACCEPT, fraud, amount);
        reviewed += action == PSN_DECISION_REVIEW;
        blocked += action == PSN_DECISION_BLOCK;
    }
    PSN_TRY(metric_bootstrap(work, METRIC_COST, PSN_BOOTSTRAP_MEAN, work->each, NULL,
                             on->rows, rows, error));
    PSN_TRY(metric_bootstrap(work, METRIC_COST_ACCEPTING, PSN_BOOTSTRAP_MEAN, work->some,
                             NULL, on->rows, rows, error));
    work->value[METRIC_REVIEWED] = reviewed / rows;
    work->value[METRIC_BLOCKED] = blocked / rows;
done:
    return rc;
}

static int metric_all(metric_work *work, persona_error *error)
{
    int rc;
    const psn_fraud_scored *on = work->on;
    double frauds = 0;
    for (int64_t i = 0; i < on->rows; i++) frauds += on->label[i] > 0;
    if (frauds == 0 || frauds == (double)on->rows)
        return psn_fail(error, PERSONA_EDATA,
                        "the rows to judge by hold %s only: nothing can be measured",
                        frauds == 0 ? "good orders" : "frauds");
    work->value[METRIC_ROWS] = (double)on->rows;
    work->value[METRIC_FRAUDS] = frauds;
    PSN_TRY(metric_bootstrap(work, METRIC_AUC, PSN_BOOTSTRAP_AUC, on->probability,
                             on->weight, on->rows, 1, error));
    PSN_TRY(metric_bootstrap(work, METRIC_AP, PSN_BOOTSTRAP_AP, on->probability,
                             on->weight, on->rows, 1, error));
    PSN_TRY(metric_loss(work, METRIC_LOG_LOSS, PSN_LOSS_LOG, error));
    PSN_TRY(metric_loss(work, METRIC_BRIER, PSN_LOSS_BRIER, error));
    PSN_TRY(psn_calibration_error(&work->value[METRIC_ECE], METRIC_ECE_BINS,
                                  on->probability, on->label, on->weight, on->rows,
                                  error));
    PSN_TRY(metric_recalls(work, error));
    PSN_TRY(metric_precision(work, error));
    PSN_TRY(metric_costs(work, error));
done:
    return rc;
}

/* Which are asked for, in order. */
static int metric_choose(int *chosen, int *count, const char *metrics,
                         persona_error *error)
{
    char item[64];
    int more;
    *count = 0;
    if (strcmp(metrics, "auto") == 0) {
        for (; *count < METRICS; ++*count) chosen[*count] = *count;
        return PERSONA_OK;
    }
    while ((more = psn_list_next(&metrics, item, sizeof item)) > 0) {
        int m = 0;
        while (m < METRICS && strcmp(metric_names[m], item) != 0) m++;
        if (m == METRICS || *count == METRICS)
            return psn_fail(
                error, PERSONA_EOPTION,
                "metrics: each must be one of rows frauds auc average_precision "
                "log_loss brier ece recall_at_1pct_fpr recall_at_5pct_fpr "
                "precision_at_1pct cost cost_accepting_all reviewed blocked");
        chosen[(*count)++] = m;
    }
    if (more < 0 || *count == 0)
        return psn_fail(error, PERSONA_EOPTION, "metrics: names none");
    return PERSONA_OK;
}

static int metric_table(persona_table **out, const metric_work *work, const int *chosen,
                        int count, persona_error *error)
{
    int rc;
    const char *name[METRICS];
    double value[METRICS], low[METRICS], high[METRICS];
    persona_table *table = NULL;
    for (int i = 0; i < count; i++) {
        name[i] = metric_names[chosen[i]];
        value[i] = work->value[chosen[i]];
        low[i] = work->low[chosen[i]];
        high[i] = work->high[chosen[i]];
    }
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "metric", name, count, error));
    PSN_TRY(psn_table_add(table, "value", PERSONA_TYPE_REAL, value, NULL, count, error));
    PSN_TRY(psn_table_add(table, "low", PERSONA_TYPE_REAL, low, NULL, count, error));
    PSN_TRY(psn_table_add(table, "high", PERSONA_TYPE_REAL, high, NULL, count, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}

int psn_fraud_metrics(persona_table **out, const psn_fraud_scored *scored,
                      const char *metrics, persona_error *error)
{
    int rc, chosen[METRICS], count;
    metric_work work = {.on = scored};
    for (int m = 0; m < METRICS; m++) work.value[m] = work.low[m] = work.high[m] = NAN;
    *out = NULL;
    PSN_TRY(metric_choose(chosen, &count, metrics, error));
    PSN_NEED(work.each = psn_alloc((size_t)scored->rows, sizeof(double)));
    PSN_NEED(work.some = psn_alloc((size_t)scored->rows, sizeof(double)));
    PSN_TRY(metric_all(&work, error));
    PSN_TRY(metric_table(out, &work, chosen, count, error));
done:
    psn_release(work.each);
    psn_release(work.some);
    return rc;
}
