/* test_mips.c: the k largest inner products against all scores sorted, on every level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/philox.h"
#include "math/mips.h"
#include "math/simd.h"
#include "support/failing_memory.h"

enum { MOST_ROWS = 5000, MOST_DIMS = 1030, MOST_K = 5003, QUERIES = 13 };

/* Rows, queries, and masks that allow a share of the rows. */
typedef struct world {
    int64_t rows;
    int32_t dims;
    float *row, *query;
    uint64_t allow[QUERIES * (MOST_ROWS / 64 + 1)];
    int64_t words;
    psn_mips *mips;
} world;

static float gaussian(psn_random *random)
{
    const double u = 1 - psn_random_unit(random), v = psn_random_unit(random);
    return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

/* Rows of different length; only every `copies`-th is new, the others repeat it. */
static void make_rows(world *w, int64_t rows, int32_t dims, double factor, int copies)
{
    psn_random random;
    psn_random_start(&random, 11, 1, (uint64_t)rows);
    w->rows = rows;
    w->dims = dims;
    w->words = (rows + 63) / 64;
    w->row = psn_alloc_aligned((size_t)(rows * dims), sizeof(float));
    w->query = psn_alloc_aligned((size_t)(QUERIES * dims), sizeof(float));
    for (int64_t i = 0; i < rows; i++) {
        const double length = factor * (0.5 + psn_random_unit(&random));
        for (int32_t j = 0; j < dims; j++)
            w->row[i * dims + j] = i % copies != 0
                                       ? w->row[(i - 1) * dims + j]
                                       : (float)(length * (double)gaussian(&random));
    }
    for (int64_t i = 0; i < QUERIES * dims; i++) w->query[i] = gaussian(&random);
    w->mips = NULL;
}

static void make_masks(world *w, double share)
{
    psn_random random;
    psn_random_start(&random, 12, 1, 0);
    memset(w->allow, 0, sizeof w->allow);
    for (int q = 0; q < QUERIES; q++)
        for (int64_t i = 0; i < w->rows; i++)
            if (psn_random_unit(&random) < share)
                w->allow[q * w->words + i / 64] |= UINT64_C(1) << (i % 64);
}

static world *open_world(int64_t rows, int32_t dims, double factor, int copies)
{
    world *w = malloc(sizeof *w);
    make_rows(w, rows, dims, factor, copies);
    assert_int_equal(psn_mips_new(&w->mips, w->row, rows, dims, NULL), PERSONA_OK);
    return w;
}

static void close_world(world *w)
{
    psn_mips_free(w->mips);
    psn_release_aligned(w->row);
    psn_release_aligned(w->query);
    free(w);
}

static int by_score(const void *a, const void *b)
{
    const psn_scored *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

/* All allowed rows, best first. */
static int64_t sort_all(const world *w, int64_t q, const uint64_t *allow, psn_scored *all)
{
    int64_t count = 0;
    for (int64_t i = 0; i < w->rows; i++) {
        const float score =
            psn_mips_score(w->row + i * w->dims, w->query + q * w->dims, w->dims);
        if (score != score || (allow != NULL && !(allow[i / 64] >> (i % 64) & 1)))
            continue;
        all[count++] = (psn_scored){score, i};
    }
    qsort(all, (size_t)count, sizeof *all, by_score);
    return count;
}

static void check_same(const psn_scored *best, int64_t count, const psn_scored *all,
                       int64_t most, int64_t k)
{
    assert_int_equal(count, most < k ? most : k);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(best[i].index, all[i].index);
        assert_memory_equal(&best[i].score, &all[i].score, sizeof(float));
    }
}

/* Each query alone and all together, on the level in use. */
static void check_level(const world *w, int64_t k, int masked)
{
    static psn_scored all[MOST_ROWS], best[MOST_K], many[QUERIES * MOST_K];
    int64_t counts[QUERIES];
    void *scratch = psn_alloc_aligned(psn_mips_scratch(w->mips, k), 1);
    assert_int_equal(psn_mips_batch(w->mips, w->query, QUERIES, k,
                                    masked ? w->allow : NULL, w->words, many, counts,
                                    NULL, NULL),
                     PERSONA_OK);
    for (int64_t q = 0; q < QUERIES; q++) {
        const uint64_t *allow = masked ? w->allow + q * w->words : NULL;
        const int64_t most = sort_all(w, q, allow, all);
        const int64_t count =
            psn_mips_query(w->mips, w->query + q * w->dims, k, allow, best, scratch);
        check_same(best, count, all, most, k);
        check_same(many + q * k, counts[q], all, most, k);
    }
    psn_release_aligned(scratch);
}

static void check_levels(const world *w, int64_t k, int masked)
{
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        check_level(w, k, masked);
    }
    psn_simd_force(-1);
}

