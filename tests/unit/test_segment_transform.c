/* test_segment_transform.c: the scale that is chosen for a column. */
#include "unit/segment_case.h"

/* The scale of the first input. */
static psn_scale_column scale_of(const char *csv, const char *options)
{
    persona_segmenter *model = fit_of(csv, options);
    const psn_scale_column column = *psn_scale_at(model->scale, 0);
    drop(model);
    return column;
}

static void none_leaves_the_numbers_as_they_are(void **state)
{
    (void)state;
    const psn_scale_column c = scale_of("x\n1\n2\n9\n", "k=2 transform=none");
    assert_true(c.shift == 0 && c.scale == 1 && c.log == 0);
    assert_true(c.low == -PSN_SCALE_MOST && c.high == PSN_SCALE_MOST);
}

static void zscore_takes_mean_and_deviation(void **state)
{
    (void)state;
    const psn_scale_column c =
        scale_of("x\n2\n4\n4\n4\n5\n5\n7\n9\n", "k=2 transform=zscore");
    ASSERT_NEAR(c.shift, 5);
    ASSERT_NEAR(c.scale, 1.0 / 2);
}

static void log1p_takes_them_of_the_logarithms(void **state)
{
    (void)state;
    const psn_scale_column c = scale_of("x\n0\n3\n", "k=2 transform=log1p");
    assert_int_equal(c.log, 1);
    ASSERT_NEAR(c.shift, log(2)); /* between log 1 and log 4 */
    ASSERT_NEAR(c.scale, 1 / log(2));
}

static void robust_takes_median_and_interquartile_range(void **state)
{
    (void)state;
    const psn_scale_column c = scale_of("x\n1\n2\n3\n4\n1000\n", "k=2 transform=robust");
    ASSERT_NEAR(c.shift, 3);
    ASSERT_NEAR(c.scale, 1.3489795003921634 / 2);
}

static void winsor_pulls_in_the_ends(void **state)
{
    (void)state;
    const psn_scale_column c = scale_of("x\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n",
                                        "k=2 transform=winsor winsor=0.1 features=x");
    ASSERT_NEAR(c.low, 1);
    ASSERT_NEAR(c.high, 9);
    ASSERT_NEAR(c.shift, 5);
}

static void auto_takes_logarithms_of_skewed_columns_only(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(
        "even,skewed,share\n1,1,0.1\n2,2,0.1\n3,4,0.1\n4,8,0.1\n5,16,0.1\n6,32,0.1\n"
        "7,64,0.1\n8,128,0.1\n9,256,0.1\n10,900,0.9\n",
        "k=2 features=even,skewed,share");
    assert_int_equal(psn_scale_at(model->scale, 0)->log, 0);
    assert_int_equal(psn_scale_at(model->scale, 1)->log, 1);
    assert_int_equal(psn_scale_at(model->scale, 2)->log, 0); /* it would not help */
    drop(model);
}

static void a_column_of_mostly_one_value_is_not_blown_up(void **state)
{
    (void)state;
    char csv[8000] = "x\n";
    for (int i = 0; i < 400; i++)
        psn_format(csv + strlen(csv), 8, "%d\n", i % 50 ? 0 : -10);
    const psn_scale_column c = scale_of(csv, "k=2");
    assert_int_equal(c.log, 0);
    ASSERT_NEAR(c.scale, 5.0 / 10); /* a fifth of the range; the deviation is 1.4 */
}

static void a_column_of_0_and_1_is_a_category(void **state)
{
    (void)state;
    persona_segmenter *model =
        fit_of("flag,x\n0,1\n1,2\n0,3\n0,9\n", "k=2 gamma=4 features=flag,x");
    assert_int_equal(model->input[0].transform, PSN_SEGMENT_CATEGORY);
    ASSERT_NEAR(psn_scale_at(model->scale, 0)->scale, 2); /* gamma apart, squared */
    drop(model);
}

static void a_weight_multiplies_the_scaled_column(void **state)
{
    (void)state;
    const psn_scale_column c =
        scale_of("x\n2\n4\n4\n4\n5\n5\n7\n9\n", "k=2 transform=zscore weight.x=3");
    ASSERT_NEAR(c.scale, 3.0 / 2);
}

static void one_column_can_have_a_transform_of_its_own(void **state)
{
    (void)state;
    persona_segmenter *model =
        fit_of("x,y\n0,1\n3,2\n7,3\n", "k=2 transform=none transform.y=log1p");
    assert_int_equal(model->input[0].transform, PSN_SEGMENT_NONE);
    assert_int_equal(model->input[1].transform, PSN_SEGMENT_LOG1P);
    drop(model);
}

static void a_time_counts_as_the_days_before_as_of(void **state)
{
    (void)state;
    const psn_scale_column c =
        scale_of("since\n2021-01-01\n2021-01-03\n2021-01-09\n", "k=2 transform=none");
    const double second = 1609632000000.0, as_of = 1610236800000.0; /* 3rd; end of 9th */
    assert_true(c.origin == as_of);
    ASSERT_NEAR((second - c.origin) * c.unit, 7);
}

static void numbers_too_large_to_square_are_refused_or_tamed(void **state)
{
    (void)state;
    const char huge[] = "x\n1\n2\n1e300\n4\n";
    assert_int_equal(fit_fails(huge, "k=2 transform=none", "larger than 1e150 in row 2"),
                     PERSONA_EDATA);
    assert_int_equal(fit_fails(huge, "k=2 transform=zscore", "log1p"), PERSONA_EDATA);
    const psn_scale_column c = scale_of(huge, "k=2");
    assert_int_equal(c.log, 1);
    assert_true(isfinite(c.shift) && isfinite(c.scale) && c.scale > 0);
    persona_segmenter *model = fit_of(huge, "k=2");
    assert_int_equal(note_count(model, "huge_values"), 1);
    drop(model);
}

static void an_infinity_names_its_row_and_column(void **state)
{
    (void)state;
    assert_int_equal(
        fit_fails("a,spend\n1,2\n2,-inf\n3,3\n", "k=2", "\"spend\" is infinite in row 1"),
        PERSONA_EDATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_leaves_the_numbers_as_they_are),
        cmocka_unit_test(zscore_takes_mean_and_deviation),
        cmocka_unit_test(log1p_takes_them_of_the_logarithms),
        cmocka_unit_test(robust_takes_median_and_interquartile_range),
        cmocka_unit_test(winsor_pulls_in_the_ends),
        cmocka_unit_test(auto_takes_logarithms_of_skewed_columns_only),
        cmocka_unit_test(a_column_of_mostly_one_value_is_not_blown_up),
        cmocka_unit_test(a_column_of_0_and_1_is_a_category),
        cmocka_unit_test(a_weight_multiplies_the_scaled_column),
        cmocka_unit_test(one_column_can_have_a_transform_of_its_own),
        cmocka_unit_test(a_time_counts_as_the_days_before_as_of),
        cmocka_unit_test(numbers_too_large_to_square_are_refused_or_tamed),
        cmocka_unit_test(an_infinity_names_its_row_and_column),
    };
    return cmocka_run_group_tests_name("segment_transform", tests, NULL, NULL);
}
