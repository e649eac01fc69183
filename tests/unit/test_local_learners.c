/* test_local_learners.c: what every learner of one series promises (local_model.h), on
 * made series of every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/philox.h"
#include "support/local_learners.h"

enum { SERIES = 400, LONGEST = 120, STEPS = 50, ROOM = 4096, SCRATCH = 1 << 20 };
enum { NOISE, CONSTANT, ZERO, SPARSE, TREND, SEASONAL, SPIKE, GAPPY, HUGE_ONES, KINDS };

typedef struct made {
    double value[LONGEST];
    psn_series series;
    int kind;
} made;

static double made_value(psn_random *random, int kind, int32_t i, int32_t season)
{
    const double u = psn_random_unit(random);
    switch (kind) {
    case CONSTANT:
        return 7;
    case ZERO:
        return 0;
    case SPARSE:
        return u < 0.8 ? 0 : floor(10 * u);
    case TREND:
        return 100 - 3.0 * i + u;
    case SEASONAL:
        return 20 + 10.0 * (i % season) + u;
    case SPIKE:
        return u < 0.05 ? 1e6 : 1 + u;
    case GAPPY:
        return u < 0.4 ? NAN : 10 + u;
    case HUGE_ONES:
        return 1e100 * (u - 0.5);
    default:
        return 10 * u;
    }
}

static void make(made *out, int n)
{
    static const int32_t seasons[] = {1, 4, 7, 12, 24};
    psn_random random;
    psn_random_start(&random, 5, 2, (uint64_t)n);
    out->kind = n % KINDS;
    const int32_t count = 1 + (int32_t)psn_random_below(&random, LONGEST);
    const int32_t season = seasons[psn_random_below(&random, 5)];
    for (int32_t i = 0; i < count; i++)
        out->value[i] = made_value(&random, out->kind, i, season);
    if (out->value[0] != out->value[0]) out->value[0] = 1;
    if (out->value[count - 1] != out->value[count - 1]) out->value[count - 1] = 2;
    out->series = (psn_series){out->value, count, season};
}

static double *scratch;
static double values[ROOM];

/* 1: fitted. */
static int fit(psn_local_model *model, const psn_local_learner *learner,
               const psn_series *series)
{
    assert_true(learner->room(series->season) <= ROOM);
    assert_true(learner->scratch(series->count, series->season) <= SCRATCH);
    *model = (psn_local_model){.value = values};
    return learner->fit(model, series, NULL, scratch);
}

/* Forecasts of STEPS periods no further off than 100 times the spread of the values. */
static void check_sane(const psn_local_model *model, const psn_local_learner *learner,
                       const psn_series *series)
{
    double mean[STEPS], most = 0;
    for (int32_t i = 0; i < series->count; i++)
        if (fabs(series->value[i]) > most) most = fabs(series->value[i]);
    learner->forecast(model, STEPS, mean);
    for (int h = 0; h < STEPS; h++)
        if (!(fabs(mean[h]) <= 100 * most))
            fail_msg("%s: %g of %g, %d values, season %d", learner->name, mean[h], most,
                     series->count, series->season);
}

static void every_fit_gives_finite_sane_forecasts(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof local_learners / sizeof *local_learners; l++) {
        int32_t fitted = 0;
        for (int n = 0; n < SERIES; n++) {
            made m;
            psn_local_model model;
            make(&m, n);
            if (!fit(&model, local_learners[l], &m.series)) continue;
            assert_int_equal(local_learners[l]->check(&model), 1);
            assert_true(model.count <= local_learners[l]->room(m.series.season));
            assert_true(model.sigma >= 0 && model.sigma < INFINITY);
            check_sane(&model, local_learners[l], &m.series);
            fitted++;
        }
        assert_true(fitted > SERIES / 4);
    }
}

static void every_model_goes_on_with_missing_and_new_values(void **state)
{
    (void)state;
    const double later[] = {NAN, 5, NAN, NAN, 6, 7};
    for (size_t l = 0; l < sizeof local_learners / sizeof *local_learners; l++)
        for (int n = 0; n < SERIES; n++) {
            made m;
            psn_local_model model;
            make(&m, n);
            if (m.kind == HUGE_ONES || !fit(&model, local_learners[l], &m.series))
                continue;
            local_learners[l]->advance(&model, later, 6);
            assert_int_equal(local_learners[l]->check(&model), 1);
            m.value[0] = fmax(fabs(m.value[0]), 10);
            check_sane(&model, local_learners[l], &m.series);
        }
}

static void a_warm_fit_forecasts_as_the_cold_one(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof local_learners / sizeof *local_learners; l++)
        for (int n = 0; n < SERIES; n++) {
            made m;
            psn_local_model model;
            double cold[STEPS], warm[STEPS];
            make(&m, n);
            if (m.kind != SEASONAL || m.series.count < 60) continue;
            if (!fit(&model, local_learners[l], &m.series)) continue;
            local_learners[l]->forecast(&model, STEPS, cold);
            model.warm = 1;
            assert_int_equal(local_learners[l]->fit(&model, &m.series, NULL, scratch), 1);
            local_learners[l]->forecast(&model, STEPS, warm);
            for (int h = 0; h < STEPS; h++)
                assert_true(fabs(warm[h] - cold[h]) <= 0.05 * (1 + fabs(cold[h])));
        }
}

static void a_damaged_model_is_found(void **state)
{
    (void)state;
    made m;
    make(&m, SEASONAL);
    for (size_t l = 0; l < sizeof local_learners / sizeof *local_learners; l++) {
        psn_local_model model;
        if (!fit(&model, local_learners[l], &m.series)) continue;
        psn_local_model other = model;
        other.count++;
        assert_int_equal(local_learners[l]->check(&other), 0);
        other = model, other.season = -1;
        assert_int_equal(local_learners[l]->check(&other), 0);
        other = model, other.form = 1 << 20;
        assert_int_equal(local_learners[l]->check(&other), 0);
        values[0] = NAN;
        assert_int_equal(local_learners[l]->check(&model), 0);
    }
}

static int start(void **state)
{
    (void)state;
    scratch = aligned_alloc(64, SCRATCH);
    return scratch == NULL;
}

static int finish(void **state)
{
    (void)state;
    free(scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fit_gives_finite_sane_forecasts),
        cmocka_unit_test(every_model_goes_on_with_missing_and_new_values),
        cmocka_unit_test(a_warm_fit_forecasts_as_the_cold_one),
        cmocka_unit_test(a_damaged_model_is_found),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
