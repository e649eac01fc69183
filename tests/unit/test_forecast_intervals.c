/* test_forecast_intervals.c: quantiles and paths around a mean, and their file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/philox.h"
#include "persona/types.h"
#include "shop/forecast/forecast_intervals_model.h"
#include "support/fail_each.h"

enum {
    SERIES = 60,
    HISTORY = 60,
    STEPS = 4,
    ORIGINS = 3,
    CELLS = SERIES * ORIGINS * STEPS
};
static const double level[] = {0.05, 0.25, 0.5, 0.75, 0.95};

/* A small world: every series has the mean it is forecast with. */
typedef struct world {
    double value[SERIES * HISTORY], mean[CELLS], actual[CELLS];
    int64_t start[SERIES + 1];
    int32_t count[SERIES], ahead[SERIES], season[SERIES * PSN_FORECAST_SEASONS];
    int32_t group[SERIES], cut[ORIGINS];
    psn_panel panel;
    psn_trials trials;
    psn_intervals *intervals;
    void *scratch;
} world;

/* draw(series, period) is what comes; mean what is forecast. */
static world *make_world(double (*draw)(int64_t, int32_t), double mean)
{
    world *w = calloc(1, sizeof *w);
    for (int64_t s = 0; s < SERIES; s++) {
        w->count[s] = HISTORY;
        w->start[s + 1] = (s + 1) * HISTORY;
        for (int32_t t = 0; t < HISTORY; t++) w->value[s * HISTORY + t] = draw(s, t);
        for (int32_t o = 0; o < ORIGINS; o++)
            for (int32_t h = 0; h < STEPS; h++) {
                const int64_t at = (s * ORIGINS + o) * STEPS + h;
                w->cut[o] = STEPS * (o + 1);
                w->mean[at] = mean;
                w->actual[at] = draw(s, HISTORY - w->cut[o] + h);
            }
    }
    w->panel = (psn_panel){.series = SERIES,
                           .start = w->start,
                           .count = w->count,
                           .ahead = w->ahead,
                           .value = w->value,
                           .season = w->season};
    w->trials = (psn_trials){SERIES, ORIGINS, STEPS, w->cut, w->mean, w->actual};
    return w;
}

static void fit_world(world *w, int counts, const psn_interval_extra *extra)
{
    const uint8_t count_like[] = {(uint8_t)counts};
    assert_int_equal(psn_intervals_fit(&w->intervals, &w->panel, &w->trials, w->group, 1,
                                       count_like, extra, NULL, NULL, NULL),
                     PERSONA_OK);
    w->scratch = aligned_alloc(64, psn_intervals_scratch(w->intervals, 500));
}

static void end_world(world *w)
{
    psn_intervals_free(w->intervals);
    free(w->scratch);
    free(w);
}

static double unit(int64_t s, int32_t t)
{
    psn_random random;
    psn_random_start(&random, 7, 1, (uint64_t)(s * 1000 + t));
    return psn_random_unit(&random);
}

/* Between 90 and 110; lopsided: nine times of ten 99, else 109; dice 0 .. 2; nothing. */
static double even_draw(int64_t s, int32_t t)
{
    return 90 + 20 * unit(s, t);
}
static double lopsided_draw(int64_t s, int32_t t)
{
    return unit(s, t) < 0.9 ? 99 + unit(t, (int32_t)s) / 10 : 109;
}
static double dice_draw(int64_t s, int32_t t)
{
    return floor(3 * unit(s, t));
}
static double nothing_draw(int64_t s, int32_t t)
{
    (void)s, (void)t;
    return 0;
}

static void ask(const world *w, int64_t s, const double *mean, int32_t steps,
                const psn_interval_extra *extra, double least, double *out)
{
    const psn_history history = psn_panel_history(&w->panel, s, 0);
    psn_intervals_quantiles(w->intervals, &history, 0, mean, steps, extra, level, 5,
                            least, w->scratch, out);
}

