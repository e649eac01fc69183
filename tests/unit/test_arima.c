/* test_arima.c: likelihoods against reference values, orders found, states that go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/philox.h"
#include "learn/arima_fit.h"

enum { COUNT = 24 };

/* A series of no meaning that anyone can write down again. */
static void zigzag(double *out)
{
    for (int t = 1; t <= COUNT; t++) out[t - 1] = t * 7 % 11 + t / 4.0 - 8.0;
}

static int near(double a, double b, double by)
{
    return fabs(a - b) <= by;
}

static double squares(const double *e, int32_t count)
{
    double sum = 0.0;
    for (int32_t t = 0; t < count; t++) sum += e[t] * e[t];
    return sum;
}

/* Sum of squares and of logs of variances of the zigzag. */
static double exact(psn_arma_order order, const double *coefficients, double *logs)
{
    double x[COUNT], e[COUNT], scratch[400];
    zigzag(x);
    const psn_arma_series series = {.x = {x}, .error = {e}, .columns = 1, .count = COUNT};
    assert_true(psn_arma_scratch(&order) <= 400);
    assert_true(psn_arma_exact(&order, coefficients, &series, logs, scratch));
    return squares(e, COUNT);
}

static void likelihood_of_an_ar1_is_that_by_hand(void **state)
{
    (void)state;
    const double x[] = {2, 1, 3}, half = 0.5;
    double e[3], logs, scratch[100];
    const psn_arma_order order = {.p = 1, .season = 1};
    const psn_arma_series series = {.x = {x}, .error = {e}, .columns = 1, .count = 3};
    psn_arma_exact(&order, &half, &series, &logs, scratch);
    assert_true(near(e[0], 2 * sqrt(0.75), 1e-15)); /* variance 1 / (1 - 1/4) */
    assert_true(e[1] == 0.0 && e[2] == 2.5);
    assert_true(near(logs, log(4.0 / 3.0), 1e-15));
}

/* Reference values: Cholesky of the covariance of the 24 values. */
static void likelihoods_equal_those_of_the_covariance(void **state)
{
    (void)state;
    const double arma[] = {0.5, -0.3, 0.4}, ma[] = {-0.6, 0.2};
    const double seasonal[] = {0.6, -0.2, 0.3, 0.5};
    double logs;
    assert_true(near(exact((psn_arma_order){2, 1, 0, 0, 1}, arma, &logs),
                     571.687347325084, 1e-9));
    assert_true(near(logs, 0.966144701329, 1e-11));
    assert_true(
        near(exact((psn_arma_order){0, 2, 0, 0, 1}, ma, &logs), 245.848165371318, 1e-9));
    assert_true(near(logs, 0.369326061492, 1e-11));
    assert_true(near(exact((psn_arma_order){1, 1, 1, 1, 4}, seasonal, &logs),
                     941.074838640844, 1e-9));
    assert_true(near(logs, 3.079272078611, 1e-11));
}

static double with_gaps(psn_arma_order order, psn_arma_differences differences,
                        const double *coefficients, double *logs, int32_t *used)
{
    double x[COUNT], e[COUNT], scratch[2000];
    zigzag(x);
    x[4] = x[11] = x[12] = NAN;
    const psn_arma_series series = {.x = {x}, .error = {e}, .columns = 1, .count = COUNT};
    assert_true(psn_arma_missing_scratch(&order, differences) <= 2000);
    psn_arma_missing(&order, coefficients, differences, &series, logs, used, scratch);
    return squares(e, COUNT);
}

static void missing_values_are_integrated_out(void **state)
{
    (void)state;
    const double full[] = {0.6, -0.2, 0.3, 0.5}, airline[] = {0.6, -0.2, -0.4};
    double logs;
    int32_t used;
    double sum = with_gaps((psn_arma_order){1, 1, 1, 1, 4}, (psn_arma_differences){0, 0},
                           full, &logs, &used);
    assert_true(near(sum, 401.134544585443, 1e-9) && near(logs, 4.940595965097, 1e-10));
    assert_int_equal(used, 21);
    sum = with_gaps((psn_arma_order){1, 1, 0, 1, 4}, (psn_arma_differences){1, 1},
                    airline, &logs, &used);
    assert_true(near(sum, 817.563044188804, 0.01) && near(logs, 4.494012504650, 1e-4));
    assert_int_equal(used, 16);
}

