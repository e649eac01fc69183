/* recommend_fit_members.c: one member, fitted from the events that may be learnt, with
 * one setting. Which settings are worth a try depends on what the data is: sets,
 * sequences or sessions, dense or sparse. The numbers were chosen on validation parts of
 * public data. */
#include "base/error.h"
#include "base/memory.h"
#include "learn/bought_together.h"
#include "learn/content.h"
#include "learn/directed_ridge.h"
#include "learn/ease.h"
#include "learn/item_knn.h"
#include "learn/popular.h"
#include "learn/rp3beta.h"
#include "learn/sequence_rules.h"
#include "shop/recommend/recommend_fit.h"

#include <math.h>
#include <string.h>

enum {
    MEMBERS_EASE_ITEMS = 6000, /* closed forms: items^3 */
    MEMBERS_RIDGE_ITEMS = 6000,
    MEMBERS_KEEP = 400,
    MEMBERS_ADDS = 40
};

#define MEMBERS_REPEATS 0.05 /* share of events that habits are learnt from */

/* ---- settings */

/* Options that fix a value of a member's setting. */
static const char *const members_option[PSN_REC_MEMBERS][4] = {
    [PSN_REC_RP3BETA] = {"rp3beta.alpha", "rp3beta.beta"},
    [PSN_REC_ITEM_KNN] = {"item_knn.similarity", "item_knn.shrinkage"},
    [PSN_REC_EASE] = {"ease.regularization"},
    [PSN_REC_ALS] = {"als.factors", "als.unobserved", "als.regularization",
                     "als.iterations"},
    [PSN_REC_SEQUENCE] = {"sequence.steps", "sequence.reverse", "sequence.column_norm",
                          "sequence.row_norm"},
    [PSN_REC_RIDGE] = {"directed_ridge.regularization"},
    [PSN_REC_SESSION_KNN] = {"session_knn.nearest", "session_knn.recency",
                             "session_knn.item_decay", "session_knn.backward"},
};
const char *psn_rec_setting_option(int m, int i)
{
    return members_option[m][i];
}

/* The value that the caller fixed; *out stays where he left it to the fit. */
static void members_value(double *out, const psn_rec_fitting *fit, const char *option)
{
    int none;
    if (strcmp(option, "item_knn.similarity") != 0) {
        const double value = REC_REAL(fit, option, &none);
        if (!none) *out = value;
        return;
    }
    for (int i = 0; i < PSN_KNN_SIMILARITIES; i++)
        if (strcmp(psn_knn_names[i], REC_TEXT(fit, option)) == 0) *out = i;
}

/* Values that the caller fixed; equal settings are tried once. */
static int members_fixed(const psn_rec_fitting *fit, int m,
                         struct psn_rec_setting *settings, int count)
{
    int kept = 0;
    for (int s = 0; s < count; s++) {
        for (int i = 0; i < 4 && members_option[m][i]; i++)
            members_value(settings[s].value + i, fit, members_option[m][i]);
        int twice = 0;
        for (int t = 0; t < kept; t++)
            twice |= memcmp(settings + t, settings + s, sizeof *settings) == 0;
        if (!twice) settings[kept++] = settings[s];
    }
    return kept;
}

typedef struct members_grid {
    const double (*values)[4];
    int count;
} members_grid;
#define MEMBERS_GRID(values)                                                             \
    ((members_grid){values, (int)(sizeof(values) / sizeof *(values))})

static members_grid members_als_grid(const psn_rec_fitting *fit)
{
    const double cells = (double)fit->rows.rows * fit->items;
    /* Below 0: by how many of all pairs were seen (learn/als.h). */
    static const double dense[][4] = {{64, 0.3, 0.006, 12}, {128, -1, -1, 8}};
    static const double sparse[][4] = {{128, 0.02, 0.002, 6}, {128, -1, -1, 8}};
    static const double sessions[][4] = {{64, 0.02, 0.002, 6}, {64, -1, -1, 8}};
    if (fit->mode == PSN_REC_SESSIONS) return MEMBERS_GRID(sessions);
    return (double)fit->rows.events / cells < 0.004 ? MEMBERS_GRID(sparse)
                                                    : MEMBERS_GRID(dense);
}

static int members_orders_count(const psn_rec_fitting *fit)
{
    return fit->mode != PSN_REC_SETS && fit->times != PSN_REC_KIND_POSITIONS;
}

static int members_baskets(const psn_rec_fitting *fit)
{
    return fit->order || fit->session || fit->times == PSN_REC_MOMENTS ||
           fit->mode == PSN_REC_SESSIONS;
}

