/* calibrate_fit.c: four ways to learn how scores and truth go together.
 *
 * Platt (1999) with his smoothed targets, (N+ + 1) / (N+ + 2) and 1 / (N- + 2), on log
 * odds; beta (Kull, Silva Filho and Flach 2017), a weight that comes out negative set to
 * 0; isotonic by pooling adjacent violators, equal scores pooled first, ends kept off 0
 * and 1 by 1 / (rows + 2). The choice: rows are dealt out to five parts at random (by
 * their number; dealing them out evenly by score would let the left-out rows show in the
 * others), each kind is learnt on four and tried on the fifth. Isotonic, with its many
 * parameters, must win by one standard error over the best of the others. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "learn/calibrate.h"
#include "math/elementary.h"
#include "math/order.h"
#include "math/sigmoid.h"

enum { CALIBRATE_PARTS = 5, CALIBRATE_FEW = 10, PURPOSE_PART = 0x63616c69 };

/* Rows in order of probability. */
typedef struct calibrate_data {
    int64_t rows;
    const double *p;
    const uint8_t *positive;
    const double *weight;
    const int64_t *row; /* number of each in the caller's arrays */
} calibrate_data;

/* ---- Platt and beta: logistic regressions of one and two variables by Newton's method
 */

static void calibrate_features(double *f, double p)
{
    const double least = 1e-15;
    p = p < least ? least : p > 1 - least ? 1 - least : p;
    f[0] = psn_log(p);
    f[1] = -psn_log1p(-p);
    f[2] = 1;
}

/* The variables in use: z = sum over k of theta[k] x (sum of the features in group k). */
typedef struct calibrate_shape {
    int count;
    int group[3]; /* of each feature: its variable, -1 = not in use */
} calibrate_shape;

typedef struct calibrate_step {
    double value, gradient[3], matrix[9];
} calibrate_step;

static void calibrate_evaluate(calibrate_step *out, const calibrate_data *data,
                               const calibrate_shape *shape, const double *theta,
                               const double target[2])
{
    *out = (calibrate_step){.value = 0};
    for (int64_t i = 0; i < data->rows; i++) {
        double f[3], v[3] = {0, 0, 0}, z = 0;
        const double w = data->weight[i], y = target[data->positive[i]];
        calibrate_features(f, data->p[i]);
        for (int k = 0; k < 3; k++)
            if (shape->group[k] >= 0) v[shape->group[k]] += f[k];
        for (int k = 0; k < shape->count; k++) z += theta[k] * v[k];
        const double q = psn_sigmoid(z), curve = w * q * (1 - q);
        out->value += w * psn_sigmoid_loss(z, y);
        for (int k = 0; k < shape->count; k++) {
            out->gradient[k] += w * (q - y) * v[k];
            for (int l = 0; l < shape->count; l++)
                out->matrix[k * 3 + l] += curve * v[k] * v[l];
        }
    }
}

/* x = matrix^-1 x by elimination; a pivot that is all but 0 leaves its variable alone. */
static void calibrate_solve(double *x, double *matrix, int count)
{
    double largest = 0;
    for (int k = 0; k < count; k++) largest = fmax(largest, matrix[k * 4]);
    for (int k = 0; k < count; k++) matrix[k * 4] += 1e-12 * largest + 1e-300;
    for (int k = 0; k < count; k++)
        for (int r = k + 1; r < count; r++) {
            const double share = matrix[r * 3 + k] / matrix[k * 4];
            for (int l = k; l < count; l++)
                matrix[r * 3 + l] -= share * matrix[k * 3 + l];
            x[r] -= share * x[k];
        }
    for (int k = count - 1; k >= 0; k--) {
        for (int l = k + 1; l < count; l++) x[k] -= matrix[k * 3 + l] * x[l];
        x[k] /= matrix[k * 4];
    }
}

