/* test_iforest.c: isolation forest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "learn/iforest.h"

static int near(double a, double b, double error)
{
    return fabs(a - b) < error;
}

static psn_iforest *fit(const psn_bins_source *sources, int32_t columns, int64_t rows,
                        double gain, psn_pool *pool)
{
    psn_iforest *forest;
    psn_iforest_options options;
    psn_iforest_defaults(&options);
    options.gain = gain;
    assert_int_equal(
        psn_iforest_fit(&forest, sources, columns, rows, &options, pool, NULL, NULL),
        PERSONA_OK);
    return forest;
}

static double score(const psn_iforest *forest, const double *row)
{
    uint64_t scratch[64];
    assert_true(psn_iforest_scratch(forest) <= sizeof scratch);
    return psn_iforest_score(forest, row, scratch);
}

enum { ROWS = 1000, DIMS = 4 };
static double table[ROWS * DIMS];
static int32_t codes[ROWS];

/* A cloud in four columns with a value missing here and there; codes 0, 1, rarely 2. */
static void make_cloud(psn_bins_source *sources, double missing)
{
    psn_random random;
    psn_random_start(&random, 9, 1, 0);
    for (int i = 0; i < ROWS * DIMS; i++)
        table[i] = psn_random_unit(&random) < missing ? NAN : psn_random_unit(&random);
    for (int i = 0; i < ROWS; i++) codes[i] = i % 100 == 7 ? 2 : i % 2;
    for (int j = 0; j < DIMS; j++)
        sources[j] = (psn_bins_source){.values = table + j, .stride = DIMS};
    sources[DIMS] = (psn_bins_source){.codes = codes, .levels = 5};
}

/* 2 (H(n) - 1): H(2) = 3/2, H(3) = 11/6. */
static void average_paths_are_harmonic_numbers(void **state)
{
    (void)state;
    assert_true(psn_iforest_average_path(0) == 0 && psn_iforest_average_path(1) == 0);
    assert_true(psn_iforest_average_path(2) == 1);
    assert_true(near(psn_iforest_average_path(3), 5.0 / 3, 1e-15));
    assert_true(near(psn_iforest_average_path(2.5), 4.0 / 3, 1e-15));
    assert_true(near(psn_iforest_average_path(256), 10.24869, 1e-5));
    const double step = psn_iforest_average_path(1026) - psn_iforest_average_path(1025);
    assert_true(near(step, 2.0 / 1026, 1e-13));
}

/* Three rows 0, 0, 9: one cut puts 9 at depth 1 and the two zeros, alike, at 1 + c(2). */
static void a_row_apart_is_reached_by_one_cut(void **state)
{
    (void)state;
    const double values[] = {0, 0, 9}, c3 = 5.0 / 3;
    const psn_bins_source source = {.values = values, .stride = 1};
    psn_iforest *forest = fit(&source, 1, 3, 0, NULL);
    assert_true(near(score(forest, &values[2]), exp2(-1 / c3), 1e-12));
    assert_true(near(score(forest, &values[0]), exp2(-2 / c3), 1e-12));
    psn_iforest_free(forest);
}

static void rows_all_alike_score_one_half(void **state)
{
    (void)state;
    double values[300];
    for (int i = 0; i < 300; i++) values[i] = 4;
    const psn_bins_source source = {.values = values, .stride = 1};
    psn_iforest *forest = fit(&source, 1, 300, 0, NULL);
    assert_true(near(score(forest, values), .5, 1e-7));
    psn_iforest_free(forest);
    forest = fit(&source, 1, 0, 0, NULL);
    assert_true(near(score(forest, values), .5, 1e-12));
    psn_iforest_free(forest);
}

static void a_row_outside_the_cloud_is_strange(void **state)
{
    (void)state;
    psn_bins_source sources[DIMS + 1];
    make_cloud(sources, 0);
    psn_iforest *forest = fit(sources, DIMS, ROWS, 0, NULL);
    const double middle[] = {.5, .5, .5, .5}, out[] = {9, 9, .5, .5};
    assert_true(score(forest, middle) < .5);
    assert_true(score(forest, out) > score(forest, middle) + .08);
    psn_iforest_free(forest);
}

