/* fraud_fit_report.c: what the fit knows of its quality, as tables: metrics, curves,
 * calibration, costs, thresholds, the distribution of scores. All on rows that the scores
 * were not learnt from: the latest part where time decides, else all folds. */
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "measure/calibration.h"
#include "measure/roc.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>

enum { REPORT_POINTS = 200, REPORT_BINS = 15, REPORT_SCORES = 24, REPORT_COLUMNS = 7 };

typedef struct report_rows {
    double *probability, *label, *weight, *amount;
    int64_t rows;
} report_rows;

/* A table of reals, column-major, `room` rows apart. */
static int report_table(persona_table **out, const char *const *names, int columns,
                        const double *values, int64_t room, int64_t rows,
                        persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    PSN_TRY(psn_table_new(&table, error));
    for (int c = 0; c < columns; c++)
        PSN_TRY(psn_table_add(table, names[c], PERSONA_TYPE_REAL, values + c * room, NULL,
                              rows, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}

static int report_gather(report_rows *to, const psn_fraud_fitting *fit,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t n = (size_t)fit->rows;
    const persona_fraud_scorer *model = fit->model;
    double *values = psn_alloc((size_t)model->inputs, sizeof *values);
    PSN_NEED(values);
    PSN_NEED(to->probability = psn_alloc(n, sizeof(double)));
    PSN_NEED(to->label = psn_alloc(n, sizeof(double)));
    PSN_NEED(to->weight = psn_alloc(n, sizeof(double)));
    PSN_NEED(to->amount = psn_alloc(n, sizeof(double)));
    for (int64_t i = 0; i < fit->rows; i++) {
        if (fit->supervised ? !psn_fraud_fit_judges(fit, i)
                            : fit->label && isnan(fit->label[i]))
            continue;
        psn_fraud_view_row(&fit->view, i, values);
        const double amount = fabs(psn_fraud_amount(model, values));
        to->amount[to->rows] = amount <= 1e15 ? amount : model->costs.usual_amount;
        to->probability[to->rows] = fit->probability[i];
        to->label[to->rows] = fit->label ? fit->label[i] : 0;
        to->weight[to->rows++] = psn_fraud_fit_weight(fit, i);
    }
done:
    psn_release(values);
    return rc;
}

/* 95 % interval of a share (Wilson 1927). */
static void report_wilson(double share, double count, double *low, double *high)
{
    const double z = 1.959963984540054, square = z * z;
    if (!(count > 0)) {
        *low = 0;
        *high = 1;
        return;
    }
    const double middle = (share + square / (2 * count)) / (1 + square / count);
    const double half = z / (1 + square / count) *
                        sqrt(share * (1 - share) / count + square / (4 * count * count));
    *low = fmax(middle - half, 0);
    *high = fmin(middle + half, 1);
}

static int report_curves(psn_fraud_fitting *fit, const report_rows *on,
                         persona_error *error)
{
    int rc;
    static const char *const roc[] = {"threshold", "false_rate", "recall", "low", "high"};
    static const char *const pr[] = {"threshold", "recall", "precision", "low", "high"};
    int64_t count;
    double *values = psn_alloc(REPORT_COLUMNS * 2 * REPORT_POINTS, sizeof *values);
    psn_roc_point *points = psn_alloc((size_t)on->rows, sizeof *points);
    PSN_NEED(values);
    PSN_NEED(points);
    const int64_t room = 2 * REPORT_POINTS;
    PSN_TRY(psn_roc_points(points, &count, on->probability, on->label, on->weight,
                           on->rows, error));
    const double frauds = points[count - 1].true_positive;
    count = psn_roc_thin(points, count, REPORT_POINTS);
    if (count > room) count = room;
    for (int64_t i = 0; i < count; i++) {
        values[i] = points[i].threshold;
        values[room + i] = points[i].false_rate;
        values[2 * room + i] = points[i].recall;
        report_wilson(points[i].recall, frauds, &values[3 * room + i],
                      &values[4 * room + i]);
    }
    PSN_TRY(report_table(&fit->model->part[PSN_FRAUD_PART_ROC], roc, 5, values, room,
                         count, error));
    for (int64_t i = 0; i < count; i++) {
        values[room + i] = points[i].recall;
        values[2 * room + i] = points[i].precision;
        report_wilson(points[i].precision,
                      points[i].true_positive + points[i].false_positive,
                      &values[3 * room + i], &values[4 * room + i]);
    }
    PSN_TRY(report_table(&fit->model->part[PSN_FRAUD_PART_PRECISION_RECALL], pr, 5,
                         values, room, count, error));
done:
    psn_release(values);
    psn_release(points);
    return rc;
}

static int report_calibration(psn_fraud_fitting *fit, const report_rows *on,
                              persona_error *error)
{
    int rc;
    static const char *const names[] = {"rows",     "low",  "high", "predicted",
                                        "observed", "from", "to"};
    psn_calibration_bin bins[REPORT_BINS];
    double values[REPORT_COLUMNS * REPORT_BINS];
    int32_t count;
    PSN_TRY(psn_calibration_table(bins, &count, REPORT_BINS, on->probability, on->label,
                                  on->weight, on->rows, error));
    for (int32_t b = 0; b < count; b++) {
        const double row[REPORT_COLUMNS] = {
            (double)bins[b].rows, bins[b].low,  bins[b].high, bins[b].predicted,
            bins[b].observed,     bins[b].from, bins[b].to};
        for (int c = 0; c < REPORT_COLUMNS; c++) values[c * REPORT_BINS + b] = row[c];
    }
    PSN_TRY(report_table(&fit->model->part[PSN_FRAUD_PART_CALIBRATION], names,
                         REPORT_COLUMNS, values, REPORT_BINS, count, error));
done:
    return rc;
}

/* The k-th of `wanted` points among `count`, at equal ratios: the least cost lies where
 * few orders are blocked. */
static int64_t report_place(int64_t k, int64_t wanted, int64_t count)
{
    if (count == wanted || k == 0) return k;
    const double share = (double)k / (double)(wanted - 1);
    return (int64_t)(psn_exp(psn_log((double)(count - 1)) * share) + 0.5);
}

static int report_costs(psn_fraud_fitting *fit, const report_rows *on,
                        persona_error *error)
{
    int rc;
    static const char *const names[] = {"threshold", "cost",    "fraud_lost",
                                        "good_lost", "blocked", "caught"};
    int64_t count, kept = 0;
    double values[6 * (REPORT_POINTS + 1)];
    psn_decision_point *points = psn_alloc((size_t)on->rows + 1, sizeof *points);
    const psn_decision_point *last = NULL;
    PSN_NEED(points);
    PSN_TRY(psn_decision_curve(points, &count, &fit->model->costs.decision,
                               on->probability, on->amount, on->label, on->rows, error));
    const int64_t wanted = count < REPORT_POINTS ? count : REPORT_POINTS;
    for (int64_t k = 0; k < wanted; k++) {
        const psn_decision_point *at = points + report_place(k, wanted, count);
        if (at == last) continue;
        last = at;
        const double row[6] = {at->threshold,       at->cost,
                               at->fraud_lost,      at->good_lost,
                               (double)at->blocked, (double)at->caught};
        for (int c = 0; c < 6; c++) values[c * (REPORT_POINTS + 1) + kept] = row[c];
        kept++;
    }
    PSN_TRY(report_table(&fit->model->part[PSN_FRAUD_PART_COSTS], names, 6, values,
                         REPORT_POINTS + 1, kept, error));
done:
    psn_release(points);
    return rc;
}

/* From which probability orders of some amounts are reviewed and blocked. */
static int report_thresholds(psn_fraud_fitting *fit, persona_error *error)
{
    static const char *const names[] = {"amount", "review_from", "block_from"};
    static const double times[] = {0.1, 0.25, 0.5, 1, 2, 5, 10};
    enum { COUNT = 7 };
    const psn_fraud_costs *costs = &fit->model->costs;
    double values[3 * COUNT];
    for (int i = 0; i < COUNT; i++) {
        double *review = &values[COUNT + i], *block = &values[2 * COUNT + i];
        values[i] = times[i] * costs->usual_amount;
        psn_decision_limits(&costs->decision, values[i], review, block);
        if (!isnan(costs->review_from)) *review = costs->review_from;
        if (!isnan(costs->block_from)) *block = costs->block_from;
        if (*review > *block) *review = *block;
    }
    return report_table(&fit->model->part[PSN_FRAUD_PART_THRESHOLDS], names, 3, values,
                        COUNT, COUNT, error);
}

/* How probabilities of good orders and frauds are spread, in steps of the log odds. */
static int report_scores(psn_fraud_fitting *fit, const report_rows *on,
                         persona_error *error)
{
    static const char *const names[] = {"low", "high", "good", "frauds"};
    double values[4 * REPORT_SCORES] = {0};
    const double first = -9, step = 0.75; /* log odds -9 .. 9 */
    for (int b = 0; b < REPORT_SCORES; b++) {
        values[b] = b == 0 ? 0 : psn_logistic_probability(first + step * b);
        values[REPORT_SCORES + b] =
            b == REPORT_SCORES - 1 ? 1 : psn_logistic_probability(first + step * (b + 1));
    }
    for (int64_t i = 0; i < on->rows; i++) {
        int b = 0;
        while (b < REPORT_SCORES - 1 && on->probability[i] >= values[REPORT_SCORES + b])
            b++;
        values[(on->label[i] > 0 ? 3 : 2) * REPORT_SCORES + b]++;
    }
    return report_table(&fit->model->part[PSN_FRAUD_PART_SCORES], names, 4, values,
                        REPORT_SCORES, REPORT_SCORES, error);
}

static int report_judged(const report_rows *on)
{
    int64_t frauds = 0;
    for (int64_t i = 0; i < on->rows; i++) frauds += on->label[i] > 0;
    return frauds > 0 && frauds < on->rows;
}

int psn_fraud_fit_report(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    report_rows on = {0};
    PSN_TRY(report_thresholds(fit, error));
    if (fit->model->trees) PSN_TRY(psn_fraud_fit_importance(fit, error));
    if (fit->probability == NULL) goto done;
    PSN_TRY(report_gather(&on, fit, error));
    PSN_TRY(report_scores(fit, &on, error));
    if (!report_judged(&on)) goto done;
    const psn_fraud_scored scored = {.probability = on.probability,
                                     .label = on.label,
                                     .weight = fit->weight ? on.weight : NULL,
                                     .amount = on.amount,
                                     .rows = on.rows,
                                     .costs = &fit->model->costs,
                                     .level = 0.95,
                                     .draws = (int32_t)FRAUD_INT(fit, "draws", NULL),
                                     .seed = fit->seed,
                                     .pool = fit->pool};
    PSN_TRY(psn_fraud_metrics(&fit->model->part[PSN_FRAUD_PART_METRICS], &scored, "auto",
                              error));
    PSN_TRY(report_curves(fit, &on, error));
    PSN_TRY(report_calibration(fit, &on, error));
    PSN_TRY(report_costs(fit, &on, error));
done:
    psn_release(on.probability);
    psn_release(on.label);
    psn_release(on.weight);
    psn_release(on.amount);
    return rc;
}
