/* Anomalies and level shifts of smooth series. */
#include "forecast_case.h"
#include "shop/forecast/forecast_fit_clean.h"

static const double season[] = {0, 3, 5, 3, 0, -3, -5, -3};

/* 100, a season of eight, and a little unrest. */
static double usual(int32_t t)
{
    return 100 + season[t % 8] + 0.5 * sin(t * 2.3);
}

static int32_t found_in(const double *value, int32_t count, psn_anomaly *out,
                        double *clean)
{
    double scratch[1024];
    assert_true(psn_clean_scratch(count) <= sizeof scratch);
    return psn_clean_series(out, 8, value, count, 8, clean, scratch);
}

static void one_wild_value_is_found_and_replaced(void **state)
{
    (void)state;
    double value[64], clean[64];
    psn_anomaly out[8];
    for (int32_t t = 0; t < 64; t++) value[t] = usual(t);
    assert_int_equal(found_in(value, 64, out, clean), 0);
    value[30] = 160;
    assert_int_equal(found_in(value, 64, out, clean), 1);
    assert_int_equal(out[0].at, 30);
    assert_int_equal(out[0].kind, PSN_ANOMALY_OUTLIER);
    assert_true(fabs(clean[30] - usual(30)) < 2);
    assert_true(clean[29] == value[29]);
}

static void two_wild_values_in_a_row_or_at_the_end_are_left_alone(void **state)
{
    (void)state;
    double value[64];
    psn_anomaly out[8];
    for (int32_t t = 0; t < 64; t++) value[t] = usual(t);
    value[30] = value[31] = 160;
    assert_int_equal(found_in(value, 64, out, NULL), 0);
    value[30] = usual(30);
    value[31] = usual(31);
    value[63] = 160;
    assert_int_equal(found_in(value, 64, out, NULL), 0);
}

static void what_comes_every_season_is_no_anomaly(void **state)
{
    (void)state;
    double value[64];
    psn_anomaly out[8];
    for (int32_t t = 0; t < 64; t++) value[t] = usual(t) + (t % 8 == 2) * 60;
    assert_int_equal(found_in(value, 64, out, NULL), 0);
}

static void a_new_level_is_a_shift_and_a_slope_is_none(void **state)
{
    (void)state;
    double value[64], clean[64];
    psn_anomaly out[8];
    for (int32_t t = 0; t < 64; t++) value[t] = usual(t) + (t >= 40) * 50;
    assert_int_equal(found_in(value, 64, out, clean), 1);
    assert_int_equal(out[0].at, 40);
    assert_int_equal(out[0].kind, PSN_ANOMALY_SHIFT);
    assert_true(fabs(out[0].expected - usual(40)) < 5);
    assert_memory_equal(clean, value, sizeof value);
    for (int32_t t = 0; t < 64; t++) value[t] = usual(t) + 2 * t;
    assert_int_equal(found_in(value, 64, out, NULL), 0);
}

static void intermittent_short_and_constant_series_have_none(void **state)
{
    (void)state;
    double value[64] = {0};
    psn_anomaly out[8];
    assert_int_equal(found_in(value, 64, out, NULL), 0);
    for (int32_t t = 0; t < 64; t += 5) value[t] = 1;
    value[20] = 90;
    assert_int_equal(found_in(value, 64, out, NULL), 0);
    for (int32_t t = 0; t < 64; t++) value[t] = 7;
    value[20] = 90;
    assert_int_equal(found_in(value, 64, out, NULL), 0);
    assert_int_equal(found_in(value, 4, out, NULL), 0);
    for (int32_t t = 0; t < 64; t++) value[t] = NAN;
    assert_int_equal(found_in(value, 64, out, NULL), 0);
}

static void the_table_names_series_and_time(void **state)
{
    (void)state;
    char csv[4096] = "series,date,value\n";
    psn_reading reading;
    persona_table *table = NULL;
    for (int32_t t = 0; t < 28; t++)
        psn_format(csv + strlen(csv), 64, "a,2024-02-%02d,%.2f\n", t + 1,
                   t == 14 ? 300 : 100 + 0.5 * sin(t * 2.3));
    psn_panel *panel = panel_of(csv, "season=1", &reading);
    assert_int_equal(psn_clean_table(&table, panel, NULL), PERSONA_OK);
    assert_int_equal(table->rows, 1);
    assert_true(psn_column_number(psn_table_column(table, 1), 0) ==
                (double)date_ms(2024, 2, 15));
    assert_true(psn_column_number(psn_table_column(table, 2), 0) == 300);
    const char *text;
    int64_t length;
    psn_column_text(psn_table_column(table, 4), 0, &text, &length);
    assert_memory_equal(text, "outlier", 7);
    psn_table_free(table);
    psn_panel_free(panel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_wild_value_is_found_and_replaced),
        cmocka_unit_test(two_wild_values_in_a_row_or_at_the_end_are_left_alone),
        cmocka_unit_test(what_comes_every_season_is_no_anomaly),
        cmocka_unit_test(a_new_level_is_a_shift_and_a_slope_is_none),
        cmocka_unit_test(intermittent_short_and_constant_series_have_none),
        cmocka_unit_test(the_table_names_series_and_time),
    };
    return cmocka_run_group_tests_name("forecast_clean", tests, NULL, NULL);
}
