/* test_sequence_rules.c: b came d steps after a, counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "learn/sequence_rules.h"
#include "support/sparse_data.h"

static int fit_default(psn_sparse **weights, const psn_sparse *x, psn_pool *pool,
                       persona_task *task, persona_error *error)
{
    psn_sequence_rules_options options;
    psn_sequence_rules_defaults(&options);
    options.neighbors = 30;
    return psn_sequence_rules_fit(weights, x, &options, pool, task, error);
}

static psn_sparse *fit(const char *sequences, const float *values,
                       psn_sequence_rules_options options)
{
    psn_sparse *x = sparse_of(sequences, 3, values), *weights;
    if (options.neighbors == 0) options.neighbors = 10;
    assert_int_equal(psn_sequence_rules_fit(&weights, x, &options, NULL, NULL, NULL),
                     PERSONA_OK);
    psn_sparse_free(x);
    return weights;
}

static void the_nearer_the_more(void **state)
{
    (void)state;
    psn_sparse *w = fit("012|02", NULL, (psn_sequence_rules_options){2, .power = 1});
    assert_int_equal(w->start[3], 3);
    assert_true(sparse_near(w, 0, 1, 1) && sparse_near(w, 0, 2, 1.5));
    assert_true(sparse_near(w, 1, 2, 1));
    psn_sparse_free(w);
}

static void pairs_further_than_steps_are_not_counted(void **state)
{
    (void)state;
    psn_sparse *w = fit("012|02", NULL, (psn_sequence_rules_options){1, .power = 1});
    assert_true(sparse_near(w, 0, 2, 1) && sparse_near(w, 0, 1, 1));
    psn_sparse_free(w);
}

static void reverse_edges_count_their_share(void **state)
{
    (void)state;
    psn_sparse *w =
        fit("012|02", NULL, (psn_sequence_rules_options){2, .power = 1, .reverse = 0.5});
    assert_true(sparse_near(w, 0, 2, 1.5) && sparse_near(w, 2, 0, 0.75));
    assert_true(sparse_near(w, 1, 0, 0.5) && sparse_near(w, 2, 1, 0.5));
    psn_sparse_free(w);
}

/* Rows sum to 2.5, 1 without, columns 1, 2.5; with half reverse row 0 has 2.5, column 2
 * has 2.5, row 1 and column 1 each 1.5. */
static void norms_divide_by_row_and_column_sums(void **state)
{
    (void)state;
    psn_sparse *w =
        fit("012|02", NULL, (psn_sequence_rules_options){2, .power = 1, .row_norm = 1});
    assert_true(sparse_near(w, 0, 1, 0.4) && sparse_near(w, 0, 2, 0.6));
    psn_sparse_free(w);
    w = fit("012|02", NULL,
            (psn_sequence_rules_options){2, .power = 1, .column_norm = 0.5});
    assert_true(sparse_near(w, 0, 2, 1.5 / sqrt(2.5)) && sparse_near(w, 0, 1, 1));
    psn_sparse_free(w);
    w = fit("012|02", NULL,
            (psn_sequence_rules_options){2, .power = 1, .reverse = 0.5, .row_norm = 1,
                                         .column_norm = 1});
    assert_true(sparse_near(w, 1, 2, 1 / (1.5 * 2.5)));
    assert_true(sparse_near(w, 0, 1, 1 / (2.5 * 1.5)));
    psn_sparse_free(w);
}

static void an_item_follows_itself_only_when_asked(void **state)
{
    (void)state;
    psn_sequence_rules_options options = {2, .power = 1, .row_norm = 1};
    psn_sparse *w = fit("001", NULL, options);
    assert_true(sparse_at(w, 0, 0) == 0 && sparse_near(w, 0, 1, 1));
    psn_sparse_free(w);
    options.repeats = 1; /* 1 to itself, 1 + 1/2 to item 1 */
    w = fit("001", NULL, options);
    assert_true(sparse_near(w, 0, 0, 0.4) && sparse_near(w, 0, 1, 0.6));
    psn_sparse_free(w);
}

static void the_weight_of_a_pair_is_that_of_the_later_event(void **state)
{
    (void)state;
    const float values[] = {1, 4, 2};
    psn_sparse *w =
        fit("012", values, (psn_sequence_rules_options){2, .power = 1, .reverse = 0.5});
    assert_true(sparse_near(w, 0, 1, 4) && sparse_near(w, 0, 2, 1));
    assert_true(sparse_near(w, 1, 2, 2) && sparse_near(w, 1, 0, 2));
    assert_true(sparse_near(w, 2, 0, 0.5) && sparse_near(w, 2, 1, 1));
    psn_sparse_free(w);
}

static void only_so_many_rules_of_an_item_stay(void **state)
{
    (void)state;
    psn_sparse *w =
        fit("012|02", NULL, (psn_sequence_rules_options){2, .power = 1, .neighbors = 1});
    assert_int_equal(w->start[1], 1);
    assert_true(sparse_near(w, 0, 2, 1.5));
    psn_sparse_free(w);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    psn_sparse *x = sparse_of("01", 2, NULL), *w;
    psn_sequence_rules_options bad[6];
    for (int i = 0; i < 6; i++) psn_sequence_rules_defaults(&bad[i]);
    bad[0].steps = 0;
    bad[1].steps = 257;
    bad[2].power = NAN;
    bad[3].reverse = -1;
    bad[4].row_norm = -1;
    bad[5].neighbors = 0;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(psn_sequence_rules_fit(&w, x, &bad[i], NULL, NULL, NULL),
                         PERSONA_EARG);
        assert_null(w);
    }
    psn_sparse_free(x);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    check_threads(fit_default, 1);
}

static void every_refused_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    check_memory(fit_default, 1);
}

static void a_cancelled_fit_ends(void **state)
{
    (void)state;
    check_cancel(fit_default, 1);
}

static void no_events_give_no_weights(void **state)
{
    (void)state;
    check_empty(fit_default);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearer_the_more),
        cmocka_unit_test(pairs_further_than_steps_are_not_counted),
        cmocka_unit_test(reverse_edges_count_their_share),
        cmocka_unit_test(norms_divide_by_row_and_column_sums),
        cmocka_unit_test(an_item_follows_itself_only_when_asked),
        cmocka_unit_test(the_weight_of_a_pair_is_that_of_the_later_event),
        cmocka_unit_test(only_so_many_rules_of_an_item_stay),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(every_refused_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(a_cancelled_fit_ends),
        cmocka_unit_test(no_events_give_no_weights),
    };
    failing_memory_install();
    return cmocka_run_group_tests_name("sequence_rules", tests, NULL, NULL);
}
