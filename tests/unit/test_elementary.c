/* test_elementary.c: accuracy against the long double functions of libm, the same bits on
 * all levels and in both forms, and the values at the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "math/elementary.h"
#include "math/simd.h"

enum { DRAWS = 100000, EDGES = 22 };

static const double edges[EDGES] = {
    0.0,    -0.0,     1.0,      -1.0,   INFINITY,    -INFINITY, NAN,   DBL_MAX,
    -2.0,   -DBL_MAX, DBL_MIN,  5e-324, -5e-324,     1e-310,    1e-20, -1e-20,
    0.7071, 1.4142,   -0.29289, 709.79, -745.133219, 0x1p-53,
};

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double uniform(psn_random *random, double low, double high)
{
    return low + psn_random_unit(random) * (high - low);
}

/* Any size: 2^low .. 2^high, evenly by exponent. */
static double spread(psn_random *random, int low, int high)
{
    const int exponent = low + (int)psn_random_below(random, high - low);
    return ldexp(1.0 + psn_random_unit(random), exponent);
}

/* How far `got` is from the truth, in units of the last place of the truth. */
static double ulps(double got, long double truth)
{
    int exponent;
    frexp((double)truth, &exponent);
    if (exponent < DBL_MIN_EXP) exponent = DBL_MIN_EXP;
    return (double)(fabsl((long double)got - truth) /
                    ldexpl(1.0L, exponent - DBL_MANT_DIG));
}

typedef double one_argument(double);
typedef long double one_argument_truth(long double);

static double worst_between(one_argument *f, one_argument_truth *truth, double low,
                            double high)
{
    psn_random random;
    psn_random_start(&random, 1, 1, 1);
    double worst = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        const double x = uniform(&random, low, high);
        worst = fmax(worst, ulps(f(x), truth((long double)x)));
    }
    return worst;
}

static double worst_of_sizes(one_argument *f, one_argument_truth *truth, int low,
                             int high, double sign)
{
    psn_random random;
    psn_random_start(&random, 1, 1, 2);
    double worst = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        const double x = sign * spread(&random, low, high);
        worst = fmax(worst, ulps(f(x), truth((long double)x)));
    }
    return worst;
}

static void check_worst(const char *what, double worst, double allowed)
{
    if (worst <= allowed) return;
    fail_msg("%s is off by %.3f ulp, allowed %.2f", what, worst, allowed);
}

static void exp_is_within_one_ulp(void **state)
{
    (void)state;
    check_worst("exp, all", worst_between(psn_exp, expl, -708, 709.7), 0.7);
    check_worst("exp, near 0", worst_between(psn_exp, expl, -1, 1), 0.7);
    check_worst("exp, tiny", worst_of_sizes(psn_exp, expl, -1074, -5, -1), 0.7);
    check_worst("exp, subnormal results", worst_between(psn_exp, expl, -745, -708), 1.0);
}

static void log_is_within_one_ulp(void **state)
{
    (void)state;
    check_worst("log, all", worst_of_sizes(psn_log, logl, -1074, 1024, 1), 0.9);
    check_worst("log, near 1", worst_between(psn_log, logl, 0.5, 2), 0.9);
    check_worst("log, at 1", worst_between(psn_log, logl, 0.999, 1.001), 0.9);
}

static void log1p_is_within_one_ulp_and_a_quarter_where_x_is_an_ulp_of_1(void **state)
{
    (void)state;
    check_worst("log1p, sizes", worst_of_sizes(psn_log1p, log1pl, -1074, 1024, 1), 1.25);
    check_worst("log1p, below 0", worst_of_sizes(psn_log1p, log1pl, -1074, -1, -1), 1.25);
    check_worst("log1p, near 0", worst_between(psn_log1p, log1pl, -1, 1), 0.9);
    check_worst("log1p, amounts", worst_between(psn_log1p, log1pl, 0, 1e5), 0.9);
}

