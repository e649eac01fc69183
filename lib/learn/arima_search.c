/* arima_search.c: orders as in Hyndman and Khandakar (2008): a seasonal difference if the
 * season is strong, then differences until KPSS finds a level; then from the best of a
 * few orders to neighbours with a lower AICc, one step at a time, until there is none.
 * Neighbours start at the coefficients of the best so far. */
#include "learn/arima_fit.h"

#include <math.h>
#include <string.h>

#define SEARCH_STRENGTH 0.40  /* a seasonal difference above this strength */
#define SEARCH_KPSS     0.463 /* 5 % */

enum { SEARCH_FITS = 94 };

typedef struct search_path {
    psn_arima_work *work;
    psn_arima_order most;
    int32_t conditional, exact; /* steps a candidate */
    int32_t tried[SEARCH_FITS], count;
    psn_arima_fit best;
} search_path;

static int search_constant(const double *x, int32_t count)
{
    double low = x[0], high = x[0];
    for (int32_t t = 1; t < count; t++) {
        low = fmin(low, x[t]);
        high = fmax(high, x[t]);
    }
    return high - low < 1e-10;
}

static int search_differences(psn_arima_work *w, const psn_arima_options *o)
{
    const int32_t n = w->series->count, m = w->season;
    int32_t d = 0, sd = 0;
    if (m > 1 && n > 2 * m && o->max_sd > 0)
        sd = psn_arima_strength(w->y, n, m, w->spare) > SEARCH_STRENGTH;
    if (sd && !psn_arima_difference(w, 0, 1)) sd = 0;
    if (!sd && !psn_arima_difference(w, 0, 0)) return 0;
    while (d < o->max_d && w->count > 4 && !search_constant(w->x, w->count) &&
           psn_arima_kpss(w->x, w->count) > SEARCH_KPSS) {
        d++;
        if (!psn_arima_difference(w, d, sd)) break;
    }
    return psn_arima_difference(w, d, sd);
}

static int32_t search_least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static psn_arima_order search_most(const psn_arima_work *w, const psn_arima_options *o)
{
    const int32_t n = w->series->count - w->missing, m = w->season;
    psn_arima_order most = {.p = search_least(o->max_p, n / 3),
                            .q = search_least(o->max_q, n / 3),
                            .mean = w->d + w->sd <= 1};
    if (m > 1) {
        const int32_t years = n / 3 / m;
        most.p = search_least(most.p, m - 1);
        most.q = search_least(most.q, m - 1);
        most.sp = search_least(search_least(o->max_sp, years), m > 24 ? 1 : 2);
        most.sq = search_least(search_least(o->max_sq, years), m > 24 ? 1 : 2);
    }
    return most;
}

/* Coefficients that both orders have start at those of the best. */
static void search_inherit(const psn_arima_fit *from, psn_arima_fit *to)
{
    const int32_t old[4] = {from->order.p, from->order.q, from->order.sp, from->order.sq};
    const int32_t now[4] = {to->order.p, to->order.q, to->order.sp, to->order.sq};
    int32_t source = 0, target = 0;
    memset(to->free, 0, sizeof to->free);
    if (!(from->criterion < INFINITY)) return;
    for (int32_t b = 0; b < 4; b++) {
        for (int32_t k = 0; k < old[b] && k < now[b]; k++)
            to->free[target + k] = from->free[source + k];
        source += old[b];
        target += now[b];
    }
}

/* 1 if it is the best so far. */
static int search_try(search_path *s, psn_arima_order order, int inherit)
{
    const psn_arima_order *most = &s->most;
    if (order.p < 0 || order.q < 0 || order.sp < 0 || order.sq < 0 || order.p > most->p ||
        order.q > most->q || order.sp > most->sp || order.sq > most->sq ||
        order.mean > most->mean || s->count == SEARCH_FITS)
        return 0;
    order.d = s->work->d;
    order.sd = s->work->sd;
    const int32_t form = psn_arima_order_form(&order);
    for (int32_t i = 0; i < s->count; i++)
        if (s->tried[i] == form) return 0;
    s->tried[s->count++] = form;
    psn_arima_fit fit = {.order = order};
    if (inherit) search_inherit(&s->best, &fit);
    psn_arima_estimate(s->work, &fit, s->conditional, s->exact);
    if (!(fit.criterion < s->best.criterion)) return 0;
    s->best = fit;
    return 1;
}