static void check_world(int64_t rows, int32_t dims, double factor, int copies)
{
    world *w = open_world(rows, dims, factor, copies);
    check_levels(w, 1, 0);
    check_levels(w, 10, 0);
    make_masks(w, 0.5);
    check_levels(w, 10, 1);
    close_world(w);
}

static void three_rows_come_in_the_order_worked_out_by_hand(void **state)
{
    const float rows[] = {1, 2, 3, -1, 0.5f, 2}, query[] = {2, 1};
    psn_mips *mips;
    psn_scored best[3];
    _Alignas(64) char scratch[8192];
    (void)state;
    assert_int_equal(psn_mips_new(&mips, rows, 3, 2, NULL), PERSONA_OK);
    assert_true(psn_mips_scratch(mips, 3) <= sizeof scratch);
    assert_int_equal(psn_mips_query(mips, query, 3, NULL, best, scratch), 3);
    assert_true(best[0].index == 1 && best[0].score == 5);
    assert_true(best[1].index == 0 && best[1].score == 4);
    assert_true(best[2].index == 2 && best[2].score == 3);
    psn_mips_free(mips);
}

static void every_number_of_dimensions_is_searched_exactly(void **state)
{
    const int32_t dims[] = {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 100, 256};
    (void)state;
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
        check_world(1500, dims[i], 1, 1);
    check_world(300, 1024, 1, 1);
    check_world(300, 1030, 1, 1);
}

static void every_number_of_rows_is_searched_exactly(void **state)
{
    const int64_t rows[] = {1, 9, 63, 64, 65, 128, 1000, MOST_ROWS};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_world(rows[i], 24, 1, 1);
}

static void equal_rows_come_by_index(void **state)
{
    (void)state;
    check_world(2000, 32, 1, 2);
    check_world(2000, 32, 1, 300);
    check_world(2000, 32, 1, 2000);
}

static void huge_tiny_and_denormal_rows_are_searched_exactly(void **state)
{
    const double factors[] = {1e18, 1e30, 3e36, 1e-18, 1e-30, 1e-37, 1e-40, 1e-44};
    (void)state;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        check_world(1500, 20, factors[i], 1);
}

static void huge_tiny_and_infinite_queries_are_searched_exactly(void **state)
{
    const float factors[] = {1e18f, 1e38f, 1e-30f, 1e-44f, 0, INFINITY, NAN};
    (void)state;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        world *w = open_world(1500, 20, 1, 1);
        for (int64_t j = 0; j < QUERIES * 20; j++) w->query[j] *= factors[i];
        for (int64_t j = 0; j < 20; j++) w->query[j] = j == 3 ? factors[i] : 0;
        check_levels(w, 10, 0);
        close_world(w);
    }
}