static void calibrate_newton(double *theta, const calibrate_data *data,
                             const calibrate_shape *shape, const double target[2])
{
    calibrate_step at, tried;
    calibrate_evaluate(&at, data, shape, theta, target);
    for (int iteration = 0; iteration < 100; iteration++) {
        double step[3], trial[3] = {0, 0, 0}, gain = 0, share = 1;
        memcpy(step, at.gradient, sizeof step);
        calibrate_solve(step, at.matrix, shape->count);
        for (int k = 0; k < shape->count; k++) gain += step[k] * at.gradient[k];
        if (!(gain >
              1e-9 * (1 + at.value))) { /* so near that a whole step can only help */
            for (int k = 0; k < shape->count; k++) theta[k] -= step[k];
            break;
        }
        for (; share > 1e-6; share /= 2) {
            for (int k = 0; k < shape->count; k++) trial[k] = theta[k] - share * step[k];
            calibrate_evaluate(&tried, data, shape, trial, target);
            if (tried.value < at.value) break;
        }
        if (!(tried.value < at.value)) break;
        memcpy(theta, trial, sizeof trial);
        at = tried;
    }
}

static void calibrate_fit_platt(psn_calibrate *model, const calibrate_data *data)
{
    const calibrate_shape shape = {2, {0, 0, 1}};
    double count[2] = {0, 0}, theta[3] = {1, 0, 0};
    for (int64_t i = 0; i < data->rows; i++) count[data->positive[i]] += data->weight[i];
    const double target[2] = {1 / (count[0] + 2), (count[1] + 1) / (count[1] + 2)};
    calibrate_newton(theta, data, &shape, target);
    model->a = theta[0];
    model->b = theta[1];
    if (model->a >= 0) return;
    const calibrate_shape flat = {1, {-1, -1, 0}}; /* order would be turned round */
    theta[0] = 0;
    calibrate_newton(theta, data, &flat, target);
    model->a = 0;
    model->b = theta[0];
}

static void calibrate_fit_beta(psn_calibrate *model, const calibrate_data *data)
{
    const double target[2] = {0, 1};
    const calibrate_shape shapes[4] = {
        {3, {0, 1, 2}}, {2, {0, -1, 1}}, {2, {-1, 0, 1}}, {1, {-1, -1, 0}}};
    double best = INFINITY;
    for (int s = 0; s < 4; s++) {
        calibrate_step at;
        double theta[3] = {1, s == 0 ? 1 : 0, 0}, part[3] = {0, 0, 0};
        if (s == 3) theta[0] = 0;
        calibrate_newton(theta, data, &shapes[s], target);
        for (int k = 0; k < 3; k++)
            if (shapes[s].group[k] >= 0) part[k] = theta[shapes[s].group[k]];
        if (part[0] < 0 || part[1] < 0) continue;
        calibrate_evaluate(&at, data, &shapes[s], theta, target);
        if (at.value < best) {
            best = at.value;
            model->a = part[0];
            model->b = part[1];
            model->c = part[2];
        }
        if (s == 0) break; /* the whole shape fits: the others are parts of it */
    }
}

/* ---- isotonic */

typedef struct calibrate_pool {
    double low, high; /* scores */
    double weight, sum;
} calibrate_pool;

/* Returns how many pools; `pools` holds rows of them. */
static int64_t calibrate_pool_rows(calibrate_pool *pools, const calibrate_data *data)
{
    int64_t count = 0;
    for (int64_t i = 0; i < data->rows; i++) {
        const double w = data->weight[i], p = data->p[i];
        if (count > 0 && pools[count - 1].high == p) { /* the same score */
            pools[count - 1].weight += w;
            pools[count - 1].sum += w * data->positive[i];
        } else {
            pools[count++] = (calibrate_pool){p, p, w, w * data->positive[i]};
        }
        if (i + 1 < data->rows && data->p[i + 1] == p) continue;
        while (count > 1 && pools[count - 2].sum * pools[count - 1].weight >=
                                pools[count - 1].sum * pools[count - 2].weight) {
            pools[count - 2].high = pools[count - 1].high;
            pools[count - 2].weight += pools[count - 1].weight;
            pools[count - 2].sum += pools[count - 1].sum;
            count--;
        }
    }
    return count;
}

