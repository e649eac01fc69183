/* forecast_fit_effects.c: what prices, promotions and events do, learnt from all series.
 *
 * A series has a slow level that nobody models here: it is taken out by comparing each
 * period with its neighbours. Two likelihoods:
 *
 *   few zeros:  log y = level + b x + noise; y and x minus their means of the window
 *               around (Robinson 1988), then a ridge;
 *   many zeros: y ~ quasi-Poisson of exp(level + b x), the level of a window being
 *               sum y / sum exp(b x) (a conditional Poisson), by Newton steps.
 *
 * Both give each series a Gram matrix A and a right side r, divided by its noise. Then
 *   b of a series = overall + sum over traits of the level's own + the series' own
 * with normal priors whose variances are learnt (forecast_fit_effects_shrink.c). Events
 * are the same for all series. O(rows x columns^2). */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/elementary.h"
#include "shop/forecast/forecast_fit_effects.h"

#include <math.h>
#include <string.h>

#define FIT_ZEROS 0.05 /* share of zeros from which a count likelihood is used */
enum { FIT_PASSES = 5, FIT_FEWEST = 8, FIT_BLOCKS = 32, FIT_POOLED = 3000000 };

/* ---- which columns */

static void fit_usual(fit_effects *fit, int64_t s, int32_t j)
{
    const psn_panel *panel = fit->panel;
    const effects_column *column = fit->effects->column + j;
    const int32_t count = psn_panel_history(panel, s, fit->cut).count;
    double sum = 0;
    int64_t seen = 0;
    if (panel->regressor[column->regressor].kind == PSN_REGRESSOR_FLAG) return;
    for (int32_t t = 0; t < count; t++) {
        const double x = psn_effects_x(panel, column, panel->start[s] + t);
        if (isnan(x)) continue;
        sum += x;
        seen++;
    }
    if (seen > 0)
        fit->effects->reference[s * fit->effects->columns + j] = sum / (double)seen;
}

/* References of all series, and how far x goes from them. */
static void fit_ranges(fit_effects *fit)
{
    psn_effects *effects = fit->effects;
    for (int32_t j = 0; j < effects->columns; j++) {
        effects_column *column = effects->column + j;
        double square = 0, seen = 0;
        for (int64_t s = 0; s < effects->series; s++) {
            const int32_t count = psn_panel_history(fit->panel, s, fit->cut).count;
            fit_usual(fit, s, j);
            const double usual = effects->reference[s * effects->columns + j];
            for (int32_t t = 0; t < count; t++) {
                const double x =
                    psn_effects_x(fit->panel, column, fit->panel->start[s] + t) - usual;
                if (isnan(x)) continue;
                column->low = fmin(column->low, x);
                column->high = fmax(column->high, x);
                square += x * x;
                seen++;
            }
        }
        fit->unit[j] = square > 0 ? sqrt(square / seen) : 0;
    }
}

static int fit_columns(int32_t *columns, effects_column *column, const psn_panel *panel)
{
    *columns = 0;
    for (int32_t r = 0; r < panel->regressors && *columns < EFFECTS_COLUMNS; r++) {
        if (panel->regressor[r].kind == PSN_REGRESSOR_EVENT) continue;
        column[*columns] = (effects_column){
            .regressor = r, .log = panel->regressor[r].kind == PSN_REGRESSOR_PRICE};
        (*columns)++;
    }
    return *columns;
}

/* The levels of events that the most periods have. */
static int fit_events(effects_event *event, int32_t *events, const psn_panel *panel,
                      int32_t cut, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *rows = NULL;
    *events = 0;
    for (int32_t r = 0; r < panel->regressors; r++) {
        const psn_regressor *regressor = panel->regressor + r;
        if (regressor->kind != PSN_REGRESSOR_EVENT || regressor->levels == NULL) continue;
        const int64_t levels = psn_dict_count(regressor->levels);
        psn_release(rows);
        PSN_NEED(rows = psn_alloc_zero((size_t)levels + 1, sizeof *rows));
        for (int64_t s = 0; s < panel->series; s++) {
            const psn_history history = psn_panel_history(panel, s, cut);
            for (int32_t t = 0; t < history.count; t++) {
                const double x = regressor->x[history.row + t];
                if (x >= 1 && x <= (double)levels) rows[(int64_t)x]++;
            }
        }
        while (*events < EFFECTS_EVENTS) {
            int64_t best = 0;
            for (int64_t level = 1; level <= levels; level++)
                if (rows[level] > rows[best]) best = level;
            if (best == 0) break;
            rows[best] = -1;
            rows[0] = FIT_FEWEST - 1;
            event[(*events)++] = (effects_event){.regressor = r, .code = (int32_t)best};
        }
    }
done:
    psn_release(rows);
    return rc;
}

