/* Tables of values and logs of orders become panels. */
#include "forecast_case.h"
#include "shop/forecast/forecast_panel_future.h"

/* ---- tables */

static void rows_may_come_in_any_order_and_holes_are_missing(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel = panel_of("series,date,value\n"
                                "b,2024-01-02,5.5\nb,2024-01-01,4\n"
                                "a,2024-01-05,3\na,2024-01-01,1\na,2024-01-02,0\n",
                                "", &reading);
    assert_int_equal(panel->series, 2);
    assert_series(panel, 0, 2, 0, (double[]){4, 5.5});
    assert_series(panel, 1, 5, 0, (double[]){1, 0, MISSING, MISSING, 3});
    assert_true(panel->first[1] == date_ms(2024, 1, 1));
    assert_int_equal(reading.horizon, 28);
    assert_int_equal(panel->season[0], 7);
    psn_panel_free(panel);
    panel = panel_of("id,t,y\na,1,4\na,2,5\na,4,7.5\n", "fill=zero", &reading);
    assert_series(panel, 0, 4, 0, (double[]){4, 5, 0, 7.5});
    assert_int_equal(reading.horizon, 12);
    psn_panel_free(panel);
}

static void every_series_has_its_own_calendar(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel = panel_of("series,date,value\n"
                                "m,2024-01-31,1\nm,2024-02-29,2\nm,2024-03-31,3\n"
                                "m,2024-04-30,3.5\nn,2024-01-31,1\nn,2024-02-29,2\n"
                                "n,2024-03-31,3\nd,2024-01-01,1\nd,2024-01-02,2\n"
                                "d,2024-01-03,2\none,2024-01-31,8.5\n",
                                "", &reading);
    assert_series(panel, 0, 4, 0, (double[]){1, 2, 3, 3.5});
    assert_int_equal(panel->period[0].unit, PSN_PERIOD_MONTH);
    assert_int_equal(panel->period[2].unit, PSN_PERIOD_MS);
    assert_int_equal(panel->period[3].unit, PSN_PERIOD_MONTH); /* as most others */
    assert_series(panel, 3, 1, 0, (double[]){8.5});
    psn_panel_free(panel);
}

static void a_period_given_twice_is_refused_unless_told_what_to_do(void **state)
{
    (void)state;
    psn_reading reading;
    const char *csv = "series,t,value\na,1,4\na,2,5\na,2,7\n";
    assert_int_equal(panel_fails(csv, "", "aggregate=sum"), 2);
    psn_panel *panel = panel_of(csv, "aggregate=sum", &reading);
    assert_series(panel, 0, 2, 0, (double[]){4, 12});
    psn_panel_free(panel);
    panel = panel_of(csv, "aggregate=mean", &reading);
    assert_series(panel, 0, 2, 0, (double[]){4, 6});
    psn_panel_free(panel);
    panel = panel_of(csv, "aggregate=last", &reading);
    assert_series(panel, 0, 2, 0, (double[]){4, 7});
    psn_panel_free(panel);
}

static void rows_without_value_at_the_end_are_the_future(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel = panel_of("series,t,value,price\n"
                                "a,1,4,2\na,2,5,3\na,3,,2.5\na,4,,2\n"
                                "b,1,4.5,2\nb,2,,3\nb,3,,2.5\nb,4,,2\n"
                                "c,1,1,2\nc,2,2,3\nc,3,,2.5\nc,4,,2\n"
                                "d,1,1,2\nd,2,2,3\n",
                                "", &reading);
    assert_series(panel, 0, 2, 2, (double[]){4, 5});
    assert_series(panel, 1, 2, 2, (double[]){4.5, MISSING}); /* was out of stock */
    assert_series(panel, 3, 2, 0, (double[]){1, 2});
    assert_int_equal(reading.horizon, 2);
    assert_int_equal(panel->regressors, 1);
    assert_int_equal(panel->regressor[0].kind, PSN_REGRESSOR_PRICE);
    assert_rows(panel->regressor[0].x, 4, (double[]){2, 3, 2.5, 2});
    psn_panel_free(panel);
    panel = panel_of("series,t,value\na,1,4\na,2,\nb,1,3\nb,2,4\nc,1,3\nc,2,4\n", "",
                     &reading);
    assert_series(panel, 0, 2, 0, (double[]){4, MISSING}); /* a gap: the others go on */
    psn_panel_free(panel);
}