/* What suits the data when nobody asks for it by name. */
static int members_suits(const psn_rec_fitting *fit, int m)
{
    const int sessions = fit->mode == PSN_REC_SESSIONS;
    switch (m) {
    case PSN_REC_RP3BETA:
        return !sessions;
    case PSN_REC_ALS:
        return 1;
    case PSN_REC_EASE:
        return !sessions && fit->items <= MEMBERS_EASE_ITEMS;
    case PSN_REC_SEQUENCE:
        return members_orders_count(fit);
    case PSN_REC_RIDGE:
        return members_orders_count(fit) && !sessions &&
               fit->items <= MEMBERS_RIDGE_ITEMS;
    case PSN_REC_SESSION_KNN:
        return members_orders_count(fit);
    case PSN_REC_ITEM_KNN:
        return 0; /* RP3beta is never worse by much */
    default:
        return 1;
    }
}

static members_grid members_grid_of(const psn_rec_fitting *fit, int m)
{
    static const double nothing[][4] = {{0}};
    static const double rp3[][4] = {{0.5, 0.2}, {0.7, 0.3}, {0.8, 0.5}, {0.9, 0.7}};
    static const double ease[][4] = {{150}, {700}};
    static const double knn[][4] = {{0}, {1}, {2}};
    static const double rules[][4] = {
        {20, 0, 0.15, 0.6}, {20, 0, 0.1, 0.5}, {5, 0.5, 0.2, 0.5}};
    static const double session_rules[][4] = {{10, 0.5, 0.25, 0.5}, {20, 0.5, 0.25, 0.5}};
    static const double ridge[][4] = {{150}};
    static const double sessions[][4] = {
        {200, 1, 0.65, 0.6}, {200, 1, 0.8, 0.4}, {200, 0, 0.5, 0.65}};
    switch (m) {
    case PSN_REC_RP3BETA:
        return MEMBERS_GRID(rp3);
    case PSN_REC_ITEM_KNN:
        return MEMBERS_GRID(knn);
    case PSN_REC_EASE:
        return MEMBERS_GRID(ease);
    case PSN_REC_ALS:
        return members_als_grid(fit);
    case PSN_REC_SEQUENCE:
        return fit->mode == PSN_REC_SESSIONS ? MEMBERS_GRID(session_rules)
                                             : MEMBERS_GRID(rules);
    case PSN_REC_RIDGE:
        return MEMBERS_GRID(ridge);
    case PSN_REC_SESSION_KNN:
        return MEMBERS_GRID(sessions);
    default:
        return MEMBERS_GRID(nothing);
    }
}

int psn_rec_fit_settings(const psn_rec_fitting *fit, int m,
                         struct psn_rec_setting settings[8])
{
    const int always =
        m == PSN_REC_POPULAR || m == PSN_REC_OWN || m == PSN_REC_CONTENT ||
        !psn_rec_may_share(m); /* other questions, and when all else fails */
    if (fit->only >= 0 ? m != fit->only && !always : !members_suits(fit, m)) return 0;
    if (m == PSN_REC_TOGETHER && !members_baskets(fit)) return 0;
    if (m == PSN_REC_CONTENT && fit->attributes == NULL) return 0;
    const members_grid grid = members_grid_of(fit, m);
    for (int s = 0; s < grid.count; s++)
        memcpy(settings[s].value, grid.values[s], sizeof settings[s].value);
    return members_fixed(fit, m, settings, grid.count);
}

/* ---- fits */

typedef struct members_fit {
    psn_rec_member *member;
    const psn_rec_fitting *fit;
    const double *value;
    const uint8_t *learns;
} members_fit;

static int members_popular(const members_fit *of, const psn_rec_engine *engine,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t items = (size_t)engine->items;
    PSN_NEED(of->member->score = psn_alloc(items + 1, sizeof(float)));
    /* Lately and ever, as one: what is gone sinks, what is new rises. */
    for (size_t i = 0; i < items; i++)
        of->member->score[i] =
            0.5f * engine->facts.popularity[i] + 0.5f * engine->facts.fresh[i];
done:
    return rc;
}

/* Share of wanted events that come back to an item of the user. */
static double members_repeats(const psn_repeat_events *events, int64_t *seen)
{
    int64_t again = 0;
    for (int64_t u = 0; u < events->users; u++)
        for (int64_t e = events->start[u]; e < events->start[u + 1]; e++) {
            again += seen[events->item[e]] == u + 1;
            seen[events->item[e]] = u + 1;
        }
    return (double)again / (double)(events->start[events->users] + 1);
}