static void effects_make_up_the_score(void **state)
{
    (void)state;
    psn_bins_source sources[DIMS + 1];
    uint64_t scratch[64];
    const double rows[3][DIMS + 1] = {
        {.5, 9, .5, .5, 0}, {.1, NAN, .5, .9, 2}, {NAN, NAN, NAN, 3, NAN}};
    make_cloud(sources, .1);
    psn_iforest *forest = fit(sources, DIMS + 1, ROWS, 0, NULL);
    for (int i = 0; i < 3; i++) {
        double base, effects[DIMS + 1], sum = 0;
        const double got = psn_iforest_explain(forest, rows[i], scratch, &base, effects);
        for (int j = 0; j <= DIMS; j++) sum += effects[j];
        assert_true(near(got, score(forest, rows[i]), 1e-12));
        assert_true(near(got, base * exp2(sum), 1e-12));
        if (i == 0) assert_true(effects[1] > 4 * fabs(effects[0]));
        if (i == 2) assert_true(near(effects[0], 0, 1e-6));
    }
    psn_iforest_free(forest);
}

/* Two values; a row without goes both ways: the mean path of both. */
static void a_missing_value_goes_both_ways(void **state)
{
    (void)state;
    const double values[] = {0, 0, 9, NAN}, missing = NAN;
    const psn_bins_source source = {.values = values, .stride = 1};
    psn_iforest *forest = fit(&source, 1, 4, 0, NULL);
    const double low = -log2(score(forest, &values[0]));
    const double high = -log2(score(forest, &values[2]));
    const double both = -log2(score(forest, &missing));
    /* The sample of 4 lies 8/3 : 4/3 behind the cut. */
    assert_true(near(both, (low * 2 + high) / 3, 1e-6));
    assert_true(low > high);
    psn_iforest_free(forest);
}

static void a_new_level_is_stranger_than_a_common_one(void **state)
{
    (void)state;
    psn_bins_source sources[DIMS + 1];
    make_cloud(sources, 0);
    psn_iforest *forest = fit(sources, DIMS + 1, ROWS, 0, NULL);
    const double common[] = {.5, .5, .5, .5, 1}, rare[] = {.5, .5, .5, .5, 2};
    const double fresh[] = {.5, .5, .5, .5, 4}, beyond[] = {.5, .5, .5, .5, 1e9};
    assert_true(score(forest, rare) > score(forest, common) + .02);
    assert_true(score(forest, fresh) > score(forest, common) + .02);
    assert_true(score(forest, fresh) == score(forest, beyond));
    psn_iforest_free(forest);
}

static void a_category_of_many_levels_keeps_the_frequent_ones(void **state)
{
    (void)state;
    static int32_t many[ROWS];
    for (int i = 0; i < ROWS; i++) many[i] = i % 3 == 0 ? 150 : i % 200;
    const psn_bins_source source = {.codes = many, .levels = 1000000};
    psn_iforest *forest = fit(&source, 1, ROWS, 0, NULL);
    const double frequent = 150, seldom = 2, rare = 199, fresh = 999999;
    assert_true(score(forest, &frequent) < score(forest, &seldom));
    assert_true(score(forest, &rare) == score(forest, &fresh));
    psn_iforest_free(forest);
}

static void threads_and_blocks_change_nothing(void **state)
{
    (void)state;
    psn_bins_source sources[DIMS + 1];
    static double one_by_one[ROWS], in_blocks[ROWS];
    uint64_t scratch[64];
    psn_pool *pool;
    psn_text a = {0}, b = {0};
    make_cloud(sources, .05);
    assert_int_equal(psn_pool_open(&pool, 3, NULL), PERSONA_OK);
    psn_iforest *one = fit(sources, DIMS, ROWS, .5, NULL);
    psn_iforest *three = fit(sources, DIMS, ROWS, .5, pool);
    psn_iforest_pack(&a, one, NULL);
    psn_iforest_pack(&b, three, NULL);
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.bytes, b.bytes, a.length);
    const psn_rows rows = {.rows = ROWS, .dims = DIMS, .dense = table};
    psn_iforest_predict(one, &rows, in_blocks, pool, NULL, NULL);
    for (int i = 0; i < ROWS; i++)
        one_by_one[i] = psn_iforest_score(one, table + i * DIMS, scratch);
    assert_memory_equal(one_by_one, in_blocks, sizeof in_blocks);
    psn_pool_close(pool);
    psn_iforest_free(one);
    psn_iforest_free(three);
    psn_text_free(&a);
    psn_text_free(&b);
}

