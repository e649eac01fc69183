/* test_logistic.c: logistic regression, and the search it uses when wide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "learn/logistic.h"
#include "math/lbfgs.h"

static int near(double a, double b, double error)
{
    return fabs(a - b) < error;
}

/* One column of 0 and 1: 1 of 4 and 3 of 4 positive. Without a ridge the log odds are
 * those of the shares: -ln 3 and ln 3; the variance of each is 1 / (4 x 3/16) = 4/3. */
static void a_column_of_two_values_gives_their_log_odds(void **state)
{
    (void)state;
    const double x[] = {0, 0, 0, 0, 1, 1, 1, 1}, label[] = {0, 0, 0, 1, 1, 1, 1, 0};
    const psn_rows rows = {.rows = 8, .dims = 1, .dense = x};
    psn_logistic_options options;
    psn_logistic *model;
    psn_logistic_defaults(&options);
    options.l2 = 0;
    assert_int_equal(psn_logistic_fit(&model, &rows, label, &options, NULL, NULL),
                     PERSONA_OK);
    assert_true(near(model->intercept, -log(3), 1e-9));
    assert_true(near(model->coefficient[0], 2 * log(3), 1e-9));
    assert_true(near(model->intercept_error, sqrt(4.0 / 3), 1e-6));
    assert_true(near(model->error[0], sqrt(8.0 / 3), 1e-6));
    assert_true(model->converged && !model->separable);
    psn_logistic_free(model);
}

static void weights_stand_for_rows(void **state)
{
    (void)state;
    const double x[] = {0, 0, 1, 1}, label[] = {0, 1, 0, 1}, weights[] = {3, 1, 1, 3};
    const psn_rows rows = {.rows = 4, .dims = 1, .dense = x, .weights = weights};
    psn_logistic_options options;
    psn_logistic *model;
    psn_logistic_defaults(&options);
    options.l2 = 0;
    psn_logistic_fit(&model, &rows, label, &options, NULL, NULL);
    assert_true(near(model->intercept, -log(3), 1e-9));
    assert_true(near(model->coefficient[0], 2 * log(3), 1e-9));
    psn_logistic_free(model);
}

static void separable_labels_get_a_ridge(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4}, label[] = {0, 0, 1, 1};
    const psn_rows rows = {.rows = 4, .dims = 1, .dense = x};
    psn_logistic_options options;
    psn_logistic *model;
    psn_logistic_defaults(&options);
    options.l2 = 0;
    for (int solver = PSN_LOGISTIC_NEWTON; solver <= PSN_LOGISTIC_LBFGS; solver++) {
        options.solver = solver;
        assert_int_equal(psn_logistic_fit(&model, &rows, label, &options, NULL, NULL),
                         PERSONA_OK);
        assert_true(model->separable && model->l2 == 1 && model->converged);
        assert_true(model->coefficient[0] > .5 && model->coefficient[0] < 5);
        psn_logistic_free(model);
    }
}

static void one_label_only_is_no_error(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, label[] = {1, 1, 1};
    const psn_rows rows = {.rows = 3, .dims = 1, .dense = x};
    psn_logistic_options options;
    psn_logistic *model;
    psn_logistic_defaults(&options);
    assert_int_equal(psn_logistic_fit(&model, &rows, label, &options, NULL, NULL),
                     PERSONA_OK);
    assert_true(model->coefficient[0] == 0);
    assert_true(near(psn_logistic_probability(psn_logistic_score(model, x)), .8, 1e-12));
    psn_logistic_free(model);
}

static void a_missing_value_names_its_row(void **state)
{
    (void)state;
    const double x[] = {1, NAN}, label[] = {0, 1};
    const psn_rows rows = {.rows = 2, .dims = 1, .dense = x};
    psn_logistic_options options;
    psn_logistic *model;
    persona_error error;
    psn_logistic_defaults(&options);
    assert_int_equal(psn_logistic_fit(&model, &rows, label, &options, NULL, &error),
                     PERSONA_EDATA);
    assert_true(model == NULL && error.where == 1);
}

enum { ROWS = 700, DIMS = 9 };

static void make_rows(double *x, double *label)
{
    psn_random random;
    psn_random_start(&random, 11, 1, 0);
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < DIMS; j++)
            x[i * DIMS + j] = j == 4 ? 3 : psn_random_unit(&random) * (j + 1);
        label[i] = psn_random_unit(&random) < x[i * DIMS + 2] / 3;
    }
}

