/* Squared distances to centres: hand-worked values, missing values, and the same bits for
 * one row and blocks on every level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/philox.h"
#include "math/nearest.h"
#include "math/simd.h"

static void the_nearest_of_three_centres_is_found(void **state)
{
    const double centers[] = {0, 0, 3, 4, 10, 0}, row[] = {3, 3};
    psn_nearest *nearest = psn_nearest_new(centers, 3, 2, NULL);
    double squared, all[3];
    (void)state;
    assert_int_equal(psn_nearest_one(nearest, row, &squared), 1);
    assert_true(squared == 1.0);
    psn_nearest_all(nearest, row, all);
    assert_true(all[0] == 18.0 && all[1] == 1.0 && all[2] == 58.0);
    psn_nearest_free(nearest);
}

static void ties_go_to_the_lowest_index(void **state)
{
    const double centers[] = {5, 1, 1, 3}, row[] = {2};
    psn_nearest *nearest = psn_nearest_new(centers, 4, 1, NULL);
    double squared;
    (void)state;
    assert_int_equal(psn_nearest_one(nearest, row, &squared), 1);
    assert_true(squared == 1.0);
    psn_nearest_free(nearest);
}

static void missing_features_scale_the_distance_by_their_share(void **state)
{
    /* shares 1, 1/2, 1/2; the first is observed: factor 2 / 1. */
    const double centers[] = {0, 0, 0, 3, 1, 1}, share[] = {1, 0.5, 0.5};
    const double row[] = {2, NAN, NAN};
    psn_nearest *nearest = psn_nearest_new(centers, 2, 3, share);
    double squared, all[2];
    (void)state;
    assert_int_equal(psn_nearest_one(nearest, row, &squared), 1);
    assert_true(squared == 2.0);
    psn_nearest_all(nearest, row, all);
    assert_true(all[0] == 8.0 && all[1] == 2.0);
    psn_nearest_free(nearest);
}

static void a_row_without_any_value_gets_label_0_and_no_distance(void **state)
{
    const double centers[] = {1, 2}, row[] = {NAN};
    double block[64] = {0}, squared;
    int32_t label;
    psn_nearest *nearest = psn_nearest_new(centers, 2, 1, NULL);
    (void)state;
    assert_int_equal(psn_nearest_one(nearest, row, &squared), 0);
    assert_true(squared != squared);
    block[0] = NAN;
    psn_nearest_block(nearest, block, 1, &label, &squared);
    assert_int_equal(label, 0);
    assert_true(squared != squared);
    psn_nearest_free(nearest);
}

static void moved_centres_replace_the_old_ones(void **state)
{
    const double before[] = {0, 10}, after[] = {7, 8}, row[] = {2};
    psn_nearest *nearest = psn_nearest_new(before, 2, 1, NULL);
    double squared;
    (void)state;
    psn_nearest_move(nearest, after);
    assert_int_equal(psn_nearest_one(nearest, row, &squared), 0);
    assert_true(squared == 25.0);
    psn_nearest_free(nearest);
}

/* Labels and distances of random rows, some values missing, by one call a row. */
static void fill(double *values, int64_t count, uint32_t purpose, double missing)
{
    psn_random random;
    psn_random_start(&random, 7, purpose, 0);
    for (int64_t i = 0; i < count; i++) {
        values[i] = psn_random_unit(&random) - 0.5;
        if (psn_random_unit(&random) < missing) values[i] = NAN;
    }
}

static void compare_shapes(int32_t k, int32_t dims, double missing)
{
    double centers[40 * 20], rows[64 * 20], block[20 * 64], one, many[64];
    int32_t labels[64];
    fill(centers, k * dims, 1, 0);
    fill(rows, 64 * dims, 2, missing);
    for (int32_t i = 0; i < 64; i++)
        for (int32_t j = 0; j < dims; j++) block[j * 64 + i] = rows[i * dims + j];
    psn_nearest *nearest = psn_nearest_new(centers, k, dims, NULL);
    psn_simd_force(PSN_SIMD_SCALAR);
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        psn_nearest_block(nearest, block, 64, labels, many);
        for (int i = 0; i < 64; i++) {
            psn_simd_force(PSN_SIMD_SCALAR);
            assert_int_equal(psn_nearest_one(nearest, rows + i * dims, &one), labels[i]);
            assert_memory_equal(&one, &many[i], sizeof one);
            psn_simd_force(level);
            psn_nearest_one(nearest, rows + i * dims, &one);
            assert_memory_equal(&one, &many[i], sizeof one);
        }
    }
    psn_simd_force(-1);
    psn_nearest_free(nearest);
}

static void one_row_and_blocks_agree_bit_for_bit_on_every_level(void **state)
{
    (void)state;
    compare_shapes(6, 8, 0);
    compare_shapes(1, 1, 0);
    compare_shapes(40, 20, 0);
    compare_shapes(7, 13, 0.3);
}

static void a_part_of_a_block_fills_only_its_own_answers(void **state)
{
    const double centers[] = {0, 5};
    double block[64] = {0}, squared[64];
    int32_t labels[64];
    psn_nearest *nearest = psn_nearest_new(centers, 2, 1, NULL);
    (void)state;
    for (int i = 0; i < 64; i++) labels[i] = -7, squared[i] = -7, block[i] = i;
    psn_nearest_block(nearest, block, 5, labels, squared);
    assert_int_equal(labels[2], 0);
    assert_int_equal(labels[4], 1);
    assert_true(squared[4] == 1.0);
    assert_int_equal(labels[5], -7);
    assert_true(squared[5] == -7);
    psn_nearest_free(nearest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_of_three_centres_is_found),
        cmocka_unit_test(ties_go_to_the_lowest_index),
        cmocka_unit_test(missing_features_scale_the_distance_by_their_share),
        cmocka_unit_test(a_row_without_any_value_gets_label_0_and_no_distance),
        cmocka_unit_test(moved_centres_replace_the_old_ones),
        cmocka_unit_test(one_row_and_blocks_agree_bit_for_bit_on_every_level),
        cmocka_unit_test(a_part_of_a_block_fills_only_its_own_answers),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
