/* forecast_fit_seasons_find.c: which season series of whole-number periods have.
 *
 * The newest values of a series (logarithms, or square roots where not positive) are
 * regressed on their two predecessors and on time, once with one constant and once with a
 * constant for each phase of a length m; so neither trend nor autocorrelation looks like
 * a season. What the phases gain is an approximate log Bayes factor: of usual lengths (4,
 * 7, 12, 24, 52) by the g-prior that suits the series best (Liang et al. 2008, local
 * empirical Bayes), of others by Schwarz (1978). One series alone says little, many much:
 * the shares of all lengths among the series, most of all those of like size (years are
 * short, months long), are learnt by expectation maximisation from at most 2,000 series,
 * and each gets the length that is likeliest under the shares of the others. A series too
 * short for a length says nothing about it and goes with the others. O(lengths x values)
 * for the sample, then only for lengths that occur. */
#include "shop/forecast/forecast_fit_panel.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/decompose.h"
#include "math/elementary.h"
#include "math/order.h"

enum {
    FIND_LENGTHS = 400, /* lengths looked at: 2 .. */
    FIND_VALUES = 4096, /* newest values of a series that are looked at */
    FIND_FEWEST = 8,    /* values */
    FIND_SERIES = 2000, /* series that the shares are learnt from */
    FIND_KINDS = FIND_LENGTHS + 2,
    FIND_BUCKETS = 128,
    FIND_FINE = 4,
    FIND_ROUNDS = 30,
    FIND_VARS = 4,
    FIND_FEW = 5 /* series that can agree */
};
#define FIND_PRIOR  3.0   /* series that the prior counts like */
#define FIND_LOCAL  0.25  /* series that those of other lengths count like */
#define FIND_AGREE  0.75  /* share of one length that decides for all */
#define FIND_MOST   50.0  /* gain of one series */
#define FIND_COST   0.5   /* taken off every gain; chosen on M1 */
#define FIND_OCCURS 0.002 /* share of lengths that are looked at in all series */

typedef struct find_job {
    psn_panel *panel;
    int32_t lengths[FIND_KINDS]; /* [0] = 1: none */
    int kinds;
    double prior[FIND_KINDS];
    double *value, *time;                  /* FIND_VALUES each */
    double products[FIND_VARS][FIND_VARS]; /* of the series, lower half */
    double without;                        /* its RSS without phases */

    int64_t sample;       /* series that shares are learnt from */
    int *bucket;          /* of each of them */
    float *gain, *chance; /* [series * kinds + kind] */
    double sums[FIND_BUCKETS][FIND_KINDS], whole[FIND_KINDS], total; /* of chances */
} find_job;

/* ---- one series */

/* The newest values, holes bridged, transformed; 0: too few. */
static int find_transform(const find_job *job, int64_t s)
{
    const psn_panel *panel = job->panel;
    int64_t count = panel->count[s];
    const double *from = panel->value + panel->start[s];
    int64_t known = 0, end = 0;
    if (count > FIND_VALUES) {
        from += count - FIND_VALUES;
        count = FIND_VALUES;
    }
    int positive = 1, vary = 0;
    for (int64_t i = 0; i < count; i++) {
        if (isnan(from[i])) continue;
        positive &= from[i] > 0;
        known++;
        end = i + 1;
    }
    if (known < FIND_FEWEST || known * 2 < count) return 0;
    for (int64_t i = 0; i < end; i++)
        job->value[i] = isnan(from[i]) ? NAN
                        : positive     ? psn_log(from[i])
                        : from[i] < 0  ? -sqrt(-from[i])
                                       : sqrt(from[i]);
    psn_gaps_fill(job->value, job->value, (int32_t)end);
    for (int64_t i = 1; i < end; i++) vary |= job->value[i] != job->value[0];
    return vary ? (int)end : 0;
}

/* Cross products of y(t), y(t - 1), y(t - 2), t within phases: about the means of each.
 */
