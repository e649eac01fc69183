/* Criteria of a clustering: hand-worked values, and silhouette against its definition
 * with all pairs of rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "math/simd.h"
#include "measure/cluster_criteria.h"

enum { ROWS = 300, DIMS = 3, K = 4 };

/* Rows 0, 2 and 10, 14 on a line: means 1 and 12. */
static const double line[] = {0, 2, 10, 14}, line_means[] = {1, 12};
static const int32_t line_labels[] = {0, 0, 1, 1};

static psn_cluster_criteria criteria_of(const psn_rows *rows, const double *centers,
                                        const int32_t *labels, int32_t k)
{
    psn_cluster_criteria out;
    assert_int_equal(psn_cluster_criteria_of(&out, rows, centers, labels, k, NULL, NULL),
                     0);
    return out;
}

static void criteria_of_four_rows_on_a_line_are_those_worked_by_hand(void **state)
{
    const psn_rows rows = {.rows = 4, .dims = 1, .dense = line};
    const psn_cluster_criteria c = criteria_of(&rows, line_means, line_labels, 2);
    /* a, b of the rows: 4, (100 + 196) / 2; 4, (64 + 144) / 2; 16, (100 + 64) / 2; 16,
     * (196 + 144) / 2. */
    const double silhouette =
        ((1 - 4 / 148.0) + (1 - 4 / 104.0) + (1 - 16 / 82.0) + (1 - 16 / 170.0)) / 4;
    (void)state;
    assert_true(c.inertia == 10.0);
    assert_true(fabs(c.silhouette - silhouette) < 1e-15);
    /* between 4 x 5.5^2 = 121, 1 degree of freedom; within 10, 2 degrees */
    assert_true(fabs(c.calinski_harabasz - 121.0 / (10.0 / 2)) < 1e-12);
    assert_true(fabs(c.davies_bouldin - (1 + 2) / 11.0) < 1e-15);
}

static void bic_is_the_likelihood_of_a_spherical_mixture_less_its_parameters(void **state)
{
    const psn_rows rows = {.rows = 4, .dims = 1, .dense = line};
    const psn_cluster_criteria c = criteria_of(&rows, line_means, line_labels, 2);
    const double variance = 10.0 / 2;
    const double likelihood = 4 * log(0.5) - 2 * log(2 * acos(-1) * variance) - 1;
    (void)state;
    assert_true(fabs(c.bic - (likelihood - 2 * 2 / 2.0 * log(4))) < 1e-12);
}

static void one_cluster_has_no_silhouette(void **state)
{
    const double mean[] = {6.5};
    const int32_t labels[] = {0, 0, 0, 0};
    const psn_rows rows = {.rows = 4, .dims = 1, .dense = line};
    const psn_cluster_criteria c = criteria_of(&rows, mean, labels, 1);
    (void)state;
    assert_true(c.silhouette == 0 && c.davies_bouldin == 0 && c.calinski_harabasz == 0);
    assert_true(fabs(c.inertia - 131.0) < 1e-12);
}

typedef struct sample {
    double values[ROWS * DIMS], centers[K * DIMS];
    int32_t labels[ROWS];
} sample;

/* Random rows with random labels, and the means of the labels. */
static sample *sample_new(void)
{
    sample *s = calloc(1, sizeof *s);
    double count[K] = {0};
    psn_random random;
    psn_random_start(&random, 3, 1, 0);
    for (int i = 0; i < ROWS; i++) {
        s->labels[i] = (int32_t)psn_random_below(&random, K);
        count[s->labels[i]]++;
        for (int j = 0; j < DIMS; j++) {
            s->values[i * DIMS + j] = psn_random_unit(&random) + 0.4 * s->labels[i];
            s->centers[s->labels[i] * DIMS + j] += s->values[i * DIMS + j];
        }
    }
    for (int c = 0; c < K * DIMS; c++) s->centers[c] /= count[c / DIMS];
    return s;
}