static void a_series_without_values_keeps_its_place(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel = panel_of("series,t,value\na,1,\na,2,\nb,1,3.5\nb,2,4\nc,1,2\n"
                                "c,2,2\n",
                                "", &reading);
    assert_series(panel, 0, 0, 0, NULL);
    assert_series(panel, 1, 2, 0, (double[]){3.5, 4});
    psn_panel_free(panel);
    panel_fails("series,t,value,x\na,1,,1\na,2,,1\n", "", "no series has a value");
}

static void counts_without_zeros_have_zeros_in_their_holes(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel =
        panel_of("sku,date,sales\na,2024-01-01,1\na,2024-01-02,2\na,2024-01-03,1\n"
                 "a,2024-01-05,2\n",
                 "", &reading);
    assert_series(panel, 0, 5, 0, (double[]){1, 2, 1, 0, 2});
    psn_panel_free(panel);
}

static void long_zeros_before_the_first_sale_are_cut(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel = panel_of("series,t,value\na,1,0\na,2,0\na,3,0\na,4,0\na,5,3\n"
                                "a,6,0\na,7,2\n",
                                "", &reading);
    assert_series(panel, 0, 3, 0, (double[]){3, 0, 2});
    assert_true(panel->first[0] == 5);
    psn_panel_free(panel);
}

/* ---- logs */

static void orders_are_added_up_by_day_until_the_last_day(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel = panel_of(
        "product,ordered_at,quantity,price\n"
        "a,2024-01-01 10:00,1,2\na,2024-01-01 18:00,3,4\na,2024-01-03 09:00,2,5\n"
        "b,2024-01-04 09:00,7,1\na,2024-01-02 07:00,0,2\n",
        "", &reading);
    assert_int_equal(reading.log, 1);
    assert_series(panel, 0, 4, 0, (double[]){4, 0, 2, 0});
    assert_series(panel, 1, 1, 0, (double[]){7});
    assert_true(panel->first[1] == date_ms(2024, 1, 4));
    assert_rows(panel->regressor[0].x, 4, (double[]){3.5, 2, 5, 5});
    psn_panel_free(panel);
}

/* One order of a piece every day of 2024-01-03 (a Wednesday) .. + days - 1. */
static void daily_log(char *csv, int days)
{
    strcpy(csv, "item,date,quantity\n");
    for (int d = 0; d < days; d++) {
        int64_t year;
        int month, day;
        psn_date_of_days(psn_days_of_date(2024, 1, 3) + d, &year, &month, &day);
        for (int twice = 0; twice < 2; twice++)
            psn_format(csv + strlen(csv), 64, "a,2024-%02d-%02d,1\n", month, day);
    }
}

static void weeks_that_are_not_whole_are_left_out(void **state)
{
    (void)state;
    char csv[8192];
    psn_reading reading;
    daily_log(csv, 35); /* Wednesday .. Tuesday */
    psn_panel *panel = panel_of(csv, "period=week", &reading);
    assert_series(panel, 0, 4, 0, (double[]){14, 14, 14, 14});
    assert_true(panel->first[0] == date_ms(2024, 1, 8));
    psn_panel_free(panel);
    daily_log(csv, 33); /* to Sunday */
    panel = panel_of(csv, "period=week", &reading);
    assert_series(panel, 0, 4, 0, (double[]){14, 14, 14, 14});
    psn_panel_free(panel);
    panel = panel_of(csv, "", &reading);
    assert_int_equal(panel->count[0], 33);
    psn_panel_free(panel);
}