static void find_products(const find_job *job, int n, int m,
                          double out[FIND_VARS][FIND_VARS])
{
    const double *y = job->value;
    memcpy(out, job->products, sizeof job->products);
    for (int phase = 0; phase < m; phase++) {
        double sum[FIND_VARS] = {0};
        int of = 0;
        for (int t = 2 + phase; t < n; t += m, of++) {
            sum[0] += y[t];
            sum[1] += y[t - 1];
            sum[2] += y[t - 2];
            sum[3] += job->time[t];
        }
        for (int a = 0; a < FIND_VARS && of > 0; a++)
            for (int b = 0; b <= a; b++) out[a][b] -= sum[a] * sum[b] / of;
    }
}

static void find_total(find_job *job, int n)
{
    const double *y = job->value;
    memset(job->products, 0, sizeof job->products);
    for (int t = 0; t < n; t++) job->time[t] = (t - 0.5 * n) / n;
    for (int t = 2; t < n; t++) {
        const double x[FIND_VARS] = {y[t], y[t - 1], y[t - 2], job->time[t]};
        for (int a = 0; a < FIND_VARS; a++)
            for (int b = 0; b <= a; b++) job->products[a][b] += x[a] * x[b];
    }
}

/* The residual sum of squares of the first variable by the others: Cholesky with the
 * first one last. A direction without variation is left out. */
static double find_residual(double p[FIND_VARS][FIND_VARS])
{
    for (int k = FIND_VARS - 1; k >= 1; k--) {
        if (!(p[k][k] > 1e-12)) continue;
        for (int a = k - 1; a >= 0; a--)
            for (int b = a; b >= 0; b--) p[a][b] -= p[k][a] * p[k][b] / p[k][k];
    }
    return p[0][0];
}

/* The lengths of calendars: quarters, weekdays, months, hours, weeks. */
static int find_is_usual(int m)
{
    return m == 4 || m == 7 || m == 12 || m == 24 || m == 52;
}

/* Values that a series needs. */
static int find_shortest(int m)
{
    return find_is_usual(m) ? 2 * m + 4 : 3 * m;
}

/* Usual lengths: the prior of the pattern has the size that suits the series best (Liang
 * et al. 2008, local empirical Bayes, less its cost); others must stand by themselves
 * (Schwarz 1978). */
static double find_evidence(const find_job *job, int n, int m, int usual)
{
    double products[FIND_VARS][FIND_VARS], gain;
    const int rows = n - 2, k = m - 1, free = rows - m - FIND_VARS + 1;
    if (n < find_shortest(m) || free < 2 || !(job->without > 0)) return 0;
    find_products(job, n, m, products);
    const double within = find_residual(products);
    const double ratio = within > 1e-9 * job->without ? within / job->without : 1e-9;
    if (usual) {
        const double f = (1 / ratio - 1) * free / k, g = f > 1 ? f - 1 : 0;
        gain = 0.5 * (free * psn_log1p(g) - (free + k) * psn_log1p(g * ratio));
    } else {
        gain = -0.5 * (free * psn_log(ratio) + k * psn_log(rows));
    }
    return gain - FIND_COST;
}

static double find_gain(const find_job *job, int n, int m)
{
    const double gain = find_evidence(job, n, m, find_is_usual(m));
    return gain > FIND_MOST ? FIND_MOST : gain;
}

static int find_prepare(find_job *job, int64_t s)
{
    double products[FIND_VARS][FIND_VARS];
    const int n = find_transform(job, s);
    if (n == 0) return 0;
    find_total(job, n);
    find_products(job, n, 1, products);
    job->without = find_residual(products);
    return n;
}

/* ---- shares */

static double find_prior(int m)
{
    switch (m) {
    case 1:
        return 0.9;
    case 7:
    case 12:
        return 0.02;
    case 4:
    case 24:
    case 52:
        return 0.01;
    case 2:
    case 3:
    case 5:
    case 6:
    case 8:
    case 10:
    case 13:
    case 14:
    case 26:
    case 30:
    case 48:
    case 96:
    case 168:
    case 365:
        return 0.001;
    default:
        return 0.00004;
    }
}

