/* ces_fit.c: parameters of complex exponential smoothing by least squares.
 *
 * For given parameters the errors are linear in the first level and potential, which are
 * had in closed form (with a weak prior around the first season's mean, so that a short
 * series does not bend its start to fit). The parameters are searched by a pattern whose
 * points are the lanes of one pass: a grid at first, then sets around the best one,
 * nearer each time none is better. Sets whose errors would not die away are left out.
 * Cost: about a dozen passes of O(n) for each form. */
#include "learn/ces_internal.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "learn/ces_fit.h"
#include "math/elementary.h"
#include "math/lanes.h"
#include "math/simd.h"

enum { CES_LANES = 16, CES_PASSES = 9, CES_PASSES_MORE = 14, CES_PASSES_WARM = 4 };
#define CES_PRIOR_START  1.0   /* of each first state, in squares of a value's unit */
#define CES_PRIOR_GROWTH 100.0 /* of a1: 1 / variance, times the noise */

typedef struct ces_lanes {
    double parameter[PSN_CES_PARAMETERS][CES_LANES];
    double level[3][CES_LANES], potential[3][CES_LANES];
    double sum[6][CES_LANES]; /* ll lc lr cc cr rr */
} ces_lanes;

typedef struct ces_data {
    const double *known;
    double *season; /* of each position: parts x lanes */
    int32_t count, period, errors;
} ces_data;

#define PSN_TEMPLATE "learn/ces_kernel.inc"
#include "math/kernel_levels.h"
typedef void ces_pass_kernel(ces_lanes *, const ces_data *, ces_kind);
typedef void ces_simple_kernel(ces_lanes *, const ces_data *);
static ces_pass_kernel *const ces_passes[] = PSN_KERNEL_TABLE(ces_pass);
static ces_simple_kernel *const ces_simples[] = PSN_KERNEL_TABLE(ces_simple);

/* The least and the largest parameters, the first grid and what one step of 1 means. */
static const double ces_low[] = {0.3, 0.5, 0.0, 0.5}, ces_high[] = {2.4, 1.9, 1.0, 1.9};
static const double ces_reach[] = {0.2, 0.1, 0.15, 0.1};

size_t psn_ces_fit_scratch(int32_t season)
{
    return (size_t)season * 6 * CES_LANES * sizeof(double);
}

static int ces_dimensions(int32_t form)
{
    return form == PSN_CES_FULL ? 4 : form == PSN_CES_PARTIAL ? 3 : 2;
}

/* The grid: four values of a0, four of a1, the season's spread over them. */
static void ces_grid(ces_lanes *lanes, int32_t form)
{
    static const double a0[] = {1.1, 1.35, 1.6, 1.9}, a1[] = {0.97, 1.01, 1.05, 1.15};
    static const double b0[] = {0.02, 0.1, 0.3, 0.1}, full[] = {1.05, 1.3, 1.1, 1.5};
    for (int i = 0; i < CES_LANES; i++) {
        lanes->parameter[0][i] = a0[i / 4];
        lanes->parameter[1][i] = a1[i % 4];
        lanes->parameter[2][i] =
            form == PSN_CES_FULL ? full[(i + i / 4) % 4] : b0[(i + i / 4) % 4];
        lanes->parameter[3][i] = 1;
    }
}

/* Sets around the best one; lane 0 is the best one itself. The directions are the corners
 * of a cube, half of them nearer, turned a little with every pass. */
static void ces_around(ces_lanes *lanes, const double *best, int dimensions,
                       double radius, int pass)
{
    static const double turn[] = {1.0, 0.35, -0.6, 0.8, -0.25, 0.5, -0.9};
    for (int i = 0; i < CES_LANES; i++)
        for (int k = 0; k < PSN_CES_PARAMETERS; k++) {
            const int bit = dimensions == 2 ? (i + 2 * k) & 3 : (i >> k) & 1;
            double step = dimensions == 2 ? (bit == 0   ? 1
                                             : bit == 2 ? -1
                                                        : 0)
                                          : (bit ? 1 : -1);
            if (dimensions == 2 && i & 4) /* the corners */
                step = k == 0 ? (i & 1 ? 1 : -1) : (i & 2 ? 1 : -1);
            if (i & 8) step *= 0.4;
            step *= turn[(pass + k * 3 + i) % 7] < 0 ? 0.7 : 1.0;
            if (i == 0 || k >= dimensions) step = 0;
            const double value = best[k] + step * radius * ces_reach[k];
            lanes->parameter[k][i] = fmin(fmax(value, ces_low[k]), ces_high[k]);
        }
}