static void expm1_is_within_one_ulp_and_a_quarter(void **state)
{
    (void)state;
    check_worst("expm1, all", worst_between(psn_expm1, expm1l, -45, 709.7), 1.25);
    check_worst("expm1, near 0", worst_between(psn_expm1, expm1l, -1, 1), 1.25);
    check_worst("expm1, tiny", worst_of_sizes(psn_expm1, expm1l, -1074, -1, -1), 1.25);
}

static void pow_is_within_one_ulp_over_its_whole_range(void **state)
{
    (void)state;
    psn_random random;
    psn_random_start(&random, 1, 1, 3);
    double worst = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        const double x = i % 2 ? spread(&random, -1074, 1024) : uniform(&random, 0.5, 2);
        const double y = uniform(&random, -708, 708) / fabs(log(x));
        worst = fmax(worst, ulps(psn_pow(x, y), powl((long double)x, (long double)y)));
    }
    check_worst("pow", worst, 0.9);
}

/* Random bits: every kind of double comes up. */
static void fill_with_anything(double *x, int64_t count)
{
    psn_random random;
    psn_random_start(&random, 2, 1, 0);
    for (int64_t i = 0; i < count; i++) {
        const uint64_t word = psn_random_u64(&random);
        x[i] = uniform(&random, -40, 40);
        if (i % 2) memcpy(&x[i], &word, sizeof word);
        if (i < EDGES) x[i] = edges[i];
    }
}

enum { MIXED = 4099 }; /* leaves a rest for every width of register */

static void check_array_form(void (*array)(double *, const double *, int64_t),
                             one_argument *single)
{
    static double x[MIXED], out[MIXED];
    fill_with_anything(x, MIXED);
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        array(out, x, MIXED);
        psn_simd_force(PSN_SIMD_SCALAR);
        for (int i = 0; i < MIXED; i++) {
            if (bits_of(out[i]) == bits_of(single(x[i]))) continue;
            fail_msg("level %s differs at %a", psn_simd_name(level), x[i]);
        }
    }
    psn_simd_force(-1);
}

static void arrays_on_every_level_have_the_bits_of_single_values(void **state)
{
    (void)state;
    check_array_form(psn_exp_array, psn_exp);
    check_array_form(psn_log_array, psn_log);
    check_array_form(psn_log1p_array, psn_log1p);
}

static void single_forms_have_the_same_bits_on_every_level(void **state)
{
    (void)state;
    static double x[MIXED];
    fill_with_anything(x, MIXED);
    one_argument *const singles[] = {psn_exp, psn_expm1, psn_log, psn_log1p};
    for (int level = 1; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        for (int i = 0; i < 4 * MIXED; i++) {
            psn_simd_force(PSN_SIMD_SCALAR);
            const double expected = singles[i % 4](x[i / 4]);
            const double power = psn_pow(fabs(x[i / 4]), x[(i / 4 + 1) % MIXED]);
            psn_simd_force(level);
            assert_int_equal(bits_of(singles[i % 4](x[i / 4])), bits_of(expected));
            assert_int_equal(bits_of(psn_pow(fabs(x[i / 4]), x[(i / 4 + 1) % MIXED])),
                             bits_of(power));
        }
    }
    psn_simd_force(-1);
}

static void an_array_may_be_its_own_result(void **state)
{
    (void)state;
    double x[11], apart[11];
    for (int i = 0; i < 11; i++) x[i] = i * 1.5;
    psn_log1p_array(apart, x, 11);
    psn_log1p_array(x, x, 11);
    assert_memory_equal(x, apart, sizeof x);
    psn_log1p_array(x, x, 0);
    assert_memory_equal(x, apart, sizeof x);
}

static void check_same(double got, double expected)
{
    assert_int_equal(bits_of(got), bits_of(expected));
}