static void future_rows_of_a_log_come_after_its_last_period(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel = panel_of("item,week,quantity,promo\n"
                                "a,1,2,0\na,1,3,1\na,3,1,0\nb,3,2,0\n"
                                "a,4,,1\na,5,,0\nb,4,,0\n",
                                "", &reading);
    assert_series(panel, 0, 3, 2, (double[]){5, 0, 1});
    assert_series(panel, 1, 1, 1, (double[]){2});
    assert_int_equal(panel->regressor[0].kind, PSN_REGRESSOR_FLAG);
    assert_rows(panel->regressor[0].x, 5, (double[]){1, MISSING, 0, 1, 0});
    psn_panel_free(panel);
}

static void rare_returns_are_no_demand(void **state)
{
    (void)state;
    psn_reading reading;
    const char *csv = "item,t,quantity\na,1,3\na,1,-5\na,2,4\n";
    psn_panel *panel = panel_of(csv, "negative=false", &reading);
    assert_series(panel, 0, 2, 0, (double[]){0, 4});
    psn_panel_free(panel);
    panel = panel_of(csv, "", &reading);
    assert_int_equal(reading.negative, 1); /* half of the values are not rare */
    assert_series(panel, 0, 2, 0, (double[]){-2, 4});
    psn_panel_free(panel);
}

/* ---- columns */

static void columns_are_regressors_traits_or_nothing(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel =
        panel_of("series,t,value,event,shop,profit,row,temperature\n"
                 "a,1,1,none,north,9,1,20\na,2,2,Easter,north,8,2,21.5\n"
                 "a,3,3,none,north,9,3,20\n"
                 "b,1,1,none,north,9,4,20\nb,2,2,Easter,north,8,5,22\nb,3,3,,north,9,6,\n"
                 "c,1,1,none,south,9,7,20\nc,2,2,Easter,south,8,8,22\n"
                 "c,3,3,Easter,south,9,9,22\nd,1,1,none,south,9,10,20\n"
                 "d,2,2,none,south,8,11,22\nd,3,3,none,south,9,12,22\n",
                 "", &reading);
    assert_int_equal(panel->regressors, 2);
    assert_string_equal(panel->regressor[0].name, "event");
    assert_int_equal(panel->regressor[0].kind, PSN_REGRESSOR_EVENT);
    assert_int_equal(psn_dict_count(panel->regressor[0].levels), 1);
    assert_rows(panel->regressor[0].x, 6, (double[]){0, 1, 0, 0, 1, 0});
    assert_rows(panel->regressor[1].x, 6, (double[]){20, 21.5, 20, 20, 22, MISSING});
    assert_int_equal(panel->traits, 1);
    assert_string_equal(panel->trait[0].name, "shop");
    assert_int_equal(panel->trait[0].code[2], 1);
    psn_panel_free(panel);
}

static void a_linked_table_says_what_series_are(void **state)
{
    (void)state;
    psn_panel *panel = NULL;
    psn_reading reading;
    persona_table *table =
        csv_table("sku,t,value\na,1,1\na,2,2\nb,1,1\nb,2,2\nc,1,1\nd,1,1\n", NULL);
    persona_table *other = csv_table("sku,category\nd,x\nc,y\nb,x\na,y\n", NULL);
    assert_int_equal(psn_table_link(table, "sku", other, "sku", NULL), PERSONA_OK);
    assert_int_equal(psn_panel_read(&panel, &reading, table, NULL, NULL, NULL), 0);
    assert_int_equal(panel->traits, 1);
    assert_string_equal(panel->trait[0].name, "category");
    assert_int_equal(panel->trait[0].code[0], panel->trait[0].code[2]);
    assert_int_not_equal(panel->trait[0].code[0], panel->trait[0].code[1]);
    psn_panel_free(panel);
    psn_table_free(table);
    psn_table_free(other);
}

/* ---- times */

