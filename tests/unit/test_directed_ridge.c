/* test_directed_ridge.c: the closed form of what follows what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "learn/directed_ridge.h"

/* One sequence 0 1 2, g = h = 1/2. Position 0: x = (1 0 0), y = (0 1 1/2). Position 1:
 * x = (1/2 1 0), y = (0 0 1). X'X = (5/4 1/2; 1/2 1), + 1: (9/4 1/2; 1/2 2); X'Y: row 0
 * (0 1 1), row 1 (0 0 1). The inverse is (2 -1/2; -1/2 9/4) / (17/4), so row 0 is
 * (0 8/17 6/17), row 1 (0 -2/17 7/17). */
static void three_items_come_out_as_worked_by_hand(void **state)
{
    (void)state;
    int64_t start[] = {0, 3};
    int32_t column[] = {0, 1, 2};
    const psn_sparse sequences = {1, 3, start, column, NULL};
    psn_directed_ridge_options options;
    psn_directed_ridge_defaults(&options);
    options.past_decay = options.future_decay = 0.5;
    options.regularization = 1.0;
    psn_sparse *weights = NULL;
    assert_int_equal(
        psn_directed_ridge_fit(&weights, &sequences, &options, NULL, NULL, NULL),
        PERSONA_OK);
    const float expected[] = {8.0f / 17.0f, 6.0f / 17.0f, -2.0f / 17.0f, 7.0f / 17.0f};
    assert_memory_equal(weights->start, ((int64_t[]){0, 2, 4, 4}), 4 * sizeof(int64_t));
    assert_memory_equal(weights->column, ((int32_t[]){1, 2, 1, 2}), 4 * sizeof(int32_t));
    for (int i = 0; i < 4; i++)
        assert_true(fabsf(weights->value[i] - expected[i]) < 1e-6f);
    psn_sparse_free(weights);
}

enum { ROWS = 60, ITEMS = 9, MOST = 14 };

static void draw(psn_sparse *sequences)
{
    psn_random random;
    int64_t count = 0;
    psn_random_start(&random, 4, 1, 0);
    for (int r = 0; r < ROWS; r++) {
        sequences->start[r] = count;
        for (int64_t left = psn_random_below(&random, MOST + 1); left > 0; left--) {
            sequences->column[count] = (int32_t)psn_random_below(&random, ITEMS);
            sequences->value[count++] = (float)(0.5 + psn_random_unit(&random));
        }
    }
    sequences->start[ROWS] = count;
}

/* X'X and X'Y position by position, as they are defined. */
static void moments(const psn_sparse *s, const psn_directed_ridge_options *options,
                    double g[ITEMS][ITEMS], double c[ITEMS][ITEMS])
{
    for (int64_t r = 0; r < s->rows; r++) {
        const int64_t end = s->start[r + 1];
        for (int64_t t = s->start[r]; t + 1 < end; t++) {
            double x[ITEMS] = {0}, y[ITEMS] = {0}, w = 1.0;
            for (int64_t i = t; i >= s->start[r] && i > t - options->past; i--) {
                x[s->column[i]] += w * (double)s->value[i];
                w *= options->past_decay;
            }
            w = 1.0;
            for (int64_t i = t + 1; i < end && i <= t + options->future; i++) {
                y[s->column[i]] += w * (double)s->value[i];
                w *= options->future_decay;
            }
            for (int i = 0; i < ITEMS; i++) {
                for (int j = 0; j < ITEMS; j++) {
                    g[i][j] += x[i] * x[j];
                    c[i][j] += x[i] * y[j];
                }
            }
        }
    }
}

