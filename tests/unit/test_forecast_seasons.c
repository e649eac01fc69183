/* Seasons: of calendars, by option, by a column, found in whole-number periods. */
#include "forecast_case.h"

/* One series of a value a period from `of`. */
static psn_panel *series_of(int32_t count, int64_t series,
                            double (*of)(int64_t s, int32_t t))
{
    psn_panel *panel = NULL;
    assert_int_equal(psn_panel_new(&panel, series, NULL), PERSONA_OK);
    for (int64_t s = 0; s < series; s++) {
        panel->count[s] = count;
        panel->start[s + 1] = panel->start[s] + count;
    }
    assert_int_equal(psn_panel_room(panel, NULL), PERSONA_OK);
    for (int64_t s = 0; s < series; s++)
        for (int32_t t = 0; t < count; t++) panel->value[panel->start[s] + t] = of(s, t);
    for (int64_t s = 0; s < series; s++)
        while (isnan(panel->value[panel->start[s] + panel->count[s] - 1]))
            panel->count[s]--;
    assert_int_equal(psn_panel_find_seasons(panel, NULL), PERSONA_OK);
    return panel;
}

/* Between -1 and 1, the same for the same arguments. */
static double noise(int64_t s, int32_t t)
{
    return 2 * fmod(sin((double)(s * 1000 + t) * 12.9898) * 43758.5453 + 1e6, 1) - 1;
}

static double a_week(int64_t s, int32_t t)
{
    static const double day[] = {3, 1, 0, 0, 1, 4, 6};
    return 20 + day[t % 7] + 2 * noise(s, t);
}

static double a_line(int64_t s, int32_t t)
{
    return 20 + 0.3 * t + 2 * noise(s, t);
}

/* Months: long; years: short. */
static double years_and_months(int64_t s, int32_t t)
{
    if (s % 2) return t < 20 ? a_line(s, t) : NAN;
    return 50 + 8 * sin(t * 0.5235987755982988) + 2 * noise(s, t);
}

static void a_clear_season_of_one_series_is_found(void **state)
{
    (void)state;
    psn_panel *panel = series_of(70, 1, a_week);
    assert_int_equal(panel->season[0], 7);
    assert_int_equal(panel->season[1], 0);
    psn_panel_free(panel);
}

static void noise_around_a_line_has_no_season(void **state)
{
    (void)state;
    psn_panel *panel = series_of(70, 20, a_line);
    for (int64_t s = 0; s < 20; s++)
        assert_int_equal(panel->season[s * PSN_FORECAST_SEASONS], 0);
    psn_panel_free(panel);
}

static void short_series_may_have_another_season_than_long_ones(void **state)
{
    (void)state;
    psn_panel *panel = series_of(96, 20, years_and_months);
    for (int64_t s = 0; s < 20; s++)
        assert_int_equal(panel->season[s * PSN_FORECAST_SEASONS], s % 2 ? 0 : 12);
    psn_panel_free(panel);
}

static void short_and_constant_series_have_none(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel =
        panel_of("series,t,value\na,1,3.5\nb,1,2\nb,2,2\nb,3,2\n", "", &reading);
    assert_int_equal(panel->season[0], 0);
    assert_int_equal(panel->season[PSN_FORECAST_SEASONS], 0);
    psn_panel_free(panel);
}

static void the_option_says_one_or_several(void **state)
{
    (void)state;
    psn_reading reading;
    const char *csv = "t,value\n1,3.5\n2,4\n";
    psn_panel *panel = panel_of(csv, "season=\"168,24\"", &reading);
    assert_int_equal(panel->season[0], 24);
    assert_int_equal(panel->season[1], 168);
    psn_panel_free(panel);
    panel = panel_of("date,value\n2024-01-01,3\n2024-01-02,2.5\n", "season=1", &reading);
    assert_int_equal(panel->season[0], 0);
    psn_panel_free(panel);
    panel_fails(csv, "season=0", "season");
    panel_fails(csv, "season=2,3,4,5", "at most 3");
    panel_fails(csv, "season=often", "a column of the table");
}

static void a_column_says_it_of_each_series(void **state)
{
    (void)state;
    psn_panel *panel = NULL;
    psn_reading reading;
    persona_table *table = csv_table("id,t,value\na,1,1.5\nb,1,2\nc,1,2\n", NULL);
    persona_table *other = csv_table("id,freq\nb,12\na,4\nc,1\n", NULL);
    persona_params *params = fit_params("season=freq");
    assert_int_equal(psn_table_link(table, "id", other, "id", NULL), PERSONA_OK);
    assert_int_equal(psn_panel_read(&panel, &reading, table, params, NULL, NULL), 0);
    assert_int_equal(panel->season[0], 4);
    assert_int_equal(panel->season[PSN_FORECAST_SEASONS], 12);
    assert_int_equal(panel->season[2 * PSN_FORECAST_SEASONS], 0);
    assert_int_equal(panel->traits, 0);
    psn_panel_free(panel);
    psn_params_free(params);
    psn_table_free(table);
    psn_table_free(other);
    panel = panel_of("id,t,value,freq\na,1,1.5,4\nb,1,2,12\n", "season=freq", &reading);
    assert_int_equal(panel->season[PSN_FORECAST_SEASONS], 12);
    psn_panel_free(panel);
    panel_fails("t,value,freq\n1,2,2.5\n", "season=freq", "whole number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clear_season_of_one_series_is_found),
        cmocka_unit_test(noise_around_a_line_has_no_season),
        cmocka_unit_test(short_series_may_have_another_season_than_long_ones),
        cmocka_unit_test(short_and_constant_series_have_none),
        cmocka_unit_test(the_option_says_one_or_several),
        cmocka_unit_test(a_column_says_it_of_each_series),
    };
    return cmocka_run_group_tests_name("forecast_seasons", tests, NULL, NULL);
}