static void assert_first(const char *time, int64_t want, int dates)
{
    char csv[128];
    psn_reading reading;
    psn_format(csv, sizeof csv, "time,value\n%s,1.5\n", time);
    psn_panel *panel = panel_of(csv, "", &reading);
    assert_int_equal(panel->dates, dates);
    assert_true(panel->first[0] == want);
    psn_panel_free(panel);
}

static void times_are_read_in_all_their_forms(void **state)
{
    (void)state;
    assert_first("2024-03", date_ms(2024, 3, 1), 1);
    assert_first("2024-Q2", date_ms(2024, 4, 1), 1);
    assert_first("2024-W01", date_ms(2024, 1, 1), 1);
    assert_first("2021-W01", date_ms(2021, 1, 4), 1);
    assert_first("20240331", date_ms(2024, 3, 31), 1);
    assert_first("202403", date_ms(2024, 3, 1), 1);
    assert_first("2024", 2024, 0);
    assert_first("1700000000", INT64_C(1700000000000), 1);
    assert_first("1700000000000", INT64_C(1700000000000), 1);
    panel_fails("time,value\n1700000000000000,1\n", "", "microseconds");
    panel_fails("time,value\n1.5,1\n", "", "whole numbers");
    panel_fails("time,value\nsoon,1\n", "column.time=time", "no times");
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_int_equal(panel_fails("t,value\n1,2.5\n2,inf\n", "", "infinite"), 1);
    assert_int_equal(panel_fails("t,value\n1,2.5\n2,1e300\n", "", "1e100"), 1);
    panel_fails("time,price,x\n1,2.5,3.5\n", "", "value or quantity");
    panel_fails("t,value\n1,2\n", "regressors=promo", "promo");
    panel_fails("t,value\n1,2\n", "period=day", "whole numbers");
    panel_fails("t,value\n1,2\n", "period=fortnight", "15 minutes");
    panel_fails("t,value\n", "", "no rows");
}

/* ---- later */

static psn_panel *appended(const psn_panel *panel, const char *csv, psn_reading *reading)
{
    psn_panel *longer = NULL;
    persona_error error = {0};
    persona_table *table = csv_table(csv, NULL);
    if (psn_panel_append(&longer, reading, panel, table, NULL, 0, &error))
        fail_msg("%s", error.message);
    psn_table_free(table);
    return longer;
}

static void new_rows_go_behind_the_history(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel = panel_of("series,t,value,price,shop\na,1,1,2,x\na,2,2,3,x\n"
                                "b,1,1,2,y\nb,2,2,3,y\nc,1,1,2,x\nc,2,2,3,x\n"
                                "d,1,1.5,2,y\nd,2,2,3,y\n",
                                "", &reading);
    psn_panel *longer =
        appended(panel, "series,t,value,price,shop\na,2,9,9,x\na,5,4,7,x\nnew,4,3,8,y\n",
                 &reading);
    assert_int_equal(longer->series, 5);
    assert_int_equal(reading.late, 1);
    assert_series(longer, 0, 5, 0, (double[]){1, 2, MISSING, MISSING, 4});
    assert_rows(longer->regressor[0].x, 5, (double[]){2, 3, MISSING, MISSING, 7});
    assert_series(longer, 1, 2, 0, (double[]){1, 2});
    assert_series(longer, 4, 1, 0, (double[]){3});
    assert_true(longer->first[4] == 4);
    assert_int_equal(longer->trait[0].code[4], panel->trait[0].code[1]);
    psn_panel_free(panel);
    psn_panel_free(longer);
}

