/* quality_intermittent.c: learners of intermittent demand and the intervals around a
 * plain mean, on the M5 subset (28 days), car parts (12 months), M1 and M3, with the
 * splits and metrics that peers are measured by.
 *     PERSONA_DATA=folder quality_intermittent [SET[@EARLIER] ...]
 * EARLIER: how many horizons before the last one the test lies. Bars are checked on the
 * sets as a whole only (@0; M5 also @1). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "learn/intermittent.h"
#include "shop/forecast/forecast_intervals.h"

enum { MOST = 4096, ORIGINS = 4, LEVELS = 18 };
static const double level[LEVELS] = {.005, .025, .1,  .165, .2,   .25, .3,   .4,   .5,
                                     .6,   .7,   .75, .8,   .835, .9,  .975, .995, .9999};
static const int m5_level[] = {0, 1, 3, 5, 8, 11, 13, 15, 16},
                 nine_level[] = {2, 4, 6, 7, 8, 9, 10, 12, 14};

typedef struct set {
    psn_panel panel; /* without the test */
    double *test;    /* series x steps */
    double *weight;  /* of every series */
    int32_t steps;
    int intermittent;
} set;

typedef struct rows {
    double *value;
    int64_t used, room;
} rows;

static void push(rows *r, double y)
{
    if (r->used == r->room) {
        r->room = r->room ? 2 * r->room : 1 << 16;
        r->value = realloc(r->value, (size_t)r->room * sizeof *r->value);
        if (r->value == NULL) exit(1);
    }
    r->value[r->used++] = y;
}

static char *read_all(const char *name)
{
    const char *folder = getenv("PERSONA_DATA");
    char path[512];
    size_t used = 0, room = 1 << 24;
    char *text = malloc(room);
    snprintf(path, sizeof path, "%s/forecast/%s.csv.gz", folder ? folder : ".", name);
    gzFile file = gzopen(path, "rb");
    if (file == NULL || text == NULL) return free(text), NULL;
    for (int got; (got = gzread(file, text + used, (unsigned)(room - used - 1))) > 0;) {
        used += (size_t)got;
        if (used + 1 == room) text = realloc(text, room *= 2);
        if (text == NULL) exit(1);
    }
    text[used] = '\0';
    gzclose(file);
    return text;
}

/* Takes values y[0 .. count - 1], the last `steps` of them as test; leading zeros cut. */
static void add_series(set *s, rows *all, rows *test, const double *y, int64_t count,
                       int32_t season, int cut_zeros)
{
    const int64_t n = s->panel.series++;
    int64_t from = 0, kept = count - s->steps;
    while (cut_zeros && from < kept - 28 && y[from] == 0) from++;
    s->panel.count[n] = (int32_t)(kept - from);
    s->panel.season[n * PSN_FORECAST_SEASONS] = season > 1 ? season : 0;
    for (int64_t t = from; t < kept; t++) push(all, y[t]);
    s->panel.start[n + 1] = all->used;
    for (int64_t t = kept; t < count; t++) push(test, y[t]);
    s->weight[n] = 1;
}

static int read_numbers(char *text, double *y, int most)
{
    int count = 0;
    for (char *p = strtok(text, ", \r"); p && count < most; p = strtok(NULL, ", \r"))
        y[count++] = strcmp(p, "NA") == 0 ? NAN : atof(p);
    return count;
}

static void start_set(set *s, int32_t steps)
{
    *s = (set){.steps = steps};
    s->panel.count = calloc(MOST, sizeof(int32_t));
    s->panel.ahead = calloc(MOST, sizeof(int32_t));
    s->panel.start = calloc(MOST + 1, sizeof(int64_t));
    s->panel.season = calloc(MOST * PSN_FORECAST_SEASONS, sizeof(int32_t));
    s->weight = calloc(MOST, sizeof(double));
}

/* The prices of the last days give the weights of the M5; here sales stand in: the mean
 * price of an item is read from the price file. */