/* ---- one series as rows */

/* Sales divided by the profile of a short season. */
static void fit_profile(double *value, int32_t count, int32_t season)
{
    double all = 0;
    int32_t seen = 0;
    for (int32_t t = 0; t < count; t++) {
        if (isnan(value[t])) continue;
        all += value[t];
        seen++;
    }
    if (season < 2 || season > 31 || seen < 4 * season || all <= 0) return;
    const double mean = all / seen;
    for (int32_t p = 0; p < season; p++) {
        double sum = 4 * mean, n = 4; /* shrunk as by four usual seasons */
        for (int32_t t = p; t < count; t += season) {
            if (isnan(value[t])) continue;
            sum += value[t];
            n++;
        }
        const double profile = fmax(sum / n / mean, 0.05);
        for (int32_t t = p; t < count; t += season) value[t] /= profile;
    }
}

static double fit_scaled(const fit_effects *fit, int64_t s, int32_t j, int64_t row)
{
    const psn_effects *effects = fit->effects;
    const double x = psn_effects_x(fit->panel, effects->column + j, row) -
                     effects->reference[s * effects->columns + j];
    return isnan(x) || fit->unit[j] == 0 ? 0 : x / fit->unit[j];
}

/* Rows with a value that the likelihood can use; returns how many. */
static int32_t fit_rows(const fit_effects *fit, int64_t s, fit_space *space)
{
    const psn_effects *effects = fit->effects;
    const psn_history history = psn_panel_history(fit->panel, s, fit->cut);
    const int32_t width = effects->columns + effects->events;
    int32_t rows = 0;
    memcpy(space->value, history.value, (size_t)history.count * sizeof *space->value);
    fit_profile(space->value, history.count,
                fit->panel->season[s * PSN_FORECAST_SEASONS]);
    for (int32_t t = 0; t < history.count; t++) {
        const double y = space->value[t];
        double *x = space->x + (size_t)rows * width;
        if (isnan(y) || (!fit->counts && y <= 0)) continue;
        for (int32_t j = 0; j < effects->columns; j++)
            x[j] = fit_scaled(fit, s, j, history.row + t);
        for (int32_t e = 0; e < effects->events; e++)
            x[effects->columns + e] =
                fit->panel->regressor[effects->event[e].regressor].x[history.row + t] ==
                effects->event[e].code;
        space->y[rows] = fit->counts ? y : psn_log(y);
        space->at[rows++] = t;
    }
    return rows;
}

/* x and y minus their means, weighted, over the window around each row. */
static void fit_filter(const fit_space *space, const double *weight, double *value,
                       int32_t stride, int32_t rows, int32_t half)
{
    double sum = 0, all = 0;
    int32_t low = 0, high = 0;
    for (int32_t i = 0; i < rows; i++) {
        for (; high < rows && space->at[high] <= space->at[i] + half; high++) {
            sum += weight[high] * value[(size_t)high * stride];
            all += weight[high];
        }
        for (; space->at[low] < space->at[i] - half; low++) {
            sum -= weight[low] * space->kept[low];
            all -= weight[low];
        }
        space->kept[i] = value[(size_t)i * stride];
        space->mean[i] = all > 1e-300 ? sum / all : 0;
    }
    for (int32_t i = 0; i < rows; i++) value[(size_t)i * stride] -= space->mean[i];
}

/* For counts: expected sales with the coefficients so far, into mean; the filter's
 * weights exp(b x) too. */
