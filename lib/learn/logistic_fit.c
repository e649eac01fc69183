/* logistic_fit.c: columns are standardised, so that one ridge suits them all; Newton's
 * method finds the weights of up to 500 columns and their standard errors, L-BFGS those
 * of wider tables; both are turned back to the columns as they came: b_j / s_j,   b0 -
 * sum b_j m_j / s_j,   and their covariance accordingly. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "learn/logistic_data.h"
#include "math/elementary.h"
#include "math/lbfgs.h"

enum { LOGISTIC_NARROW = 500 };

void psn_logistic_defaults(psn_logistic_options *options)
{
    *options = (psn_logistic_options){
        .l2 = 1, .solver = PSN_LOGISTIC_AUTO, .max_iterations = 200, .tolerance = 1e-10};
}

/* ---- the columns */

/* Welford's way with weights: mean and sum of squares about it in one pass. */
static int logistic_scan(logistic_data *data, double *positive, persona_error *error)
{
    const psn_rows *rows = data->rows;
    double *squares = data->inverse;
    memset(data->mean, 0, (size_t)data->dims * sizeof *data->mean);
    memset(squares, 0, (size_t)data->dims * sizeof *squares);
    for (int64_t i = 0; i < rows->rows; i++) {
        const double w = rows->weights != NULL ? rows->weights[i] : 1, y = data->label[i];
        const double *x = data->room;
        if (rows->dense != NULL)
            x = rows->dense + i * data->dims;
        else
            rows->read(rows->context, i, 1, data->room);
        if (!(y >= 0 && y <= 1))
            return psn_fail_at(error, PERSONA_EDATA, i, "labels must be in 0 .. 1");
        data->weight += w;
        *positive += w * y;
        for (int64_t j = 0; j < data->dims; j++) {
            if (!(fabs(x[j]) <= 1e100))
                return psn_fail_at(
                    error, PERSONA_EDATA, i,
                    "a value is missing or beyond 1e100: replace it before");
            const double off = x[j] - data->mean[j];
            data->mean[j] += off * (w / data->weight);
            squares[j] += w * off * (x[j] - data->mean[j]);
        }
    }
    return PERSONA_OK;
}

static void logistic_scale(logistic_data *data)
{
    for (int64_t j = 0; j < data->dims; j++) {
        const double deviation = sqrt(data->inverse[j] / data->weight);
        const int constant = !(deviation > 1e-13 * fabs(data->mean[j]));
        data->inverse[j] = constant ? 0 : 1 / deviation;
    }
}

static int logistic_open(logistic_data *data, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t dims = (size_t)data->dims, size = (size_t)data->size;
    PSN_NEED(data->mean = psn_alloc(dims, sizeof(double)));
    PSN_NEED(data->inverse = psn_alloc(dims, sizeof(double)));
    PSN_NEED(data->room = psn_alloc(dims, LOGISTIC_BLOCK * sizeof(double)));
    PSN_NEED(data->block = psn_alloc(size, LOGISTIC_BLOCK * sizeof(double)));
done:
    return rc;
}

static void logistic_close(logistic_data *data)
{
    psn_release(data->mean);
    psn_release(data->inverse);
    psn_release(data->room);
    psn_release(data->block);
}

/* ---- solving */

static int logistic_function(void *context, const double *x, double *value,
                             double *gradient, persona_error *error)
{
    return psn_logistic_evaluate(context, x, value, gradient, NULL, error);
}

static int logistic_lbfgs(psn_logistic *model, logistic_data *data, double *beta,
                          const psn_logistic_options *options, persona_error *error)
{
    int rc;
    psn_lbfgs_report report;
    PSN_TRY(psn_lbfgs(beta, data->size, logistic_function, data, options->max_iterations,
                      sqrt(options->tolerance) * 1e-2, &report, error));
    model->iterations = report.iterations;
    model->converged = report.converged;
    double value;
    double *gradient = psn_alloc((size_t)data->size, sizeof *gradient);
    PSN_NEED(gradient);
    rc = psn_logistic_evaluate(data, beta, &value, gradient, NULL, error);
    psn_release(gradient);
    model->separable = data->apart && data->l2 == 0;
done:
    return rc;
}

static int logistic_solver(const psn_logistic_options *options, int64_t dims)
{
    if (options->solver != PSN_LOGISTIC_AUTO) return options->solver;
    return dims <= LOGISTIC_NARROW ? PSN_LOGISTIC_NEWTON : PSN_LOGISTIC_LBFGS;
}