static void all_series_of_a_log_go_on_together(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel *panel =
        panel_of("item,t,quantity\na,1,1\na,1,2\nb,2,2\nb,3,1\n", "", &reading);
    psn_panel *tail = NULL;
    assert_int_equal(psn_panel_tail(&tail, panel, 1, NULL), PERSONA_OK);
    assert_series(tail, 1, 1, 0, (double[]){1});
    psn_panel *longer =
        appended(tail, "item,t,quantity\nb,5,4\nb,5,1\nb,3,7\nc,4,1\n", &reading);
    assert_int_equal(reading.late, 1);
    assert_series(longer, 0, 3, 0, (double[]){0, 0, 0});
    assert_series(longer, 1, 3, 0, (double[]){1, 0, 5});
    assert_series(longer, 2, 2, 0, (double[]){1, 0});
    psn_panel_free(panel);
    psn_panel_free(tail);
    psn_panel_free(longer);
}

static int future_of(psn_panel_future *out, const psn_panel *panel, const char *csv,
                     persona_error *error)
{
    persona_table *table = csv_table(csv, NULL);
    const psn_future_columns columns = {psn_table_find(table, "series"),
                                        psn_table_find(table, "t"),
                                        psn_table_find(table, "step")};
    const int rc = psn_panel_future_read(out, panel, table, columns, 100, error);
    psn_table_free(table);
    return rc;
}

static void future_rows_are_steps_with_what_is_known_of_them(void **state)
{
    (void)state;
    psn_reading reading;
    psn_panel_future future;
    persona_error error = {0};
    psn_panel *panel = panel_of("series,t,value,price,event\na,1,1,2,\na,2,2,3,fair\n"
                                "b,1,1.5,2,\nb,2,2,3,\n",
                                "", &reading);
    assert_int_equal(future_of(&future, panel,
                               "series,t,price,event\nb,5,4,fair\nb,3,,\nz,3,1,\n",
                               &error),
                     PERSONA_OK);
    assert_int_equal(future.asked, 1);
    assert_int_equal(future.series[0], 1);
    assert_int_equal(future.steps[0], 3);
    assert_rows(future.x, 6, (double[]){MISSING, 0, MISSING, MISSING, 4, 1});
    assert_int_equal(future.missing, 1);
    assert_int_equal(future.unknown, 1);
    psn_panel_future_clear(&future);
    assert_int_equal(future_of(&future, panel, "series,t\nb,2\n", &error), PERSONA_EDATA);
    assert_string_equal(error.message, "row 0: its time is not after the history");
    assert_int_equal(future_of(&future, panel, "series,step\nb,0\n", &error),
                     PERSONA_EDATA);
    assert_int_equal(future_of(&future, panel, "series,step\nb,1\nb,1\n", &error),
                     PERSONA_EDATA);
    assert_int_equal(future_of(&future, panel, "series,step\nb,101\n", &error),
                     PERSONA_EDATA);
    psn_panel_free(panel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_may_come_in_any_order_and_holes_are_missing),
        cmocka_unit_test(every_series_has_its_own_calendar),
        cmocka_unit_test(a_period_given_twice_is_refused_unless_told_what_to_do),
        cmocka_unit_test(rows_without_value_at_the_end_are_the_future),
        cmocka_unit_test(a_series_without_values_keeps_its_place),
        cmocka_unit_test(counts_without_zeros_have_zeros_in_their_holes),
        cmocka_unit_test(long_zeros_before_the_first_sale_are_cut),
        cmocka_unit_test(orders_are_added_up_by_day_until_the_last_day),
        cmocka_unit_test(weeks_that_are_not_whole_are_left_out),
        cmocka_unit_test(future_rows_of_a_log_come_after_its_last_period),
        cmocka_unit_test(rare_returns_are_no_demand),
        cmocka_unit_test(columns_are_regressors_traits_or_nothing),
        cmocka_unit_test(a_linked_table_says_what_series_are),
        cmocka_unit_test(times_are_read_in_all_their_forms),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(new_rows_go_behind_the_history),
        cmocka_unit_test(all_series_of_a_log_go_on_together),
        cmocka_unit_test(future_rows_are_steps_with_what_is_known_of_them),
    };
    return cmocka_run_group_tests_name("forecast_panel", tests, NULL, NULL);
}