static void both_solvers_find_the_same_weights(void **state)
{
    (void)state;
    static double x[ROWS * DIMS], label[ROWS];
    const psn_rows rows = {.rows = ROWS, .dims = DIMS, .dense = x};
    psn_logistic_options options;
    psn_logistic *newton, *lbfgs;
    make_rows(x, label);
    psn_logistic_defaults(&options);
    options.solver = PSN_LOGISTIC_NEWTON;
    psn_logistic_fit(&newton, &rows, label, &options, NULL, NULL);
    options.solver = PSN_LOGISTIC_LBFGS;
    psn_logistic_fit(&lbfgs, &rows, label, &options, NULL, NULL);
    for (int j = 0; j < DIMS; j++)
        assert_true(near(newton->coefficient[j], lbfgs->coefficient[j], 1e-5));
    assert_true(newton->coefficient[4] == 0 && isnan(newton->error[4]));
    assert_true(newton->coefficient[2] / newton->error[2] > 5);
    psn_logistic_free(newton);
    psn_logistic_free(lbfgs);
}

static void effects_and_base_make_up_the_score(void **state)
{
    (void)state;
    static double x[ROWS * DIMS], label[ROWS];
    const psn_rows rows = {.rows = ROWS, .dims = DIMS, .dense = x};
    psn_logistic_options options;
    psn_logistic *model;
    double base, effects[DIMS];
    make_rows(x, label);
    psn_logistic_defaults(&options);
    psn_logistic_fit(&model, &rows, label, &options, NULL, NULL);
    psn_logistic_explain(model, x, &base, effects);
    for (int j = 0; j < DIMS; j++) base += effects[j];
    assert_true(near(base, psn_logistic_score(model, x), 1e-12));
    psn_logistic_free(model);
}

static void bytes_bring_back_the_same_weights(void **state)
{
    (void)state;
    static double x[ROWS * DIMS], label[ROWS];
    const psn_rows rows = {.rows = ROWS, .dims = DIMS, .dense = x};
    psn_logistic_options options;
    psn_logistic *model, *back;
    psn_text packed = {0};
    make_rows(x, label);
    psn_logistic_defaults(&options);
    psn_logistic_fit(&model, &rows, label, &options, NULL, NULL);
    psn_logistic_pack(&packed, model, NULL);
    assert_int_equal(psn_logistic_unpack(&back, packed.bytes, packed.length, NULL),
                     PERSONA_OK);
    assert_true(psn_logistic_score(model, x) == psn_logistic_score(back, x));
    psn_logistic_free(back);
    for (size_t size = 0; size < packed.length; size++)
        assert_int_equal(psn_logistic_unpack(&back, packed.bytes, size, NULL),
                         PERSONA_EFORMAT);
    psn_logistic_free(model);
    psn_text_free(&packed);
}

/* Rosenbrock's valley: minimum 0 at (1, 1). */
static int valley(void *context, const double *x, double *value, double *gradient,
                  persona_error *error)
{
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    (void)context;
    (void)error;
    *value = a * a + 100 * b * b;
    gradient[0] = -2 * a - 400 * b * x[0];
    gradient[1] = 200 * b;
    return PERSONA_OK;
}

static void lbfgs_walks_down_a_bent_valley(void **state)
{
    (void)state;
    double x[] = {-1.2, 1};
    psn_lbfgs_report report;
    assert_int_equal(psn_lbfgs(x, 2, valley, NULL, 200, 1e-10, &report, NULL),
                     PERSONA_OK);
    assert_true(report.converged && report.iterations < 60);
    assert_true(near(x[0], 1, 1e-6) && near(x[1], 1, 1e-6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_of_two_values_gives_their_log_odds),
        cmocka_unit_test(weights_stand_for_rows),
        cmocka_unit_test(separable_labels_get_a_ridge),
        cmocka_unit_test(one_label_only_is_no_error),
        cmocka_unit_test(a_missing_value_names_its_row),
        cmocka_unit_test(both_solvers_find_the_same_weights),
        cmocka_unit_test(effects_and_base_make_up_the_score),
        cmocka_unit_test(bytes_bring_back_the_same_weights),
        cmocka_unit_test(lbfgs_walks_down_a_bent_valley),
    };
    return cmocka_run_group_tests_name("logistic", tests, NULL, NULL);
}