static int calibrate_fit_isotonic(psn_calibrate *model, const calibrate_data *data,
                                  persona_error *error)
{
    int rc = PERSONA_OK;
    double total = 0;
    calibrate_pool *pools = psn_alloc((size_t)data->rows, sizeof *pools);
    PSN_NEED(pools);
    const int64_t count = calibrate_pool_rows(pools, data);
    if (count > INT32_MAX / 2)
        PSN_FAIL(error, PERSONA_ELIMIT, "too many rows to calibrate");
    PSN_NEED(model->x = psn_alloc((size_t)count, 2 * sizeof *model->x));
    PSN_NEED(model->y = psn_alloc((size_t)count, 2 * sizeof *model->y));
    for (int64_t i = 0; i < count; i++) total += pools[i].weight;
    const double least = 1 / (total + 2);
    for (int64_t i = 0; i < count; i++) {
        const double mean = pools[i].sum / pools[i].weight;
        const double y = fmin(fmax(mean, least), 1 - least);
        for (int end = 0; end < (pools[i].low < pools[i].high ? 2 : 1); end++) {
            model->x[model->knots] = end == 0 ? pools[i].low : pools[i].high;
            model->y[model->knots++] = y;
        }
    }
done:
    psn_release(pools);
    return rc;
}

/* ---- one kind, and the choice */

static int calibrate_learn(psn_calibrate *model, int32_t kind, const calibrate_data *data,
                           persona_error *error)
{
    model->kind = kind;
    model->a = model->b = 1;
    model->c = 0;
    if (kind == PSN_CALIBRATE_ISOTONIC) return calibrate_fit_isotonic(model, data, error);
    if (kind == PSN_CALIBRATE_PLATT) calibrate_fit_platt(model, data);
    if (kind == PSN_CALIBRATE_BETA) calibrate_fit_beta(model, data);
    return PERSONA_OK;
}

typedef struct calibrate_room {
    double *p, *weight; /* the rows of four parts */
    uint8_t *positive;
    uint8_t *part; /* of each row of the data */
    double *loss;  /* rows x kinds */
} calibrate_room;

static int calibrate_try(calibrate_room *room, const calibrate_data *data, int part,
                         int32_t kind, persona_error *error)
{
    int rc;
    psn_calibrate model = {0};
    calibrate_data some = {0, room->p, room->positive, room->weight, NULL};
    for (int64_t i = 0; i < data->rows; i++) {
        if (room->part[i] == part) continue;
        room->p[some.rows] = data->p[i];
        room->weight[some.rows] = data->weight[i];
        room->positive[some.rows++] = data->positive[i];
    }
    PSN_TRY(calibrate_learn(&model, kind, &some, error));
    for (int64_t i = 0; i < data->rows; i++) {
        if (room->part[i] != part) continue;
        double q = psn_calibrate_apply(&model, data->p[i]);
        q = fmin(fmax(q, 1e-15), 1 - 1e-15);
        room->loss[i * PSN_CALIBRATE_AUTO + kind] =
            -psn_log(data->positive[i] ? q : 1 - q);
    }
done:
    psn_release(model.x);
    psn_release(model.y);
    return rc;
}

/* Mean loss of a kind, and standard error of its mean difference to `other`. */
static double calibrate_mean(const calibrate_room *room, const calibrate_data *data,
                             int32_t kind, int32_t other, double *standard_error)
{
    double sum = 0, difference = 0, squares = 0, weight = 0;
    for (int64_t i = 0; i < data->rows; i++) {
        const double *loss = room->loss + i * PSN_CALIBRATE_AUTO;
        const double w = data->weight[i], d = loss[kind] - loss[other];
        sum += w * loss[kind];
        weight += w;
        difference += w * d;
        squares += w * d * d;
    }
    const double mean = difference / weight, rows = (double)data->rows;
    *standard_error = sqrt(fmax(0, squares / weight - mean * mean) / rows);
    return sum / weight;
}

static int32_t calibrate_pick(double *losses, const calibrate_room *room,
                              const calibrate_data *data)
{
    double unused, standard_error;
    int32_t best = PSN_CALIBRATE_NONE;
    for (int32_t kind = 0; kind < PSN_CALIBRATE_AUTO; kind++)
        losses[kind] = calibrate_mean(room, data, kind, kind, &unused);
    for (int32_t kind = PSN_CALIBRATE_PLATT; kind <= PSN_CALIBRATE_BETA; kind++)
        if (losses[kind] < losses[best]) best = kind;
    calibrate_mean(room, data, PSN_CALIBRATE_ISOTONIC, best, &standard_error);
    const int wins = losses[PSN_CALIBRATE_ISOTONIC] < losses[best] - standard_error;
    return wins ? PSN_CALIBRATE_ISOTONIC : best;
}

