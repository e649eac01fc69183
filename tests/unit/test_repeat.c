/* test_repeat.c: buying again, learned from made-up shops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "learn/repeat_internal.h"

#define DAY   86400000.0
#define PAUSE 3600000.0

static psn_repeat_scratch *scratch_of(int64_t most)
{
    psn_repeat_scratch *scratch = NULL;
    assert_int_equal(psn_repeat_scratch_new(&scratch, most, NULL), PERSONA_OK);
    return scratch;
}

static void check_close(double value, double expected)
{
    assert_true(fabs(value - expected) < 1e-6);
}

/* Orders on days 0, 10 and 20; item 7 in the first (twice) and the last, asked on day 25.
 * The item's usual period is 10 days, the user's own 20. */
static void the_past_of_an_item_is_as_worked_by_hand(void **state)
{
    (void)state;
    const int32_t item[] = {7, 7, 3, 7};
    const double time[] = {0, 1000, 10 * DAY, 20 * DAY};
    psn_repeat_scratch *scratch = scratch_of(4);
    psn_repeat_past past;
    double f[PSN_REPEAT_FEATURES];
    assert_int_equal(psn_repeat_sort(scratch, item, time, 4, PAUSE), 3);
    assert_memory_equal(scratch->by_item, ((int64_t[]){2, 0, 1, 3}), 4 * sizeof(int64_t));
    psn_repeat_look(&past, scratch, time, 1, 4, 3);
    assert_true(past.orders == 2 && past.first == 0.0 && past.last == 20 * DAY);
    const double one = exp2(-1.0 / 3.0), two = exp2(-2.0 / 3.0);
    check_close(past.share[0], (1.0 + two) / (1.0 + one + two));
    psn_repeat_features(f, &past, 25 * DAY, PAUSE, -1.5, log(10 * DAY));
    const double period = (log(20 * DAY) + 3.0 * log(10 * DAY)) / 4.0;
    check_close(f[PSN_REPEAT_SHORT], log(past.share[0] + 0.02));
    check_close(f[PSN_REPEAT_EARLY], log(5 * DAY) - period);
    assert_true(f[PSN_REPEAT_ONE] == 1.0 && f[PSN_REPEAT_LATE] == 0.0);
    assert_true(f[PSN_REPEAT_ITEM] == -1.5);
    psn_repeat_look(&past, scratch, time, 1, 4, 2); /* before the last order */
    assert_int_equal(past.orders, 1);
    psn_repeat_scratch_free(scratch);
}

/* 40 users order every week, six times: item 0 each time, item 1 the first time, item 2
 * every other time. Item 3 is bought by none. */
enum { USERS = 40, ORDERS = 6, EACH = ORDERS + 1 + ORDERS / 2 };
static int64_t start[USERS + 1];
static int32_t item[USERS * EACH];
static double when[USERS * EACH];

static psn_repeat *shop(int64_t rows)
{
    const psn_repeat_events events = {USERS, start, item, when};
    psn_repeat_options options;
    psn_repeat *repeat = NULL;
    int64_t count = 0;
    for (int u = 0; u < USERS; u++) {
        for (int order = 0; order < ORDERS; order++) {
            for (int32_t i = 0; i < 3; i++) {
                if ((i == 1 && order > 0) || (i == 2 && order % 2 > 0)) continue;
                item[count] = i;
                when[count++] = 7 * DAY * order;
            }
        }
        start[u + 1] = count;
    }
    psn_repeat_defaults(&options);
    options.rows = rows;
    assert_int_equal(psn_repeat_fit(&repeat, &events, 4, &options, NULL, NULL),
                     PERSONA_OK);
    return repeat;
}

static void items_are_known_as_counted_by_hand(void **state)
{
    (void)state;
    psn_repeat *repeat = shop(500000);
    const double all = 81.0 / 122.0, never = 10.0 * all / 50.0;
    const double always = (40.0 + 10.0 * all) / 50.0;
    check_close((double)repeat->again[0], log(always / (1.0 - always)));
    check_close((double)repeat->again[1], log(never / (1.0 - never)));
    check_close((double)repeat->again[3], log(all / (1.0 - all)));
    const double period = (log(7 * DAY) + log(14 * DAY)) / 2.0;
    assert_true(fabs((double)repeat->period[3] - period) < 1e-5);
    assert_true(fabs((double)repeat->period[2] - (0.8 * log(14 * DAY) + 0.2 * period)) <
                1e-5);
    psn_repeat_free(repeat);
}