static void quantiles_of_an_even_draw_are_its_own(void **state)
{
    (void)state;
    world *w = make_world(even_draw, 100);
    const double mean[STEPS] = {100, 100, 100, 100};
    double out[STEPS * 5];
    fit_world(w, 0, NULL);
    for (int64_t s = 0; s < SERIES; s += 7) {
        ask(w, s, mean, STEPS, NULL, -INFINITY, out);
        for (int q = 0; q < STEPS * 5; q++)
            assert_true(fabs(out[q] - (90 + 20 * level[q % 5])) < 3);
    }
    end_world(w);
}

static void scores_may_lean_to_one_side(void **state)
{
    (void)state;
    world *w = make_world(lopsided_draw, 100);
    const double mean = 100;
    double out[5];
    fit_world(w, 0, NULL);
    ask(w, 3, &mean, 1, NULL, -INFINITY, out);
    assert_true(fabs(out[2] - 99.05) < 0.4 && out[0] > 97);
    assert_true(out[4] > 105);
    end_world(w);
}

static void counts_have_whole_quantiles(void **state)
{
    (void)state;
    world *w = make_world(dice_draw, 1);
    const double mean[STEPS] = {1, 1, 1, 1}, expected[] = {0, 0, 1, 2, 2};
    double out[STEPS * 5];
    fit_world(w, 1, NULL);
    for (int64_t s = 0; s < SERIES; s += 7) {
        ask(w, s, mean, STEPS, NULL, 0, out);
        for (int q = 0; q < STEPS * 5; q++) {
            assert_true(out[q] == floor(out[q]));
            assert_true(fabs(out[q] - expected[q % 5]) <= (q % 5 == 4));
        }
    }
    end_world(w);
}

static void where_nothing_sells_all_quantiles_are_zero(void **state)
{
    (void)state;
    world *w = make_world(nothing_draw, 0);
    const double mean[2] = {0, 0};
    double out[10];
    for (int counts = 0; counts < 2; counts++) {
        fit_world(w, counts, NULL);
        ask(w, 0, mean, 2, NULL, 0, out);
        for (int q = 0; q < 10; q++) assert_true(out[q] == 0);
        psn_intervals_free(w->intervals);
        free(w->scratch);
    }
    w->intervals = NULL, w->scratch = NULL;
    end_world(w);
}

/* Means of any size, steps far beyond those known, a floor. */
static void quantiles_are_sorted_finite_and_above_the_floor(void **state)
{
    (void)state;
    static double mean[500], out[2500];
    static const double sizes[] = {0, 1e-300, 0.3, 1, 1e4, 1e9, 1e300, -5};
    for (int kind = 0; kind < 4; kind++) {
        world *w = make_world(kind < 2 ? even_draw : dice_draw, kind < 2 ? 100 : 1);
        fit_world(w, kind % 2, NULL);
        for (int h = 0; h < 500; h++) mean[h] = sizes[h % 8];
        ask(w, 1, mean, 500, NULL, 0, out);
        for (int q = 0; q < 2500; q++) {
            assert_true(isfinite(out[q]) && out[q] >= 0);
            assert_true(q % 5 == 0 || out[q] >= out[q - 1]);
        }
        end_world(w);
    }
}

static void trials_without_any_value_still_give_intervals(void **state)
{
    (void)state;
    world *w = make_world(even_draw, 100);
    const double mean = 100;
    double out[5];
    for (int i = 0; i < CELLS; i++) w->actual[i] = NAN;
    fit_world(w, 0, NULL);
    ask(w, 0, &mean, 1, NULL, -INFINITY, out);
    assert_true(out[0] < 99 && out[2] == 100 && out[4] > 101 && out[4] < 150);
    end_world(w);
}

