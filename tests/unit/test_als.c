/* test_als.c: factors from implicit feedback: the equations hold, fold-in, explanations,
 * the same bytes for any number of threads and level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "base/philox.h"
#include "base/task.h"
#include "learn/als.h"
#include "math/simd.h"
#include "support/failing_memory.h"

enum { USERS = 70, ITEMS = 40, MOST = 128, ROOM = USERS * MOST };

/* Two tastes: even users take even items, odd ones odd items; user 3 and item 7 have
 * nothing. */
static psn_sparse *two_tastes(int weighted)
{
    psn_sparse *m;
    psn_random random;
    psn_random_start(&random, 5, 1, 0);
    assert_int_equal(psn_sparse_new(&m, USERS, ITEMS, USERS * ITEMS, weighted, NULL), 0);
    int64_t filled = 0;
    for (int32_t u = 0; u < USERS; u++) {
        for (int32_t i = 0; i < ITEMS; i++) {
            const double often = u % 2 == i % 2 ? 0.5 : 0.05;
            const int seen = psn_random_unit(&random) < often;
            if (!seen || u == 3 || i == 7) continue;
            if (weighted) m->value[filled] = (float)(1 + (u + i) % 3) / 2.0f;
            m->column[filled++] = i;
        }
        m->start[u + 1] = filled;
    }
    return m;
}

typedef struct seen_factors {
    int64_t users, items; /* floats */
    float user[ROOM], item[ROOM];
    int32_t calls, stop_at;
} seen_factors;

static int keep_factors(void *context, int32_t iteration, const float *users,
                        const float *items)
{
    seen_factors *seen = context;
    memcpy(seen->user, users, (size_t)seen->users * sizeof(float));
    memcpy(seen->item, items, (size_t)seen->items * sizeof(float));
    seen->calls++;
    return iteration == seen->stop_at;
}

static psn_als_options few(int32_t factors, int32_t iterations, int32_t solver)
{
    psn_als_options options;
    psn_als_defaults(&options);
    options.factors = factors;
    options.iterations = iterations;
    options.solver = solver;
    options.unobserved = 0.1;
    options.regularization = 0.01;
    options.seed = 9;
    return options;
}

static psn_als *fit(const psn_sparse *profile, psn_als_options options, int64_t threads)
{
    psn_als *als;
    psn_pool *pool;
    assert_int_equal(psn_pool_open(&pool, threads, NULL), PERSONA_OK);
    assert_int_equal(psn_als_fit(&als, profile, &options, pool, NULL, NULL), PERSONA_OK);
    psn_pool_close(pool);
    return als;
}

/* The normal equations as they are written, in double, by Gauss: rows n x stride of the
 * other side, of which `index` with `weight` were seen. */
static void solve_densely(double *x, const float *rows, int64_t n, int32_t stride,
                          const int32_t *index, const float *weight, int64_t count,
                          const psn_als_options *o)
{
    static double a[MOST][MOST + 1];
    double often = o->unobserved * (double)n;
    memset(a, 0, sizeof a);
    for (int64_t r = 0; r < n; r++)
        for (int32_t i = 0; i < stride; i++)
            for (int32_t j = 0; j < stride; j++)
                a[i][j] += o->unobserved * (double)rows[r * stride + i] *
                           (double)rows[r * stride + j];
    for (int64_t s = 0; s < count; s++) {
        const double w = weight != NULL ? (double)weight[s] : 1.0;
        const float *y = rows + (int64_t)index[s] * stride;
        often += w;
        for (int32_t i = 0; i < stride; i++) {
            for (int32_t j = 0; j < stride; j++)
                a[i][j] += w * (double)y[i] * (double)y[j];
            a[i][MOST] += w * (double)y[i];
        }
    }
    for (int32_t i = 0; i < stride; i++)
        a[i][i] += o->regularization * pow(often, o->frequency);
    for (int32_t k = 0; k < stride; k++)
        for (int32_t i = k + 1; i < stride; i++) {
            const double f = a[i][k] / a[k][k];
            for (int32_t j = k; j < stride; j++) a[i][j] -= f * a[k][j];
            a[i][MOST] -= f * a[k][MOST];
        }
    for (int32_t k = stride - 1; k >= 0; k--) {
        x[k] = a[k][MOST];
        for (int32_t j = k + 1; j < stride; j++) x[k] -= a[k][j] * x[j];
        x[k] /= a[k][k];
    }
}

