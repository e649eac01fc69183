/* test_distribution.c: probabilities against values worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "math/distribution.h"

static void close_to(double value, double expected, double within)
{
    if (!(fabs(value - expected) <= within))
        fail_msg("%.17g, expected %.17g", value, expected);
}

static void the_gamma_function_of_n_is_a_factorial(void **state)
{
    (void)state;
    close_to(psn_lgamma(5), 3.1780538303479458, 1e-14);    /* ln 24 */
    close_to(psn_lgamma(0.5), 0.57236494292470008, 1e-14); /* ln sqrt(pi) */
    close_to(psn_lgamma(1), 0, 1e-14);
    close_to(psn_lgamma(1e-6), 13.815509980749432, 1e-12);
    close_to(psn_lgamma(171), 706.57306224578735, 1e-11);
}

static void the_normal_distribution_has_its_known_points(void **state)
{
    (void)state;
    close_to(psn_normal_cdf(0), 0.5, 1e-16);
    close_to(psn_normal_cdf(1.96), 0.97500210485177952, 1e-15);
    close_to(psn_normal_cdf(-8) / 6.2209605742717841e-16, 1, 1e-6);
    close_to(psn_normal_quantile(0.975), 1.9599639845400545, 1e-13);
    close_to(psn_normal_quantile(0.01), -2.3263478740408408, 1e-13);
    assert_true(psn_normal_quantile(0) == -INFINITY &&
                psn_normal_quantile(1) == INFINITY);
    assert_true(isnan(psn_normal_quantile(-0.1)) && isnan(psn_normal_quantile(NAN)));
}

static void quantile_and_probability_are_inverse(void **state)
{
    (void)state;
    for (int i = 1; i < 200; i++) {
        const double p = i / 200.0;
        close_to(psn_normal_cdf(psn_normal_quantile(p)), p, 1e-14);
    }
}

static void poisson_terms_add_up(void **state)
{
    (void)state;
    /* e^-1 (1 + 1 + 1/2) */
    close_to(psn_poisson_cdf(2, 1), 0.91969860292860584, 1e-15);
    close_to(psn_poisson_cdf(2.7, 1), psn_poisson_cdf(2, 1), 0);
    close_to(psn_poisson_cdf(-1, 1), 0, 0);
    close_to(psn_poisson_cdf(0, 0), 1, 0);
    close_to(psn_poisson_cdf(1000, 1000), 0.50840936716893927, 1e-11);
    assert_true(psn_poisson_quantile(0.9, 1) == 2);
    assert_true(psn_poisson_quantile(0.92, 1) == 3);
    assert_true(psn_poisson_quantile(0.3, 1) == 0);
    assert_true(psn_poisson_quantile(0.5, 0) == 0);
}

/* Mean 1, variance 2 is the geometric distribution 1/2, 1/4, 1/8 ... */
static void a_negative_binomial_of_size_one_is_geometric(void **state)
{
    (void)state;
    close_to(psn_negative_binomial_cdf(0, 1, 2), 0.5, 1e-14);
    close_to(psn_negative_binomial_cdf(2, 1, 2), 0.875, 1e-14);
    close_to(psn_negative_binomial_log(3, 1, 2), -4 * 0.69314718055994531, 1e-13);
    assert_true(psn_negative_binomial_quantile(0.49, 1, 2) == 0);
    assert_true(psn_negative_binomial_quantile(0.51, 1, 2) == 1);
    assert_true(psn_negative_binomial_quantile(0.87, 1, 2) == 2);
    close_to(psn_negative_binomial_cdf(3, 2, 1), psn_poisson_cdf(3, 2), 0);
}

static void huge_means_are_answered_in_time(void **state)
{
    (void)state;
    const double high = psn_negative_binomial_quantile(0.975, 1e12, 100);
    close_to((high - 1e12) / 1e7, 1.96, 0.01); /* standard deviation 1e7 */
    assert_true(psn_poisson_cdf(1e300, 1e18) == 1);
    assert_true(isfinite(psn_negative_binomial_quantile(0.5, 1e250, 1e3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gamma_function_of_n_is_a_factorial),
        cmocka_unit_test(the_normal_distribution_has_its_known_points),
        cmocka_unit_test(quantile_and_probability_are_inverse),
        cmocka_unit_test(poisson_terms_add_up),
        cmocka_unit_test(a_negative_binomial_of_size_one_is_geometric),
        cmocka_unit_test(huge_means_are_answered_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