static void bytes_bring_back_the_same_forest(void **state)
{
    (void)state;
    psn_bins_source sources[DIMS + 1];
    const double row[] = {.1, .2, NAN, .4, 1};
    psn_text packed = {0}, again = {0};
    psn_iforest *back;
    make_cloud(sources, .05);
    psn_iforest *forest = fit(sources, DIMS + 1, ROWS, 0, NULL);
    psn_iforest_pack(&packed, forest, NULL);
    assert_int_equal(psn_iforest_unpack(&back, packed.bytes, packed.length, NULL),
                     PERSONA_OK);
    psn_iforest_pack(&again, back, NULL);
    assert_memory_equal(packed.bytes, again.bytes, packed.length);
    assert_true(score(forest, row) == score(back, row));
    psn_iforest_free(forest);
    psn_iforest_free(back);
    psn_text_free(&packed);
    psn_text_free(&again);
}

/* Whatever is changed, unpack refuses it or makes a forest that answers. */
static void altered_bytes_never_harm(void **state)
{
    (void)state;
    psn_bins_source sources[DIMS + 1];
    const double rows[2][DIMS + 1] = {{.1, .2, .3, .4, 1}, {NAN, .2, 1e300, -1e300, NAN}};
    psn_text packed = {0};
    psn_random random;
    psn_random_start(&random, 21, 1, 0);
    make_cloud(sources, .05);
    psn_iforest *forest = fit(sources, DIMS + 1, ROWS, 0, NULL);
    psn_iforest_pack(&packed, forest, NULL);
    psn_iforest_free(forest);
    for (int round = 0; round < 20000; round++) {
        const size_t size =
            round % 4 ? packed.length
                      : (size_t)psn_random_below(&random, (int64_t)packed.length);
        const int64_t reach = round % 2 ? 200 : (int64_t)packed.length;
        char *at = packed.bytes + psn_random_below(&random, reach), before = *at;
        *at = (char)psn_random_u32(&random);
        if (psn_iforest_unpack(&forest, packed.bytes, size, NULL) == PERSONA_OK) {
            if (psn_iforest_features(forest) == DIMS + 1)
                for (int i = 0; i < 2; i++) assert_true(score(forest, rows[i]) >= 0);
            psn_iforest_free(forest);
        }
        *at = before;
    }
    psn_text_free(&packed);
}

static void wrong_options_are_named(void **state)
{
    (void)state;
    psn_iforest *forest;
    psn_iforest_options options;
    persona_error error;
    psn_iforest_defaults(&options);
    options.sample = 1;
    assert_int_equal(psn_iforest_fit(&forest, NULL, 0, 0, &options, NULL, NULL, &error),
                     PERSONA_EOPTION);
    assert_string_equal(error.message, "sample must be in 2 .. 32768");
    assert_true(forest == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(average_paths_are_harmonic_numbers),
        cmocka_unit_test(a_row_apart_is_reached_by_one_cut),
        cmocka_unit_test(rows_all_alike_score_one_half),
        cmocka_unit_test(a_row_outside_the_cloud_is_strange),
        cmocka_unit_test(effects_make_up_the_score),
        cmocka_unit_test(a_missing_value_goes_both_ways),
        cmocka_unit_test(a_new_level_is_stranger_than_a_common_one),
        cmocka_unit_test(a_category_of_many_levels_keeps_the_frequent_ones),
        cmocka_unit_test(threads_and_blocks_change_nothing),
        cmocka_unit_test(bytes_bring_back_the_same_forest),
        cmocka_unit_test(altered_bytes_never_harm),
        cmocka_unit_test(wrong_options_are_named),
    };
    return cmocka_run_group_tests_name("iforest", tests, NULL, NULL);
}
