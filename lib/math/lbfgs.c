/* lbfgs.c: limited-memory BFGS (Liu and Nocedal 1989) with the last ten pairs and a line
 * search by bisection to the weak Wolfe conditions (Lewis and Overton 2013), which ends
 * for every function that is bounded below. 40 n operations a step beside the function
 * itself. */
#include "math/lbfgs.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { LBFGS_PAIRS = 10, LBFGS_TRIES = 60 };

typedef struct lbfgs_state {
    int64_t n;
    psn_lbfgs_function *function;
    void *context;
    double *x, *gradient, *direction, *next, *next_gradient;
    double *steps, *changes; /* LBFGS_PAIRS x n: s and y */
    double rho[LBFGS_PAIRS]; /* 1 / s'y */
    int32_t pairs, newest;
    double value;
} lbfgs_state;

static double lbfgs_dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static double lbfgs_largest(const double *a, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(a[i]));
    return largest;
}

/* direction = -H gradient by the two loops; returns its slope. */
static double lbfgs_direct(lbfgs_state *s)
{
    double alpha[LBFGS_PAIRS];
    const int64_t n = s->n;
    for (int64_t i = 0; i < n; i++) s->direction[i] = -s->gradient[i];
    for (int32_t k = 0; k < s->pairs; k++) {
        const int32_t at = (s->newest - k + LBFGS_PAIRS) % LBFGS_PAIRS;
        const double *change = s->changes + at * n;
        alpha[at] = s->rho[at] * lbfgs_dot(s->steps + at * n, s->direction, n);
        for (int64_t i = 0; i < n; i++) s->direction[i] -= alpha[at] * change[i];
    }
    if (s->pairs > 0) {
        const double *change = s->changes + s->newest * n;
        const double scale = 1 / (s->rho[s->newest] * lbfgs_dot(change, change, n));
        for (int64_t i = 0; i < n; i++) s->direction[i] *= scale;
    }
    for (int32_t k = s->pairs - 1; k >= 0; k--) {
        const int32_t at = (s->newest - k + LBFGS_PAIRS) % LBFGS_PAIRS;
        const double beta = s->rho[at] * lbfgs_dot(s->changes + at * n, s->direction, n);
        const double *step = s->steps + at * n;
        for (int64_t i = 0; i < n; i++) s->direction[i] += (alpha[at] - beta) * step[i];
    }
    return lbfgs_dot(s->direction, s->gradient, n);
}

/* next = the point found; *moved = 0 when none is lower. */
static int lbfgs_search(lbfgs_state *s, double slope, double step, double *value,
                        int *moved, persona_error *error)
{
    int rc = PERSONA_OK;
    double low = 0, high = INFINITY;
    *moved = 0;
    for (int try = 0; try < LBFGS_TRIES; try++) {
        for (int64_t i = 0; i < s->n; i++) s->next[i] = s->x[i] + step * s->direction[i];
        PSN_TRY(s->function(s->context, s->next, value, s->next_gradient, error));
        if (!(*value <= s->value + 1e-4 * step * slope)) {
            high = step;
        } else if (lbfgs_dot(s->direction, s->next_gradient, s->n) < 0.9 * slope) {
            low = step;
            *moved = 1; /* lower already, only short */
        } else {
            *moved = 1;
            break;
        }
        const double wider = isfinite(high) ? (low + high) / 2 : 2 * low;
        if (wider == step || (isfinite(high) && high - low <= 1e-14 * high)) break;
        step = wider;
        if (try == LBFGS_TRIES - 1) *moved = 0;
    }
    if (*moved && !(*value <= s->value)) *moved = 0;
done:
    return rc;
}

static void lbfgs_remember(lbfgs_state *s)
{
    const int32_t at = (s->newest + 1) % LBFGS_PAIRS;
    double *step = s->steps + at * s->n, *change = s->changes + at * s->n;
    for (int64_t i = 0; i < s->n; i++) {
        step[i] = s->next[i] - s->x[i];
        change[i] = s->next_gradient[i] - s->gradient[i];
    }
    const double curve = lbfgs_dot(step, change, s->n);
    if (!(curve > 1e-300) || !(curve > 1e-16 * lbfgs_dot(change, change, s->n))) return;
    s->rho[at] = 1 / curve;
    s->newest = at;
    if (s->pairs < LBFGS_PAIRS) s->pairs++;
}

static int lbfgs_run(lbfgs_state *s, int32_t max_iterations, double tolerance,
                     psn_lbfgs_report *report, persona_error *error)
{
    int rc;
    PSN_TRY(s->function(s->context, s->x, &s->value, s->gradient, error));
    const double goal = tolerance * fmax(1, lbfgs_largest(s->gradient, s->n));
    for (; report->iterations < max_iterations; report->iterations++) {
        int moved;
        double value, slope = lbfgs_direct(s);
        if (lbfgs_largest(s->gradient, s->n) <= goal) break;
        if (!(slope < 0)) { /* rounding won: steepest descent anew */
            s->pairs = 0;
            slope = lbfgs_direct(s);
        }
        const double first = s->pairs > 0 ? 1 : 1 / fmax(1, sqrt(-slope));
        PSN_TRY(lbfgs_search(s, slope, first, &value, &moved, error));
        if (!moved && s->pairs == 0) break;
        if (!moved) {
            s->pairs = 0;
            continue;
        }
        lbfgs_remember(s);
        memcpy(s->x, s->next, (size_t)s->n * sizeof *s->x);
        memcpy(s->gradient, s->next_gradient, (size_t)s->n * sizeof *s->gradient);
        s->value = value;
    }
    report->value = s->value;
    report->gradient = lbfgs_largest(s->gradient, s->n);
    report->converged = report->gradient <= goal;
done:
    return rc;
}

int psn_lbfgs(double *x, int64_t n, psn_lbfgs_function *function, void *context,
              int32_t max_iterations, double tolerance, psn_lbfgs_report *report,
              persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t count = (size_t)n;
    lbfgs_state state = {.n = n, .function = function, .context = context, .x = x};
    *report = (psn_lbfgs_report){0};
    PSN_NEED(state.gradient = psn_alloc(count, 4 * sizeof(double)));
    PSN_NEED(state.steps = psn_alloc(count, 2 * LBFGS_PAIRS * sizeof(double)));
    state.direction = state.gradient + n;
    state.next = state.direction + n;
    state.next_gradient = state.next + n;
    state.changes = state.steps + LBFGS_PAIRS * n;
    PSN_TRY(lbfgs_run(&state, max_iterations, tolerance, report, error));
done:
    psn_release(state.gradient);
    psn_release(state.steps);
    return rc;
}