/* Window 0, 2 (mean 1), asked for mean 2: factor 2, so 0 or 4, each 1/2. */
static void an_empirical_table_is_the_window_scaled_to_the_mean(void **state)
{
    (void)state;
    double cdf[PSN_INTERVAL_TABLE];
    psn_interval_table table = {.cdf = cdf};
    psn_interval_counts counts = {.values = 2,
                                  .whole = 1,
                                  .mean = 1,
                                  .dispersion = 1,
                                  .size = 2,
                                  .most = 2,
                                  .value = {0, 2}};
    psn_interval_counts_table(&table, &counts, 2, 0, 1);
    assert_true(cdf[0] == 0.5 && cdf[3] == 0.5 && cdf[4] == 1);
    assert_true(psn_interval_table_quantile(&table, 0.5) == 0);
    assert_true(psn_interval_table_quantile(&table, 0.51) == 4);
    /* Factor 3/4: 1.5 goes half to 1, half to 2. */
    psn_interval_counts_table(&table, &counts, 0.75, 0, 1);
    assert_true(cdf[0] == 0.5 && cdf[1] == 0.75 && cdf[2] == 1);
}

/* Dispersion (2 x 2 + 20 x 1 x 2) / 22 = 2: with mean 1 geometric, P(0) = 1/2. */
static void a_count_table_shrinks_dispersion_to_the_usual(void **state)
{
    (void)state;
    double cdf[PSN_INTERVAL_TABLE];
    psn_interval_table table = {.cdf = cdf};
    psn_interval_counts counts = {
        .values = 2, .whole = 1, .mean = 1, .dispersion = 2, .size = 2, .most = 2};
    psn_interval_counts_table(&table, &counts, 1, 1, 1);
    assert_true(fabs(cdf[0] - 0.5) < 1e-12 && fabs(cdf[2] - 0.875) < 1e-12);
    assert_true(table.unit == 1 && cdf[table.length - 1] == 1);
}

static void large_counts_start_from_the_middle(void **state)
{
    (void)state;
    double cdf[PSN_INTERVAL_TABLE];
    psn_interval_table table = {.cdf = cdf};
    psn_interval_counts counts = {
        .values = 1, .whole = 1, .mean = 900, .size = 900, .most = 900, .value = {900}};
    psn_interval_counts_table(&table, &counts, 900, 1, 0);
    const double median = psn_interval_table_quantile(&table, 0.5),
                 high = psn_interval_table_quantile(&table, 0.975);
    assert_true(fabs(median - 900) <= 1);
    assert_true(fabs(high - 900 - 1.96 * 30) <= 3); /* Poisson */
}

static void a_better_model_takes_over(void **state)
{
    (void)state;
    world *w = make_world(even_draw, 100);
    static double sharp[CELLS * 3];
    const double levels[] = {0.1, 0.5, 0.9}, mean = 100, now[] = {93, 94, 95};
    double out[5];
    for (int i = 0; i < CELLS * 3; i++) sharp[i] = w->actual[i / 3] + i % 3 - 1;
    const psn_interval_extra extra = {3, levels, sharp}, asked = {3, levels, now};
    fit_world(w, 0, &extra);
    assert_true(w->intervals->group[0].extra == 1);
    ask(w, 0, &mean, 1, &asked, -INFINITY, out);
    assert_true(out[2] == 94 && fabs(out[1] - 93.375) < 1e-9);
    assert_true(out[0] < 93 && out[4] > 95);
    end_world(w);
}

static void paths_have_the_margins_and_do_not_depend_on_their_number(void **state)
{
    (void)state;
    world *w = make_world(even_draw, 100);
    static double out[2000 * STEPS], few[3 * STEPS];
    const double mean[STEPS] = {100, 100, 100, 100};
    const psn_history history = psn_panel_history(&w->panel, 2, 0);
    double below = 0, sum = 0;
    fit_world(w, 0, NULL);
    psn_intervals_paths(w->intervals, &history, 0, mean, STEPS, NULL, 0, 9, 2000,
                        w->scratch, out);
    psn_intervals_paths(w->intervals, &history, 0, mean, STEPS, NULL, 0, 9, 3, w->scratch,
                        few);
    assert_memory_equal(out, few, sizeof few);
    for (int p = 0; p < 2000; p++) {
        below += out[p * STEPS + 2] < 95;
        sum += out[p * STEPS + 2];
    }
    assert_true(fabs(below / 2000 - 0.25) < 0.06 && fabs(sum / 2000 - 100) < 1);
    end_world(w);
}