static void coefficients_come_back_from_free_numbers(void **state)
{
    (void)state;
    const psn_arma_order order = {3, 2, 1, 1, 12};
    const double z[] = {0.7, -0.4, 0.2, 1.5, -0.3, 2.0, -1.0};
    double coefficients[PSN_ARMA_COEFFICIENTS], back[PSN_ARMA_COEFFICIENTS];
    psn_arma_bounded(&order, z, coefficients);
    assert_true(psn_arma_free(&order, coefficients, back));
    for (int i = 0; i < 7; i++) assert_true(near(back[i], z[i], 1e-12));
    assert_true(near(coefficients[6], -(-1.0 / sqrt(2.0)), 1e-15));
    coefficients[5] = 1.0;
    assert_false(psn_arma_free(&order, coefficients, back));
}

static void a_root_inside_the_radius_is_seen(void **state)
{
    (void)state;
    const psn_arma_order order = {.p = 2, .season = 1};
    const double roots[] = {1.0 / 1.25 + 1.0 / 1.5, -1.0 / 1.25 / 1.5};
    assert_true(psn_arma_roots(&order, roots, 1.24));
    assert_false(psn_arma_roots(&order, roots, 1.26));
}

/* ---- the learner ---- */

typedef struct fitted {
    psn_local_model model;
    double value[200];
    void *scratch;
} fitted;

static int fit(fitted *f, const double *y, int32_t count, int32_t season,
               const psn_arima_options *options)
{
    const psn_series series = {y, count, season};
    f->model.value = f->value;
    assert_true(psn_arima_learner.room(season) <= 200);
    f->scratch = aligned_alloc(64, psn_arima_learner.scratch(count, season));
    assert_non_null(f->scratch);
    const int rc = psn_arima_learner.fit(&f->model, &series, options, f->scratch);
    free(f->scratch);
    if (rc) assert_true(psn_arima_learner.check(&f->model));
    return rc;
}

/* Sums of four uniform numbers: nearly normal, variance 1. */
static void noise(double *e, int32_t count, uint64_t seed)
{
    psn_random random;
    psn_random_start(&random, seed, 77, 0);
    for (int32_t t = 0; t < count; t++) {
        double sum = -2.0;
        for (int i = 0; i < 4; i++) sum += psn_random_unit(&random);
        e[t] = sum * sqrt(3.0);
    }
}

static void coefficients_of_simulated_series_are_found(void **state)
{
    (void)state;
    double e[2000], y[2000] = {0};
    noise(e, 2000, 1);
    for (int t = 1; t < 2000; t++) y[t] = 0.8 * y[t - 1] + e[t] + 0.3 * e[t - 1];
    const psn_arima_options options = {.given = 1, .order = {.p = 1, .q = 1}};
    fitted f = {0};
    assert_true(fit(&f, y, 2000, 1, &options));
    assert_true(near(f.value[0], 0.8, 0.04) && near(f.value[1], 0.3, 0.06));
    assert_true(near(f.model.sigma, 1.0, 0.05));
}

static void orders_of_simulated_series_are_found(void **state)
{
    (void)state;
    double e[600], y[600] = {0};
    fitted f = {0};
    noise(e, 600, 2);
    for (int t = 2; t < 600; t++) y[t] = 1.2 * y[t - 1] - 0.6 * y[t - 2] + e[t];
    assert_true(fit(&f, y, 600, 1, NULL));
    psn_arima_order order = psn_arima_form_order(f.model.form);
    assert_true(order.p >= 2 && order.d == 0);
    for (int t = 1; t < 600; t++) y[t] = y[t - 1] + e[t] - 0.5 * e[t - 1];
    assert_true(fit(&f, y, 600, 1, NULL));
    order = psn_arima_form_order(f.model.form);
    assert_true(order.d == 1 && order.q >= 1);
}