static void habits_come_before_what_was_bought_once(void **state)
{
    (void)state;
    psn_repeat *repeat = shop(500000);
    psn_repeat_scratch *scratch = scratch_of(EACH);
    psn_scored out[EACH];
    assert_int_equal(psn_repeat_query(repeat, scratch, item, when, EACH, 42 * DAY, out),
                     3);
    for (int i = 0; i < 3; i++) assert_int_equal(out[i].index, i);
    assert_true(out[0].score > 0.8f && out[1].score < 0.05f);
    assert_true(out[2].score > out[1].score && out[2].score < out[0].score);
    psn_repeat_scratch_free(scratch);
    psn_repeat_free(repeat);
}

/* The newest that fit; items that the model does not have are passed over. */
static void a_long_history_is_cut_to_its_newest(void **state)
{
    (void)state;
    const int32_t bought[] = {1, 2, 99, 0};
    const double time[] = {0, DAY, 2 * DAY, 3 * DAY};
    psn_repeat *repeat = shop(500000);
    psn_repeat_scratch *scratch = scratch_of(3);
    psn_scored out[3];
    assert_int_equal(psn_repeat_query(repeat, scratch, bought, time, 4, 9 * DAY, out), 2);
    assert_true(out[0].index == 0 && out[1].index == 2);
    assert_int_equal(psn_repeat_query(repeat, scratch, bought, time, 0, 9 * DAY, out), 0);
    psn_repeat_scratch_free(scratch);
    psn_repeat_free(repeat);
}

static void a_sample_of_the_orders_teaches_the_same_every_time(void **state)
{
    (void)state;
    psn_repeat *whole = shop(500000), *some = shop(300), *again = shop(300);
    assert_memory_equal(some->weight, again->weight, sizeof some->weight);
    assert_memory_not_equal(some->weight, whole->weight, sizeof some->weight);
    assert_memory_equal(some->offset, again->offset, 4 * sizeof(float));
    psn_repeat_free(whole);
    psn_repeat_free(some);
    psn_repeat_free(again);
}

static void a_shop_without_second_orders_uses_typical_weights(void **state)
{
    (void)state;
    const int64_t starts[] = {0, 2};
    const int32_t bought[] = {1, 0};
    const double time[] = {DAY, DAY};
    const psn_repeat_events events = {1, starts, bought, time};
    psn_repeat_options options;
    psn_repeat *repeat = NULL;
    psn_repeat_defaults(&options);
    assert_int_equal(psn_repeat_fit(&repeat, &events, 2, &options, NULL, NULL),
                     PERSONA_OK);
    assert_true(repeat->weight[PSN_REPEAT_LONG] > repeat->weight[PSN_REPEAT_SHORT]);
    assert_true(repeat->weight[PSN_REPEAT_LATE] < 0.0 && repeat->offset[0] == 0.0f);
    psn_repeat_free(repeat);
}

static void purchases_out_of_order_are_refused(void **state)
{
    (void)state;
    const int64_t starts[] = {0, 2};
    const int32_t bought[] = {1, 0};
    const double time[] = {DAY, 0};
    const psn_repeat_events events = {1, starts, bought, time};
    psn_repeat_options options;
    psn_repeat *repeat = NULL;
    persona_error error;
    psn_repeat_defaults(&options);
    assert_int_equal(psn_repeat_fit(&repeat, &events, 2, &options, NULL, &error),
                     PERSONA_EDATA);
    assert_int_equal(error.where, 1);
    assert_int_equal(psn_repeat_fit(&repeat, &events, 1, &options, NULL, &error),
                     PERSONA_EDATA);
    assert_int_equal(error.where, 0);
    options.pause = 0.0;
    assert_int_equal(psn_repeat_fit(&repeat, &events, 2, &options, NULL, NULL),
                     PERSONA_EOPTION);
    assert_null(repeat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_past_of_an_item_is_as_worked_by_hand),
        cmocka_unit_test(items_are_known_as_counted_by_hand),
        cmocka_unit_test(habits_come_before_what_was_bought_once),
        cmocka_unit_test(a_long_history_is_cut_to_its_newest),
        cmocka_unit_test(a_sample_of_the_orders_teaches_the_same_every_time),
        cmocka_unit_test(a_shop_without_second_orders_uses_typical_weights),
        cmocka_unit_test(purchases_out_of_order_are_refused),
    };
    return cmocka_run_group_tests_name("repeat", tests, NULL, NULL);
}
