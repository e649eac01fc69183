/* test_ease.c: EASE beside its formula. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "base/task.h"
#include "learn/ease.h"

static psn_ease_options with(double regularization, int32_t keep)
{
    psn_ease_options options;
    psn_ease_defaults(&options);
    options.regularization = regularization;
    options.keep = keep;
    return options;
}

/* Users {0 2}, {0 2}, {0}, {3}, regularization 1: G of items 0 and 2 is (4 2; 2 3), its
 * inverse (3 -2; -2 4) / 8. So 0 speaks for 2 with 2/4, 2 for 0 with 2/3. Item 1 has no
 * events, item 3 no company. */
static void two_items_come_out_as_worked_by_hand(void **state)
{
    (void)state;
    int64_t start[] = {0, 2, 4, 5, 6};
    int32_t column[] = {0, 2, 0, 2, 0, 3};
    const psn_sparse profile = {4, 4, start, column, NULL};
    const psn_ease_options options = with(1.0, 0);
    psn_sparse *weights = NULL;
    assert_int_equal(psn_ease_fit(&weights, &profile, &options, NULL, NULL, NULL),
                     PERSONA_OK);
    assert_memory_equal(weights->start, ((int64_t[]){0, 1, 1, 2, 2}), 5 * 8);
    assert_int_equal(weights->column[0], 2);
    assert_int_equal(weights->column[1], 0);
    assert_true(fabsf(weights->value[0] - 0.5f) < 1e-6f);
    assert_true(fabsf(weights->value[1] - 2.0f / 3.0f) < 1e-6f);
    psn_sparse_free(weights);
}

/* The inverse of g by Gauss and Jordan, without pivots: g is positive definite. */
static void invert(double *g, int n)
{
    for (int k = 0; k < n; k++) {
        const double pivot = 1.0 / g[k * n + k];
        for (int j = 0; j < n; j++) g[k * n + j] *= j == k ? 0.0 : pivot;
        g[k * n + k] = pivot;
        for (int i = 0; i < n; i++) {
            const double factor = g[i * n + k];
            if (i == k) continue;
            g[i * n + k] = 0.0;
            for (int j = 0; j < n; j++) g[i * n + j] -= factor * g[k * n + j];
        }
    }
}

enum { USERS = 200, ITEMS = 40 };

/* Every user has about a fifth of the items, weighted 0.5 to 1.5. */
static int64_t draw(int64_t *start, int32_t *column, float *value, double *g)
{
    psn_random random;
    int64_t count = 0;
    psn_random_start(&random, 3, 1, 0);
    memset(g, 0, ITEMS * ITEMS * sizeof *g);
    for (int u = 0; u < USERS; u++) {
        start[u] = count;
        for (int32_t i = 0; i < ITEMS; i++) {
            if (psn_random_below(&random, 5) > 0) continue;
            column[count] = i;
            value[count++] = (float)(0.5 + psn_random_unit(&random));
        }
        for (int64_t a = start[u]; a < count; a++) {
            for (int64_t b = start[u]; b < count; b++)
                g[column[a] * ITEMS + column[b]] += (double)value[a] * (double)value[b];
        }
    }
    start[USERS] = count;
    return count;
}

static void weights_are_those_of_the_dense_formula(void **state)
{
    (void)state;
    static int64_t start[USERS + 1];
    static int32_t column[USERS * ITEMS];
    static float value[USERS * ITEMS];
    static double p[ITEMS * ITEMS];
    draw(start, column, value, p);
    for (int i = 0; i < ITEMS; i++) p[i * ITEMS + i] += 20.0;
    invert(p, ITEMS);
    const psn_sparse profile = {USERS, ITEMS, start, column, value};
    const psn_ease_options options = with(20.0, 0);
    psn_sparse *weights = NULL;
    assert_int_equal(psn_ease_fit(&weights, &profile, &options, NULL, NULL, NULL),
                     PERSONA_OK);
    assert_int_equal(weights->start[ITEMS], ITEMS * (ITEMS - 1));
    for (int64_t h = 0, e = 0; h < ITEMS; h++) {
        for (; e < weights->start[h + 1]; e++) {
            const int64_t j = weights->column[e];
            const double expected = -p[h * ITEMS + j] / p[j * ITEMS + j];
            assert_true(fabs((double)weights->value[e] - expected) < 1e-6);
        }
    }
    psn_sparse_free(weights);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    static int64_t start[USERS + 1];
    static int32_t column[USERS * ITEMS];
    static float value[USERS * ITEMS];
    static double g[ITEMS * ITEMS];
    draw(start, column, value, g);
    const psn_sparse profile = {USERS, ITEMS, start, column, value};
    const psn_ease_options options = with(20.0, 7);
    psn_sparse *one = NULL, *three = NULL;
    psn_pool *pool = NULL;
    assert_int_equal(psn_pool_open(&pool, 3, NULL), PERSONA_OK);
    psn_ease_fit(&one, &profile, &options, NULL, NULL, NULL);
    psn_ease_fit(&three, &profile, &options, pool, NULL, NULL);
    psn_pool_close(pool);
    assert_int_equal(one->start[ITEMS], ITEMS * 7);
    assert_memory_equal(one->column, three->column, ITEMS * 7 * sizeof(int32_t));
    assert_memory_equal(one->value, three->value, ITEMS * 7 * sizeof(float));
    psn_sparse_free(one);
    psn_sparse_free(three);
}

static void what_cannot_be_solved_is_refused(void **state)
{
    (void)state;
    persona_error error;
    int64_t start[] = {0, 2}, none[] = {0, 0};
    int32_t column[] = {0, 1};
    const psn_sparse profile = {1, 2, start, column, NULL};
    const psn_sparse empty = {1, 2, none, column, NULL};
    psn_sparse *weights = NULL;
    psn_ease_options options = with(0.0, 0);
    assert_int_equal(psn_ease_fit(&weights, &profile, &options, NULL, NULL, &error),
                     PERSONA_EOPTION);
    assert_non_null(strstr(error.message, "regularization is too small"));
    options = with(1.0, 0);
    options.max_bytes = 15;
    assert_int_equal(psn_ease_fit(&weights, &profile, &options, NULL, NULL, &error),
                     PERSONA_ELIMIT);
    assert_null(weights);
    assert_int_equal(psn_ease_fit(&weights, &empty, &options, NULL, NULL, NULL),
                     PERSONA_OK);
    assert_int_equal(weights->start[2], 0);
    psn_sparse_free(weights);
}

static void a_cancelled_fit_ends_without_a_model(void **state)
{
    (void)state;
    int64_t start[] = {0, 2};
    int32_t column[] = {0, 1};
    const psn_sparse profile = {1, 2, start, column, NULL};
    const psn_ease_options options = with(1.0, 0);
    psn_sparse *weights = NULL;
    persona_task *task = NULL;
    assert_int_equal(psn_task_new(&task, NULL), PERSONA_OK);
    psn_task_cancel(task);
    assert_int_equal(psn_ease_fit(&weights, &profile, &options, NULL, task, NULL),
                     PERSONA_ECANCEL);
    assert_null(weights);
    psn_task_free(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_items_come_out_as_worked_by_hand),
        cmocka_unit_test(weights_are_those_of_the_dense_formula),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(what_cannot_be_solved_is_refused),
        cmocka_unit_test(a_cancelled_fit_ends_without_a_model),
    };
    return cmocka_run_group_tests_name("ease", tests, NULL, NULL);
}