/* The largest difference of two rows, relative to the largest entry. */
static double difference(const double *x, const float *y, int32_t n)
{
    double most = 0.0, size = 1e-30;
    for (int32_t j = 0; j < n; j++) {
        most = fmax(most, fabs(x[j] - (double)y[j]));
        size = fmax(size, fabs(x[j]));
    }
    return most / size;
}

/* 2 / (0.5 x 4 + 4 + 0.1 x (1 + 0.5)) = 2 / 6.15. */
static void one_item_is_solved_by_hand(void **state)
{
    (void)state;
    _Alignas(64) float item[16] = {2.0f}, user[16], scratch[512], share;
    const int32_t history[] = {0};
    psn_als als = {.items = 1,
                   .factors = 16,
                   .unobserved = 0.5,
                   .regularization = 0.1,
                   .frequency = 1.0,
                   .item = item};
    assert_int_equal(psn_als_ready(&als, NULL), PERSONA_OK);
    assert_true(als.gram[0] == 4.0f && als.gram[1] == 0.0f);
    assert_true(psn_als_scratch(&als) <= sizeof scratch);
    psn_als_fold_in(&als, history, NULL, 1, user, scratch);
    assert_true(fabs((double)user[0] - 2.0 / 6.15) < 1e-7 && user[1] == 0.0f);
    assert_true(psn_als_score(&als, user, 0) == 2.0f * user[0]);
    psn_als_explain(&als, history, NULL, 1, 0, &share, scratch);
    assert_true(fabs((double)share - 4.0 / 6.15) < 1e-6);
    psn_release_aligned(als.gram);
}

static void check_equations(int32_t factors, int32_t solver, double frequency)
{
    static seen_factors seen;
    psn_sparse *profile = two_tastes(1), *by_item;
    psn_als_options options = few(factors, 3, solver);
    const int32_t stride = (factors + 15) / 16 * 16;
    double y[MOST];
    seen = (seen_factors){.users = USERS * stride, .items = ITEMS * stride};
    options.frequency = frequency;
    options.cg_steps = 100;
    options.watch = keep_factors;
    options.context = &seen;
    psn_als_free(fit(profile, options, 1));
    assert_int_equal(psn_sparse_transpose(&by_item, profile, NULL), PERSONA_OK);
    for (int32_t i = 0; i < ITEMS; i++) {
        const int64_t start = by_item->start[i];
        solve_densely(y, seen.user, USERS, stride, by_item->column + start,
                      by_item->value + start, by_item->start[i + 1] - start, &options);
        assert_true(difference(y, seen.item + i * stride, stride) <
                    (solver == PSN_ALS_CHOLESKY ? 1e-4 : 5e-3));
    }
    psn_sparse_free(by_item);
    psn_sparse_free(profile);
}

static void the_last_half_iteration_solves_the_normal_equations(void **state)
{
    (void)state;
    check_equations(5, PSN_ALS_CHOLESKY, 1.0);
    check_equations(33, PSN_ALS_CHOLESKY, 0.5);
    check_equations(70, PSN_ALS_CHOLESKY, 0.0); /* LAPACK's eigenvectors */
    check_equations(5, PSN_ALS_AUTO, 1.0);
    check_equations(33, PSN_ALS_CG, 0.5);
    check_equations(70, PSN_ALS_CG, 0.0);
}

