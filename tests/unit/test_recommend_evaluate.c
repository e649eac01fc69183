/* test_recommend_evaluate.c: the evaluation on logs small enough to work out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "persona.h"
#include "support/failing_memory.h"

/* Learnt from when the last event of each is left out: 1 a b, 2 c b, 3 b, 4 a c, so that
 * b is had three times, a and c twice. What came: c a c b. */
static const char users[] = "user,item\n1,a\n1,b\n1,c\n2,c\n2,b\n2,a\n3,b\n3,c\n"
                            "4,a\n4,c\n4,b\n";

static persona_params *params(const char *schema, const char *options)
{
    persona_error error = {0};
    persona_params *made = NULL;
    if (persona_params_new(&made, schema, &error) ||
        persona_params_parse(made, options, &error))
        fail_msg("%s", error.message);
    return made;
}

static int evaluate(persona_table **out, const char *csv, const char *fit,
                    const char *how, persona_error *error)
{
    persona_table *table = NULL;
    persona_params *fits = params("recommender.fit", fit);
    persona_params *asks = params("recommender.evaluate", how);
    *error = (persona_error){0};
    if (persona_table_from_csv(&table, csv, (int64_t)strlen(csv), NULL, NULL, error))
        fail_msg("%s", error->message);
    const int rc = persona_recommender_evaluate(out, table, fits, asks, NULL, error);
    persona_params_free(fits);
    persona_params_free(asks);
    persona_table_free(table);
    return rc;
}

static persona_table *metrics(const char *csv, const char *fit, const char *how)
{
    persona_error error;
    persona_table *out = NULL;
    if (evaluate(&out, csv, fit, how, &error)) fail_msg("%s", error.message);
    return out;
}

static double value(const persona_table *table, const char *metric, int column)
{
    const char *name;
    int64_t length;
    for (int64_t row = 0; row < persona_table_rows(table); row++) {
        persona_table_text(table, 0, row, &name, &length);
        if ((size_t)length == strlen(metric) && !memcmp(name, metric, strlen(metric)))
            return persona_table_reals(table, column)[row];
    }
    fail_msg("no metric %s", metric);
    return NAN;
}

static void assert_close(double found, double expected, double within)
{
    if (!(fabs(found - expected) <= within))
        fail_msg("%.12g, not %.12g", found, expected);
}

static void fails(const char *csv, const char *fit, const char *how, int code,
                  const char *words)
{
    persona_error error;
    persona_table *out = NULL;
    assert_int_equal(evaluate(&out, csv, fit, how, &error), code);
    assert_null(out);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, error.message);
}

static void the_last_events_are_ranked_by_what_is_popular(void **state)
{
    (void)state;
    persona_table *m = metrics(users, "algorithm=popular hide=event", "split=last k=1,2");
    assert_int_equal(value(m, "cases", 1), 4);
    assert_int_equal(value(m, "learnt_from", 1), 7);
    /* user 3 has b: a and c are had as often, a comes first */
    assert_close(value(m, "recall@1", 1), 0.75, 1e-12);
    assert_close(value(m, "mrr@2", 1), (1 + 1 + 0.5 + 1) / 4, 1e-12);
    assert_close(value(m, "ndcg@2", 1), (3 + log(2) / log(3)) / 4, 1e-12);
    assert_close(value(m, "precision@2", 1), 0.5, 1e-12);
    assert_int_equal(value(m, "coverage@2", 1), 1);
    assert_int_equal(value(m, "short_lists@2", 1), 3); /* one item is left to show */
    assert_true(value(m, "recall@1", 2) <= 0.75 && value(m, "recall@1", 3) >= 0.75);
    persona_table_free(m);
}

static void an_algorithm_beside_itself_makes_no_difference(void **state)
{
    (void)state;
    persona_table *m = metrics(users, "algorithm=popular hide=event",
                               "split=last k=2 metrics=mrr against=popular");
    assert_close(value(m, "popular:mrr@2", 1), 0.875, 1e-12);
    for (int column = 1; column <= 3; column++)
        assert_close(value(m, "difference:mrr@2", column), 0, 0);
    assert_close(value(m, "verdict:mrr@2", 1), 0, 0);
    persona_table_free(m);
}

static void what_came_after_a_moment_is_asked(void **state)
{
    static const char log[] = "user,item,time\n1,a,2024-01-01\n2,a,2024-01-02\n"
                              "2,b,2024-01-03\n3,b,2024-01-04\n3,a,2024-01-05\n"
                              "1,b,2024-02-01\n4,a,2024-02-02\n";
    (void)state;
    /* Kept back: the two of February; user 4 is not known. */
    persona_table *m =
        metrics(log, "algorithm=popular hide=event", "share=0.25 k=1 metrics=recall");
    assert_int_equal(value(m, "cases", 1), 1);
    assert_int_equal(value(m, "learnt_from", 1), 5);
    assert_close(value(m, "recall@1", 1), 1, 0);
    persona_table_free(m);
}

