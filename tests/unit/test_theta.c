/* test_theta.c: the theta recursion and its fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include "base/philox.h"
#include "learn/theta.h"
#include "math/simd.h"
#include "math/theta_line.h"

enum { DYNAMIC = PSN_THETA_FREE | PSN_THETA_DYNAMIC, COUNT = 60 };

/* (1 - 0.5)^2 = 0.25: 10 + 0.5 (0.25 x 4 + (1 - 0.125) / 0.5 x 2) = 12.25. */
static void the_next_value_is_level_and_part_of_the_line(void **state)
{
    (void)state;
    psn_theta_line line = {.alpha = 0.5,
                           .weight = 0.5,
                           .level = 10,
                           .power = 0.25,
                           .intercept = 4,
                           .slope = 2,
                           .mean = 7,
                           .count = 2};
    assert_true(psn_theta_line_next(&line) == 12.25);
    psn_theta_line_add(&line, NAN, 0);
    assert_true(line.level == 11.125 && line.power == 0.125 && line.count == 3);
}

/* 1, 2, 6: the line is -2 + 2.5 t. */
static void the_line_moves_with_every_value(void **state)
{
    (void)state;
    psn_theta_line line = {.alpha = 0.5, .power = 1};
    psn_theta_line_add(&line, 1, DYNAMIC);
    psn_theta_line_add(&line, 2, DYNAMIC);
    psn_theta_line_add(&line, 6, DYNAMIC);
    assert_true(fabs(line.slope - 2.5) < 1e-12);
    assert_true(fabs(line.intercept + 2) < 1e-12);
    assert_true(line.mean == 3);
}

static void noise(double *value, int32_t count)
{
    psn_random random;
    psn_random_start(&random, 1, 1, 1);
    for (int32_t i = 0; i < count; i++)
        value[i] = 50 + 0.3 * i + 8 * psn_random_unit(&random);
}

/* Mean square of the errors after the third at given parameters, step by step. */
static double square_at(const double *y, int32_t count, double alpha, double weight,
                        double first)
{
    psn_theta_line line = {
        .alpha = alpha, .weight = weight, .level = first, .power = 1, .intercept = y[0]};
    double sum = 0;
    for (int32_t i = 0; i < count; i++) {
        const double e = y[i] - psn_theta_line_next(&line);
        if (i >= 3) sum += e * e;
        psn_theta_line_add(&line, y[i], DYNAMIC);
    }
    return sum / (count - 3);
}

static void no_parameters_fit_better_than_the_fitted_ones(void **state)
{
    (void)state;
    double y[COUNT];
    psn_theta_line line = {0};
    noise(y, COUNT);
    void *scratch = aligned_alloc(64, (psn_theta_line_scratch(COUNT) + 63) / 64 * 64);
    const double square = psn_theta_line_fit(&line, y, y, COUNT, DYNAMIC, 0, scratch);
    for (double alpha = 0.1; alpha < 0.99; alpha += 0.03)
        for (double weight = 0; weight <= 1; weight += 0.1)
            for (double first = 10; first < 60; first += 2)
                assert_true(square_at(y, COUNT, alpha, weight, first) > 0.999 * square);
    free(scratch);
}

static void every_level_of_simd_fits_the_same(void **state)
{
    (void)state;
    double y[COUNT];
    psn_theta_line line = {0}, other = {0};
    noise(y, COUNT);
    void *scratch = aligned_alloc(64, (psn_theta_line_scratch(COUNT) + 63) / 64 * 64);
    psn_theta_line_fit(&line, y, y, COUNT, DYNAMIC, 0, scratch);
    psn_simd_force(PSN_SIMD_SCALAR);
    psn_theta_line_fit(&other, y, y, COUNT, DYNAMIC, 0, scratch);
    psn_simd_force(-1);
    assert_memory_equal(&line, &other, sizeof line);
    free(scratch);
}

static void forecast(const psn_local_learner *learner, const double *y, int32_t count,
                     int32_t season, double *mean, int32_t steps)
{
    double value[64];
    const size_t bytes = (learner->scratch(count, season) + 63) / 64 * 64;
    void *scratch = aligned_alloc(64, bytes);
    psn_local_model model = {.value = value};
    const psn_series series = {y, count, season};
    assert_int_equal(learner->fit(&model, &series, NULL, scratch), 1);
    learner->forecast(&model, steps, mean);
    free(scratch);
}

static void a_straight_line_goes_on(void **state)
{
    (void)state;
    double y[20], mean[5];
    for (int i = 0; i < 20; i++) y[i] = 10 + 2 * i;
    forecast(&psn_dynamic_theta_learner, y, 20, 1, mean, 5);
    for (int h = 0; h < 5; h++) assert_true(fabs(mean[h] - (50 + 2 * h)) < 1e-3);
}

static void theta_2_drifts_by_half_the_slope(void **state)
{
    (void)state;
    double y[COUNT], mean[8];
    noise(y, COUNT);
    psn_theta_line line = {0};
    void *scratch = aligned_alloc(64, (psn_theta_line_scratch(COUNT) + 63) / 64 * 64);
    psn_theta_line_fit(&line, y, y, COUNT, 0, 0, scratch);
    forecast(&psn_theta_learner, y, COUNT, 1, mean, 8);
    assert_true(fabs(mean[7] - mean[6] - line.slope / 2) < 1e-6);
    free(scratch);
}

/* A level of 100 times 0.5, 1.5, 1, 1. */
static void a_season_is_found_and_goes_on(void **state)
{
    (void)state;
    static const double index[] = {0.5, 1.5, 1, 1};
    double y[32], mean[8];
    for (int i = 0; i < 32; i++) y[i] = 100 * index[i % 4];
    y[13] = NAN;
    forecast(&psn_dynamic_theta_learner, y, 32, 4, mean, 8);
    for (int h = 0; h < 8; h++) assert_true(fabs(mean[h] - 100 * index[h % 4]) < 3);
}

static void three_values_are_declined(void **state)
{
    (void)state;
    double value[64];
    const double y[] = {1, 2, 3};
    const psn_series series = {y, 3, 1};
    psn_local_model model = {.value = value};
    void *scratch = aligned_alloc(64, 4096);
    assert_int_equal(psn_theta_learner.fit(&model, &series, NULL, scratch), 0);
    free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_value_is_level_and_part_of_the_line),
        cmocka_unit_test(the_line_moves_with_every_value),
        cmocka_unit_test(no_parameters_fit_better_than_the_fitted_ones),
        cmocka_unit_test(every_level_of_simd_fits_the_same),
        cmocka_unit_test(a_straight_line_goes_on),
        cmocka_unit_test(theta_2_drifts_by_half_the_slope),
        cmocka_unit_test(a_season_is_found_and_goes_on),
        cmocka_unit_test(three_values_are_declined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