static void check_fold_in(int32_t factors, int weighted)
{
    psn_sparse *profile = two_tastes(weighted);
    const psn_als_options options = few(factors, 4, PSN_ALS_AUTO);
    psn_als *als = fit(profile, options, 1);
    double x[MOST];
    _Alignas(64) float user[MOST], scratch[8 * MOST];
    assert_true(psn_als_scratch(als) <= sizeof scratch);
    for (int32_t u = 0; u < USERS; u++) {
        const int64_t start = profile->start[u], count = profile->start[u + 1] - start;
        const float *weight = weighted ? profile->value + start : NULL;
        solve_densely(x, als->item, ITEMS, als->factors, profile->column + start, weight,
                      count, &options);
        psn_als_fold_in(als, profile->column + start, weight, count, user, scratch);
        assert_true(difference(x, user, als->factors) < 1e-5);
    }
    psn_als_free(als);
    psn_sparse_free(profile);
}

static void fold_in_is_the_exact_solution(void **state)
{
    (void)state;
    check_fold_in(8, 0);
    check_fold_in(64, 1);
    check_fold_in(100, 1); /* more than items */
}

static void explanations_add_up_to_the_score(void **state)
{
    (void)state;
    psn_sparse *profile = two_tastes(1);
    psn_als *als = fit(profile, few(16, 6, PSN_ALS_AUTO), 1);
    _Alignas(64) float user[16], scratch[8 * 16], shares[ITEMS];
    const int64_t start = profile->start[2], count = profile->start[3] - start;
    const int32_t *items = profile->column + start;
    const float *weight = profile->value + start;
    psn_als_fold_in(als, items, weight, count, user, scratch);
    for (int32_t item = 0; item < ITEMS; item++) {
        double sum = 0.0;
        psn_als_explain(als, items, weight, count, item, shares, scratch);
        for (int64_t i = 0; i < count; i++) sum += (double)shares[i];
        assert_true(fabs(sum - (double)psn_als_score(als, user, item)) < 2e-6);
    }
    psn_als_free(als);
    psn_sparse_free(profile);
}

static void tastes_are_found(void **state)
{
    (void)state;
    psn_sparse *profile = two_tastes(0);
    psn_als *als = fit(profile, few(4, 8, PSN_ALS_AUTO), 1);
    _Alignas(64) float user[16], scratch[8 * 16];
    const int32_t even[] = {0, 4, 12};
    psn_als_fold_in(als, even, NULL, 3, user, scratch);
    for (int32_t item = 2; item + 1 < ITEMS; item += 2)
        assert_true(psn_als_score(als, user, item) > psn_als_score(als, user, item + 1));
    psn_als_free(als);
    psn_sparse_free(profile);
}

static void an_empty_history_and_an_unseen_item_are_zero(void **state)
{
    (void)state;
    psn_sparse *profile = two_tastes(0);
    psn_als *als = fit(profile, few(8, 5, PSN_ALS_AUTO), 1);
    _Alignas(64) float user[16], scratch[8 * 16];
    psn_als_fold_in(als, NULL, NULL, 0, user, scratch);
    for (int32_t j = 0; j < 16; j++)
        assert_true(user[j] == 0.0f && als->item[7 * 16 + j] == 0.0f);
    psn_als_free(als);
    psn_sparse_free(profile);
}

static void nothing_becomes_nan(void **state)
{
    (void)state;
    psn_sparse *profile = two_tastes(1);
    static const double extremes[][2] = {
        {0.0, 1e-3}, {0.0, 1e-9}, {1.0, 0.0}, {1e6, 1e6}};
    for (int solver = PSN_ALS_AUTO; solver <= PSN_ALS_BLOCKS; solver++) {
        for (int i = 0; i < 4; i++) {
            psn_als_options options = few(50, 60, solver); /* more than items */
            options.unobserved = extremes[i][0];
            options.regularization = extremes[i][1];
            options.block = 32;
            psn_als *als = fit(profile, options, 1);
            for (int64_t j = 0; j < (int64_t)ITEMS * als->factors; j++)
                assert_true(isfinite(als->item[j]));
            psn_als_free(als);
        }
    }
    psn_sparse_free(profile);
}