/* Series of like length: steps by a quarter of an octave. */
static int find_bucket(int32_t count)
{
    const int bucket =
        (int)(FIND_FINE * psn_log((double)count + 1) / 0.69314718055994531);
    return bucket < FIND_BUCKETS ? bucket : FIND_BUCKETS - 1;
}

/* How many of the other series of bucket b have a length, the prior and like series of
 * other buckets counting a little. mine: the chances that the series itself put into the
 * sums; NULL: none. */
static double find_share(const find_job *job, int b, int k, const float *mine)
{
    const double own = mine ? mine[k] : 0, others = job->total - (mine != NULL);
    return job->sums[b][k] - own + FIND_LOCAL * (job->whole[k] - own) / others;
}

static void find_chances(const find_job *job, int b, const float *gain, const float *mine,
                         double *chance)
{
    double most = 0, all = 0;
    for (int k = 0; k < job->kinds; k++)
        if (gain[k] > most) most = gain[k];
    for (int k = 0; k < job->kinds; k++) {
        const double share = find_share(job, b, k, mine);
        chance[k] = (share > 0 ? share : 0) * psn_exp(gain[k] - most);
        all += chance[k];
    }
    for (int k = 0; k < job->kinds; k++) chance[k] /= all > 0 ? all : 1;
}

/* Chances of all series by the sums of the others as they were, then new sums. */
static void find_round(find_job *job, int first)
{
    double chance[FIND_KINDS];
    const size_t kinds = (size_t)job->kinds;
    for (int64_t i = 0; i < job->sample; i++) {
        float *mine = job->chance + (size_t)i * kinds;
        find_chances(job, job->bucket[i], job->gain + (size_t)i * kinds,
                     first ? NULL : mine, chance);
        for (size_t k = 0; k < kinds; k++) mine[k] = (float)chance[k];
    }
    memset(job->sums, 0, sizeof job->sums);
    job->total = FIND_PRIOR + (double)job->sample;
    for (size_t k = 0; k < kinds; k++) job->whole[k] = FIND_PRIOR * job->prior[k];
    for (int64_t i = 0; i < job->sample; i++)
        for (size_t k = 0; k < kinds; k++) {
            const double mine = job->chance[(size_t)i * kinds + k];
            job->sums[job->bucket[i]][k] += mine;
            job->whole[k] += mine;
        }
}

static void find_gains(find_job *job, int64_t s, float *gain)
{
    const int n = find_prepare(job, s);
    for (int k = 0; k < job->kinds; k++)
        gain[k] = n == 0 || job->lengths[k] == 1
                      ? 0
                      : (float)find_gain(job, n, job->lengths[k]);
}

static void find_lengths(find_job *job)
{
    int32_t longest = 0;
    double all = 0;
    for (int64_t s = 0; s < job->panel->series; s++)
        if (job->panel->count[s] > longest) longest = job->panel->count[s];
    for (int m = 1; m <= FIND_LENGTHS; m++)
        if (m == 1 || find_shortest(m) <= longest) job->lengths[job->kinds++] = m;
    for (int k = 0; k < job->kinds; k++)
        all += job->prior[k] = find_prior(job->lengths[k]);
    for (int k = 0; k < job->kinds; k++) {
        job->prior[k] /= all;
        job->whole[k] = job->prior[k];
    }
    job->total = 1;
}

static int find_learn(find_job *job, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t all = job->panel->series;
    job->sample = all < FIND_SERIES ? all : FIND_SERIES;
    const size_t sample = (size_t)job->sample + 1, kinds = (size_t)job->kinds;
    PSN_NEED(job->bucket = psn_alloc(sample, sizeof *job->bucket));
    PSN_NEED(job->gain = psn_alloc(sample, kinds * sizeof *job->gain));
    PSN_NEED(job->chance = psn_alloc(sample, kinds * sizeof *job->chance));
    for (int64_t i = 0; i < job->sample; i++) {
        const int64_t s = i * all / job->sample;
        job->bucket[i] = find_bucket(job->panel->count[s]);
        find_gains(job, s, job->gain + (size_t)i * kinds);
    }
    for (int round = 0; round < FIND_ROUNDS; round++) find_round(job, round == 0);
done:
    return rc;
}

