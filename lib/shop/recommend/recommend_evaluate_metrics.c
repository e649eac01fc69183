/* recommend_evaluate_metrics.c: what the lists are worth, as a table: metric, value, low,
 * high.
 *
 * A metric of cases ("ndcg@20") is a mean, its interval the percentile bootstrap over the
 * cases. Beside another model there are three rows more: the other's mean
 * ("popular:ndcg@20"), the mean difference on the same cases with the interval of the
 * paired bootstrap ("difference:ndcg@20"), and the verdict: 1 this one is better, -1 the
 * other, 0 the interval holds 0. Metrics of all lists together have no interval. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "measure/bootstrap.h"
#include "measure/recommendation.h"
#include "shop/recommend/recommend_evaluate.h"

#include <math.h>
#include <string.h>

enum { BEYOND = 6, METRICS_NAME = 64 };
static const char *const beyond_names[BEYOND] = {
    "coverage", "novelty", "diversity", "popularity_bias", "gini", "short_lists"};

typedef struct metrics_rows {
    int64_t count, room;
    char (*name)[METRICS_NAME];
    double *value, *low, *high;
} metrics_rows;

typedef struct metrics_work {
    const psn_rec_evaluation *all;
    const int32_t *lists, *other;
    const char *against;
    int64_t width;
    double *a, *b; /* of each case */
    metrics_rows rows;
} metrics_work;

static void metrics_add(metrics_rows *rows, const char *before, const char *name,
                        int32_t k, double value, double low, double high)
{
    const int64_t at = rows->count++;
    if (k > 0)
        psn_format(rows->name[at], METRICS_NAME, "%s%s%s@%d", before, *before ? ":" : "",
                   name, k);
    else
        psn_format(rows->name[at], METRICS_NAME, "%s", name);
    rows->value[at] = value;
    rows->low[at] = low;
    rows->high[at] = high;
}

/* ---- what is asked for */

static int metrics_find(const char *name)
{
    for (int m = 0; m < PSN_REC_METRICS; m++)
        if (strcmp(psn_rec_metric_names[m], name) == 0) return m;
    for (int m = 0; m < BEYOND; m++)
        if (strcmp(beyond_names[m], name) == 0) return PSN_REC_METRICS + m;
    return -1;
}

int psn_rec_evaluate_check(const psn_rec_evaluation *work, persona_error *error)
{
    char name[METRICS_NAME], list[256];
    const char *cursor = EVALUATE_TEXT(work, "metrics");
    size_t used = 0;
    int more;
    if (strcmp(cursor, "auto") == 0) return PERSONA_OK;
    while ((more = psn_list_next(&cursor, name, sizeof name)) != 0) {
        if (more > 0 && metrics_find(name) >= 0) continue;
        for (int m = 0; m < PSN_REC_METRICS + BEYOND; m++)
            used += psn_format(list + used, sizeof list - used, " %s",
                               m < PSN_REC_METRICS ? psn_rec_metric_names[m]
                                                   : beyond_names[m - PSN_REC_METRICS]);
        return psn_fail(error, PERSONA_EOPTION, "metrics: need some of%s", list);
    }
    return PERSONA_OK;
}

static int metrics_asked(const psn_rec_evaluation *work, int m)
{
    char name[METRICS_NAME];
    const char *cursor = EVALUATE_TEXT(work, "metrics");
    if (strcmp(cursor, "auto") == 0) return 1;
    while (psn_list_next(&cursor, name, sizeof name) > 0)
        if (metrics_find(name) == m) return 1;
    return 0;
}

/* ---- of cases */

static int metrics_interval(psn_bootstrap_result *out, const metrics_work *work,
                            const double *a, const double *b, persona_error *error)
{
    psn_bootstrap_options options;
    psn_bootstrap_defaults(&options);
    options.draws = (int32_t)EVALUATE_INT(work->all, "draws");
    options.level = EVALUATE_REAL(work->all, "level", NULL);
    options.seed = (uint64_t)EVALUATE_INT(work->all, "split_seed");
    return psn_bootstrap_paired(out, PSN_BOOTSTRAP_MEAN, a, b, NULL, NULL,
                                work->all->truth->rows, &options, work->all->whole.pool,
                                error);
}

static int metrics_case(metrics_work *work, int m, int32_t k, persona_error *error)
{
    int rc;
    double mean;
    psn_bootstrap_result found;
    const psn_sparse *truth = work->all->truth;
    const char *name = psn_rec_metric_names[m];
    PSN_TRY(psn_rec_mean(&mean, work->a, m, work->lists, work->width, k, truth, error));
    PSN_TRY(metrics_interval(&found, work, work->a, NULL, error));
    metrics_add(&work->rows, "", name, k, mean, found.low, found.high);
    if (work->other == NULL) goto done;
    PSN_TRY(psn_rec_mean(&mean, work->b, m, work->other, work->width, k, truth, error));
    PSN_TRY(metrics_interval(&found, work, work->b, NULL, error));
    metrics_add(&work->rows, work->against, name, k, mean, found.low, found.high);
    PSN_TRY(metrics_interval(&found, work, work->a, work->b, error));
    metrics_add(&work->rows, "difference", name, k, found.value, found.low, found.high);
    metrics_add(&work->rows, "verdict", name, k, found.verdict, NAN, NAN);
done:
    return rc;
}