static void a_line_goes_on_as_a_line(void **state)
{
    (void)state;
    double y[30], mean[3];
    for (int t = 0; t < 30; t++) y[t] = 5.0 + 2.0 * t;
    fitted f = {0};
    assert_true(fit(&f, y, 30, 1, NULL));
    psn_arima_learner.forecast(&f.model, 3, mean);
    for (int h = 0; h < 3; h++) assert_true(near(mean[h], 65.0 + 2.0 * h, 1e-6));
}

static void a_season_goes_on_as_it_was(void **state)
{
    (void)state;
    const double season[] = {10, 40, 20, 30};
    double y[40], mean[8];
    for (int t = 0; t < 40; t++) y[t] = season[t % 4] + t;
    fitted f = {0};
    assert_true(fit(&f, y, 40, 4, NULL));
    psn_arima_learner.forecast(&f.model, 8, mean);
    for (int h = 0; h < 8; h++) assert_true(near(mean[h], season[h % 4] + 40 + h, 1e-6));
}

static void a_constant_series_is_not_for_it(void **state)
{
    (void)state;
    const double y[] = {7, 7, 7, 7, 7, 7, 7, 7};
    fitted f = {0};
    assert_false(fit(&f, y, 8, 4, NULL));
    assert_false(fit(&f, y, 2, 4, NULL));
}

/* Reference: forecasts of statsmodels' exact diffuse filter with these parameters. */
static void forecasts_equal_a_kalman_filter(void **state)
{
    (void)state;
    const double expected[] = {-1.9465475982, -5.8227184523, -3.697826583,
                               -4.8755895342, -7.2083760832, -10.7162903078};
    const psn_arima_order order = {.p = 1, .q = 1, .sq = 1, .d = 1, .sd = 1};
    const psn_arma_order arma = {1, 1, 0, 1, 4};
    double value[40] = {0.6, -0.2, -0.4}, y[COUNT], x[COUNT - 5], e[COUNT], logs;
    double scratch[400], mean[6];
    zigzag(y);
    for (int t = 5; t < COUNT; t++) x[t - 5] = y[t] - y[t - 1] - y[t - 4] + y[t - 5];
    const psn_arma_series series = {
        .x = {x}, .error = {e}, .states = {value + 3}, .columns = 1, .count = COUNT - 5};
    psn_arma_exact(&arma, value, &series, &logs, scratch);
    for (int i = 0; i < 5; i++) value[9 + i] = y[COUNT - 1 - i];
    psn_local_model model = {
        .form = psn_arima_order_form(&order), .season = 4, .count = 14, .value = value};
    assert_true(psn_arima_learner.check(&model));
    psn_arima_learner.forecast(&model, 6, mean);
    for (int h = 0; h < 6; h++) assert_true(near(mean[h], expected[h], 1e-9));
}

static void states_go_on_as_if_fitted_later(void **state)
{
    (void)state;
    double e[300], y[300] = {0}, later[4], after[4];
    noise(e, 300, 3);
    for (int t = 12; t < 300; t++)
        y[t] = y[t - 12] + 0.5 * (y[t - 1] - (t > 12 ? y[t - 13] : 0)) + e[t] -
               0.4 * e[t - 12];
    const psn_arima_options options = {.given = 1,
                                       .order = {.p = 1, .sd = 1, .sq = 1, .mean = 1}};
    fitted f = {0};
    assert_true(fit(&f, y, 300, 12, &options));
    psn_arima_learner.forecast(&f.model, 4, later);
    f.model.warm = 0;
    assert_true(fit(&f, y, 290, 12, &options));
    psn_arima_learner.advance(&f.model, y + 290, 10);
    psn_arima_learner.forecast(&f.model, 4, after);
    for (int h = 0; h < 4; h++) assert_true(near(after[h], later[h], 0.1));
}