static void m5_weights(set *s, char *const *key)
{
    char *text = read_all("m5s_prices");
    double *sum = calloc(MOST, sizeof(double)), *known = calloc(MOST, sizeof(double));
    for (char *line = text ? strchr(text, '\n') : NULL, *next; line; line = next) {
        char *field[4] = {line + 1, 0, 0, 0};
        next = strchr(line + 1, '\n');
        if (next) *next = '\0';
        for (int f = 1; f < 4 && field[f - 1]; f++) {
            field[f] = strchr(field[f - 1], ',');
            if (field[f]) *field[f]++ = '\0';
        }
        for (int64_t n = 0; field[3] && n < s->panel.series; n++) {
            const size_t length = strlen(field[0]), more = strlen(field[1]);
            const int first = strncmp(key[n], field[0], length) == 0 &&
                              key[n][length] == '\n' &&
                              strcmp(key[n] + length + 1, field[1]) == 0;
            const int second = strncmp(key[n], field[1], more) == 0 &&
                               key[n][more] == '\n' &&
                               strcmp(key[n] + more + 1, field[0]) == 0;
            if (first || second) sum[n] = atof(field[3]), known[n] = 1;
        }
        if (next) *next = '\n', line = next;
    }
    for (int64_t n = 0; n < s->panel.series; n++) {
        double sales = 0;
        for (int t = 1; t <= 28; t++) sales += s->panel.value[s->panel.start[n + 1] - t];
        s->weight[n] = known[n] > 0 ? sales * sum[n] : 0;
    }
    free(text), free(sum), free(known);
}

static int read_m5(set *s, int earlier)
{
    char *text = read_all("m5s_sales"), *key[MOST];
    rows all = {0}, test = {0};
    static double y[4096];
    if (text == NULL) return 0;
    start_set(s, 28);
    s->intermittent = 1;
    for (char *line = strchr(text, '\n'), *next; line && line[1]; line = next) {
        char *item = line + 1, *p = item, *store = NULL;
        next = strchr(item, '\n');
        if (next) *next = '\0';
        for (int f = 0; f < 5; f++) {
            if (f == 3) store = p;
            p = strchr(p, ',') + 1;
            p[-1] = '\0';
        }
        key[s->panel.series] = malloc(strlen(item) + strlen(store) + 2);
        sprintf(key[s->panel.series], "%s\n%s", item, store);
        const int count = read_numbers(p, y, 4096) - 28 * earlier;
        add_series(s, &all, &test, y, count, 7, 1);
    }
    s->panel.value = all.value;
    s->test = test.value;
    m5_weights(s, key);
    for (int64_t n = 0; n < s->panel.series; n++) free(key[n]);
    free(text);
    return 1;
}

static int varies(const double *y, int count, int lag)
{
    for (int t = lag; t < count; t++)
        if (y[t] != y[t - lag]) return 1;
    return 0;
}

static int read_carparts(set *s, int earlier)
{
    char *text = read_all("carparts");
    rows all = {0}, test = {0};
    double y[64];
    if (text == NULL) return 0;
    start_set(s, 12);
    s->intermittent = 1;
    for (char *line = strchr(text, '\n'), *next; line && line[1]; line = next) {
        next = strchr(line + 1, '\n');
        if (next) *next = '\0';
        int count = read_numbers(strchr(line + 1, ',') + 1, y, 64), kept = 0, bad = 0;
        for (int t = count - 12; t < count; t++) bad |= isnan(y[t]);
        for (int t = 0; t < count; t++)
            if (!isnan(y[t])) y[kept++] = y[t];
        count = kept - 12 * earlier;
        if (bad || count < 25 || !varies(y, count - 12, 12) || !varies(y, count - 12, 1))
            continue;
        add_series(s, &all, &test, y, count, 12, 0);
    }
    s->panel.value = all.value;
    s->test = test.value;
    free(text);
    return 1;
}