/* Newton's method, again with a ridge where there is no minimum without one. */
static int logistic_solve_for(psn_logistic *model, logistic_data *data, double *beta,
                              double *information, const psn_logistic_options *options,
                              persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK, separable = 0;
    for (;;) {
        memset(beta, 0, (size_t)data->size * sizeof *beta);
        model->iterations = model->converged = model->separable = 0;
        if (model->solver == PSN_LOGISTIC_NEWTON)
            PSN_TRY(psn_logistic_newton(model, data, beta, information, options, task,
                                        error));
        else
            PSN_TRY(logistic_lbfgs(model, data, beta, options, error));
        if (!model->separable) break;
        separable = 1;
        data->l2 = 1;
    }
    model->separable = separable;
    model->l2 = data->l2;
    model->log_loss = data->log_loss;
done:
    return rc;
}

/* Back to the columns as they came; covariance NULL: no standard errors. */
static void logistic_report(psn_logistic *model, const logistic_data *data,
                            const double *beta, const double *covariance)
{
    const int64_t n = data->dims, size = data->size;
    double variance = covariance != NULL ? covariance[n * size + n] : NAN;
    model->intercept = beta[n];
    for (int64_t j = 0; j < n; j++) {
        model->center[j] = data->mean[j];
        model->coefficient[j] = beta[j] * data->inverse[j];
        model->intercept -= model->coefficient[j] * data->mean[j];
        if (covariance == NULL || data->inverse[j] == 0) continue;
        model->error[j] = sqrt(covariance[j * size + j]) * data->inverse[j];
        const double a = data->mean[j] * data->inverse[j];
        variance -= 2 * a * covariance[n * size + j];
        for (int64_t k = 0; k < n; k++)
            variance += a * data->mean[k] * data->inverse[k] * covariance[j * size + k];
    }
    model->intercept_error = sqrt(variance);
}

static int logistic_check(const psn_rows *rows, const psn_logistic_options *o,
                          persona_error *error)
{
    if (!(o->l2 >= 0 && o->l2 <= 1e100))
        return psn_fail(error, PERSONA_EOPTION, "l2 must be in 0 .. 1e100");
    if (o->max_iterations < 1)
        return psn_fail(error, PERSONA_EOPTION, "max_iterations must be 1 or more");
    if (!(o->tolerance > 0 && o->tolerance < 1))
        return psn_fail(error, PERSONA_EOPTION, "tolerance must be between 0 and 1");
    if (o->solver == PSN_LOGISTIC_NEWTON && rows->dims > 8192)
        return psn_fail(error, PERSONA_EOPTION,
                        "solver=newton takes at most 8192 columns; use lbfgs");
    if (rows->rows < 1) return psn_fail(error, PERSONA_EDATA, "there is no row to fit");
    return PERSONA_OK;
}

/* All labels alike: one more row of each label, and no column matters. */
static void logistic_report_alike(psn_logistic *model, const logistic_data *data,
                                  double positive)
{
    const double p = (positive + 1) / (data->weight + 2);
    model->intercept = psn_log(p / (1 - p));
    model->separable = model->converged = 1;
    model->log_loss = positive > 0 ? -psn_log(p) : -psn_log(1 - p);
    memcpy(model->center, data->mean, (size_t)data->dims * sizeof(double));
}

int psn_logistic_fit(psn_logistic **out, const psn_rows *rows, const double *label,
                     const psn_logistic_options *options, persona_task *task,
                     persona_error *error)
{
    int rc = PERSONA_OK;
    double positive = 0, *beta = NULL, *information = NULL;
    logistic_data data = {.rows = rows,
                          .label = label,
                          .dims = rows->dims,
                          .size = (int64_t)rows->dims + 1,
                          .l2 = options->l2};
    psn_logistic *model = NULL;
    *out = NULL;
    PSN_TRY(logistic_check(rows, options, error));
    PSN_NEED(model = psn_alloc_zero(1, sizeof *model));
    PSN_TRY(psn_logistic_allocate(model, rows->dims, error));
    model->solver = logistic_solver(options, data.dims);
    model->l2 = data.l2;
    PSN_TRY(logistic_open(&data, error));
    PSN_TRY(logistic_scan(&data, &positive, error));
    if (!(data.weight > 0)) PSN_FAIL(error, PERSONA_EDATA, "no row has a weight");
    logistic_scale(&data);
    if (positive <= 0 || positive >= data.weight) {
        logistic_report_alike(model, &data, positive);
    } else {
        const int newton = model->solver == PSN_LOGISTIC_NEWTON;
        PSN_NEED(beta = psn_alloc((size_t)data.size, sizeof *beta));
        if (newton)
            PSN_NEED(information = psn_alloc((size_t)data.size,
                                             (size_t)data.size * sizeof *information));
        PSN_TRY(
            logistic_solve_for(model, &data, beta, information, options, task, error));
        logistic_report(model, &data, beta, information);
    }
    *out = model;
    model = NULL;
done:
    logistic_close(&data);
    psn_release(beta);
    psn_release(information);
    psn_logistic_free(model);
    return rc;
}
