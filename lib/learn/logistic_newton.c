/* logistic_newton.c: the loss with its derivatives, and Newton's method on it, which for
 * logistic regression is iteratively reweighted least squares.
 *
 *     loss      sum w (ln(1 + e^z) - y z) + l2 / 2 |b|^2,   z = b'x + b0
 *     gradient  X'(w (p - y)) + l2 b
 *     matrix    X' W X + l2 I,   W = w p (1 - p)
 *
 * Rows come in blocks, standardised and turned, so that the matrix is a sum of products
 * of blocks with themselves (BLAS). A step that does not lower the loss is halved. */
#include "learn/logistic_data.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/blas.h"
#include "math/lapack.h"
#include "math/sigmoid.h"
#include "measure/loss.h"

/* ---- loss and derivatives */

typedef struct logistic_sums {
    psn_sum loss;
    int64_t count;                /* rows of the block */
    double z[LOGISTIC_BLOCK];     /* log odds */
    double error[LOGISTIC_BLOCK]; /* w (p - y) */
    double root[LOGISTIC_BLOCK];  /* sqrt(w p (1 - p)) */
} logistic_sums;

static void logistic_read_block(logistic_data *data, int64_t first, int64_t count)
{
    const psn_rows *rows = data->rows;
    const double *from = data->room;
    if (rows->dense != NULL)
        from = rows->dense + first * data->dims;
    else
        rows->read(rows->context, first, count, data->room);
    for (int64_t j = 0; j < data->dims; j++) {
        double *column = data->block + j * LOGISTIC_BLOCK;
        for (int64_t i = 0; i < count; i++)
            column[i] = (from[i * data->dims + j] - data->mean[j]) * data->inverse[j];
    }
}

static void logistic_weigh_block(logistic_data *data, logistic_sums *sums, int64_t first,
                                 const double *beta)
{
    for (int64_t i = 0; i < sums->count; i++) sums->z[i] = beta[data->dims];
    for (int64_t j = 0; j < data->dims; j++) {
        const double *column = data->block + j * LOGISTIC_BLOCK;
        for (int64_t i = 0; i < sums->count; i++) sums->z[i] += beta[j] * column[i];
    }
    for (int64_t i = 0; i < sums->count; i++) {
        const double w = data->rows->weights != NULL ? data->rows->weights[first + i] : 1;
        const double y = data->label[first + i], z = sums->z[i];
        const double p = psn_sigmoid(z);
        psn_sum_add(&sums->loss, w * psn_sigmoid_loss(z, y));
        sums->error[i] = w * (p - y);
        sums->root[i] = sqrt(w * p * (1 - p));
        data->apart &= y > 0.5 ? z > 0 : z < 0;
    }
}

static int logistic_add_block(logistic_data *data, const logistic_sums *sums,
                              double *gradient, double *information, persona_error *error)
{
    for (int64_t j = 0; j < data->size; j++) {
        double *column = data->block + j * LOGISTIC_BLOCK, sum = 0;
        for (int64_t i = 0; i < sums->count; i++) sum += column[i] * sums->error[i];
        gradient[j] += sum;
        for (int64_t i = 0; information != NULL && i < sums->count; i++)
            column[i] *= sums->root[i];
    }
    if (information == NULL) return PERSONA_OK;
    return psn_blas_gram(information, data->size, data->block, sums->count,
                         LOGISTIC_BLOCK, 1, 1, error);
}

int psn_logistic_evaluate(logistic_data *data, const double *beta, double *value,
                          double *gradient, double *information, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t size = (size_t)data->size;
    logistic_sums sums = {.loss = {0, 0}};
    double penalty = 0;
    data->apart = 1;
    memset(gradient, 0, size * sizeof *gradient);
    if (information != NULL) memset(information, 0, size * size * sizeof *information);
    for (int64_t first = 0; first < data->rows->rows; first += LOGISTIC_BLOCK) {
        const int64_t rest = data->rows->rows - first;
        sums.count = rest < LOGISTIC_BLOCK ? rest : LOGISTIC_BLOCK;
        logistic_read_block(data, first, sums.count);
        for (int64_t i = 0; i < sums.count; i++)
            data->block[data->dims * LOGISTIC_BLOCK + i] = 1;
        logistic_weigh_block(data, &sums, first, beta);
        PSN_TRY(logistic_add_block(data, &sums, gradient, information, error));
    }
    for (int64_t j = 0; j < data->dims; j++) {
        penalty += beta[j] * beta[j];
        gradient[j] += data->l2 * beta[j];
        if (information == NULL) continue;
        information[j * data->size + j] += data->l2;
        if (data->inverse[j] == 0) information[j * data->size + j] = 1; /* constant */
    }
    const double loss = sums.loss.sum + sums.loss.lost;
    data->log_loss = loss / data->weight;
    *value = loss + data->l2 / 2 * penalty;
done:
    return rc;
}