/* ---- of all lists */

/* The first k of each list, one list after the other. */
static int32_t *metrics_cut(const int32_t *lists, int64_t rows, int64_t width, int64_t k)
{
    int32_t *cut = psn_alloc((size_t)rows, (size_t)k * sizeof *cut);
    for (int64_t r = 0; r < rows && cut; r++)
        memcpy(cut + r * k, lists + r * width, (size_t)k * sizeof *cut);
    return cut;
}

static int metrics_beyond_of(metrics_work *work, const int32_t *lists, const char *before,
                             int32_t k, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_beyond found;
    const int64_t rows = work->all->truth->rows, most = k < work->width ? k : work->width;
    int32_t *cut = metrics_cut(lists, rows, work->width, most);
    PSN_NEED(cut);
    PSN_TRY(psn_rec_beyond_accuracy(&found, cut, rows, most, work->all->profile, NULL,
                                    error));
    const double value[BEYOND] = {
        found.coverage,  found.novelty,
        found.diversity, found.popularity_bias,
        found.gini,      k > work->width ? (double)rows : (double)found.short_lists};
    for (int m = 0; m < BEYOND; m++)
        if (metrics_asked(work->all, PSN_REC_METRICS + m))
            metrics_add(&work->rows, before, beyond_names[m], k, value[m], NAN, NAN);
done:
    psn_release(cut);
    return rc;
}

static int metrics_length(metrics_work *work, int32_t k, persona_error *error)
{
    int rc = PERSONA_OK, beyond = 0;
    for (int m = 0; m < PSN_REC_METRICS; m++)
        if (metrics_asked(work->all, m)) PSN_TRY(metrics_case(work, m, k, error));
    for (int m = 0; m < BEYOND; m++)
        beyond |= metrics_asked(work->all, PSN_REC_METRICS + m);
    if (!beyond) goto done;
    PSN_TRY(metrics_beyond_of(work, work->lists, "", k, error));
    if (work->other)
        PSN_TRY(metrics_beyond_of(work, work->other, work->against, k, error));
done:
    return rc;
}

/* ---- the table */

static int metrics_table(persona_table **out, const metrics_rows *rows,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    persona_table *table = NULL;
    const char **names = psn_alloc((size_t)rows->count + 1, sizeof *names);
    PSN_NEED(names);
    for (int64_t i = 0; i < rows->count; i++) names[i] = rows->name[i];
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "metric", names, rows->count, error));
    PSN_TRY(psn_table_add(table, "value", PERSONA_TYPE_REAL, rows->value, NULL,
                          rows->count, error));
    PSN_TRY(psn_table_add(table, "low", PERSONA_TYPE_REAL, rows->low, NULL, rows->count,
                          error));
    PSN_TRY(psn_table_add(table, "high", PERSONA_TYPE_REAL, rows->high, NULL, rows->count,
                          error));
    *out = table;
    table = NULL;
done:
    psn_release(names);
    psn_table_free(table);
    return rc;
}

static int metrics_open(metrics_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    metrics_rows *rows = &work->rows;
    const size_t cases = (size_t)work->all->truth->rows;
    const size_t room = 3 + 4 * (PSN_REC_METRICS + BEYOND) * (size_t)work->all->lengths;
    PSN_NEED(work->a = psn_alloc(cases, sizeof *work->a));
    PSN_NEED(work->b = psn_alloc(cases, sizeof *work->b));
    PSN_NEED(rows->name = psn_alloc(room, sizeof *rows->name));
    PSN_NEED(rows->value = psn_alloc(room, sizeof *rows->value));
    PSN_NEED(rows->low = psn_alloc(room, sizeof *rows->low));
    PSN_NEED(rows->high = psn_alloc(room, sizeof *rows->high));
done:
    return rc;
}

int psn_rec_evaluate_metrics(persona_table **out, const psn_rec_evaluation *all,
                             const int32_t *lists, const int32_t *other,
                             const char *against, persona_error *error)
{
    int rc;
    metrics_work work = {.all = all, .lists = lists, .other = other, .against = against};
    const int32_t longest = all->length[all->lengths - 1];
    work.width = longest < all->profile->columns ? longest : all->profile->columns;
    PSN_TRY(metrics_open(&work, error));
    metrics_add(&work.rows, "", "cases", 0, (double)all->truth->rows, NAN, NAN);
    metrics_add(&work.rows, "", "learnt_from", 0, (double)all->part->rows, NAN, NAN);
    metrics_add(&work.rows, "", "items", 0, all->profile->columns, NAN, NAN);
    for (int32_t i = 0; i < all->lengths; i++)
        PSN_TRY(metrics_length(&work, all->length[i], error));
    PSN_TRY(metrics_table(out, &work.rows, error));
done:
    psn_release(work.a);
    psn_release(work.b);
    psn_release(work.rows.name);
    psn_release(work.rows.value);
    psn_release(work.rows.low);
    psn_release(work.rows.high);
    return rc;
}