static void rows_of_very_different_length_are_searched_exactly(void **state)
{
    (void)state;
    world *w = open_world(3000, 40, 1, 1);
    psn_mips_free(w->mips);
    for (int64_t i = 0; i < w->rows; i++)
        for (int32_t j = 0; j < 40; j++)
            w->row[i * 40 + j] *= i % 7 == 0 ? 0 : ldexpf(1, (int)(i * 37 % 140) - 120);
    assert_int_equal(psn_mips_new(&w->mips, w->row, w->rows, 40, NULL), PERSONA_OK);
    check_levels(w, 10, 0);
    check_levels(w, 700, 0);
    close_world(w);
}

/* 1,000 rows of 16 like `common`, row 700 like `best`; all queries the same. The best is
 * found on every level. */
static void check_best(const float *common, const float *best, const float *query)
{
    world *w = open_world(1000, 16, 1, 1);
    psn_mips_free(w->mips);
    for (int64_t i = 0; i < 1000; i++)
        memcpy(w->row + i * 16, i == 700 ? best : common, 16 * sizeof(float));
    for (int64_t q = 0; q < QUERIES; q++)
        memcpy(w->query + q * 16, query, 16 * sizeof(float));
    assert_int_equal(psn_mips_new(&w->mips, w->row, 1000, 16, NULL), PERSONA_OK);
    assert_true(psn_mips_score(best, query, 16) > psn_mips_score(common, query, 16));
    check_levels(w, 1, 0);
    close_world(w);
}

static void a_row_whose_codes_lose_all_that_counts_is_found(void **state)
{
    /* A step is 1: 0.49 has code 0, and only 15 x 0.49 = 7.35 beats 7. */
    float common[16] = {127, 7}, best[16] = {127}, query[16] = {0};
    (void)state;
    for (int j = 1; j < 16; j++) best[j] = 0.49f, query[j] = 1;
    check_best(common, best, query);
}

static void a_query_whose_codes_lose_all_that_counts_is_answered(void **state)
{
    float common[16] = {7.0f / 127}, best[16] = {0}, query[16] = {127};
    (void)state;
    for (int j = 1; j < 16; j++) best[j] = 1, query[j] = 0.49f;
    check_best(common, best, query);
}

static void a_row_that_wins_by_rounding_of_denormals_is_found(void **state)
{
    /* In units of 2^-149: 0.51 rounds to 1, 16 times; 1.02 to 1, 9 times. */
    float common[16] = {0}, best[16], query[16];
    (void)state;
    for (int j = 0; j < 16; j++) best[j] = 0x1p-149f, query[j] = 0.51f;
    for (int j = 0; j < 9; j++) common[j] = 0x1p-148f;
    assert_true(psn_mips_score(best, query, 16) == 0x1p-145f);
    check_best(common, best, query);
}

static void zero_rows_score_zero_and_come_by_index(void **state)
{
    (void)state;
    world *w = open_world(1000, 8, 0, 1);
    check_levels(w, 10, 0);
    close_world(w);
}

static void masks_of_any_share_are_kept_to(void **state)
{
    const double shares[] = {0, 0.001, 0.1, 0.2, 0.9, 1};
    (void)state;
    world *w = open_world(4000, 48, 1, 1);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        make_masks(w, shares[i]);
        check_levels(w, 10, 1);
        check_levels(w, 100, 1);
    }
    close_world(w);
}

static void bits_after_the_last_row_do_not_matter(void **state)
{
    (void)state;
    world *w = open_world(100, 8, 1, 1);
    memset(w->allow, 0xff, sizeof w->allow);
    check_levels(w, 10, 1);
    check_levels(w, 150, 1);
    close_world(w);
}