/* All errors of a row are alike: the sum of 4 has 4 times the spread of one. */
static double stubborn_draw(int64_t s, int32_t t)
{
    return 90 + 20 * unit(s, t / STEPS);
}

static void paths_keep_what_errors_have_in_common(void **state)
{
    (void)state;
    static double out[1000 * STEPS];
    const double mean[STEPS] = {100, 100, 100, 100};
    double ratio[2];
    for (int stubborn = 0; stubborn < 2; stubborn++) {
        world *w = make_world(stubborn ? stubborn_draw : even_draw, 100);
        const psn_history history = psn_panel_history(&w->panel, 2, 0);
        double one = 0, all = 0;
        fit_world(w, 0, NULL);
        psn_intervals_paths(w->intervals, &history, 0, mean, STEPS, NULL, 0, 9, 1000,
                            w->scratch, out);
        for (int p = 0; p < 1000; p++) {
            double sum = 0;
            for (int h = 0; h < STEPS; h++) {
                one += pow(out[p * STEPS + h] - 100, 2) / STEPS;
                sum += out[p * STEPS + h] - 100;
            }
            all += sum * sum;
        }
        ratio[stubborn] = all / one;
        end_world(w);
    }
    assert_true(fabs(ratio[0] - 4) < 1.5); /* independent: 4 */
    assert_true(ratio[1] > 12);            /* the same: 16 */
}

static void threads_do_not_change_the_fit(void **state)
{
    (void)state;
    for (int counts = 0; counts < 2; counts++) {
        world *one = make_world(dice_draw, 1), *many = make_world(dice_draw, 1);
        const uint8_t count_like[] = {(uint8_t)counts};
        psn_pool *pool;
        fit_world(one, counts, NULL);
        assert_int_equal(psn_pool_open(&pool, 3, NULL), PERSONA_OK);
        assert_int_equal(psn_intervals_fit(&many->intervals, &many->panel, &many->trials,
                                           many->group, 1, count_like, NULL, pool, NULL,
                                           NULL),
                         PERSONA_OK);
        psn_pool_close(pool);
        assert_memory_equal(one->intervals->group, many->intervals->group,
                            sizeof *one->intervals->group);
        assert_memory_equal(one->intervals->own, many->intervals->own,
                            SERIES * sizeof(float));
        end_world(one);
        end_world(many);
    }
}

static void write_world(const world *w, psn_text *bytes)
{
    psn_writer *writer;
    assert_int_equal(psn_writer_new(&writer, "test", NULL), PERSONA_OK);
    assert_int_equal(psn_intervals_encode(writer, w->intervals, NULL), PERSONA_OK);
    assert_int_equal(psn_writer_finish(writer, bytes, NULL), PERSONA_OK);
    psn_writer_free(writer);
}

static int read_world(psn_intervals **out, const psn_text *bytes, int32_t groups)
{
    psn_reader *reader;
    const psn_read_limits limits = {1 << 26};
    assert_int_equal(psn_reader_open(&reader, bytes->bytes, bytes->length, &limits, NULL),
                     PERSONA_OK);
    const int rc = psn_intervals_decode(out, reader, groups, NULL);
    psn_reader_free(reader);
    return rc;
}

static void a_file_gives_back_the_same_quantiles(void **state)
{
    (void)state;
    for (int counts = 0; counts < 2; counts++) {
        world *w = make_world(dice_draw, 1);
        const double mean = 1;
        double before[5], after[5];
        psn_text bytes = {0};
        psn_intervals *copy;
        fit_world(w, counts, NULL);
        write_world(w, &bytes);
        ask(w, 4, &mean, 1, NULL, 0, before);
        assert_int_equal(read_world(&copy, &bytes, 1), PERSONA_OK);
        psn_intervals_free(w->intervals);
        w->intervals = copy;
        ask(w, 4, &mean, 1, NULL, 0, after);
        assert_memory_equal(before, after, sizeof before);
        psn_text_free(&bytes);
        end_world(w);
    }
}