static void blocks_come_to_what_cholesky_finds(void **state)
{
    (void)state;
    static seen_factors seen[2];
    psn_sparse *profile = two_tastes(1);
    for (int i = 0; i < 2; i++) {
        psn_als_options options = few(40, 60, i == 0 ? PSN_ALS_CHOLESKY : PSN_ALS_BLOCKS);
        seen[i] = (seen_factors){.users = USERS * 48, .items = ITEMS * 48};
        options.regularization = 0.05;
        options.block = 16;
        options.watch = keep_factors;
        options.context = &seen[i];
        psn_als_free(fit(profile, options, 1));
    }
    for (int32_t u = 0; u < USERS; u++) {
        for (int32_t i = 0; i < ITEMS; i++) {
            double score[2] = {0.0, 0.0};
            for (int s = 0; s < 2; s++)
                for (int32_t j = 0; j < 48; j++)
                    score[s] += (double)seen[s].user[u * 48 + j] *
                                (double)seen[s].item[i * 48 + j];
            assert_true(fabs(score[0] - score[1]) < 2e-3);
        }
    }
    psn_sparse_free(profile);
}

static void check_same(psn_als_options options)
{
    psn_sparse *profile = two_tastes(1);
    psn_als *one = fit(profile, options, 1);
    const size_t bytes = (size_t)ITEMS * (size_t)one->factors * sizeof(float);
    for (int64_t threads = 2; threads <= 4; threads++) {
        psn_als *more = fit(profile, options, threads);
        assert_memory_equal(one->item, more->item, bytes);
        psn_als_free(more);
    }
    for (int level = 0; level < PSN_SIMD_LEVELS && options.factors <= 64; level++) {
        psn_simd_force(level);
        psn_als *other = fit(profile, options, 1);
        assert_memory_equal(one->item, other->item, bytes);
        psn_als_free(other);
    }
    psn_simd_force(-1);
    psn_als_free(one);
    psn_sparse_free(profile);
}

static void threads_and_levels_give_the_same_bytes(void **state)
{
    (void)state;
    for (int solver = PSN_ALS_AUTO; solver <= PSN_ALS_BLOCKS; solver++) {
        psn_als_options options = few(50, 3, solver);
        options.block = 32;
        check_same(options);
        options.factors = 100; /* LAPACK: threads alone */
        check_same(options);
    }
}

static void fold_in_has_the_same_bits_at_every_level(void **state)
{
    (void)state;
    psn_sparse *profile = two_tastes(1);
    psn_als *als = fit(profile, few(100, 3, PSN_ALS_AUTO), 1);
    _Alignas(64) float first[112], user[112], scratch[8 * 112], shares[2][ITEMS];
    const int64_t count = profile->start[1];
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        psn_simd_force(level);
        psn_als_fold_in(als, profile->column, profile->value, count, user, scratch);
        psn_als_explain(als, profile->column, profile->value, count, 5, shares[level > 0],
                        scratch);
        if (level == 0) memcpy(first, user, sizeof user);
        assert_memory_equal(first, user, sizeof user);
        assert_memory_equal(shares[0], shares[level > 0], (size_t)count * sizeof(float));
    }
    psn_simd_force(-1);
    psn_als_free(als);
    psn_sparse_free(profile);
}

/* Both sides of the sum grow by the same factor: the minimum stays. */
static void twice_the_weights_and_twice_unobserved_change_nothing(void **state)
{
    (void)state;
    psn_sparse *profile = two_tastes(1);
    psn_als_options options = few(8, 4, PSN_ALS_CHOLESKY);
    psn_als *one = fit(profile, options, 1);
    for (int64_t i = 0; i < profile->start[USERS]; i++) profile->value[i] *= 2.0f;
    options.unobserved *= 2.0;
    psn_als *two = fit(profile, options, 1);
    for (int32_t i = 0; i < ITEMS * 16; i++)
        assert_true(fabsf(one->item[i] - two->item[i]) < 1e-3f);
    psn_als_free(one);
    psn_als_free(two);
    psn_sparse_free(profile);
}