/* One period of M1 or M3: 'Y', 'Q', 'M', 'O'. */
static int read_official(set *s, const char *name, char period)
{
    char *text = read_all(name);
    rows all = {0}, test = {0};
    double y[1024];
    if (text == NULL) return 0;
    start_set(s, 0);
    for (char *line = strchr(text, '\n'), *next; line && line[1]; line = next) {
        char *field[9] = {line + 1};
        next = strchr(line + 1, '\n');
        if (next) *next = '\0';
        for (int f = 1; f < 9; f++) {
            field[f] = strchr(field[f - 1], ',') + 1;
            field[f][-1] = '\0';
        }
        if (field[1][0] != period) continue;
        s->steps = atoi(field[6]);
        int count = read_numbers(field[7], y, 1024);
        count += read_numbers(field[8], y + count, 1024 - count);
        add_series(s, &all, &test, y, count, atoi(field[3]), 0);
    }
    s->panel.value = all.value;
    s->test = test.value;
    free(text);
    return s->panel.series > 0;
}

/* ---- means */

/* Seasonal indices, exponential smoothing with half the slope as drift. */
static void plain_theta(const double *y, int32_t n, int32_t season, int32_t steps,
                        double *mean)
{
    double index[64], weight[64], best = INFINITY, level_ = 0, alpha_ = .5;
    const int seasonal = season > 1 && n >= 3 * season;
    for (int j = 0; j < 64; j++) index[j] = 1, weight[j] = 0;
    if (seasonal) {
        for (int j = 0; j < season; j++) index[j] = 0;
        for (int t = season / 2; t + season / 2 < n; t++) {
            double around = 0;
            for (int k = -(season / 2); k <= season / 2; k++)
                around +=
                    y[t + k] *
                    ((k == -season / 2 || k == season / 2) && season % 2 == 0 ? .5 : 1);
            index[t % season] += y[t] / (around / season);
            weight[t % season] += 1;
        }
        double sum = 0;
        for (int j = 0; j < season; j++) sum += index[j] /= weight[j];
        for (int j = 0; j < season; j++) index[j] *= season / sum;
    }
    double st = 0, sy = 0, stt = 0, sty = 0;
    for (int t = 0; t < n; t++) {
        const double z = y[t] / index[seasonal ? t % season : 0];
        st += t, sy += z, stt += (double)t * t, sty += t * z;
    }
    const double slope = n > 2 ? (n * sty - st * sy) / (n * stt - st * st) : 0;
    for (double alpha = .05; alpha < 1; alpha += .05) {
        double l = y[0] / index[0], sse = 0;
        for (int t = 1; t < n; t++) {
            const double e = y[t] / index[seasonal ? t % season : 0] - l;
            sse += e * e;
            l += alpha * e;
        }
        if (sse < best) best = sse, level_ = l, alpha_ = alpha;
    }
    for (int h = 0; h < steps; h++) {
        const double z = level_ + slope / 2 * (h + (1 - pow(1 - alpha_, n)) / alpha_);
        mean[h] = z * index[seasonal ? (n + h) % season : 0];
    }
}

enum { MEMBERS = 5 };
static const psn_local_learner *const members[] = {
    &psn_count_learner, &psn_imapa_learner,   &psn_tsb_learner, &psn_empirical_learner,
    &psn_adida_learner, &psn_croston_learner, &psn_sba_learner};
static psn_intermittent_options tuned[7];