static void fit_expected(const fit_space *space, const double *b, int32_t width,
                         int32_t rows, int32_t half)
{
    for (int32_t i = 0; i < rows; i++) {
        double sum = 0;
        for (int32_t j = 0; j < width; j++) sum += b[j] * space->x[(size_t)i * width + j];
        space->weight[i] = psn_exp(fmin(fmax(sum, -EFFECTS_MOST), EFFECTS_MOST));
    }
    double y = 0, all = 0;
    int32_t low = 0, high = 0;
    for (int32_t i = 0; i < rows; i++) {
        for (; high < rows && space->at[high] <= space->at[i] + half; high++) {
            y += space->y[high];
            all += space->weight[high];
        }
        for (; space->at[low] < space->at[i] - half; low++) {
            y -= space->y[low];
            all -= space->weight[low];
        }
        space->expected[i] = fmax(y, 0) / fmax(all, 1e-300) * space->weight[i];
    }
}

static int32_t fit_half(const fit_effects *fit, int64_t s)
{
    const int32_t season = fit->panel->season[s * PSN_FORECAST_SEASONS];
    return season >= 2 && season <= 8   ? 8 * season
           : season <= 24 && season > 8 ? season
                                        : 13;
}

/* Gram matrix (lower triangle) and right side of a series into space; 0: too few rows.
 * Columns used are 0 .. width - 1. */
static int fit_equations(const fit_effects *fit, int64_t s, fit_space *space)
{
    const int32_t q = fit->effects->columns, width = q + fit->effects->events;
    const int32_t rows = fit_rows(fit, s, space), half = fit_half(fit, s);
    double noise = 0, information = 0;
    if (rows < FIT_FEWEST) return 0;
    for (int32_t j = 0; j < width; j++)
        space->b[j] = j < q ? fit->b[s * q + j] : fit->event[j - q];
    if (fit->counts) {
        fit_expected(space, space->b, width, rows, half);
    } else {
        for (int32_t i = 0; i < rows; i++) space->weight[i] = 1;
        fit_filter(space, space->weight, space->y, 1, rows, half);
    }
    for (int32_t j = 0; j < width; j++)
        fit_filter(space, space->weight, space->x + j, width, rows, half);
    memset(space->gram, 0, (size_t)width * width * sizeof *space->gram);
    memset(space->right, 0, (size_t)width * sizeof *space->right);
    for (int32_t i = 0; i < rows; i++) {
        const double *x = space->x + (size_t)i * width;
        double fitted = 0;
        for (int32_t j = 0; j < width; j++) fitted += space->b[j] * x[j];
        const double w = fit->counts ? space->expected[i] : 1;
        const double miss = fit->counts ? space->y[i] - w : space->y[i] - fitted;
        const double pull = fit->counts ? w * fitted + miss : space->y[i];
        if (w <= 0) continue;
        noise += miss * miss / w;
        information++;
        for (int32_t j = 0; j < width; j++) {
            if (x[j] == 0) continue;
            space->right[j] += pull * x[j];
            for (int32_t k = 0; k <= j; k++)
                space->gram[j * width + k] += w * x[j] * x[k];
        }
    }
    if (information < FIT_FEWEST) return 0;
    space->noise = (noise + 4 * fit->noise) / (information + 4);
    return 1;
}

/* ---- passes */

typedef struct fit_pass {
    fit_effects *fit;
    int pooled; /* sums of all columns over some series, else each series' own */
    int64_t stride;
    double *sums; /* FIT_BLOCKS x (width^2 + width + 2) */
    fit_space *space;
} fit_pass;

/* What is left for the numbers of a series when events are known. */
static void fit_keep_series(fit_effects *fit, int64_t s, const fit_space *space, int good)
{
    const int32_t q = fit->effects->columns, width = q + fit->effects->events;
    double *gram = fit->gram + s * fit->triangle, *right = fit->right + s * q;
    for (int32_t j = 0, at = 0; j < q; j++) {
        right[j] = 0;
        for (int32_t k = 0; k <= j; k++, at++)
            gram[at] = good ? space->gram[j * width + k] / space->noise : 0;
        if (!good) continue;
        right[j] = space->right[j];
        for (int32_t e = q; e < width; e++)
            right[j] -= space->gram[e * width + j] * fit->event[e - q];
        right[j] /= space->noise;
    }
}