static int search_neighbour(search_path *s)
{
    static const int8_t moves[][4] = {
        {0, 0, -1, 0},  {0, 0, 0, -1}, {0, 0, 1, 0},  {0, 0, 0, 1},
        {0, 0, -1, -1}, {0, 0, -1, 1}, {0, 0, 1, -1}, {0, 0, 1, 1},
        {-1, 0, 0, 0},  {0, -1, 0, 0}, {1, 0, 0, 0},  {0, 1, 0, 0},
        {-1, -1, 0, 0}, {-1, 1, 0, 0}, {1, -1, 0, 0}, {1, 1, 0, 0}};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        psn_arima_order order = s->best.order;
        order.p += moves[i][0];
        order.q += moves[i][1];
        order.sp += moves[i][2];
        order.sq += moves[i][3];
        if (search_try(s, order, 1)) return 1;
    }
    psn_arima_order order = s->best.order;
    order.mean = !order.mean;
    return search_try(s, order, 1);
}

static void search_stepwise(search_path *s)
{
    const psn_arima_order *most = &s->most;
    const int few = s->work->series->count < 10;
    const int32_t mean = most->mean, sp = search_least(1, most->sp);
    const int32_t sq = search_least(1, most->sq), two = few ? 1 : 2;
    search_try(s,
               (psn_arima_order){.p = search_least(two, most->p),
                                 .q = search_least(two, most->q),
                                 .sp = few ? 0 : sp,
                                 .sq = few ? 0 : sq,
                                 .mean = mean},
               0);
    search_try(s, (psn_arima_order){.mean = mean}, 0);
    search_try(
        s, (psn_arima_order){.p = search_least(1, most->p), .sp = sp, .mean = mean}, 0);
    search_try(
        s, (psn_arima_order){.q = search_least(1, most->q), .sq = sq, .mean = mean}, 0);
    search_try(s, (psn_arima_order){.mean = 0}, 0);
    while (search_neighbour(s)) {
    }
}

/* A handful of orders that between them suit most series. */
static void search_quick(search_path *s)
{
    const int32_t sq = search_least(1, s->most.sq), sp = search_least(1, s->most.sp);
    const int32_t sma = s->work->sd ? sq : 0, sar = s->work->sd ? 0 : sp;
    const int32_t mean = s->work->d + s->work->sd == 0;
    const psn_arima_order orders[] = {
        {.p = 0, .q = 1, .sp = sar, .sq = sma, .mean = mean},
        {.p = 1, .q = 0, .sp = sar, .sq = sma, .mean = mean},
        {.p = 1, .q = 1, .sp = sar, .sq = sma, .mean = mean},
        {.p = 0, .q = 2, .sp = sar, .sq = sma, .mean = mean},
        {.p = 2, .q = 0, .sp = sar, .sq = sma, .mean = mean}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        search_try(s, orders[i], 1);
    psn_arima_order other = s->best.order;
    other.mean = !other.mean;
    search_try(s, other, 1);
    search_try(s, (psn_arima_order){.mean = mean}, 0);
}

/* By maximum likelihood; the plain fit where that fails. */
static void search_refit(search_path *s, int32_t steps)
{
    psn_arima_fit fit = s->best;
    psn_arima_estimate(s->work, &fit, 0, steps);
    if (fit.criterion < INFINITY) s->best = fit;
}

int psn_arima_search(psn_arima_work *work, const psn_arima_options *options,
                     psn_arima_fit *best)
{
    search_path s = {.work = work, .conditional = 6, .best.criterion = INFINITY};
    if (!search_differences(work, options)) return 0;
    s.most = search_most(work, options);
    if (options->search == PSN_ARIMA_QUICK) {
        s.exact = -1;
        search_quick(&s);
    } else {
        s.exact = options->search == PSN_ARIMA_EXACT ? 12 : 0;
        search_stepwise(&s);
        if (s.best.criterion < INFINITY) search_refit(&s, 25);
    }
    *best = s.best;
    if (best->criterion < INFINITY) return 1;
    *best = (psn_arima_fit){.order = {.d = work->d, .sd = work->sd}};
    psn_arima_estimate(work, best, 0, 0);
    return 1;
}
