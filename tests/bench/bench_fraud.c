/* bench_fraud.c: the fraud scorer through the public functions alone, as a shop's process
 * calls it: one order of 28 columns bound and scored, with its action; its five reasons;
 * tables. Models of 100 trees of 31 leaves and 500 of 64, fitted here on made-up rows.
 * LightGBM takes part with models of the same size when PERSONA_LIGHTGBM names its shared
 * library. Best of some rounds of CPU time of one thread; judge ratios of one run. */
#define _POSIX_C_SOURCE 200809L
#include "lightgbm_peer.h"

#include "math/simd.h"
#include "persona.h"

enum { TRAIN = 100000, TEST = 20000, ROUNDS = 5, EXPLAINED = 4000, REASONS = 5 };

static void must(int rc, const persona_error *error)
{
    if (rc != PERSONA_OK) die(error->message);
}

/* ---- models */

static persona_table *table_of(const bench_part *part, int64_t rows, int with_label)
{
    persona_error error = {0};
    persona_table *table = NULL;
    double *column = malloc((size_t)rows * sizeof *column);
    if (column == NULL) die("out of memory");
    must(persona_table_new(&table, &error), &error);
    for (int c = 0; c < COLUMNS + with_label; c++) {
        char name[16];
        snprintf(name, sizeof name, "x%02d", c);
        for (int64_t i = 0; i < rows; i++)
            column[i] = c < COLUMNS ? part->x[i * COLUMNS + c] : part->y[i];
        must(persona_table_add_real(table, c < COLUMNS ? name : "label", column, rows,
                                    &error),
             &error);
    }
    free(column);
    return table;
}

/* One setting of trees of exactly this size. */
static persona_fraud_scorer *fit_scorer(const bench_part *train, int trees, int leaves)
{
    persona_error error = {0};
    persona_params *fit = NULL;
    persona_fraud_scorer *scorer = NULL;
    char options[256];
    snprintf(options, sizeof options,
             "algorithm=gbdt search=1 blend=1 calibrate=none gbdt.growth=leaf_wise "
             "gbdt.early_stopping=0 gbdt.rounds=%d gbdt.num_leaves=%d gbdt.max_depth=0 "
             "gbdt.learning_rate=0.1 validation_share=0.05 draws=2",
             trees, leaves);
    persona_table *table = table_of(train, train->rows, 1);
    must(persona_params_new(&fit, "fraud_scorer.fit", &error), &error);
    must(persona_params_parse(fit, options, &error), &error);
    must(persona_fraud_scorer_fit(&scorer, table, fit, NULL, &error), &error);
    persona_params_free(fit);
    persona_table_free(table);
    return scorer;
}

static persona_query *prepare(const persona_fraud_scorer *scorer, const char *options)
{
    persona_error error = {0};
    persona_params *params = NULL;
    persona_query *query = NULL;
    must(persona_params_new(&params, "fraud_scorer.query", &error), &error);
    must(persona_params_parse(params, options, &error), &error);
    must(persona_fraud_scorer_prepare(&query, scorer, params, &error), &error);
    persona_params_free(params);
    return query;
}

static int64_t leaves_of(const persona_fraud_scorer *scorer)
{
    persona_table *trees = NULL;
    persona_error error = {0};
    must(persona_model_part(&trees, persona_fraud_scorer_model(scorer), "trees", &error),
         &error);
    const int64_t rows = persona_table_rows(trees);
    persona_table_free(trees);
    return rows; /* nodes and leaves */
}

/* ---- one row */

static double score_rows(persona_query *query, const bench_part *test, float *times)
{
    double sum = 0, probability = 0;
    int32_t action = 0;
    for (int64_t i = 0; i < test->rows; i++) {
        const double start = times != NULL ? wall_seconds() : 0;
        persona_fraud_scorer_score(query, test->x + i * COLUMNS, COLUMNS, NAN,
                                   &probability, &action, NULL);
        if (times != NULL) times[i] = (float)(1e9 * (wall_seconds() - start));
        sum += probability + action;
    }
    return sum;
}

static double time_one(const persona_fraud_scorer *scorer, const bench_part *test,
                       const char *size, const char *level)
{
    double best = 1e9, sum = 0;
    persona_query *query = prepare(scorer, "");
    float *times = malloc((size_t)test->rows * sizeof *times);
    if (times == NULL) die("out of memory");
    for (int round = 0; round < ROUNDS; round++) {
        const double start = cpu_seconds();
        sum += score_rows(query, test, NULL);
        best = fmin(best, 1e9 * (cpu_seconds() - start) / (double)test->rows);
    }
    sum += score_rows(query, test, times);
    qsort(times, (size_t)test->rows, sizeof *times, by_float);
    printf(
        "%s score one order (%s)  mean %.0f ns, p50 %.0f (with clock), p99 %.0f  [%g]\n",
        size, level, best, (double)times[test->rows / 2],
        (double)times[test->rows / 100 * 99], sum);
    free(times);
    persona_query_free(query);
    return best;
}