static void exp_and_expm1_at_the_edges(void **state)
{
    (void)state;
    check_same(psn_exp(0.0), 1.0);
    check_same(psn_exp(-0.0), 1.0);
    check_same(psn_exp(1.0), 0x1.5bf0a8b145769p+1);
    check_same(psn_exp(INFINITY), INFINITY);
    check_same(psn_exp(-INFINITY), 0.0);
    check_same(psn_exp(709.79), INFINITY);
    check_same(psn_exp(-745.0), 5e-324);
    check_same(psn_exp(-745.2), 0.0);
    check_same(psn_exp(-NAN), NAN);
    check_same(psn_expm1(-0.0), -0.0);
    check_same(psn_expm1(5e-324), 5e-324);
    check_same(psn_expm1(1e-20), 1e-20);
    check_same(psn_expm1(-INFINITY), -1.0);
    check_same(psn_expm1(INFINITY), INFINITY);
    check_same(psn_expm1(NAN), NAN);
}

static void log_and_log1p_at_the_edges(void **state)
{
    (void)state;
    check_same(psn_log(1.0), 0.0);
    check_same(psn_log(0.0), -INFINITY);
    check_same(psn_log(-0.0), -INFINITY);
    check_same(psn_log(-5e-324), NAN);
    check_same(psn_log(-INFINITY), NAN);
    check_same(psn_log(INFINITY), INFINITY);
    check_same(psn_log(5e-324), -0x1.74385446d71c3p+9);
    check_same(psn_log1p(-0.0), -0.0);
    check_same(psn_log1p(0.0), 0.0);
    check_same(psn_log1p(-5e-324), -5e-324);
    check_same(psn_log1p(1.0), 0x1.62e42fefa39efp-1);
    check_same(psn_log1p(-1.0), -INFINITY);
    check_same(psn_log1p(-1.0000000000000002), NAN);
    check_same(psn_log1p(INFINITY), INFINITY);
    check_same(psn_log1p(NAN), NAN);
}

static void pow_gives_what_the_standard_says_for_special_values(void **state)
{
    (void)state;
    for (int i = 0; i < EDGES; i++) {
        for (int j = 0; j < EDGES; j++) {
            const double expected = pow(edges[i], edges[j]);
            const double got = psn_pow(edges[i], edges[j]);
            if (isnan(expected)) {
                check_same(got, NAN);
            } else if (expected == 0.0 || isinf(expected)) {
                check_same(got, expected);
            } else {
                assert_true(fabs(got - expected) <= 4e-16 * fabs(expected) + 1e-323);
            }
        }
    }
}

static void pow_of_whole_numbers_is_exact(void **state)
{
    (void)state;
    check_same(psn_pow(3.0, 4.0), 81.0);
    check_same(psn_pow(-2.0, 3.0), -8.0);
    check_same(psn_pow(-2.0, -2.0), 0.25);
    check_same(psn_pow(10.0, 15.0), 1e15);
    check_same(psn_pow(2.0, -1074.0), 5e-324);
    check_same(psn_pow(2.0, 0.5), 0x1.6a09e667f3bcdp+0);
    check_same(psn_pow(-0.0, -3.0), -INFINITY);
    check_same(psn_pow(-8.0, 1.0 / 3.0), NAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_one_ulp),
        cmocka_unit_test(log_is_within_one_ulp),
        cmocka_unit_test(log1p_is_within_one_ulp_and_a_quarter_where_x_is_an_ulp_of_1),
        cmocka_unit_test(expm1_is_within_one_ulp_and_a_quarter),
        cmocka_unit_test(pow_is_within_one_ulp_over_its_whole_range),
        cmocka_unit_test(arrays_on_every_level_have_the_bits_of_single_values),
        cmocka_unit_test(single_forms_have_the_same_bits_on_every_level),
        cmocka_unit_test(an_array_may_be_its_own_result),
        cmocka_unit_test(exp_and_expm1_at_the_edges),
        cmocka_unit_test(log_and_log1p_at_the_edges),
        cmocka_unit_test(pow_gives_what_the_standard_says_for_special_values),
        cmocka_unit_test(pow_of_whole_numbers_is_exact),
    };
    return cmocka_run_group_tests_name("elementary", tests, NULL, NULL);
}
