/* test_forecast_effects.c: effects put into made-up sales come out again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buffer.h"
#include "shop/forecast/forecast_effects.h"
#include "support/tiny_panel.h"

static const tiny_regressor PRICE[] = {{"price", PSN_REGRESSOR_PRICE}, {NULL, 0}};
static const tiny_regressor FLAG[] = {{"promotion", PSN_REGRESSOR_FLAG}, {NULL, 0}};
static const tiny_regressor EVENT[] = {{"event", PSN_REGRESSOR_EVENT}, {NULL, 0}};

/* Sales = level x price^b x noise of 10 %, a price of 4 or 5 for some weeks each. */
static void fill_prices(psn_panel *panel, int64_t s, double level, double b)
{
    psn_random random;
    const int32_t rows = panel->count[s] + panel->ahead[s];
    psn_random_start(&random, 3, 1, (uint64_t)s);
    for (int32_t t = 0; t < rows; t++) {
        const int64_t row = panel->start[s] + t;
        const double price = (t / 5 + (int)s) % 3 == 0 ? 4 : 5;
        panel->regressor[0].x[row] = price;
        if (t < panel->count[s])
            panel->value[row] =
                level * psn_exp(b * psn_log(price) + 0.1 * tiny_normal(&random));
    }
}

static psn_effects *fitted(const psn_panel *panel)
{
    psn_effects *effects = NULL;
    assert_int_equal(psn_effects_fit(&effects, panel, 0, NULL, NULL, NULL), PERSONA_OK);
    return effects;
}

static void elasticities_of_the_series_are_found(void **state)
{
    (void)state;
    psn_panel *panel = tiny_panel(40, 120, 10, 1, PRICE);
    for (int64_t s = 0; s < 40; s++)
        fill_prices(panel, s, 50.0 + (double)s, s % 2 == 0 ? -1.0 : -3.0);
    psn_effects *effects = fitted(panel);
    for (int64_t s = 0; s < 40; s++) {
        const double b = psn_effects_coefficient(effects, s, 0);
        assert_true(fabs(b - (s % 2 == 0 ? -1.0 : -3.0)) < 0.25);
    }
    psn_effects_free(effects);
    psn_panel_free(panel);
}

/* The price of a series that was sold for ten days at one price says nothing: it gets
 * what its kind has. */
static void a_new_series_borrows_from_its_kind(void **state)
{
    (void)state;
    psn_panel *panel = tiny_panel(40, 120, 10, 1, PRICE);
    for (int64_t s = 0; s < 40; s++)
        fill_prices(panel, s, 50.0, s % 2 == 0 ? -1.0 : -3.0);
    for (int64_t s = 38; s < 40; s++)
        for (int32_t t = 0; t < 110; t++) panel->value[panel->start[s] + t] = NAN;
    for (int64_t s = 38; s < 40; s++)
        for (int32_t t = 0; t < 130; t++) panel->regressor[0].x[panel->start[s] + t] = 5;
    psn_effects *effects = fitted(panel);
    assert_true(fabs(psn_effects_coefficient(effects, 38, 0) + 1.0) < 0.2);
    assert_true(fabs(psn_effects_coefficient(effects, 39, 0) + 3.0) < 0.2);
    psn_effects_free(effects);
    psn_panel_free(panel);
}

/* Elasticity -2, usual price 4.66 = exp(mean of log): a price of 4 sells (4 / usual)^-2
 * times as much; a price never seen counts as the nearest seen; none as the usual. */
static void a_factor_is_relative_to_the_usual_price(void **state)
{
    (void)state;
    double factor[4];
    psn_panel *panel = tiny_panel(40, 120, 4, 1, PRICE);
    for (int64_t s = 0; s < 40; s++) fill_prices(panel, s, 50.0, -2.0);
    double *x = panel->regressor[0].x + panel->start[1] + 120, usual = 0;
    for (int32_t t = 0; t < 120; t++) usual += psn_log(x[t - 120]) / 120;
    x[0] = 4;
    x[1] = NAN;
    x[2] = 0.01;
    x[3] = psn_exp(usual);
    psn_effects *effects = fitted(panel);
    const psn_history history = psn_panel_history(panel, 1, 0);
    psn_effects_factor(effects, &history, 120, 4, factor);
    assert_true(fabs(factor[0] - psn_exp(-2 * (psn_log(4.0) - usual))) < 0.02);
    assert_true(factor[1] == 1);
    assert_true(factor[2] >= factor[0] && factor[2] < 1.05 * factor[0]);
    assert_true(fabs(factor[3] - 1) < 1e-9);
    psn_effects_free(effects);
    psn_panel_free(panel);
}

/* About one piece in two days, two on days of promotion. */
static void a_promotion_that_doubles_rare_sales_has_factor_two(void **state)
{
    (void)state;
    double factor[2];
    psn_panel *panel = tiny_panel(60, 300, 2, 7, FLAG);
    for (int64_t s = 0; s < 60; s++) {
        psn_random random;
        psn_random_start(&random, 5, 1, (uint64_t)s);
        for (int32_t t = 0; t < 302; t++) {
            const int64_t row = panel->start[s] + t;
            const double flag = (t + (int)s) % 10 < 2;
            panel->regressor[0].x[row] = flag;
            if (t < 300) panel->value[row] = tiny_poisson(&random, 0.5 * (1 + flag));
        }
        panel->regressor[0].x[panel->start[s] + 300] = 1;
        panel->regressor[0].x[panel->start[s] + 301] = 0;
    }
    psn_effects *effects = fitted(panel);
    for (int64_t s = 0; s < 60; s++) {
        const psn_history history = psn_panel_history(panel, s, 0);
        psn_effects_factor(effects, &history, 300, 2, factor);
        assert_true(factor[0] > 1.7 && factor[0] < 2.3);
        assert_true(factor[1] == 1);
    }
    psn_effects_free(effects);
    psn_panel_free(panel);
}