static void a_missing_value_that_comes_is_what_was_expected(void **state)
{
    (void)state;
    double e[100], y[100] = {0}, before[5], after[4];
    const double gap = NAN;
    noise(e, 100, 4);
    for (int t = 1; t < 100; t++) y[t] = y[t - 1] + 0.3 + e[t];
    fitted f = {0};
    assert_true(fit(&f, y, 100, 1, NULL));
    psn_arima_learner.forecast(&f.model, 5, before);
    psn_arima_learner.advance(&f.model, &gap, 1);
    psn_arima_learner.forecast(&f.model, 4, after);
    for (int h = 0; h < 4; h++) assert_true(near(after[h], before[h + 1], 1e-9));
}

static void holes_change_little(void **state)
{
    (void)state;
    double e[200], y[200] = {0}, full[4], gappy[4];
    noise(e, 200, 5);
    for (int t = 1; t < 200; t++) y[t] = 0.7 * y[t - 1] + e[t];
    const psn_arima_options options = {.given = 1, .order = {.p = 1, .mean = 1}};
    fitted f = {0};
    assert_true(fit(&f, y, 200, 1, &options));
    psn_arima_learner.forecast(&f.model, 4, full);
    for (int t = 20; t < 180; t += 7) y[t] = NAN;
    assert_true(fit(&f, y, 200, 1, &options));
    psn_arima_learner.forecast(&f.model, 4, gappy);
    for (int h = 0; h < 4; h++) assert_true(near(full[h], gappy[h], 0.15));
}

static void a_warm_start_keeps_the_form(void **state)
{
    (void)state;
    double e[200], y[200] = {0};
    noise(e, 200, 6);
    for (int t = 1; t < 200; t++) y[t] = y[t - 1] + e[t] - 0.6 * e[t - 1];
    fitted f = {0};
    assert_true(fit(&f, y, 150, 1, NULL));
    const int32_t form = f.model.form;
    f.model.warm = 1;
    assert_true(fit(&f, y, 200, 1, NULL));
    assert_int_equal(f.model.form, form);
}

static void spoiled_models_are_refused(void **state)
{
    (void)state;
    double value[] = {0.5, 1.0, 2.0};
    psn_local_model model = {
        .form = 1 | 1 << 10, .season = 1, .count = 3, .value = value};
    assert_true(psn_arima_learner.check(&model));
    value[0] = 1.5;
    assert_false(psn_arima_learner.check(&model));
    value[0] = NAN;
    assert_false(psn_arima_learner.check(&model));
    value[0] = 0.5;
    model.count = 2;
    assert_false(psn_arima_learner.check(&model));
    model.form = 7;
    assert_false(psn_arima_learner.check(&model));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(likelihood_of_an_ar1_is_that_by_hand),
        cmocka_unit_test(likelihoods_equal_those_of_the_covariance),
        cmocka_unit_test(missing_values_are_integrated_out),
        cmocka_unit_test(coefficients_come_back_from_free_numbers),
        cmocka_unit_test(a_root_inside_the_radius_is_seen),
        cmocka_unit_test(coefficients_of_simulated_series_are_found),
        cmocka_unit_test(orders_of_simulated_series_are_found),
        cmocka_unit_test(a_line_goes_on_as_a_line),
        cmocka_unit_test(a_season_goes_on_as_it_was),
        cmocka_unit_test(a_constant_series_is_not_for_it),
        cmocka_unit_test(forecasts_equal_a_kalman_filter),
        cmocka_unit_test(states_go_on_as_if_fitted_later),
        cmocka_unit_test(a_missing_value_that_comes_is_what_was_expected),
        cmocka_unit_test(holes_change_little),
        cmocka_unit_test(a_warm_start_keeps_the_form),
        cmocka_unit_test(spoiled_models_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
