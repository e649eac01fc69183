/* test_calibration.c: reliability, and calibrations that repair it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "learn/calibrate.h"
#include "measure/calibration.h"

static int near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

/* Two bins of two: predicted .15 and .7, observed 0 and 1: (.15 + .3) / 2. */
static void calibration_error_is_the_mean_gap_of_equal_bins(void **state)
{
    (void)state;
    const double p[] = {.8, .1, .6, .2}, label[] = {1, 0, 1, 0};
    psn_calibration_bin bins[2];
    int32_t count;
    double ece;
    assert_int_equal(psn_calibration_error(&ece, 2, p, label, NULL, 4, NULL), PERSONA_OK);
    assert_true(near(ece, .225));
    psn_calibration_table(bins, &count, 2, p, label, NULL, 4, NULL);
    assert_int_equal(count, 2);
    assert_true(bins[0].low == .1 && bins[0].high == .2 && bins[1].observed == 1);
    assert_true(bins[0].from == 0 && bins[0].to > .5 && bins[0].to < .7);
}

static void more_bins_than_rows_leave_empty_ones_out(void **state)
{
    (void)state;
    const double p[] = {.5, .25}, label[] = {1, 0};
    psn_calibration_bin bins[10];
    int32_t count;
    psn_calibration_table(bins, &count, 10, p, label, NULL, 2, NULL);
    assert_int_equal(count, 2);
    assert_int_equal(bins[0].rows + bins[1].rows, 2);
}

/* Labels 0 1 0 1 at .1 .2 .3 .4: the middle two are pooled to 1/2; ends kept at 1/6. */
static void isotonic_pools_what_goes_down(void **state)
{
    (void)state;
    const double p[] = {.1, .2, .3, .4}, label[] = {0, 1, 0, 1};
    psn_calibrate *model;
    assert_int_equal(
        psn_calibrate_fit(&model, PSN_CALIBRATE_ISOTONIC, p, label, NULL, 4, NULL),
        PERSONA_OK);
    assert_true(near(psn_calibrate_apply(model, 0), 1.0 / 6));
    assert_true(near(psn_calibrate_apply(model, .25), .5));
    assert_true(near(psn_calibrate_apply(model, .35), (.5 + 5.0 / 6) / 2));
    assert_true(near(psn_calibrate_apply(model, 1), 5.0 / 6));
    psn_calibrate_free(model);
}

static void isotonic_pools_equal_scores_first(void **state)
{
    (void)state;
    const double p[] = {.5, .5, .5, .5, .9, .9}, label[] = {1, 0, 0, 0, 1, 0};
    psn_calibrate *model;
    psn_calibrate_fit(&model, PSN_CALIBRATE_ISOTONIC, p, label, NULL, 6, NULL);
    assert_true(psn_calibrate_apply(model, .5) == .25);
    assert_true(psn_calibrate_apply(model, .9) == .5);
    assert_int_equal(model->knots, 2);
    psn_calibrate_free(model);
}

/* One score: the best Platt gives the mean of the smoothed targets 3/4 (x2) and 1/4 (x2).
 */
static void platt_smooths_its_targets(void **state)
{
    (void)state;
    const double p[] = {.2, .2, .8, .8}, label[] = {0, 0, 1, 1};
    psn_calibrate *model;
    psn_calibrate_fit(&model, PSN_CALIBRATE_PLATT, p, label, NULL, 4, NULL);
    assert_true(near(psn_calibrate_apply(model, .8), .75));
    assert_true(near(psn_calibrate_apply(model, .2), .25));
    psn_calibrate_free(model);
}

enum { ROWS = 4000 };

/* Scores p whose truth is p^2. */
static void make_rows(double *p, double *label)
{
    psn_random random;
    psn_random_start(&random, 3, 1, 0);
    for (int i = 0; i < ROWS; i++) {
        p[i] = psn_random_unit(&random);
        label[i] = psn_random_unit(&random) < p[i] * p[i];
    }
}

static void beta_repairs_a_square(void **state)
{
    (void)state;
    static double p[ROWS], label[ROWS];
    psn_calibrate *model;
    make_rows(p, label);
    psn_calibrate_fit(&model, PSN_CALIBRATE_BETA, p, label, NULL, ROWS, NULL);
    for (double x = .1; x < .95; x += .1)
        assert_true(fabs(psn_calibrate_apply(model, x) - x * x) < .05);
    assert_true(model->a >= 0 && model->b >= 0);
    psn_calibrate_free(model);
}