static void time_levels(const persona_fraud_scorer *scorer, const bench_part *test,
                        const char *size)
{
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        time_one(scorer, test, size, psn_simd_name(level));
    }
    psn_simd_force(-1);
}

/* ---- reasons, as a table of five rows with words */

static void time_reasons(const persona_fraud_scorer *scorer, const bench_part *test,
                         const char *size, int exact)
{
    double best = 1e9;
    int64_t told = 0;
    const int64_t rows = exact ? EXPLAINED / 8 : EXPLAINED;
    persona_query *query = prepare(scorer, exact ? "reasons=5 exact=true" : "reasons=5");
    for (int round = 0; round < ROUNDS; round++) {
        const double start = cpu_seconds();
        for (int64_t i = 0; i < rows; i++) {
            persona_table *why = NULL;
            persona_fraud_scorer_explain(&why, query, test->x + i * COLUMNS, COLUMNS,
                                         NULL);
            told += persona_table_rows(why);
            persona_table_free(why);
        }
        best = fmin(best, 1e6 * (cpu_seconds() - start) / (double)rows);
    }
    if (told != ROUNDS * rows * REASONS) die("not five reasons");
    printf("%s explain one order, top 5%s  %.2f us\n", size,
           exact ? ", Shapley values" : "", best);
    persona_query_free(query);
}

/* ---- tables */

static double time_table(const persona_fraud_scorer *scorer, const bench_part *test,
                         const char *size, int reasons)
{
    persona_error error = {0};
    persona_params *query = NULL;
    double best = 1e9;
    persona_table *table = table_of(test, test->rows, 0);
    must(persona_params_new(&query, "fraud_scorer.query", &error), &error);
    must(persona_params_set_int(query, "reasons", reasons, &error), &error);
    for (int round = 0; round < ROUNDS; round++) {
        persona_table *out = NULL;
        const double start = cpu_seconds();
        must(persona_fraud_scorer_score_table(&out, scorer, table, query, NULL, &error),
             &error);
        best = fmin(best, 1e9 * (cpu_seconds() - start) / (double)test->rows);
        persona_table_free(out);
    }
    printf("%s score a table, %d reasons  %.0f ns a row\n", size, reasons, best);
    persona_params_free(query);
    persona_table_free(table);
    return best;
}

/* ---- beside LightGBM */

static void beside(const lightgbm *api, const bench_part *train, const bench_part *test,
                   int trees, int leaves, const char *size, double one, double batch)
{
    char settings[256];
    void *dataset = NULL;
    snprintf(
        settings, sizeof settings,
        "objective=binary num_leaves=%d learning_rate=0.1 verbosity=-1 num_threads=1 "
        "force_row_wise=true",
        leaves);
    void *booster = lightgbm_train(api, train, train->rows, trees, settings, &dataset);
    const lightgbm_times times = lightgbm_time(api, booster, test);
    printf("%s LightGBM: one row %.0f ns (x %.1f), batch %.0f ns a row (x %.1f)\n", size,
           times.one, times.one / one, times.batch, times.batch / batch);
    api->free_booster(booster);
    api->free_dataset(dataset);
}

int main(void)
{
    static const struct {
        int trees, leaves;
        const char *name;
    } sizes[] = {{100, 31, "100x31"}, {500, 64, "500x64"}};
    lightgbm api = {0};
    const int peer = lightgbm_open(&api);
    const bench_part train = make_part(TRAIN, 1), test = make_part(TEST, 2);
    for (int k = 0; k < 2; k++) {
        const char *size = sizes[k].name;
        persona_fraud_scorer *scorer =
            fit_scorer(&train, sizes[k].trees, sizes[k].leaves);
        printf("%s %lld nodes and leaves\n", size, (long long)leaves_of(scorer));
        time_levels(scorer, &test, size);
        const double one = time_one(scorer, &test, size, "best");
        time_reasons(scorer, &test, size, 0);
        time_reasons(scorer, &test, size, 1);
        const double batch = time_table(scorer, &test, size, 0);
        time_table(scorer, &test, size, 3);
        if (peer)
            beside(&api, &train, &test, sizes[k].trees, sizes[k].leaves, size, one,
                   batch);
        persona_model_free(persona_fraud_scorer_model(scorer));
    }
    free(train.x);
    free(train.y);
    free(test.x);
    free(test.y);
    return 0;
}