/* Density 3 / (2 x 4): unobserved 10 x 0.375, regularization 0.1 / 11; with
 * unobserved 1.5 = 4 x 0.375 it is 0.1 / 5. */
static void weights_follow_the_density(void **state)
{
    (void)state;
    psn_sparse *profile;
    psn_als_options options;
    assert_int_equal(psn_sparse_new(&profile, 2, 4, 2, 1, NULL), PERSONA_OK);
    profile->start[1] = 1;
    profile->start[2] = 2;
    profile->column[0] = 1;
    profile->column[1] = 3;
    profile->value[0] = 1.0f;
    profile->value[1] = 2.0f;
    psn_als_defaults(&options);
    psn_als *als = fit(profile, options, 1);
    assert_true(fabs(als->unobserved - 3.75) < 1e-12);
    assert_true(fabs(als->regularization - 0.1 / 11.0) < 1e-12);
    psn_als_free(als);
    options.unobserved = 1.5;
    als = fit(profile, options, 1);
    assert_true(als->unobserved == 1.5);
    assert_true(fabs(als->regularization - 0.1 / 5.0) < 1e-12);
    psn_als_free(als);
    psn_sparse_free(profile);
}

static void watching_may_stop_it(void **state)
{
    (void)state;
    static seen_factors seen;
    seen = (seen_factors){.users = USERS * 16, .items = ITEMS * 16, .stop_at = 2};
    psn_sparse *profile = two_tastes(0);
    psn_als_options options = few(8, 20, PSN_ALS_AUTO);
    options.watch = keep_factors;
    options.context = &seen;
    psn_als_free(fit(profile, options, 1));
    assert_int_equal(seen.calls, 2);
    psn_sparse_free(profile);
}

static void a_cancelled_fit_leaves_nothing(void **state)
{
    (void)state;
    psn_sparse *profile = two_tastes(0);
    const psn_als_options options = few(8, 20, PSN_ALS_AUTO);
    persona_task *task;
    psn_als *als = NULL;
    persona_error error;
    assert_int_equal(psn_task_new(&task, NULL), PERSONA_OK);
    assert_int_equal(psn_als_fit(&als, profile, &options, NULL, task, NULL), PERSONA_OK);
    assert_true(psn_task_progress(task) == 1.0);
    psn_als_free(als);
    psn_task_cancel(task);
    assert_int_equal(psn_als_fit(&als, profile, &options, NULL, task, &error),
                     PERSONA_ECANCEL);
    assert_null(als);
    psn_task_free(task);
    psn_sparse_free(profile);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    psn_sparse *profile = two_tastes(1);
    const psn_als_options options = few(8, 2, PSN_ALS_AUTO);
    psn_als *als;
    int rc = PERSONA_ENOMEM;
    for (long long n = 0; rc != PERSONA_OK; n++) {
        const long long before = atomic_load(&memory_live);
        failing_memory_arm(n, 1);
        rc = psn_als_fit(&als, profile, &options, NULL, NULL, NULL);
        const int refused = failing_memory_disarm();
        if (rc == PERSONA_OK) {
            assert_int_equal(refused, 0);
            break;
        }
        assert_int_equal(rc, PERSONA_ENOMEM);
        assert_null(als);
        assert_int_equal(atomic_load(&memory_live), before);
    }
    psn_als_free(als);
    psn_sparse_free(profile);
}