/* Every number of a group and the tables beside it. */
static void damaged_numbers_are_refused(void **state)
{
    (void)state;
    world *w = make_world(even_draw, 100);
    fit_world(w, 0, NULL);
    psn_interval_group good = w->intervals->group[0];
    psn_intervals *copy = NULL;
    const size_t numbers = sizeof good / sizeof(double);
    for (size_t i = 0; i <= numbers + 2; i++) {
        psn_text bytes = {0};
        const double growth = w->intervals->growth[0];
        if (i < numbers) ((double *)(void *)w->intervals->group)[i] = -1e10;
        if (i == numbers) w->intervals->growth[0] = NAN;
        if (i == numbers + 1) w->intervals->own[3] = INFINITY;
        write_world(w, &bytes);
        assert_int_equal(read_world(&copy, &bytes, i == numbers + 2 ? 2 : 1),
                         PERSONA_EFORMAT);
        assert_null(copy);
        w->intervals->group[0] = good;
        w->intervals->growth[0] = growth;
        w->intervals->own[3] = 1;
        psn_text_free(&bytes);
    }
    end_world(w);
}

static world *poor;

static int fit_write_read(persona_error *error)
{
    const uint8_t count_like[] = {0};
    psn_intervals *fitted = NULL, *copy = NULL;
    psn_writer *writer = NULL;
    psn_reader *reader = NULL;
    psn_text bytes = {0};
    const psn_read_limits limits = {1 << 26};
    int rc = psn_intervals_fit(&fitted, &poor->panel, &poor->trials, poor->group, 1,
                               count_like, NULL, NULL, NULL, error);
    if (rc == PERSONA_OK) rc = psn_writer_new(&writer, "test", error);
    if (rc == PERSONA_OK) rc = psn_intervals_encode(writer, fitted, error);
    if (rc == PERSONA_OK) rc = psn_writer_finish(writer, &bytes, error);
    if (rc == PERSONA_OK)
        rc = psn_reader_open(&reader, bytes.bytes, bytes.length, &limits, error);
    if (rc == PERSONA_OK) rc = psn_intervals_decode(&copy, reader, 1, error);
    psn_intervals_free(fitted);
    psn_intervals_free(copy);
    psn_writer_free(writer);
    psn_reader_free(reader);
    psn_text_free(&bytes);
    return rc;
}

static void want_of_memory_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    poor = make_world(dice_draw, 1);
    fail_each(fit_write_read, 0);
    end_world(poor);
}

int main(void)
{
    if (failing_memory_install() != PERSONA_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_of_an_even_draw_are_its_own),
        cmocka_unit_test(scores_may_lean_to_one_side),
        cmocka_unit_test(counts_have_whole_quantiles),
        cmocka_unit_test(where_nothing_sells_all_quantiles_are_zero),
        cmocka_unit_test(quantiles_are_sorted_finite_and_above_the_floor),
        cmocka_unit_test(trials_without_any_value_still_give_intervals),
        cmocka_unit_test(an_empirical_table_is_the_window_scaled_to_the_mean),
        cmocka_unit_test(a_count_table_shrinks_dispersion_to_the_usual),
        cmocka_unit_test(large_counts_start_from_the_middle),
        cmocka_unit_test(a_better_model_takes_over),
        cmocka_unit_test(paths_have_the_margins_and_do_not_depend_on_their_number),
        cmocka_unit_test(paths_keep_what_errors_have_in_common),
        cmocka_unit_test(threads_do_not_change_the_fit),
        cmocka_unit_test(a_file_gives_back_the_same_quantiles),
        cmocka_unit_test(damaged_numbers_are_refused),
        cmocka_unit_test(want_of_memory_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