static void plain_mean(const set *s, int64_t n, int32_t count, double *mean)
{
    const double *y = s->panel.value + s->panel.start[n];
    const int32_t season = s->panel.season[n * PSN_FORECAST_SEASONS];
    double value[512], one[64], sum[64] = {0};
    if (!s->intermittent) {
        plain_theta(y, count, season, s->steps, mean);
        return;
    }
    const psn_series series = {y, count, season > 1 ? season : 1};
    psn_local_model model = {.value = value};
    const int daily = season == 7, used = daily ? 1 : 3;
    for (int i = 0; i < used; i++) {
        members[i]->fit(&model, &series, &tuned[i], NULL);
        members[i]->forecast(&model, s->steps, one);
        for (int h = 0; h < s->steps; h++) sum[h] += one[h] / used;
    }
    memcpy(mean, sum, (size_t)s->steps * sizeof *mean);
}

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Tunes all learners and prints what each is worth alone. */
static void tune_all(const set *s)
{
    psn_series *series = calloc((size_t)s->panel.series, sizeof *series);
    for (int64_t n = 0; n < s->panel.series; n++) {
        const int32_t season = s->panel.season[n * PSN_FORECAST_SEASONS];
        series[n] = (psn_series){s->panel.value + s->panel.start[n], s->panel.count[n],
                                 season > 1 ? season : 1};
    }
    for (int i = 0; i < 7; i++) {
        const double start = cpu();
        psn_intermittent_tune(&tuned[i], members[i], series, s->panel.series, s->steps,
                              NULL, NULL);
        const double tuning = cpu() - start;
        double rmsse = 0, w = 0, weighted = 0, bias = 0, all = 0, value[512], mean[64];
        const double begun = cpu();
        for (int64_t n = 0; n < s->panel.series; n++) {
            psn_local_model model = {.value = value};
            double se = 0, scale = 0;
            members[i]->fit(&model, &series[n], &tuned[i], NULL);
            members[i]->forecast(&model, s->steps, mean);
            for (int t = 1; t < series[n].count; t++)
                scale += pow(series[n].value[t] - series[n].value[t - 1], 2);
            scale /= series[n].count - 1;
            for (int h = 0; h < s->steps; h++) {
                const double e = s->test[n * s->steps + h] - mean[h];
                se += e * e, bias += e, all += s->test[n * s->steps + h];
            }
            const double r = sqrt(se / s->steps / scale);
            if (!isfinite(r)) continue;
            rmsse += r, w += s->weight[n], weighted += s->weight[n] * r;
        }
        printf("  %-9s rmsse %.4f weighted %.4f bias %+.3f  rate %.2f size %.2f window "
               "%d profile %.0f factor %.3f  tune %.2f s, %.2f us/series\n",
               members[i]->name, rmsse / (double)s->panel.series, weighted / w,
               bias / all, tuned[i].rate, tuned[i].size, tuned[i].window,
               tuned[i].profile, tuned[i].factor, tuning,
               (cpu() - begun) / (double)s->panel.series * 1e6);
    }
    free(series);
}

/* ---- intervals */

/* 0: few zeros of late, 1: many. */
static int32_t group_of(const set *s, int64_t n)
{
    const double *y = s->panel.value + s->panel.start[n];
    const int32_t count = s->panel.count[n], from = count > 112 ? count - 112 : 0;
    int zeros = 0;
    for (int32_t t = from; t < count; t++) zeros += y[t] == 0;
    return s->intermittent && zeros > .3 * (count - from);
}

static psn_intervals *fit_intervals(const set *s, int32_t *group)
{
    const int64_t series = s->panel.series;
    const size_t cells = (size_t)series * ORIGINS * (size_t)s->steps;
    int32_t cut[ORIGINS];
    const uint8_t count_like[] = {0, 1};
    double *mean = malloc(cells * sizeof *mean), *actual = malloc(cells * sizeof *mean);
    const psn_trials trials = {series, ORIGINS, s->steps, cut, mean, actual};
    psn_intervals *intervals = NULL;
    for (int o = 0; o < ORIGINS; o++) cut[o] = (o + 1) * s->steps;
    if (s->panel.season[0] == 12 && s->steps == 12) /* short: origins lie closer */
        for (int o = 0; o < ORIGINS; o++) cut[o] = 12 + 3 * o;
    for (int64_t n = 0; n < series; n++) {
        group[n] = group_of(s, n);
        for (int o = 0; o < ORIGINS; o++) {
            const int64_t at = (n * ORIGINS + o) * s->steps;
            const int32_t count = s->panel.count[n] - cut[o];
            for (int h = 0; h < s->steps; h++) mean[at + h] = actual[at + h] = NAN;
            if (count < (s->intermittent ? 2 : 6)) continue;
            plain_mean(s, n, count, mean + at);
            for (int h = 0; h < s->steps; h++)
                actual[at + h] = s->panel.value[s->panel.start[n] + count + h];
        }
    }
    const int rc = psn_intervals_fit(&intervals, &s->panel, &trials, group, 2, count_like,
                                     NULL, NULL, NULL, NULL);
    if (rc != 0) exit(1);
    free(mean), free(actual);
    return intervals;
}