/* B solves (G + regularization I) B = C. */
static void check_solution(const psn_sparse *sequences,
                           const psn_directed_ridge_options *options)
{
    double g[ITEMS][ITEMS] = {{0}}, c[ITEMS][ITEMS] = {{0}}, b[ITEMS][ITEMS] = {{0}};
    psn_sparse *weights = NULL;
    assert_int_equal(
        psn_directed_ridge_fit(&weights, sequences, options, NULL, NULL, NULL),
        PERSONA_OK);
    moments(sequences, options, g, c);
    for (int i = 0; i < ITEMS; i++) {
        g[i][i] += options->regularization;
        for (int64_t e = weights->start[i]; e < weights->start[i + 1]; e++)
            b[i][weights->column[e]] = (double)weights->value[e];
    }
    for (int i = 0; i < ITEMS; i++) {
        for (int j = 0; j < ITEMS; j++) {
            for (int k = 0; k < ITEMS; k++) c[i][j] -= g[i][k] * b[k][j];
            assert_true(fabs(c[i][j]) < 1e-4);
        }
    }
    psn_sparse_free(weights);
}

static void pairs_visited_once_give_the_sums_over_all_positions(void **state)
{
    (void)state;
    static int64_t start[ROWS + 1];
    static int32_t column[ROWS * MOST];
    static float value[ROWS * MOST];
    psn_sparse sequences = {ROWS, ITEMS, start, column, value};
    psn_directed_ridge_options options;
    draw(&sequences);
    psn_directed_ridge_defaults(&options);
    options.regularization = 5.0;
    check_solution(&sequences, &options); /* past longer than the sequences */
    options.past = 4;
    options.future = 2;
    check_solution(&sequences, &options);
    options.past = options.future = 1;
    check_solution(&sequences, &options);
}

/* As worked by hand above, columns divided by the roots of how often items occur (1). */
static void popular_items_are_held_back(void **state)
{
    (void)state;
    int64_t start[] = {0, 2, 6};
    int32_t column[] = {0, 1, 1, 1, 1, 1};
    const psn_sparse sequences = {2, 2, start, column, NULL};
    psn_directed_ridge_options options;
    psn_sparse *plain = NULL, *held = NULL;
    psn_directed_ridge_defaults(&options);
    psn_directed_ridge_fit(&plain, &sequences, &options, NULL, NULL, NULL);
    options.popularity = 1.0;
    psn_directed_ridge_fit(&held, &sequences, &options, NULL, NULL, NULL);
    assert_int_equal(plain->start[1], 1); /* 0 -> 1, which occurs 5 times */
    assert_true(fabsf(plain->value[0] / held->value[0] - 5.0f) < 1e-5f);
    psn_sparse_free(plain);
    psn_sparse_free(held);
}

static void options_out_of_bounds_are_refused(void **state)
{
    (void)state;
    persona_error error;
    int64_t start[] = {0, 2};
    int32_t column[] = {0, 1};
    const psn_sparse sequences = {1, 2, start, column, NULL};
    psn_directed_ridge_options options;
    psn_sparse *weights = NULL;
    psn_directed_ridge_defaults(&options);
    options.past = 0;
    assert_int_equal(
        psn_directed_ridge_fit(&weights, &sequences, &options, NULL, NULL, &error),
        PERSONA_EOPTION);
    psn_directed_ridge_defaults(&options);
    options.past_decay = NAN;
    assert_int_equal(
        psn_directed_ridge_fit(&weights, &sequences, &options, NULL, NULL, &error),
        PERSONA_EOPTION);
    psn_directed_ridge_defaults(&options);
    options.max_bytes = psn_directed_ridge_bytes(2) - 1;
    assert_int_equal(
        psn_directed_ridge_fit(&weights, &sequences, &options, NULL, NULL, &error),
        PERSONA_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_items_come_out_as_worked_by_hand),
        cmocka_unit_test(pairs_visited_once_give_the_sums_over_all_positions),
        cmocka_unit_test(popular_items_are_held_back),
        cmocka_unit_test(options_out_of_bounds_are_refused),
    };
    return cmocka_run_group_tests_name("directed_ridge", tests, NULL, NULL);
}