static void fit_sum(double *sums, const fit_space *space, int32_t width)
{
    for (int32_t j = 0; j < width; j++) {
        for (int32_t k = 0; k <= j; k++)
            sums[j * width + k] += space->gram[j * width + k] / space->noise;
        sums[width * width + j] += space->right[j] / space->noise;
    }
    sums[width * width + width] += space->noise;
    sums[width * width + width + 1] += 1;
}

static int fit_negative(const fit_effects *fit, int64_t s)
{
    const psn_history history = psn_panel_history(fit->panel, s, fit->cut);
    for (int32_t t = 0; t < history.count; t++)
        if (history.value[t] < 0) return 1;
    return 0;
}

static void fit_pass_block(void *context, int64_t block, int worker)
{
    fit_pass *pass = context;
    fit_effects *fit = pass->fit;
    const int32_t width = fit->effects->columns + fit->effects->events;
    const int64_t size = (int64_t)width * width + width + 2, n = fit->effects->series;
    double *sums = pass->sums + block * size;
    memset(sums, 0, (size_t)size * sizeof *sums);
    for (int64_t s = n * block / FIT_BLOCKS; s < n * (block + 1) / FIT_BLOCKS; s++) {
        if (pass->pooled && s % pass->stride != 0) continue;
        const int works = !fit_negative(fit, s);
        const int good = works && fit_equations(fit, s, pass->space + worker);
        fit->effects->works[s] = (uint8_t)works;
        if (!pass->pooled)
            fit_keep_series(fit, s, pass->space + worker, good);
        else if (good)
            fit_sum(sums, pass->space + worker, width);
    }
}

/* Overall coefficients, those of the events, and the usual noise. */
static int fit_pooled(fit_pass *pass, psn_pool *pool, persona_error *error)
{
    int rc;
    fit_effects *fit = pass->fit;
    const int32_t q = fit->effects->columns, width = q + fit->effects->events;
    const int64_t size = (int64_t)width * width + width + 2;
    double *all = pass->sums, *right = all + (int64_t)width * width;
    pass->pooled = 1;
    psn_pool_run(pool, FIT_BLOCKS, fit_pass_block, pass);
    for (int64_t block = 1; block < FIT_BLOCKS; block++)
        for (int64_t i = 0; i < size; i++) all[i] += pass->sums[block * size + i];
    fit->series = (int64_t)right[width + 1];
    if (fit->series > 0) fit->noise = right[width] / right[width + 1];
    for (int32_t j = 0; j < width; j++)
        all[j * width + j] += 1.0 + 1e-6 * all[j * width + j];
    PSN_TRY(psn_effects_solve(all, right, NULL, width, error));
    for (int32_t e = q; e < width; e++) fit->event[e - q] = right[e];
    if (!fit->started)
        for (int64_t s = 0; s < fit->effects->series; s++)
            memcpy(fit->b + s * q, right, (size_t)q * sizeof *right);
    fit->started = 1;
done:
    return rc;
}

static int fit_passes(fit_effects *fit, fit_space *space, double *sums, psn_pool *pool,
                      persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t rows = 0;
    fit_pass pass = {.fit = fit, .sums = sums, .space = space};
    for (int64_t s = 0; s < fit->effects->series; s++)
        rows += psn_panel_history(fit->panel, s, fit->cut).count;
    pass.stride = rows / FIT_POOLED + 1;
    const int passes = fit->counts ? FIT_PASSES : 2;
    for (int p = 0; p < passes; p++) {
        PSN_TRY(psn_task_check(task, (double)p / passes, error));
        PSN_TRY(fit_pooled(&pass, pool, error));
        if (fit->series == 0) break;
        pass.pooled = 0;
        psn_pool_run(pool, FIT_BLOCKS, fit_pass_block, &pass);
        PSN_TRY(psn_effects_shrink(fit, error));
    }
done:
    return rc;
}

/* ---- the whole */

static void fit_likelihood(fit_effects *fit)
{
    int64_t seen = 0, zeros = 0;
    const psn_panel *panel = fit->panel;
    for (int64_t s = 0; s < panel->series; s++) {
        const psn_history history = psn_panel_history(panel, s, fit->cut);
        for (int32_t t = 0; t < history.count; t++) {
            seen += !isnan(history.value[t]);
            zeros += history.value[t] == 0;
        }
    }
    fit->counts = (double)zeros > FIT_ZEROS * (double)seen;
    fit->noise = fit->counts ? 1 : 0.1;
}