typedef struct figures {
    double spl, spl_weighted, wql, rmsse, rmsse_weighted, bias, covered[LEVELS], inside,
        msis;
} figures;

static double difference(const double *y, int32_t count, int32_t lag, int square)
{
    double sum = 0;
    for (int32_t t = lag; t < count; t++) {
        const double d = y[t] - y[t - lag];
        sum += square ? d * d : fabs(d);
    }
    return count > lag ? sum / (count - lag) : NAN;
}

static void measure(const set *s, FILE *csv, const psn_intervals *intervals,
                    const int32_t *group, figures *f)
{
    const int64_t series = s->panel.series;
    double w = 0, all = 0, wql = 0, cells = (double)series * s->steps, scaled = 0;
    double *q = malloc((size_t)s->steps * LEVELS * sizeof *q), mean[64];
    void *scratch = aligned_alloc(64, psn_intervals_scratch(intervals, s->steps));
    *f = (figures){0};
    for (int64_t n = 0; n < series; n++) {
        const psn_history history = psn_panel_history(&s->panel, n, 0);
        const double *y = s->test + n * s->steps;
        double pinball = 0, se = 0, msis = 0;
        plain_mean(s, n, history.count, mean);
        psn_intervals_quantiles(intervals, &history, group[n], mean, s->steps, NULL,
                                level, LEVELS, s->intermittent ? 0 : -INFINITY, scratch,
                                q);
        for (int h = 0; h < s->steps; h++) {
            const double *at = q + h * LEVELS;
            for (int i = 0; i < 9; i++) {
                double d = y[h] - at[m5_level[i]], p = level[m5_level[i]];
                pinball += (d > 0 ? p * d : (p - 1) * d) / 9;
                d = y[h] - at[nine_level[i]], p = level[nine_level[i]];
                wql += 2 * (d > 0 ? p * d : (p - 1) * d) / 9;
            }
            for (int i = 0; i < LEVELS; i++) f->covered[i] += (y[h] <= at[i]) / cells;
            const double low = at[1], high = at[15];
            f->inside += (y[h] >= low && y[h] <= high) / cells;
            msis += high - low + 40 * (low > y[h] ? low - y[h] : 0) +
                    40 * (y[h] > high ? y[h] - high : 0);
            all += y[h], f->bias += y[h] - mean[h];
            se += (y[h] - mean[h]) * (y[h] - mean[h]);
            if (csv) {
                fprintf(csv, "%" PRId64 ",%d,%.12g", n, h + 1, mean[h]);
                for (int i = 0; i < LEVELS; i++) fprintf(csv, ",%.12g", at[i]);
                fprintf(csv, "\n");
            }
        }
        const double *past = history.value;
        const int32_t season = s->panel.season[n * PSN_FORECAST_SEASONS];
        const double step = difference(past, history.count, 1, 0),
                     square = difference(past, history.count, 1, 1),
                     seasonal =
                         difference(past, history.count, season > 1 ? season : 1, 0);
        f->spl += pinball / s->steps / step / (double)series;
        f->spl_weighted += s->weight[n] * pinball / s->steps / step;
        f->rmsse += sqrt(se / s->steps / square) / (double)series;
        f->rmsse_weighted += s->weight[n] * sqrt(se / s->steps / square);
        w += s->weight[n];
        if (seasonal > 0) f->msis += msis / s->steps / seasonal, scaled += 1;
    }
    f->spl_weighted /= w, f->rmsse_weighted /= w, f->wql = wql / all, f->bias /= all;
    f->msis /= scaled;
    free(q), free(scratch);
}

