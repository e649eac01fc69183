/* theta_line.c: the optimised and the dynamic theta model (Fiorucci, Pellegrini, Louzada,
 * Petropoulos and Koehler 2016).
 *
 *     mean of y[t+1] = l + w ((1 - a)^t A + (1 - (1 - a)^(t+1)) / a B),  w = 1 - 1/theta
 *     l = a y + (1 - a) l
 *
 * A and B: intercept and slope of the least-squares line through all values or, dynamic,
 * through those so far (O(1) a step); theta = 2 is simple smoothing with half the slope
 * as drift (Hyndman and Billah 2003).
 *
 * For a given a the errors are linear in the first level and in w, so both are had in
 * closed form, w within 0 .. 1, and only a is searched: on a grid whose points are the
 * lanes of one pass, then twice on a finer grid around the best point. No start value, no
 * local minimum, three passes of O(n).
 *
 * w has a normal prior around 1/2 (theta = 2): a short series says little about it, and
 * the classic value has proved itself. */
#include "math/theta_line.h"

#include <math.h>

#include "math/elementary.h"
#include "math/lanes.h"
#include "math/simd.h"

enum { THETA_LANES = 16, THETA_PASSES = 3, THETA_WARM_PASSES = 1, THETA_SKIP = 3 };
/* The least alpha: this over n, within bounds; a mean of all that there is. */
#define THETA_ALPHA_ROWS 8.0
#define THETA_ALPHA_LOW  0.03
#define THETA_ALPHA_HIGH 0.2
#define THETA_ALPHA_MOST 0.99
#define THETA_PRIOR      1.0  /* of w: 1 / variance */
#define THETA_WARM       0.02 /* half the width of the grid around a known alpha */
#define THETA_GONE       1e-20

typedef struct theta_state { /* a lane each */
    double alpha[THETA_LANES], level[THETA_LANES], power[THETA_LANES];
    double u[THETA_LANES], v[THETA_LANES]; /* d level / d first level, / d w */
    double uu[THETA_LANES], uv[THETA_LANES], ur[THETA_LANES];
    double vv[THETA_LANES], vr[THETA_LANES], rr[THETA_LANES];
} theta_state;

typedef struct theta_data {
    const double *value, *known;
    double *intercept, *slope; /* of the line before each value */
    uint8_t *counts;           /* the error there counts */
    int32_t count, errors, gaps;
} theta_data;

typedef struct theta_choice {
    double alpha, weight, first, level, power, square, penalized;
} theta_choice;

#define PSN_TEMPLATE "math/theta_kernel.inc"
#include "math/kernel_levels.h"
typedef void theta_pass_kernel(theta_state *, const theta_data *, int32_t);
static theta_pass_kernel *const theta_passes[] = PSN_KERNEL_TABLE(theta_pass);

double psn_theta_line_next(const psn_theta_line *line)
{
    const double inverse = 1 / line->alpha;
    const double rest = (1 - line->power * (1 - line->alpha)) * inverse;
    return line->level +
           line->weight * (line->power * line->intercept + rest * line->slope);
}

/* The line through one value more. */
static void theta_extend(psn_theta_line *line, double value)
{
    const double n = line->count, d = value - line->mean;
    line->mean += d / (n + 1);
    line->slope = ((n - 1) * line->slope + 6 * d / (n + 1)) / (n + 2);
    if (n < 1) line->slope = 0;
    line->intercept = line->mean - line->slope * (n + 2) / 2;
}

void psn_theta_line_add(psn_theta_line *line, double value, int kind)
{
    if (value != value) value = psn_theta_line_next(line);
    line->level += line->alpha * (value - line->level);
    line->power *= 1 - line->alpha;
    if (kind & PSN_THETA_DYNAMIC) theta_extend(line, value);
    line->count += 1;
}

int psn_theta_line_sane(const psn_theta_line *line)
{
    return line->alpha >= 1e-3 && line->alpha <= 1 && line->weight >= 0 &&
           line->weight <= 1 && line->power >= 0 && line->power <= 1 &&
           line->count >= 1 && line->count <= 1e15;
}

size_t psn_theta_line_scratch(int32_t count)
{
    const size_t n = ((size_t)count + 63) / 64 * 64;
    return n * (2 * sizeof(double) + 1);
}

/* The lines before each value; leaves in *line the one after all. */
static void theta_lines(theta_data *d, psn_theta_line *line, int kind)
{
    line->slope = line->mean = line->count = 0;
    line->intercept = d->value[0];
    for (int32_t t = 0; t < d->count; t++) {
        d->intercept[t] = line->intercept;
        d->slope[t] = line->slope;
        theta_extend(line, d->value[t]);
        line->count += 1;
    }
    if (kind & PSN_THETA_DYNAMIC) return;
    for (int32_t t = 0; t < d->count; t++) {
        d->intercept[t] = line->intercept;
        d->slope[t] = line->slope;
    }
}