static void refuse(psn_als_options options, const char *message)
{
    psn_sparse *profile = two_tastes(0);
    persona_error error;
    psn_als *als;
    assert_int_equal(psn_als_fit(&als, profile, &options, NULL, NULL, &error),
                     PERSONA_EOPTION);
    assert_non_null(strstr(error.message, message));
    assert_null(als);
    psn_sparse_free(profile);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    psn_als_options o = few(0, 2, PSN_ALS_AUTO);
    refuse(o, "factors must be 1 to 4096");
    o = few(8, 0, PSN_ALS_AUTO);
    refuse(o, "iterations must be at least 1");
    o = few(8, 2, PSN_ALS_AUTO);
    o.unobserved = NAN;
    refuse(o, "unobserved and regularization must be finite");
    o = few(8, 2, PSN_ALS_AUTO);
    o.regularization = o.unobserved = 0.0;
    refuse(o, "unobserved and regularization must not both be 0");
    o = few(8, 2, PSN_ALS_AUTO);
    o.frequency = 2.0;
    refuse(o, "frequency must be 0 to 1");
    o = few(8, 2, PSN_ALS_BLOCKS);
    o.block = 0;
    refuse(o, "block must be 1 to 4096");
}

static void wrong_weights_are_refused(void **state)
{
    (void)state;
    static const float wrong[] = {-1.0f, INFINITY, NAN};
    const psn_als_options options = few(8, 2, PSN_ALS_AUTO);
    for (int i = 0; i < 3; i++) {
        psn_sparse *profile = two_tastes(1);
        psn_als *als;
        profile->value[4] = wrong[i];
        assert_int_equal(psn_als_fit(&als, profile, &options, NULL, NULL, NULL),
                         PERSONA_EDATA);
        assert_null(als);
        psn_sparse_free(profile);
    }
}

static void damaged_factors_are_refused(void **state)
{
    (void)state;
    psn_sparse *profile = two_tastes(0);
    psn_als *als = fit(profile, few(8, 2, PSN_ALS_AUTO), 1);
    const float gram = als->gram[3];
    als->gram[3] = -1.0f;
    assert_int_equal(psn_als_ready(als, NULL), PERSONA_OK);
    assert_true(als->gram[3] == gram);
    als->item[5] = NAN;
    assert_int_equal(psn_als_ready(als, NULL), PERSONA_EFORMAT);
    als->item[5] = 3e38f; /* its square is not finite in float32 */
    assert_int_equal(psn_als_ready(als, NULL), PERSONA_EFORMAT);
    als->item[5] = 0.0f;
    als->regularization = -1.0;
    assert_int_equal(psn_als_ready(als, NULL), PERSONA_EFORMAT);
    als->regularization = 0.0;
    als->factors = 15;
    assert_int_equal(psn_als_ready(als, NULL), PERSONA_EFORMAT);
    psn_als_free(als);
    psn_sparse_free(profile);
}

int main(void)
{
    failing_memory_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_item_is_solved_by_hand),
        cmocka_unit_test(the_last_half_iteration_solves_the_normal_equations),
        cmocka_unit_test(fold_in_is_the_exact_solution),
        cmocka_unit_test(explanations_add_up_to_the_score),
        cmocka_unit_test(tastes_are_found),
        cmocka_unit_test(an_empty_history_and_an_unseen_item_are_zero),
        cmocka_unit_test(nothing_becomes_nan),
        cmocka_unit_test(blocks_come_to_what_cholesky_finds),
        cmocka_unit_test(threads_and_levels_give_the_same_bytes),
        cmocka_unit_test(fold_in_has_the_same_bits_at_every_level),
        cmocka_unit_test(twice_the_weights_and_twice_unobserved_change_nothing),
        cmocka_unit_test(weights_follow_the_density),
        cmocka_unit_test(watching_may_stop_it),
        cmocka_unit_test(a_cancelled_fit_leaves_nothing),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(wrong_weights_are_refused),
        cmocka_unit_test(damaged_factors_are_refused),
    };
    return cmocka_run_group_tests_name("als", tests, NULL, NULL);
}