static double squared(const double *a, const double *b)
{
    double sum = 0;
    for (int j = 0; j < DIMS; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

/* The definition: mean squared distances to all rows of each cluster. */
static double silhouette_by_pairs(const sample *s)
{
    double total = 0;
    for (int i = 0; i < ROWS; i++) {
        double sum[K] = {0}, count[K] = {0}, b = INFINITY;
        for (int j = 0; j < ROWS; j++) {
            sum[s->labels[j]] += squared(s->values + i * DIMS, s->values + j * DIMS);
            count[s->labels[j]] += j != i;
        }
        const int own = s->labels[i];
        const double a = sum[own] / count[own];
        for (int c = 0; c < K; c++)
            if (c != own && sum[c] / count[c] < b) b = sum[c] / count[c];
        total += (b - a) / (a > b ? a : b);
    }
    return total / ROWS;
}

static void silhouette_equals_its_definition_over_all_pairs(void **state)
{
    sample *s = sample_new();
    const psn_rows rows = {.rows = ROWS, .dims = DIMS, .dense = s->values};
    (void)state;
    const psn_cluster_criteria c = criteria_of(&rows, s->centers, s->labels, K);
    assert_true(fabs(c.silhouette - silhouette_by_pairs(s)) < 1e-12);
    free(s);
}

static void weights_count_as_repetitions(void **state)
{
    const double twice[] = {0, 2, 2, 10, 14, 14, 14}, means[] = {4 / 3.0, 13};
    const int32_t labels[] = {0, 0, 0, 1, 1, 1, 1};
    const double weights[] = {1, 2, 1, 3};
    const psn_rows repeated = {.rows = 7, .dims = 1, .dense = twice};
    const psn_rows weighted = {.rows = 4, .dims = 1, .dense = line, .weights = weights};
    (void)state;
    const psn_cluster_criteria a = criteria_of(&repeated, means, labels, 2);
    const psn_cluster_criteria b = criteria_of(&weighted, means, line_labels, 2);
    assert_true(fabs(a.inertia - b.inertia) < 1e-12);
    assert_true(fabs(a.calinski_harabasz - b.calinski_harabasz) < 1e-9);
    assert_true(fabs(a.davies_bouldin - b.davies_bouldin) < 1e-12);
    assert_true(fabs(a.bic - b.bic) < 1e-12);
}

static void every_level_gives_the_same_bits(void **state)
{
    sample *s = sample_new();
    const psn_rows rows = {.rows = ROWS, .dims = DIMS, .dense = s->values};
    (void)state;
    psn_simd_force(PSN_SIMD_SCALAR);
    const psn_cluster_criteria a = criteria_of(&rows, s->centers, s->labels, K);
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        const psn_cluster_criteria b = criteria_of(&rows, s->centers, s->labels, K);
        assert_memory_equal(&a, &b, sizeof a);
    }
    psn_simd_force(-1);
    free(s);
}

static void a_missing_value_counts_with_the_scaled_distance(void **state)
{
    /* Row (0, -): squared distance 2 x 1 to (1, 1), 2 x 64 to (8, 8). */
    const double values[] = {0, NAN, 1, 1, 8, 8, 8, 8}, centers[] = {1, 1, 8, 8};
    const int32_t labels[] = {0, 0, 1, 1};
    const psn_rows rows = {.rows = 4, .dims = 2, .dense = values, .has_missing = 1};
    (void)state;
    const psn_cluster_criteria c = criteria_of(&rows, centers, labels, 2);
    assert_true(c.inertia == 2.0);
    assert_true(c.silhouette > 0.9 && c.silhouette < 1);
}

static void jaccard_is_1_for_the_same_groups_under_other_names(void **state)
{
    const int32_t a[] = {0, 0, 1, 1, 2}, b[] = {1, 1, 0, 0, 2}, c[] = {0, 0, 0, 0, 1};
    double out;
    (void)state;
    assert_int_equal(psn_cluster_jaccard(&out, a, 3, b, 3, NULL, 5, NULL), 0);
    assert_true(out == 1.0);
    assert_int_equal(psn_cluster_jaccard(&out, a, 3, c, 2, NULL, 5, NULL), 0);
    assert_true(fabs(out - (0.5 + 0.5 + 1) / 3) < 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(criteria_of_four_rows_on_a_line_are_those_worked_by_hand),
        cmocka_unit_test(
            bic_is_the_likelihood_of_a_spherical_mixture_less_its_parameters),
        cmocka_unit_test(one_cluster_has_no_silhouette),
        cmocka_unit_test(silhouette_equals_its_definition_over_all_pairs),
        cmocka_unit_test(weights_count_as_repetitions),
        cmocka_unit_test(every_level_gives_the_same_bits),
        cmocka_unit_test(a_missing_value_counts_with_the_scaled_distance),
        cmocka_unit_test(jaccard_is_1_for_the_same_groups_under_other_names),
    };
    return cmocka_run_group_tests_name("cluster_criteria", tests, NULL, NULL);
}
