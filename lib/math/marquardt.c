/* marquardt.c: Levenberg (1944), Marquardt (1963). Residuals e(x), their Jacobian J by
 * forward differences; a step solves (J'J + lambda diag J'J) d = -J'e; lambda falls when
 * the sum of squares does and rises when not. A step costs unknowns + 1 passes over the
 * residuals and unknowns^2 / 2 dot products; near a minimum a few suffice. */
#include "math/marquardt.h"

#include <math.h>
#include <string.h>
#include "math/small_solve.h"

typedef struct marquardt_room {
    double *residuals, *trial, *jacobian; /* jacobian: one column an unknown */
    double *normal, *damped, *gradient, *step, *x;
} marquardt_room;

size_t psn_marquardt_scratch(int32_t unknowns, int32_t count)
{
    const size_t k = (size_t)unknowns, n = (size_t)count;
    return n * (k + 2) + 2 * k * k + 3 * k;
}

static marquardt_room marquardt_rooms(const psn_marquardt_problem *p, double *at)
{
    const size_t k = (size_t)p->unknowns, n = (size_t)p->count;
    marquardt_room r = {.residuals = at, .trial = at + n, .jacobian = at + 2 * n};
    r.normal = r.jacobian + n * k;
    r.damped = r.normal + k * k;
    r.gradient = r.damped + k * k;
    r.step = r.gradient + k;
    r.x = r.step + k;
    return r;
}

static double marquardt_sum(const psn_marquardt_problem *p, const double *x, double *out)
{
    if (!p->residuals(p->context, x, out)) return INFINITY;
    const double sum = psn_small_dot(out, out, p->count);
    return sum >= 0.0 ? sum : INFINITY;
}

/* J and the normal equations; 0 when no neighbour is allowed. */
static int marquardt_linear(const psn_marquardt_problem *p, const double *x,
                            marquardt_room *r)
{
    const int32_t k = p->unknowns, n = p->count;
    for (int32_t j = 0; j < k; j++) {
        double *column = r->jacobian + (size_t)j * n;
        double h = x[j] + 2e-6 > p->bound ? -1e-6 : 1e-6;
        memcpy(r->x, x, (size_t)k * sizeof *x);
        r->x[j] = x[j] + h;
        if (!p->residuals(p->context, r->x, column)) {
            h = -h;
            r->x[j] = x[j] + h;
            if (!p->residuals(p->context, r->x, column)) return 0;
        }
        for (int32_t i = 0; i < n; i++) column[i] = (column[i] - r->residuals[i]) / h;
        r->gradient[j] = psn_small_dot(column, r->residuals, n);
        for (int32_t l = 0; l <= j; l++)
            r->normal[j * k + l] = psn_small_dot(column, r->jacobian + (size_t)l * n, n);
    }
    return 1;
}

/* x + d for this lambda, inside the bound, into r->x. */
static int marquardt_step(const psn_marquardt_problem *p, const double *x, double lambda,
                          marquardt_room *r)
{
    const int32_t k = p->unknowns;
    double largest = 0.0;
    for (int32_t j = 0; j < k; j++) largest = fmax(largest, r->normal[j * k + j]);
    memcpy(r->damped, r->normal, (size_t)k * k * sizeof(double));
    for (int32_t j = 0; j < k; j++) {
        double *diagonal = &r->damped[j * k + j];
        *diagonal += lambda * (*diagonal + 1e-3 * largest) + 1e-300;
        r->step[j] = -r->gradient[j];
    }
    if (!psn_small_factor(r->damped, k)) return 0;
    psn_small_solve(r->damped, k, r->step);
    for (int32_t j = 0; j < k; j++) {
        const double to = x[j] + fmax(-1.5, fmin(1.5, r->step[j]));
        r->x[j] = fmax(-p->bound, fmin(p->bound, to));
    }
    return 1;
}

double psn_marquardt(const psn_marquardt_problem *p, double *x, double *scratch)
{
    marquardt_room r = marquardt_rooms(p, scratch);
    double sum = marquardt_sum(p, x, r.residuals), lambda = 1e-2;
    if (p->unknowns == 0 || !(sum < INFINITY)) return sum;
    for (int32_t step = 0; step < p->steps; step++) {
        if (!marquardt_linear(p, x, &r)) break;
        double next = INFINITY;
        for (int32_t trial = 0; trial < 8; trial++) {
            if (marquardt_step(p, x, lambda, &r)) next = marquardt_sum(p, r.x, r.trial);
            if (next <= sum) break;
            lambda *= 8.0;
        }
        if (!(next <= sum)) break;
        const double gain = sum - next;
        memcpy(x, r.x, (size_t)p->unknowns * sizeof *x);
        memcpy(r.residuals, r.trial, (size_t)p->count * sizeof *x);
        sum = next;
        lambda = fmax(lambda / 10.0, 1e-9);
        if (!(gain > p->tolerance * sum)) break;
    }
    return sum;
}