static int calibrate_choose(int32_t *kind, double *losses, const calibrate_data *data,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t rows = (size_t)data->rows;
    int64_t seen[2] = {0, 0};
    calibrate_room room = {0};
    psn_random random;
    PSN_NEED(room.p = psn_alloc(rows, sizeof *room.p));
    PSN_NEED(room.weight = psn_alloc(rows, sizeof *room.weight));
    PSN_NEED(room.positive = psn_alloc(rows, 1));
    PSN_NEED(room.part = psn_alloc(rows, 1));
    PSN_NEED(room.loss = psn_alloc(rows, PSN_CALIBRATE_AUTO * sizeof *room.loss));
    for (size_t i = 0; i < rows; i++) {
        psn_random_start(&random, 1, PURPOSE_PART, (uint64_t)data->row[i]);
        room.part[i] = (uint8_t)psn_random_below(&random, CALIBRATE_PARTS);
        seen[data->positive[i]]++;
    }
    *kind = PSN_CALIBRATE_PLATT;
    if (seen[0] < CALIBRATE_FEW || seen[1] < CALIBRATE_FEW) goto done;
    for (int part = 0; part < CALIBRATE_PARTS; part++)
        for (int32_t k = 0; k < PSN_CALIBRATE_AUTO; k++)
            PSN_TRY(calibrate_try(&room, data, part, k, error));
    *kind = calibrate_pick(losses, &room, data);
done:
    psn_release(room.p);
    psn_release(room.weight);
    psn_release(room.positive);
    psn_release(room.part);
    psn_release(room.loss);
    return rc;
}

static int calibrate_check(int32_t kind, const double *probability, const double *label,
                           const double *weight, int64_t rows, persona_error *error)
{
    if (kind < 0 || kind > PSN_CALIBRATE_AUTO)
        return psn_fail(error, PERSONA_EOPTION, "unknown calibration");
    if (rows < 1)
        return psn_fail(error, PERSONA_EDATA, "there is no row to calibrate by");
    for (int64_t i = 0; i < rows; i++) {
        if (!(probability[i] >= 0 && probability[i] <= 1))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "probabilities must be in 0 .. 1");
        if (isnan(label[i]))
            return psn_fail_at(error, PERSONA_EDATA, i, "a label is missing");
        if (weight != NULL && !(weight[i] > 0 && weight[i] < INFINITY))
            return psn_fail_at(error, PERSONA_EDATA, i, "weights must be above 0");
    }
    return PERSONA_OK;
}

int psn_calibrate_fit(psn_calibrate **out, psn_calibrate_kind kind,
                      const double *probability, const double *label,
                      const double *weight, int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t chosen = (int32_t)kind;
    double *p = NULL;
    int64_t *order = NULL;
    uint8_t *positive = NULL;
    psn_calibrate *model = NULL;
    *out = NULL;
    PSN_TRY(calibrate_check(chosen, probability, label, weight, rows, error));
    PSN_NEED(order = psn_alloc((size_t)rows, sizeof *order));
    PSN_NEED(p = psn_alloc((size_t)rows, 2 * sizeof *p));
    PSN_NEED(positive = psn_alloc((size_t)rows, 1));
    PSN_NEED(model = psn_alloc_zero(1, sizeof *model));
    psn_sort_order(order, probability, rows);
    const calibrate_data data = {rows, p, positive, p + rows, order};
    for (int64_t i = 0; i < rows; i++) {
        p[i] = probability[order[i]];
        p[rows + i] = weight != NULL ? weight[order[i]] : 1;
        positive[i] = label[order[i]] > 0.5;
    }
    for (int k = 0; k < PSN_CALIBRATE_AUTO; k++) model->log_loss[k] = NAN;
    if (kind == PSN_CALIBRATE_AUTO)
        PSN_TRY(calibrate_choose(&chosen, model->log_loss, &data, error));
    PSN_TRY(calibrate_learn(model, chosen, &data, error));
    *out = model;
    model = NULL;
done:
    psn_calibrate_free(model);
    psn_release(order);
    psn_release(p);
    psn_release(positive);
    return rc;
}

void psn_calibrate_temper(psn_calibrate *model, double share)
{
    if (model->kind != PSN_CALIBRATE_PLATT) return;
    model->a = 1 + share * (model->a - 1);
    model->b *= share;
}