static void an_order_is_left_out_whole(void **state)
{
    static const char log[] = "user,item,order\n1,a,1\n1,b,2\n1,c,2\n2,b,3\n2,c,3\n"
                              "2,a,4\n3,a,5\n3,b,5\n3,c,6\n";
    (void)state;
    persona_table *m =
        metrics(log, "algorithm=popular", "split=last k=2 metrics=recall,hit_rate");
    assert_int_equal(value(m, "cases", 1), 3); /* b c, a, c */
    assert_int_equal(value(m, "learnt_from", 1), 5);
    assert_close(value(m, "recall@2", 1), 1, 0);
    persona_table_free(m);
}

static void every_next_event_of_the_newest_sessions_is_asked(void **state)
{
    static const char log[] =
        "session,item\n1,a\n1,b\n2,b\n2,c\n3,b\n3,c\n4,a\n4,b\n4,c\n";
    (void)state;
    persona_table *m =
        metrics(log, "algorithm=sequence", "share=0.25 k=1 metrics=hit_rate");
    assert_int_equal(value(m, "cases", 1), 2); /* a > b, a b > c */
    assert_int_equal(value(m, "learnt_from", 1), 6);
    assert_close(value(m, "hit_rate@1", 1), 1, 0);
    persona_table_free(m);
}

static void what_is_bought_again_counts_for_buy_again_only(void **state)
{
    static const char log[] =
        "user,item,order\n1,a,1\n1,b,1\n1,a,2\n2,b,3\n2,c,3\n2,b,4\n"
        "3,c,5\n3,a,5\n3,c,6\n";
    (void)state;
    fails(log, "", "split=last", PERSONA_EDATA, "hide=none");
    persona_table *m =
        metrics(log, "", "split=last question=buy_again k=2 metrics=hit_rate");
    assert_int_equal(value(m, "cases", 1), 3);
    assert_close(value(m, "hit_rate@2", 1), 1, 0);
    persona_table_free(m);
}

static void wrong_options_are_errors(void **state)
{
    (void)state;
    fails(users, "", "metrics=ndgc", PERSONA_EOPTION, "metrics: need some of recall");
    fails(users, "", "k=0", PERSONA_EOPTION, "k: need whole numbers");
    fails(users, "", "k=5,5", PERSONA_EOPTION, "k: 5 is there twice");
    fails(users, "", "k=1,2,3,4,5,6,7,8,9", PERSONA_EOPTION, "at most 8");
    fails(users, "", "split=time", PERSONA_EOPTION, "column.time");
    fails(users, "", "split=last share=0.3", PERSONA_EOPTION, "share has no effect");
    fails(users, "dry_run=true", "", PERSONA_EOPTION, "dry_run");
    fails("user,item\n1,a\n2,a\n", "", "split=last", PERSONA_EDATA, "too few events");
    fails("user,thing\n1,a\n", "", "", PERSONA_EDATA, "role item");
}

static void the_number_of_threads_changes_nothing(void **state)
{
    (void)state;
    persona_error error;
    persona_buffer *one = NULL, *four = NULL;
    persona_table *a = metrics(users, "seed=3", "split=last k=2 against=popular");
    persona_table *b =
        metrics(users, "seed=3 threads=4", "split=last k=2 against=popular");
    assert_int_equal(persona_table_to_csv(&one, a, NULL, &error), 0);
    assert_int_equal(persona_table_to_csv(&four, b, NULL, &error), 0);
    assert_string_equal(persona_buffer_data(one), persona_buffer_data(four));
    persona_buffer_free(one);
    persona_buffer_free(four);
    persona_table_free(a);
    persona_table_free(b);
}

/* Sorting without memory is only slower: then the answer is the whole one. */
static void every_failed_allocation_is_an_error_without_a_leak(void **state)
{
    (void)state;
    persona_error error;
    persona_table *table = NULL, *out = NULL;
    persona_params *fit = params("recommender.fit", "algorithm=rp3beta");
    persona_params *how =
        params("recommender.evaluate", "split=last k=2 against=popular draws=20");
    assert_int_equal(
        persona_table_from_csv(&table, users, sizeof users - 1, NULL, NULL, &error), 0);
    const long long live = atomic_load(&memory_live);
    for (long long i = 0, failed = 1; failed && i < 100000; i++) {
        failing_memory_arm(i, 0);
        const int rc = persona_recommender_evaluate(&out, table, fit, how, NULL, &error);
        failed = failing_memory_disarm();
        assert_true(rc == PERSONA_OK || (failed && rc == PERSONA_ENOMEM));
        assert_true((rc == PERSONA_OK) == (out != NULL));
        if (out) assert_close(value(out, "cases", 1), 4, 0);
        persona_table_free(out);
        assert_int_equal(atomic_load(&memory_live), live);
    }
    persona_params_free(fit);
    persona_params_free(how);
    persona_table_free(table);
}

int main(void)
{
    failing_memory_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_events_are_ranked_by_what_is_popular),
        cmocka_unit_test(an_algorithm_beside_itself_makes_no_difference),
        cmocka_unit_test(what_came_after_a_moment_is_asked),
        cmocka_unit_test(an_order_is_left_out_whole),
        cmocka_unit_test(every_next_event_of_the_newest_sessions_is_asked),
        cmocka_unit_test(what_is_bought_again_counts_for_buy_again_only),
        cmocka_unit_test(wrong_options_are_errors),
        cmocka_unit_test(the_number_of_threads_changes_nothing),
        cmocka_unit_test(every_failed_allocation_is_an_error_without_a_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