static void k_may_be_zero_less_or_more_than_the_rows(void **state)
{
    const int64_t sizes[] = {0, 1, 2, 299, 2999, 3000, 3001, MOST_K};
    (void)state;
    world *w = open_world(3000, 16, 1, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_levels(w, sizes[i], 0);
    close_world(w);
}

static void no_rows_and_a_negative_k_give_nothing(void **state)
{
    const float query[] = {1, 2};
    psn_mips *mips;
    psn_scored best[1];
    int64_t count = 7;
    _Alignas(64) char scratch[16384];
    (void)state;
    assert_int_equal(psn_mips_new(&mips, NULL, 0, 2, NULL), PERSONA_OK);
    assert_int_equal(psn_mips_query(mips, query, 1, NULL, best, scratch), 0);
    assert_int_equal(psn_mips_batch(mips, query, 1, 1, NULL, 0, best, &count, NULL, NULL),
                     PERSONA_OK);
    assert_int_equal(count, 0);
    psn_mips_free(mips);
    assert_int_equal(psn_mips_new(&mips, query, 1, 2, NULL), PERSONA_OK);
    assert_int_equal(psn_mips_query(mips, query, -1, NULL, best, scratch), 0);
    psn_mips_free(mips);
}

static void one_mask_serves_all_queries_with_stride_zero(void **state)
{
    static psn_scored all[MOST_ROWS], many[QUERIES * 10];
    int64_t counts[QUERIES];
    (void)state;
    world *w = open_world(2000, 16, 1, 1);
    make_masks(w, 0.5);
    psn_mips_batch(w->mips, w->query, QUERIES, 10, w->allow, 0, many, counts, NULL, NULL);
    for (int64_t q = 0; q < QUERIES; q++)
        check_same(many + q * 10, counts[q], all, sort_all(w, q, w->allow, all), 10);
    close_world(w);
}

static void any_number_of_threads_gives_the_same(void **state)
{
    static psn_scored one[200 * 10], three[200 * 10];
    int64_t counts[200];
    psn_pool *pool;
    (void)state;
    world *w = open_world(2600, 16, 1, 1);
    psn_pool_open(&pool, 3, NULL);
    memset(one, 0, sizeof one);
    memset(three, 0, sizeof three);
    psn_mips_batch(w->mips, w->row, 200, 10, NULL, 0, one, counts, NULL, NULL);
    psn_mips_batch(w->mips, w->row, 200, 10, NULL, 0, three, counts, pool, NULL);
    assert_memory_equal(one, three, sizeof one);
    psn_pool_close(pool);
    close_world(w);
}

static void the_score_has_the_same_bits_on_every_level(void **state)
{
    (void)state;
    world *w = open_world(40, MOST_DIMS, 1, 1);
    for (int32_t dims = 1; dims <= MOST_DIMS; dims += dims < 70 ? 1 : 61) {
        psn_simd_force(PSN_SIMD_SCALAR);
        const float score = psn_mips_score(w->row, w->query, dims);
        for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
            psn_simd_force(level);
            const float other = psn_mips_score(w->row, w->query, dims);
            assert_memory_equal(&other, &score, sizeof score);
        }
    }
    psn_simd_force(-1);
    close_world(w);
}

static void the_score_is_near_the_sum_in_double(void **state)
{
    double sum = 0, norm = 0;
    (void)state;
    world *w = open_world(2, 1000, 1, 1);
    for (int i = 0; i < 1000; i++) {
        sum += (double)w->row[i] * (double)w->query[i];
        norm += fabs((double)w->row[i] * (double)w->query[i]);
    }
    const double score = (double)psn_mips_score(w->row, w->query, 1000);
    assert_true(fabs(score - sum) < 67 * 0x1p-24 * norm);
    close_world(w);
}

static void a_query_takes_no_memory(void **state)
{
    psn_scored best[10];
    (void)state;
    world *w = open_world(3000, 33, 1, 1);
    void *scratch = psn_alloc_aligned(psn_mips_scratch(w->mips, 10), 1);
    failing_memory_arm(0, 1);
    for (int i = 0; i < QUERIES; i++)
        psn_mips_query(w->mips, w->query + i * 33, 10, NULL, best, scratch);
    assert_int_equal(failing_memory_disarm(), 0);
    psn_release_aligned(scratch);
    close_world(w);
}