static int fit_space_new(fit_space *space, const fit_effects *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t longest = 1;
    const size_t width = (size_t)(fit->effects->columns + fit->effects->events);
    for (int64_t s = 0; s < fit->panel->series; s++)
        if (fit->panel->count[s] > longest) longest = fit->panel->count[s];
    const size_t n = (size_t)longest;
    PSN_NEED(space->at = psn_alloc(n, sizeof *space->at));
    PSN_NEED(space->value = psn_alloc(n, 6 * sizeof *space->value));
    space->y = space->value + n;
    space->weight = space->y + n;
    space->expected = space->weight + n;
    space->mean = space->expected + n;
    space->kept = space->mean + n;
    PSN_NEED(space->x = psn_alloc(n, width * sizeof *space->x));
    PSN_NEED(space->gram = psn_alloc(width + 2, width * sizeof *space->gram));
    space->right = space->gram + width * width;
    space->b = space->right + width;
done:
    return rc;
}

static void fit_space_clear(fit_space *space)
{
    psn_release(space->at);
    psn_release(space->value);
    psn_release(space->x);
    psn_release(space->gram);
}

/* Coefficients in the units of the regressors, into the model. */
static void fit_store(fit_effects *fit)
{
    psn_effects *effects = fit->effects;
    const int32_t q = effects->columns;
    for (int64_t s = 0; s < effects->series; s++)
        for (int32_t j = 0; j < q; j++)
            effects->coefficient[s * q + j] =
                fit->unit[j] > 0 ? fit->b[s * q + j] / fit->unit[j] : 0;
    for (int32_t e = 0; e < effects->events; e++)
        effects->event[e].effect = fmin(fmax(fit->event[e], -EFFECTS_MOST), EFFECTS_MOST);
}

static int fit_open(fit_effects *fit, const psn_panel *panel, persona_error *error)
{
    int rc;
    int32_t columns, events;
    effects_column column[EFFECTS_COLUMNS];
    effects_event event[EFFECTS_EVENTS];
    fit_columns(&columns, column, panel);
    PSN_TRY(fit_events(event, &events, panel, fit->cut, error));
    if (columns + events == 0) goto done;
    PSN_TRY(psn_effects_new(&fit->effects, panel->series, columns, events, error));
    memcpy(fit->effects->column, column, sizeof column);
    memcpy(fit->effects->event, event, sizeof event);
    fit->triangle = columns * (columns + 1) / 2;
    fit_likelihood(fit);
    fit_ranges(fit);
    const size_t n = (size_t)panel->series, width = (size_t)columns * sizeof(double);
    PSN_NEED(fit->b = psn_alloc_zero(n, width));
    PSN_NEED(fit->right = psn_alloc(n, width));
    PSN_NEED(fit->gram = psn_alloc(n, (size_t)fit->triangle * sizeof *fit->gram));
done:
    return rc;
}

int psn_effects_fit(psn_effects **out, const psn_panel *panel, int32_t cut,
                    psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc;
    const int workers = psn_pool_workers(pool);
    fit_effects fit = {.panel = panel, .cut = cut};
    fit_space *space = NULL;
    double *sums = NULL;
    *out = NULL;
    PSN_TRY(fit_open(&fit, panel, error));
    if (fit.effects == NULL) goto done;
    const size_t width = (size_t)(fit.effects->columns + fit.effects->events);
    PSN_NEED(sums = psn_alloc(FIT_BLOCKS * (width * width + width + 2), sizeof *sums));
    PSN_NEED(space = psn_alloc_zero((size_t)workers, sizeof *space));
    for (int w = 0; w < workers; w++) PSN_TRY(fit_space_new(space + w, &fit, error));
    PSN_TRY(fit_passes(&fit, space, sums, pool, task, error));
    if (fit.series == 0) goto done;
    fit_store(&fit);
    *out = fit.effects;
    fit.effects = NULL;
done:
    for (int w = 0; space != NULL && w < workers; w++) fit_space_clear(space + w);
    psn_release(space);
    psn_release(sums);
    psn_release(fit.b);
    psn_release(fit.gram);
    psn_release(fit.right);
    psn_effects_free(fit.effects);
    return rc;
}