static void auto_takes_the_least_loss_on_rows_left_out(void **state)
{
    (void)state;
    static double p[ROWS], label[ROWS];
    psn_calibrate *model;
    make_rows(p, label);
    psn_calibrate_fit(&model, PSN_CALIBRATE_AUTO, p, label, NULL, ROWS, NULL);
    assert_int_equal(model->kind, PSN_CALIBRATE_BETA);
    assert_true(model->log_loss[PSN_CALIBRATE_BETA] <
                model->log_loss[PSN_CALIBRATE_NONE]);
    psn_calibrate_free(model);
}

static void few_positives_are_left_to_platt(void **state)
{
    (void)state;
    double p[100], label[100];
    psn_calibrate *model;
    for (int i = 0; i < 100; i++) {
        p[i] = i / 100.0;
        label[i] = i > 96;
    }
    psn_calibrate_fit(&model, PSN_CALIBRATE_AUTO, p, label, NULL, 100, NULL);
    assert_int_equal(model->kind, PSN_CALIBRATE_PLATT);
    psn_calibrate_free(model);
}

static void calibration_never_turns_the_order_round(void **state)
{
    (void)state;
    const double p[] = {.1, .2, .8, .9}, label[] = {1, 1, 0, 0};
    for (int kind = PSN_CALIBRATE_PLATT; kind <= PSN_CALIBRATE_ISOTONIC; kind++) {
        psn_calibrate *model;
        psn_calibrate_fit(&model, (psn_calibrate_kind)kind, p, label, NULL, 4, NULL);
        assert_true(near(psn_calibrate_apply(model, .1), .5));
        assert_true(near(psn_calibrate_apply(model, .9), .5));
        psn_calibrate_free(model);
    }
}

/* Half of what is left of 10 % of the negatives is 1 in 11 of all. */
static void a_shift_multiplies_the_odds(void **state)
{
    (void)state;
    assert_true(near(psn_calibrate_shift(.5, .1), 1.0 / 11));
    assert_true(psn_calibrate_shift(0, .1) == 0 && psn_calibrate_shift(1, .1) == 1);
    assert_true(near(psn_calibrate_shift(.5, psn_calibrate_shift_of(.5, .02)), .02));
}

static void bytes_bring_back_the_same_calibration(void **state)
{
    (void)state;
    static double p[ROWS], label[ROWS];
    psn_calibrate *model, *back;
    psn_text packed = {0}, again = {0};
    make_rows(p, label);
    psn_calibrate_fit(&model, PSN_CALIBRATE_ISOTONIC, p, label, NULL, ROWS, NULL);
    psn_calibrate_pack(&packed, model, NULL);
    assert_int_equal(psn_calibrate_unpack(&back, packed.bytes, packed.length, NULL),
                     PERSONA_OK);
    psn_calibrate_pack(&again, back, NULL);
    assert_int_equal(packed.length, again.length);
    assert_memory_equal(packed.bytes, again.bytes, packed.length);
    psn_calibrate_free(back);
    packed.bytes[packed.length - 1] ^= 0x40; /* the last step falls */
    assert_int_equal(psn_calibrate_unpack(&back, packed.bytes, packed.length, NULL),
                     PERSONA_EFORMAT);
    psn_calibrate_free(model);
    psn_text_free(&packed);
    psn_text_free(&again);
}

static void a_tempered_platt_keeps_a_share_of_its_way(void **state)
{
    (void)state;
    psn_calibrate platt = {.kind = PSN_CALIBRATE_PLATT, .a = 2, .b = -1};
    psn_calibrate_temper(&platt, .25);
    assert_true(near(platt.a, 1.25) && near(platt.b, -.25));
    psn_calibrate_temper(&platt, 0);
    assert_true(near(psn_calibrate_apply(&platt, .3), .3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calibration_error_is_the_mean_gap_of_equal_bins),
        cmocka_unit_test(more_bins_than_rows_leave_empty_ones_out),
        cmocka_unit_test(isotonic_pools_what_goes_down),
        cmocka_unit_test(isotonic_pools_equal_scores_first),
        cmocka_unit_test(platt_smooths_its_targets),
        cmocka_unit_test(beta_repairs_a_square),
        cmocka_unit_test(auto_takes_the_least_loss_on_rows_left_out),
        cmocka_unit_test(few_positives_are_left_to_platt),
        cmocka_unit_test(calibration_never_turns_the_order_round),
        cmocka_unit_test(a_tempered_platt_keeps_a_share_of_its_way),
        cmocka_unit_test(a_shift_multiplies_the_odds),
        cmocka_unit_test(bytes_bring_back_the_same_calibration),
    };
    return cmocka_run_group_tests_name("calibration", tests, NULL, NULL);
}