/* ---- triangles: r is upper, column-major, r'r = the matrix */

static void logistic_solve(double *x, const double *r, int64_t n)
{
    for (int64_t j = 0; j < n; j++) { /* r' u = x */
        for (int64_t i = 0; i < j; i++) x[j] -= r[j * n + i] * x[i];
        x[j] /= r[j * n + j];
    }
    for (int64_t j = n - 1; j >= 0; j--) { /* r x = u */
        x[j] /= r[j * n + j];
        for (int64_t i = 0; i < j; i++) x[i] -= r[j * n + i] * x[j];
    }
}

/* r becomes the whole inverse of r'r; `spare` holds n x n. */
static void logistic_invert(double *r, double *spare, int64_t n)
{
    for (int64_t c = 0; c < n; c++) {
        double *column = spare + c * n;
        for (int64_t i = 0; i < n; i++) column[i] = i == c;
        logistic_solve(column, r, n);
    }
    memcpy(r, spare, (size_t)(n * n) * sizeof *r);
}

/* ---- Newton's method */

typedef struct newton_state {
    double *gradient, *step, *trial, *spare; /* size, size, size, size x size */
    double value;
} newton_state;

/* Halves the step until the loss is not above; *moved = 0 when it never is. */
static int newton_search(newton_state *s, logistic_data *data, double *beta, int *moved,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    double value, share = 1;
    *moved = 0;
    for (int half = 0; half < 40 && !*moved; half++, share /= 2) {
        for (int64_t j = 0; j < data->size; j++)
            s->trial[j] = beta[j] - share * s->step[j];
        PSN_TRY(psn_logistic_evaluate(data, s->trial, &value, s->gradient, NULL, error));
        if (!(value <= s->value)) continue;
        memcpy(beta, s->trial, (size_t)data->size * sizeof *beta);
        s->value = value;
        *moved = 1;
    }
done:
    return rc;
}

/* The matrix of the step is at hand: the inverse of it, and whether it is all but flat.
 */
static void newton_finish(psn_logistic *model, newton_state *s, const logistic_data *data,
                          double *beta, double *information)
{
    enum { FLAT = 100 }; /* a standard error beyond, in deviations of a column */
    if (model->converged)
        for (int64_t j = 0; j < data->size; j++) beta[j] -= s->step[j];
    logistic_invert(information, s->spare, data->size);
    for (int64_t j = 0; j < data->size; j++)
        model->separable |=
            data->l2 == 0 && information[j * data->size + j] > (double)FLAT * FLAT;
}

static int newton_run(psn_logistic *model, newton_state *s, logistic_data *data,
                      double *beta, double *information,
                      const psn_logistic_options *options, persona_task *task,
                      persona_error *error)
{
    int rc = PERSONA_OK, moved = 1;
    for (;; model->iterations++) {
        double decrement = 0;
        PSN_TRY(psn_task_check(task, (double)model->iterations / options->max_iterations,
                               error));
        PSN_TRY(psn_logistic_evaluate(data, beta, &s->value, s->gradient, information,
                                      error));
        model->separable = data->apart && data->l2 == 0;
        if (psn_lapack_cholesky(information, data->size, NULL) != PERSONA_OK)
            model->separable |= data->l2 == 0; /* flat: no one best point */
        if (model->separable) break;
        memcpy(s->step, s->gradient, (size_t)data->size * sizeof *s->step);
        logistic_solve(s->step, information, data->size);
        for (int64_t j = 0; j < data->size; j++) decrement += s->step[j] * s->gradient[j];
        model->converged = decrement / 2 <= options->tolerance * data->weight;
        if (model->converged || !moved || model->iterations >= options->max_iterations) {
            newton_finish(model, s, data, beta, information);
            break;
        }
        PSN_TRY(newton_search(s, data, beta, &moved, error));
    }
done:
    return rc;
}

int psn_logistic_newton(psn_logistic *model, logistic_data *data, double *beta,
                        double *information, const psn_logistic_options *options,
                        persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t size = (size_t)data->size;
    newton_state state = {.value = 0};
    PSN_NEED(state.gradient = psn_alloc(size, 3 * sizeof(double)));
    PSN_NEED(state.spare = psn_alloc(size, size * sizeof(double)));
    state.step = state.gradient + size;
    state.trial = state.step + size;
    PSN_TRY(newton_run(model, &state, data, beta, information, options, task, error));
done:
    psn_release(state.gradient);
    psn_release(state.spare);
    return rc;
}