/* The length that three of four series have: then all have it. 0: there is none. */
static int32_t find_agreed(const find_job *job)
{
    if (job->sample < FIND_FEW) return 0;
    for (int k = 0; k < job->kinds; k++)
        if (job->whole[k] - FIND_PRIOR * job->prior[k] > FIND_AGREE * (double)job->sample)
            return job->lengths[k];
    return 0;
}

/* Lengths that hardly any series has are looked at no more. */
static void find_keep(find_job *job)
{
    int kept = 0;
    for (int k = 0; k < job->kinds; k++) {
        if (k > 0 && job->whole[k] < FIND_OCCURS * job->total) continue;
        job->lengths[kept] = job->lengths[k];
        job->whole[kept] = job->whole[k];
        for (int b = 0; b < FIND_BUCKETS; b++) job->sums[b][kept] = job->sums[b][k];
        kept++;
    }
    job->kinds = kept;
}

/* ---- the whole */

/* Days of hours, weeks of days: the longer season of a calendar beside the shorter. */
static void find_second(const find_job *job, int n, int32_t *season)
{
    static const int32_t pairs[][2] = {{24, 168}, {48, 336}, {96, 672}, {7, 365}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const int32_t *pair = pairs[i];
        if (season[0] != pair[0] && season[0] != pair[1]) continue;
        const double one = find_evidence(job, n, pair[0], 1);
        const double both = n >= 3 * pair[1] ? find_evidence(job, n, pair[1], 1) : 0;
        if (season[0] == pair[0] ? both <= one : one <= 0) return;
        season[0] = pair[0];
        season[1] = pair[1];
        return;
    }
}

/* The likeliest length of series s. */
static int32_t find_likeliest(find_job *job, int64_t s)
{
    float gain[FIND_KINDS];
    double chance[FIND_KINDS];
    int best = 0;
    if (job->sample == job->panel->series) {
        for (int k = 0; k < job->kinds; k++) chance[k] = job->chance[s * job->kinds + k];
    } else {
        find_gains(job, s, gain);
        find_chances(job, find_bucket(job->panel->count[s]), gain, NULL, chance);
    }
    for (int k = 1; k < job->kinds; k++)
        if (chance[k] > chance[best]) best = k;
    return job->lengths[best];
}

static void find_assign(find_job *job, int32_t agreed)
{
    for (int64_t s = 0; s < job->panel->series; s++) {
        int32_t *season = job->panel->season + s * PSN_FORECAST_SEASONS;
        if (job->panel->count[s] == 0 && agreed == 0) continue;
        const int32_t length = agreed ? agreed : find_likeliest(job, s);
        season[0] = length > 1 ? length : 0;
        const int n = length > 1 ? find_prepare(job, s) : 0;
        if (n > 0) find_second(job, n, season);
    }
}

int psn_panel_find_seasons(psn_panel *panel, persona_error *error)
{
    int rc = PERSONA_OK;
    find_job *job = psn_alloc_zero(1, sizeof *job);
    PSN_NEED(job);
    job->panel = panel;
    PSN_NEED(job->value = psn_alloc(FIND_VALUES, sizeof *job->value));
    PSN_NEED(job->time = psn_alloc(FIND_VALUES, sizeof *job->time));
    find_lengths(job);
    PSN_TRY(find_learn(job, error));
    const int32_t agreed = find_agreed(job);
    if (job->sample < panel->series) find_keep(job);
    find_assign(job, agreed);
done:
    if (job) {
        psn_release(job->value);
        psn_release(job->time);
        psn_release(job->bucket);
        psn_release(job->gain);
        psn_release(job->chance);
    }
    psn_release(job);
    return rc;
}