static int members_own(const members_fit *of, const psn_rec_engine *engine,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_rows *rows = &of->fit->rows;
    int64_t at = 0, *start = NULL, *seen = NULL;
    int32_t *item = NULL;
    double *when = NULL;
    psn_repeat_options options;
    if (of->fit->times != PSN_REC_MOMENTS) return PERSONA_OK;
    PSN_NEED(start = psn_alloc((size_t)rows->rows + 1, sizeof *start));
    PSN_NEED(seen = psn_alloc_zero((size_t)engine->items + 1, sizeof *seen));
    PSN_NEED(item = psn_alloc((size_t)rows->events + 1, sizeof *item));
    PSN_NEED(when = psn_alloc((size_t)rows->events + 1, sizeof *when));
    for (int64_t r = 0; r < rows->rows; r++) {
        start[r] = at;
        for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++) {
            if ((of->learns && !of->learns[e]) || !engine->kind[rows->kind[e]].wanted ||
                rows->time[e] == INT64_MIN)
                continue;
            item[at] = rows->item[e];
            when[at++] = (double)rows->time[e];
        }
    }
    start[rows->rows] = at;
    const psn_repeat_events events = {rows->rows, start, item, when};
    psn_repeat_defaults(&options);
    options.seed = of->fit->seed;
    if (members_repeats(&events, seen) > MEMBERS_REPEATS)
        PSN_TRY(psn_repeat_fit(&of->member->repeat, &events, engine->items, &options,
                               of->fit->task, error));
done:
    psn_release(start);
    psn_release(seen);
    psn_release(item);
    psn_release(when);
    return rc;
}

static int members_trending(const members_fit *of, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_fitting *fit = of->fit;
    const psn_rec_rows *rows = &fit->rows;
    psn_popular *popular = NULL;
    psn_popular_options options;
    double *when = psn_alloc((size_t)rows->events + 1, sizeof *when);
    PSN_NEED(when);
    for (int64_t r = 0; r < rows->rows; r++)
        for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++)
            when[e] = fit->times == PSN_REC_MOMENTS ? (double)rows->time[e]
                                                    : (double)rows->rank[r];
    const psn_popular_events events = {rows->events, rows->item, when, rows->weight};
    psn_popular_defaults(&options);
    PSN_TRY(psn_popular_fit(&popular, &events, fit->items, &options, error));
    of->member->score = popular->trend;
    popular->trend = NULL;
done:
    psn_popular_free(popular);
    psn_release(when);
    return rc;
}

static int members_together(const members_fit *of, persona_error *error)
{
    int rc;
    psn_sparse *baskets = NULL;
    psn_bought_together_options options;
    PSN_TRY(psn_rec_fit_baskets(&baskets, of->fit, of->learns, error));
    psn_bought_together_defaults(&options);
    PSN_TRY(psn_bought_together_fit(&of->member->weights, NULL, baskets, &options,
                                    of->fit->pool, of->fit->task, error));
done:
    psn_sparse_free(baskets);
    return rc;
}

static int members_content(const members_fit *of, persona_error *error)
{
    int rc;
    psn_content *content = NULL;
    psn_content_options options;
    psn_content_defaults(&options);
    PSN_TRY(psn_content_new(&content, of->fit->attributes, error));
    PSN_TRY(psn_content_fit(&of->member->weights, content, &options, of->fit->pool,
                            of->fit->task, error));
done:
    psn_content_free(content);
    return rc;
}

static int members_of_profile(const members_fit *of, int m, persona_error *error)
{
    int rc;
    const psn_rec_fitting *fit = of->fit;
    psn_sparse *profile = NULL;
    PSN_TRY(psn_rec_fit_profile(&profile, fit, of->learns, error));
    if (m == PSN_REC_RP3BETA) {
        psn_rp3beta_options options;
        psn_rp3beta_defaults(&options);
        options.alpha = of->value[0];
        options.beta = of->value[1];
        options.neighbors = MEMBERS_KEEP;
        PSN_TRY(psn_rp3beta_fit(&of->member->weights, profile, &options, fit->pool,
                                fit->task, error));
    } else if (m == PSN_REC_ITEM_KNN) {
        psn_item_knn_options options;
        psn_item_knn_defaults(&options);
        options.similarity = (int32_t)of->value[0];
        options.shrinkage = of->value[1];
        PSN_TRY(psn_item_knn_fit(&of->member->weights, profile, &options, fit->pool,
                                 fit->task, error));
    } else if (m == PSN_REC_EASE) {
        psn_ease_options options;
        psn_ease_defaults(&options);
        options.regularization = of->value[0];
        options.keep = MEMBERS_KEEP * 2;
        PSN_TRY(psn_ease_fit(&of->member->weights, profile, &options, fit->pool,
                             fit->task, error));
    } else {
        psn_als_options options;
        psn_als_defaults(&options);
        options.factors = (int32_t)of->value[0];
        options.unobserved = of->value[1];
        options.regularization = of->value[2];
        options.iterations = (int32_t)of->value[3];
        options.seed = fit->seed;
        PSN_TRY(psn_als_fit(&of->member->als, profile, &options, fit->pool, fit->task,
                            error));
    }
done:
    psn_sparse_free(profile);
    return rc;
}