/* Event one halves sales, event two changes nothing. */
static void an_event_has_one_effect_for_all(void **state)
{
    (void)state;
    double factor[3];
    psn_panel *panel = tiny_panel(20, 200, 3, 1, EVENT);
    for (int64_t s = 0; s < 20; s++) {
        psn_random random;
        psn_random_start(&random, 7, 1, (uint64_t)s);
        for (int32_t t = 0; t < 203; t++) {
            const int64_t row = panel->start[s] + t;
            const int event = t >= 200 ? t - 200 : t % 20 == 3 ? 1 : t % 20 == 11 ? 2 : 0;
            panel->regressor[0].x[row] = event;
            if (t < 200)
                panel->value[row] =
                    (event == 1 ? 50.0 : 100.0) * psn_exp(0.05 * tiny_normal(&random));
        }
    }
    psn_effects *effects = fitted(panel);
    const psn_history history = psn_panel_history(panel, 4, 0);
    psn_effects_factor(effects, &history, 200, 3, factor);
    assert_true(factor[0] == 1);
    assert_true(fabs(factor[1] - 0.5) < 0.03);
    assert_true(fabs(factor[2] - 1.0) < 0.03);
    psn_effects_free(effects);
    psn_panel_free(panel);
}

static void series_with_values_below_zero_have_no_effects(void **state)
{
    (void)state;
    double factor[1];
    psn_panel *panel = tiny_panel(10, 120, 1, 1, PRICE);
    for (int64_t s = 0; s < 10; s++) fill_prices(panel, s, 50.0, -2.0);
    panel->value[panel->start[3] + 7] = -1;
    psn_effects *effects = fitted(panel);
    const psn_history history = psn_panel_history(panel, 3, 0);
    psn_effects_factor(effects, &history, 0, 1, factor);
    assert_true(factor[0] == 1);
    assert_true(isnan(psn_effects_coefficient(effects, 3, 0)));
    psn_effects_free(effects);
    psn_panel_free(panel);
}

static void without_regressors_there_are_no_effects(void **state)
{
    (void)state;
    double factor[2];
    psn_panel *panel = tiny_panel(3, 50, 0, 1, NULL);
    assert_null(fitted(panel));
    const psn_history history = psn_panel_history(panel, 0, 0);
    psn_effects_factor(NULL, &history, 0, 2, factor);
    assert_true(factor[0] == 1 && factor[1] == 1);
    psn_panel_free(panel);
}

static int decoded(psn_effects **out, const psn_text *bytes, const psn_panel *panel)
{
    const psn_read_limits limits = {.max_bytes = 1 << 28};
    psn_reader *reader = NULL;
    int rc = psn_reader_open(&reader, bytes->bytes, bytes->length, &limits, NULL);
    if (rc == PERSONA_OK) rc = psn_effects_decode(out, reader, panel, NULL);
    psn_reader_free(reader);
    return rc;
}

static void a_file_holds_the_same_effects_and_wrong_ones_are_refused(void **state)
{
    (void)state;
    double a[5], b[5];
    psn_text bytes = {0};
    psn_writer *writer = NULL;
    psn_effects *again = NULL;
    psn_panel *panel = tiny_panel(10, 120, 5, 1, PRICE);
    for (int64_t s = 0; s < 10; s++) fill_prices(panel, s, 50.0, -2.0);
    psn_effects *effects = fitted(panel);
    assert_int_equal(psn_writer_new(&writer, "Test", NULL), PERSONA_OK);
    assert_int_equal(psn_effects_encode(writer, effects, NULL), PERSONA_OK);
    assert_int_equal(psn_writer_finish(writer, &bytes, NULL), PERSONA_OK);
    assert_int_equal(decoded(&again, &bytes, panel), PERSONA_OK);
    const psn_history history = psn_panel_history(panel, 6, 0);
    psn_effects_factor(effects, &history, 118, 5, a);
    psn_effects_factor(again, &history, 118, 5, b);
    assert_memory_equal(a, b, sizeof a);
    psn_effects_free(again);
    panel->regressors = 0; /* a panel without the price */
    assert_int_equal(decoded(&again, &bytes, panel), PERSONA_EFORMAT);
    panel->regressors = 1;
    panel->series = 9;
    assert_int_equal(decoded(&again, &bytes, panel), PERSONA_EFORMAT);
    panel->series = 10;
    psn_writer_free(writer);
    psn_text_free(&bytes);
    psn_effects_free(effects);
    psn_panel_free(panel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elasticities_of_the_series_are_found),
        cmocka_unit_test(a_new_series_borrows_from_its_kind),
        cmocka_unit_test(a_factor_is_relative_to_the_usual_price),
        cmocka_unit_test(a_promotion_that_doubles_rare_sales_has_factor_two),
        cmocka_unit_test(an_event_has_one_effect_for_all),
        cmocka_unit_test(series_with_values_below_zero_have_no_effects),
        cmocka_unit_test(without_regressors_there_are_no_effects),
        cmocka_unit_test(a_file_holds_the_same_effects_and_wrong_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