static int bar(const char *what, double value, double most)
{
    if (value <= most) return 0;
    printf("  FAILED %s: %.4f, at most %.4f\n", what, value, most);
    return 1;
}

static void free_set(set *s)
{
    free(s->panel.count), free(s->panel.ahead), free(s->panel.start);
    free(s->panel.season), free(s->weight), free(s->panel.value), free(s->test);
}

static void run(const char *name, set *s, figures *f)
{
    int32_t *group = calloc((size_t)s->panel.series, sizeof *group);
    printf("%s: %" PRId64 " series\n", name, s->panel.series);
    if (s->intermittent) tune_all(s);
    const double start = cpu();
    psn_intervals *intervals = fit_intervals(s, group);
    const double fitted = cpu();
    const char *folder = getenv("QUALITY_CSV");
    char path[512];
    snprintf(path, sizeof path, "%s/%s.csv", folder ? folder : "", name);
    FILE *csv = folder ? fopen(path, "w") : NULL;
    measure(s, csv, intervals, group, f);
    if (csv) fclose(csv);
    printf("  spl %.4f weighted %.4f wql %.4f rmsse %.4f weighted %.4f bias %+.3f  95%% "
           "%.3f msis %.2f\n  covered",
           f->spl, f->spl_weighted, f->wql, f->rmsse, f->rmsse_weighted, f->bias,
           f->inside, f->msis);
    for (int i = 0; i < LEVELS; i++) printf(" %g:%.3f", level[i], f->covered[i]);
    printf("\n  fit %.2f s, asked %.1f us/series\n", fitted - start,
           (cpu() - fitted) / (double)s->panel.series * 1e6);
    psn_intervals_free(intervals);
    free(group);
    free_set(s);
}

static int run_named(const char *argument, figures *f)
{
    set s;
    char name[32];
    int earlier = 0;
    snprintf(name, sizeof name, "%s", argument);
    char *at = strchr(name, '@');
    if (at) *at = '\0', earlier = atoi(at + 1);
    int good = strcmp(name, "m5s") == 0 ? read_m5(&s, earlier)
               : strcmp(name, "carparts") == 0
                   ? read_carparts(&s, earlier)
                   : read_official(&s, (char[]){name[0], name[1], 0}, name[2]);
    if (good) run(argument, &s, f);
    return good;
}

int main(int count, char **argument)
{
    figures f[2], parts;
    int failed = 0;
    if (getenv("PERSONA_DATA") == NULL) return puts("no PERSONA_DATA: skipped"), 0;
    for (int i = 1; i < count; i++) run_named(argument[i], &parts);
    if (count > 1) return 0;
    if (!run_named("m5s", &f[0]) || !run_named("m5s@1", &f[1]))
        return puts("no data: skipped"), 0;
    failed += bar("m5s scaled pinball", (f[0].spl + f[1].spl) / 2, .240);
    failed += bar("m5s weighted", (f[0].spl_weighted + f[1].spl_weighted) / 2, .315);
    /* Not reached: the means are a tenth too low at these origins, which costs coverage.
     */
    failed += bar("m5s coverage of .975",
                  fabs((f[0].covered[15] + f[1].covered[15]) / 2 - .975), .01);
    run_named("carparts", &parts);
    failed += bar("carparts wql", parts.wql, .87);
    failed += bar("carparts rmsse", parts.rmsse, .705);
    failed += bar("carparts bias", fabs(parts.bias), .05);
    return failed > 0;
}