static int members_of_sequences(const members_fit *of, int m, persona_error *error)
{
    int rc;
    const psn_rec_fitting *fit = of->fit;
    psn_sparse *sequences = NULL;
    PSN_TRY(psn_rec_fit_sequences(&sequences, fit, of->learns, error));
    if (m == PSN_REC_SEQUENCE) {
        psn_sequence_rules_options options;
        psn_sequence_rules_defaults(&options);
        options.steps = (int32_t)of->value[0];
        options.power = of->value[0] > 10 && fit->mode != PSN_REC_SESSIONS ? 1 : 0.7;
        options.reverse = of->value[1];
        options.column_norm = of->value[2];
        options.row_norm = of->value[3];
        options.repeats = fit->mode == PSN_REC_SESSIONS;
        options.neighbors = MEMBERS_KEEP + 100;
        PSN_TRY(psn_sequence_rules_fit(&of->member->weights, sequences, &options,
                                       fit->pool, fit->task, error));
    } else if (m == PSN_REC_RIDGE) {
        psn_directed_ridge_options options;
        psn_directed_ridge_defaults(&options);
        options.regularization = of->value[0];
        options.keep = MEMBERS_KEEP * 2;
        PSN_TRY(psn_directed_ridge_fit(&of->member->weights, sequences, &options,
                                       fit->pool, fit->task, error));
    } else {
        psn_session_knn_options options;
        psn_session_knn_defaults(&options);
        options.nearest = (int32_t)of->value[0];
        options.recency = of->value[1];
        options.item_decay = of->value[2];
        options.backward = of->value[3];
        PSN_TRY(psn_session_knn_new(&of->member->sessions, sequences, &options, fit->task,
                                    error));
    }
done:
    psn_sparse_free(sequences);
    return rc;
}

/* Where histories fade when order counts, until the choice finds better. */
static double members_decay(const psn_rec_fitting *fit, int m)
{
    if (m == PSN_REC_SEQUENCE) return fit->mode == PSN_REC_SESSIONS ? 0.6 : 0.8;
    if (m == PSN_REC_RIDGE) return 0.8;
    return 1;
}

int psn_rec_fit_member(psn_rec_engine *engine, const psn_rec_fitting *fit, int m,
                       const struct psn_rec_setting *setting, const uint8_t *learns,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_member *member = engine->member + m;
    const members_fit of = {member, fit, setting->value, learns};
    psn_rec_member_clear(member);
    switch (m) {
    case PSN_REC_OWN:
        PSN_TRY(members_own(&of, engine, error));
        break;
    case PSN_REC_POPULAR:
        PSN_TRY(members_popular(&of, engine, error));
        break;
    case PSN_REC_TRENDING:
        PSN_TRY(members_trending(&of, error));
        break;
    case PSN_REC_TOGETHER:
        PSN_TRY(members_together(&of, error));
        break;
    case PSN_REC_CONTENT:
        PSN_TRY(members_content(&of, error));
        break;
    case PSN_REC_RP3BETA:
    case PSN_REC_ITEM_KNN:
    case PSN_REC_EASE:
    case PSN_REC_ALS:
        PSN_TRY(members_of_profile(&of, m, error));
        break;
    default:
        PSN_TRY(members_of_sequences(&of, m, error));
        break;
    }
    member->fitted = 1;
    member->weighted = engine->kinds > 1;
    member->adds = m == PSN_REC_ALS && fit->mode == PSN_REC_SESSIONS && fit->only < 0
                       ? MEMBERS_ADDS
                       : 0;
    member->decay = members_decay(fit, m);
    PSN_TRY(psn_rec_member_ready(engine, m, error));
done:
    if (rc != PERSONA_OK) psn_rec_member_clear(member);
    return rc;
}