/* First states of all lanes; the seasonal ones from the profile. */
static void ces_start(ces_lanes *lanes, const ces_data *d, int32_t form,
                      const ces_start_values *start)
{
    memset(lanes->level, 0, sizeof lanes->level);
    memset(lanes->potential, 0, sizeof lanes->potential);
    for (int i = 0; i < CES_LANES; i++) {
        lanes->level[0][i] = start->level;
        lanes->potential[0][i] = start->level / lanes->parameter[0][i];
        lanes->level[1][i] = lanes->potential[2][i] = 1;
    }
    if (form < PSN_CES_SIMPLE) return;
    const int parts = form == PSN_CES_SIMPLE ? 2 : form == PSN_CES_FULL ? 6 : 3;
    memset(d->season, 0,
           (size_t)d->period * (size_t)parts * CES_LANES * sizeof *d->season);
    for (int32_t j = 0; j < d->period; j++)
        for (int i = 0; i < CES_LANES; i++) {
            double *at = d->season + (int64_t)j * parts * CES_LANES + i;
            at[0] = start->season[j];
            if (form == PSN_CES_SIMPLE) at[CES_LANES] = at[0] / lanes->parameter[0][i];
            if (form == PSN_CES_FULL)
                at[3 * CES_LANES] = at[0] / fmax(lanes->parameter[2][i], 0.1);
        }
}

/* First level and potential of lane i, moved from the start; the square that is left.
 * The prior weighs as much as one error that they fully cause. */
static double ces_solve(const ces_lanes *s, int i, double move[2])
{
    const double ll = s->sum[0][i] + CES_PRIOR_START, lc = s->sum[1][i];
    const double cc = s->sum[3][i] + CES_PRIOR_START;
    const double lr = s->sum[2][i], cr = s->sum[4][i];
    const double determinant = ll * cc - lc * lc;
    move[0] = move[1] = 0;
    if (!(determinant > 1e-12 * ll * cc)) return s->sum[5][i];
    move[0] = (lr * cc - cr * lc) / determinant;
    move[1] = (cr * ll - lr * lc) / determinant;
    return fmax(s->sum[5][i] - move[0] * lr - move[1] * cr, 0.0);
}

static void ces_run(ces_lanes *lanes, const ces_data *d, int32_t form,
                    const ces_start_values *start)
{
    ces_start(lanes, d, form, start);
    if (form == PSN_CES_SIMPLE)
        ces_simples[psn_simd_level()](lanes, d);
    else
        ces_passes[psn_simd_level()](lanes, d,
                                     form == PSN_CES_PARTIAL ? CES_KIND_PARTIAL
                                     : form == PSN_CES_FULL  ? CES_KIND_FULL
                                                             : CES_KIND_NONE);
}

/* 1 if the errors of lane i die away: in level and potential, in the season, and in both
 * together, where the season leaves to the level what that takes. */
static int ces_sane(const ces_lanes *lanes, int i, int32_t form)
{
    const double a0 = lanes->parameter[0][i], a1 = lanes->parameter[1][i];
    const double b0 = lanes->parameter[2][i], b1 = lanes->parameter[3][i];
    if (!ces_stable(a0, a1)) return 0;
    if (form == PSN_CES_PARTIAL) return b0 <= fmax(1 - (a0 - a1), 0.0);
    if (form == PSN_CES_FULL)
        return ces_stable(b0, b1) && b0 - b1 <= fmax(1 - (a0 - a1), 0.0);
    return 1;
}

/* Keeps the best lane; 1 if it is better than what was kept. */
static int ces_keep(ces_found *best, const ces_lanes *lanes, const ces_data *d,
                    int32_t form, const ces_start_values *start)
{
    int better = 0;
    for (int i = 0; i < CES_LANES; i++) {
        const double a0 = lanes->parameter[0][i], growth = lanes->parameter[1][i] - 1;
        double move[2] = {0, 0}, square = lanes->sum[5][i];
        if (!ces_sane(lanes, i, form)) continue;
        if (form != PSN_CES_SIMPLE) square = ces_solve(lanes, i, move);
        const double bent = square * (1 + CES_PRIOR_GROWTH * growth * growth / d->errors);
        if (!(bent < best->bent)) continue;
        better = 1;
        best->square = square;
        best->bent = bent;
        best->level = start->level + move[0];
        best->potential = start->level / a0 + move[1];
        for (int k = 0; k < PSN_CES_PARAMETERS; k++)
            best->parameter[k] = lanes->parameter[k][i];
    }
    return better;
}

int psn_ces_search(ces_found *best, int32_t form, const double *known, int32_t count,
                   int32_t season, const ces_start_values *start, int warm, void *scratch)
{
    ces_lanes lanes;
    ces_data d = {known, scratch, count, season, 0};
    const int dimensions = ces_dimensions(form);
    int passes = warm ? CES_PASSES_WARM : dimensions > 2 ? CES_PASSES_MORE : CES_PASSES;
    double radius = warm ? 0.1 : 1.0;
    for (int32_t t = form == PSN_CES_SIMPLE ? season : 0; t < count; t++)
        d.errors += known[t] == known[t];
    if (d.errors < 3) return 0;
    best->square = best->bent = DBL_MAX;
    if (!warm) {
        ces_grid(&lanes, form);
        ces_run(&lanes, &d, form, start);
        ces_keep(best, &lanes, &d, form, start);
        if (best->bent == DBL_MAX) return 0;
    }
    for (int pass = 1; pass < passes; pass++) {
        ces_around(&lanes, best->parameter, dimensions, radius, pass);
        ces_run(&lanes, &d, form, start);
        if (!ces_keep(best, &lanes, &d, form, start))
            radius *= 0.4;
        else
            radius *= 0.8;
    }
    best->errors = d.errors;
    return best->bent < DBL_MAX;
}