static void every_allocation_may_fail_and_nothing_is_lost(void **state)
{
    persona_error error;
    psn_scored best[10];
    int64_t count;
    int refused = 0;
    psn_mips *mips = NULL;
    (void)state;
    world *w = open_world(300, 8, 1, 1);
    const long long live = atomic_load(&memory_live);
    for (int after = 0;; after++) {
        failing_memory_arm(after, 0);
        const int code = psn_mips_new(&mips, w->row, 300, 8, &error);
        if (failing_memory_disarm() == 0) break;
        /* The sort knows a way without memory. */
        if (code == PERSONA_OK) psn_mips_free(mips);
        assert_true(code == PERSONA_OK || code == PERSONA_ENOMEM);
        refused += code == PERSONA_ENOMEM;
        assert_int_equal(atomic_load(&memory_live), live);
    }
    assert_int_equal(refused, 8);
    psn_mips_free(mips);
    failing_memory_arm(0, 1);
    assert_int_equal(
        psn_mips_batch(w->mips, w->query, 1, 10, NULL, 0, best, &count, NULL, &error),
        PERSONA_ENOMEM);
    failing_memory_disarm();
    close_world(w);
}

static void rows_that_are_not_finite_and_odd_sizes_are_errors(void **state)
{
    const float rows[] = {1, 2, INFINITY, 4, NAN, 6};
    psn_mips *mips;
    persona_error error;
    (void)state;
    assert_int_equal(psn_mips_new(&mips, rows, 3, 2, &error), PERSONA_EDATA);
    assert_string_equal(error.message, "rows to search must be finite");
    assert_null(mips);
    assert_int_equal(psn_mips_new(&mips, rows + 4, 1, 1, &error), PERSONA_EDATA);
    assert_int_equal(psn_mips_new(&mips, rows, -1, 2, &error), PERSONA_EARG);
    assert_int_equal(psn_mips_new(&mips, rows, INT64_MAX, 2, &error), PERSONA_EARG);
    assert_int_equal(psn_mips_new(&mips, rows, 1, 0, &error), PERSONA_EARG);
    assert_int_equal(psn_mips_new(&mips, rows, 1, 1 << 20, &error), PERSONA_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_rows_come_in_the_order_worked_out_by_hand),
        cmocka_unit_test(every_number_of_dimensions_is_searched_exactly),
        cmocka_unit_test(every_number_of_rows_is_searched_exactly),
        cmocka_unit_test(equal_rows_come_by_index),
        cmocka_unit_test(huge_tiny_and_denormal_rows_are_searched_exactly),
        cmocka_unit_test(huge_tiny_and_infinite_queries_are_searched_exactly),
        cmocka_unit_test(rows_of_very_different_length_are_searched_exactly),
        cmocka_unit_test(a_row_whose_codes_lose_all_that_counts_is_found),
        cmocka_unit_test(a_query_whose_codes_lose_all_that_counts_is_answered),
        cmocka_unit_test(a_row_that_wins_by_rounding_of_denormals_is_found),
        cmocka_unit_test(zero_rows_score_zero_and_come_by_index),
        cmocka_unit_test(masks_of_any_share_are_kept_to),
        cmocka_unit_test(bits_after_the_last_row_do_not_matter),
        cmocka_unit_test(k_may_be_zero_less_or_more_than_the_rows),
        cmocka_unit_test(no_rows_and_a_negative_k_give_nothing),
        cmocka_unit_test(one_mask_serves_all_queries_with_stride_zero),
        cmocka_unit_test(any_number_of_threads_gives_the_same),
        cmocka_unit_test(the_score_has_the_same_bits_on_every_level),
        cmocka_unit_test(the_score_is_near_the_sum_in_double),
        cmocka_unit_test(a_query_takes_no_memory),
        cmocka_unit_test(every_allocation_may_fail_and_nothing_is_lost),
        cmocka_unit_test(rows_that_are_not_finite_and_odd_sizes_are_errors),
    };
    failing_memory_install();
    return cmocka_run_group_tests_name("mips", tests, NULL, NULL);
}
