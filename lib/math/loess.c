/* loess.c: STL of Cleveland, Cleveland, McRae and Terpenning (1990), without robustness
 * weights. A round:
 *   1. take the trend away; smooth each position of the season as a series of its own,
 *      carried one season beyond both ends: C
 *   2. low-pass L of C: running means of period, period and 3, then loess; season = C - L
 *   3. take the season away, smooth: trend
 * Loess is computed at every tenth of its window, with lines between, so that a pass
 * costs about 10 n instead of n times the window. */
#include "math/loess.h"

#include <math.h>

enum { LOESS_JUMPS = 10 };

double psn_loess_at(const double *value, int32_t count, int32_t window, int degree,
                    double x)
{
    const int32_t width = window < count ? window : count;
    int32_t first = (int32_t)floor(x + 0.5) - width / 2;
    if (first > count - width) first = count - width;
    if (first < 0) first = 0;
    double reach = fmax(x - first, first + width - 1 - x);
    if (window > count) reach += (window - count) / 2;
    const double inverse = 1 / (reach * 1.001 + 1e-9);
    double w0 = 0, w1 = 0, w2 = 0, v0 = 0, v1 = 0;
    for (int32_t j = first; j < first + width; j++) {
        const double d = j - x, r = fabs(d) * inverse, cube = 1 - r * r * r;
        const double w = cube * cube * cube;
        w0 += w;
        w1 += w * d;
        w2 += w * d * d;
        v0 += w * value[j];
        v1 += w * d * value[j];
    }
    const double determinant = w0 * w2 - w1 * w1;
    if (degree == 0 || !(determinant > 1e-9 * w0 * w0)) return v0 / w0;
    return (v0 * w2 - v1 * w1) / determinant;
}

void psn_loess_smooth(double *out, const double *value, int32_t count, int32_t window,
                      int degree, int32_t jump)
{
    for (int32_t i = 0; i < count; i += jump)
        out[i] = psn_loess_at(value, count, window, degree, i);
    const int32_t last = count - 1, known = last / jump * jump;
    if (known < last) out[last] = psn_loess_at(value, count, window, degree, last);
    for (int32_t i = 0; i < last; i += jump) {
        const int32_t next = i + jump < last ? i + jump : last;
        const double step = (out[next] - out[i]) / (double)(next - i);
        for (int32_t k = i + 1; k < next; k++) out[k] = out[i] + step * (double)(k - i);
    }
}

/* Running means of `width`; count - width + 1 of them. out may be value. */
static int32_t loess_running(double *out, const double *value, int32_t count,
                             int32_t width)
{
    double sum = 0;
    for (int32_t i = 0; i < width; i++) sum += value[i];
    for (int32_t i = 0; i + width <= count; i++) {
        const double mean = sum / (double)width;
        if (i + width < count) sum += value[i + width] - value[i];
        out[i] = mean;
    }
    return count - width + 1;
}

size_t psn_stl_scratch(int32_t count, int32_t period)
{
    const size_t wide = (size_t)count + 2 * (size_t)period;
    return 3 * wide + 3 * ((size_t)(count / period) + 3);
}

/* Step 1: `cycle` has a period more at both ends. */
static void loess_cycle(double *cycle, const double *rest, int32_t count,
                        const psn_stl_options *o, double *one)
{
    const int32_t m = o->period;
    for (int32_t j = 0; j < m; j++) {
        int32_t k = 0;
        for (int32_t i = j; i < count; i += m) one[k++] = rest[i];
        for (int32_t i = -1; i <= k; i++)
            cycle[j + (i + 1) * m] = psn_loess_at(one, k, o->season_window, 0, i);
    }
}

static int32_t loess_jump(int32_t window)
{
    return (window + LOESS_JUMPS - 1) / LOESS_JUMPS;
}

static int32_t loess_trend_window(const psn_stl_options *o)
{
    if (o->trend_window > 0) return o->trend_window;
    return (int32_t)ceil(1.5 * o->period / (1 - 1.5 / o->season_window)) | 1;
}

void psn_stl(double *season, double *trend, const double *value, int32_t count,
             const psn_stl_options *options, double *scratch)
{
    const int32_t m = options->period, wide = count + 2 * m;
    double *cycle = scratch, *pass = cycle + wide, *rest = pass + wide;
    double *one = rest + wide;
    const int32_t low = m | 1, window = loess_trend_window(options);
    for (int32_t round = 0; round < options->rounds; round++) {
        for (int32_t i = 0; i < count; i++) rest[i] = value[i] - trend[i];
        loess_cycle(cycle, rest, count, options, one);
        int32_t left = loess_running(pass, cycle, wide, m);
        left = loess_running(pass, pass, left, m);
        loess_running(pass, pass, left, 3); /* count of them */
        psn_loess_smooth(rest, pass, count, low, 1, loess_jump(low));
        for (int32_t i = 0; i < count; i++) {
            season[i] = cycle[i + m] - rest[i];
            pass[i] = value[i] - season[i];
        }
        psn_loess_smooth(trend, pass, count, window, 1, loess_jump(window));
    }
}