static theta_data theta_open(const double *value, const double *known, int32_t count,
                             void *scratch)
{
    const size_t n = ((size_t)count + 63) / 64 * 64;
    theta_data d = {value,
                    known,
                    scratch,
                    (double *)scratch + n,
                    (uint8_t *)((double *)scratch + 2 * n),
                    count,
                    0,
                    0};
    for (int32_t t = 0; t < count; t++) d.gaps += known[t] != known[t];
    const int32_t skip = count - d.gaps > 2 * THETA_SKIP ? THETA_SKIP : 1;
    for (int32_t t = 0; t < count; t++) {
        d.counts[t] = t >= skip && known[t] == known[t];
        d.errors += d.counts[t];
    }
    return d;
}

/* First level and weight of one lane. */
static theta_choice theta_solve(const theta_state *s, int i, const theta_data *d,
                                int kind)
{
    const int moves = s->uu[i] > 1e-8;
    const double inverse = moves ? 1 / s->uu[i] : 0.0;
    const double vv = s->vv[i] - s->uv[i] * s->uv[i] * inverse;
    const double vr = s->vr[i] - s->uv[i] * s->ur[i] * inverse;
    const double rr = s->rr[i] - s->ur[i] * s->ur[i] * inverse;
    theta_choice c = {.alpha = s->alpha[i], .weight = 0.5};
    double penalty = 0;
    if (kind & PSN_THETA_FREE && vv > 1e-12 * s->vv[i]) {
        const double free = fmin(fmax(vr / vv, 0.0), 1.0);
        const double noise = fmax(rr - free * (2 * vr - free * vv), 0.0) / d->errors;
        penalty = THETA_PRIOR * noise;
        c.weight = fmin(fmax((vr + 0.5 * penalty) / (vv + penalty), 0.0), 1.0);
    }
    const double square = fmax(rr - c.weight * (2 * vr - c.weight * vv), 0.0);
    c.first = (s->ur[i] - c.weight * s->uv[i]) * inverse;
    c.level = s->level[i] + c.first * s->u[i] + c.weight * s->v[i];
    c.power = s->power[i];
    c.square = square;
    c.penalized = square + penalty * (c.weight - 0.5) * (c.weight - 0.5);
    return c;
}

/* The best of one grid from low to high. */
static theta_choice theta_grid(const theta_data *d, int kind, double low, double high)
{
    theta_state s = {0};
    int32_t settled = d->count;
    for (int i = 0; i < THETA_LANES; i++) {
        s.alpha[i] = low + (high - low) * (double)i / (THETA_LANES - 1);
        s.level[i] = 0.5 * d->value[0];
        s.power[i] = s.u[i] = 1;
    }
    if (d->gaps == 0) {
        const double steps = psn_log(THETA_GONE) / psn_log1p(-low);
        if (steps < d->count) settled = (int32_t)steps + 1;
        if (settled < THETA_SKIP) settled = THETA_SKIP;
    }
    theta_passes[psn_simd_level()](&s, d, settled < d->count ? settled : d->count);
    theta_choice best = theta_solve(&s, 0, d, kind);
    for (int i = 1; i < THETA_LANES; i++) {
        const theta_choice c = theta_solve(&s, i, d, kind);
        if (c.penalized < best.penalized) best = c;
    }
    return best;
}

double psn_theta_line_fit(psn_theta_line *line, const double *value, const double *known,
                          int32_t count, int kind, int warm, void *scratch)
{
    theta_data d = theta_open(value, known, count, scratch);
    const double least =
        fmin(fmax(THETA_ALPHA_ROWS / (double)count, THETA_ALPHA_LOW), THETA_ALPHA_HIGH);
    const double before = line->alpha;
    double step = (THETA_ALPHA_MOST - least) / (THETA_LANES - 1);
    theta_lines(&d, line, kind);
    theta_choice best = {.alpha = before};
    if (!warm)
        best = theta_grid(&d, kind, least, THETA_ALPHA_MOST);
    else
        step = THETA_WARM;
    for (int pass = 1; pass < (warm ? 1 + THETA_WARM_PASSES : THETA_PASSES); pass++) {
        const double low = fmax(best.alpha - step, least);
        const double high = fmin(best.alpha + step, THETA_ALPHA_MOST);
        best = theta_grid(&d, kind, low, high);
        step = (high - low) / (THETA_LANES - 1);
    }
    line->alpha = best.alpha;
    line->weight = best.weight;
    line->level = best.level;
    line->power = best.power;
    return d.errors > 0 ? best.square / d.errors : 0;
}
