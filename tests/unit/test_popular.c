/* test_popular.c: popularity counted, decayed, newest, rising. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "learn/popular.h"

static void check_close(float value, double expected)
{
    assert_true(fabs((double)value - expected) < 1e-6);
}

/* Five events, half-life 3: item 1 at 3 and 9 counts 1/4 + 1, item 0 at
 * 0 and 6 1/8 + 1/2; the newest two fifths are the events at 8 (item 2) and 9 (item 1).
 */
static void shares_come_out_as_worked_by_hand(void **state)
{
    (void)state;
    const int32_t item[] = {0, 1, 0, 2, 1};
    const double time[] = {0, 3, 6, 8, 9};
    const psn_popular_events events = {5, item, time, NULL};
    psn_popular_options options;
    psn_popular *popular = NULL;
    psn_popular_defaults(&options);
    options.half_life = 3.0;
    options.window = 0.4;
    assert_int_equal(psn_popular_fit(&popular, &events, 4, &options, NULL), PERSONA_OK);
    const double sum = 0.625 + 1.25 + exp2(-1.0 / 3.0);
    const double expected[] = {0.4, 0.4, 0.2, 0.0};
    for (int i = 0; i < 4; i++) check_close(popular->overall[i], expected[i]);
    check_close(popular->decayed[0], 0.625 / sum);
    check_close(popular->decayed[1], 1.25 / sum);
    assert_true(popular->window_from == 8.0 && popular->now == 9.0);
    check_close(popular->newest[2], 0.5);
    check_close(popular->newest[1], 0.5);
    check_close(popular->newest[0], 0.0);
    psn_popular_free(popular);
}

/* 80 past events and 20 new ones, ratio 1/4. Item 0: 40 and 10, as ever. Item 1: 40 and
 * none. Item 2: none and `many`; item 3: the rest of the new ones. */
static psn_popular *rises(int many, float weight)
{
    static int32_t item[100];
    static double time[100];
    static float weights[100];
    const psn_popular_events events = {100, item, time, weights};
    psn_popular_options options;
    psn_popular *popular = NULL;
    for (int i = 0; i < 100; i++) {
        item[i] = i < 80 ? i % 2 : i < 90 ? 0 : i < 90 + many ? 2 : 3;
        time[i] = i;
        weights[i] = weight;
    }
    psn_popular_defaults(&options);
    options.window = 0.2;
    assert_int_equal(psn_popular_fit(&popular, &events, 5, &options, NULL), PERSONA_OK);
    return popular;
}

static void a_rise_stands_out_from_its_own_past(void **state)
{
    (void)state;
    psn_popular *popular = rises(10, 1.0f);
    check_close(popular->trend[2], log(14.0 / 4.0) - 1.64 * sqrt(1.0 / 14.0));
    const double steady = sqrt(1.0 / 14.0 + 10.0 * 0.25 / (14.0 * 14.0));
    check_close(popular->trend[0], -1.64 * steady);
    assert_true(popular->trend[1] < popular->trend[0]);
    check_close(popular->trend[4], -1.64 * sqrt(1.0 / 4.0));
    psn_popular_free(popular);
}

static void two_events_are_no_trend_and_weights_do_not_make_one(void **state)
{
    (void)state;
    psn_popular *two = rises(2, 1.0f), *heavy = rises(2, 100.0f);
    assert_true(two->trend[2] < 0.0f && two->trend[3] > 0.0f);
    for (int i = 0; i < 5; i++) check_close(heavy->trend[i], (double)two->trend[i]);
    psn_popular_free(two);
    psn_popular_free(heavy);
}

static void events_without_time_have_no_trend(void **state)
{
    (void)state;
    const int32_t item[] = {1, 1, 0};
    const float weight[] = {1, 1, -3};
    const psn_popular_events events = {3, item, NULL, weight},
                             none = {0, item, NULL, NULL};
    psn_popular_options options;
    psn_popular *popular = NULL;
    psn_popular_defaults(&options);
    assert_int_equal(psn_popular_fit(&popular, &events, 2, &options, NULL), PERSONA_OK);
    assert_true(popular->overall[0] == 0.0f && popular->overall[1] == 1.0f);
    assert_true(popular->decayed[1] == 1.0f && popular->newest[1] == 1.0f);
    assert_true(popular->trend[0] == 0.0f && popular->trend[1] == 0.0f);
    psn_popular_free(popular);
    assert_int_equal(psn_popular_fit(&popular, &none, 2, &options, NULL), PERSONA_OK);
    assert_true(popular->overall[1] == 0.0f);
    psn_popular_free(popular);
}

static void bad_events_and_options_are_refused(void **state)
{
    (void)state;
    persona_error error;
    const int32_t item[] = {0, 2};
    const double time[] = {0, INFINITY};
    psn_popular_events events = {2, item, NULL, NULL};
    psn_popular_options options;
    psn_popular *popular = NULL;
    psn_popular_defaults(&options);
    assert_int_equal(psn_popular_fit(&popular, &events, 2, &options, &error),
                     PERSONA_EDATA);
    assert_int_equal(error.where, 1);
    events.time = time;
    assert_int_equal(psn_popular_fit(&popular, &events, 3, &options, NULL),
                     PERSONA_EDATA);
    options.window = 0.0;
    assert_int_equal(psn_popular_fit(&popular, &events, 3, &options, NULL),
                     PERSONA_EOPTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_come_out_as_worked_by_hand),
        cmocka_unit_test(a_rise_stands_out_from_its_own_past),
        cmocka_unit_test(two_events_are_no_trend_and_weights_do_not_make_one),
        cmocka_unit_test(events_without_time_have_no_trend),
        cmocka_unit_test(bad_events_and_options_are_refused),
    };
    return cmocka_run_group_tests_name("popular", tests, NULL, NULL);
}
