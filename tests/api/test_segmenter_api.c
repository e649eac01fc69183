/* persona/segmenter.h: every public function, and what it does with wrong input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "persona.h"
#include "support/customers.h"

static persona_segmenter *segmenter;
static persona_query *query;

static int prepare_once(void **state)
{
    (void)state;
    segmenter = customers_fit(0, "k=3 seed=1");
    return persona_segmenter_prepare(&query, segmenter, NULL, NULL);
}

static int free_once(void **state)
{
    (void)state;
    persona_query_free(query);
    persona_model_free(persona_segmenter_model(segmenter));
    return 0;
}

static int32_t segment_of(int64_t i)
{
    double numbers[CUSTOMER_INPUTS];
    int32_t segment = -1;
    customer(i, numbers);
    assert_int_equal(
        persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &segment, NULL, NULL),
        PERSONA_OK);
    return segment;
}

static void plain_groups_are_found(void **state)
{
    (void)state;
    for (int64_t i = 0; i < CUSTOMERS; i++)
        assert_int_equal(segment_of(i), segment_of(i % CUSTOMER_GROUPS));
    assert_int_not_equal(segment_of(0), segment_of(1));
    assert_int_not_equal(segment_of(0), segment_of(2));
    assert_int_not_equal(segment_of(1), segment_of(2));
}

static void a_table_gets_the_answers_of_its_rows_bit_for_bit(void **state)
{
    (void)state;
    persona_table *table = customers_table(0), *out = NULL;
    assert_int_equal(
        persona_segmenter_assign_table(&out, segmenter, table, NULL, NULL, NULL),
        PERSONA_OK);
    assert_int_equal(persona_table_rows(out), CUSTOMERS);
    const int64_t *segments = persona_table_ints(out, persona_table_find(out, "segment"));
    const double *distances =
        persona_table_reals(out, persona_table_find(out, "distance"));
    assert_non_null(segments);
    assert_non_null(distances);
    for (int64_t i = 0; i < CUSTOMERS; i++) {
        double numbers[CUSTOMER_INPUTS], distance;
        int32_t segment;
        customer(i, numbers);
        persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &segment, &distance,
                                 NULL);
        assert_int_equal(segments[i], segment);
        assert_memory_equal(&distances[i], &distance, sizeof distance);
    }
    persona_table_free(out);
    persona_table_free(table);
}

static void the_smallest_distance_is_that_of_the_segment(void **state)
{
    (void)state;
    double numbers[CUSTOMER_INPUTS], distances[3], distance;
    int32_t segment;
    for (int64_t i = 0; i < 9; i++) {
        customer(i, numbers);
        persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &segment, &distance,
                                 NULL);
        assert_int_equal(persona_segmenter_distances(query, numbers, CUSTOMER_INPUTS,
                                                     distances, 3, NULL),
                         PERSONA_OK);
        assert_true(distances[segment] == distance);
        for (int c = 0; c < 3; c++) assert_true(distances[c] >= distance);
    }
}

static void membership_sums_to_one_and_prefers_the_segment(void **state)
{
    (void)state;
    double numbers[CUSTOMER_INPUTS], weights[3];
    customer(4, numbers);
    assert_int_equal(
        persona_segmenter_membership(query, numbers, CUSTOMER_INPUTS, weights, 3, NULL),
        PERSONA_OK);
    assert_true(fabs(weights[0] + weights[1] + weights[2] - 1) < 1e-12);
    assert_true(weights[segment_of(4)] > 0.99);
}

static void contributions_sum_to_the_difference_of_squared_distances(void **state)
{
    (void)state;
    persona_table *why = NULL;
    double numbers[CUSTOMER_INPUTS], distances[3], sum = 0;
    customer(4, numbers);
    assert_int_equal(
        persona_segmenter_explain(&why, query, numbers, CUSTOMER_INPUTS, NULL),
        PERSONA_OK);
    persona_segmenter_distances(query, numbers, CUSTOMER_INPUTS, distances, 3, NULL);
    const double *parts =
        persona_table_reals(why, persona_table_find(why, "contribution"));
    for (int64_t i = 0; i < persona_table_rows(why); i++) sum += parts[i];
    const double own = distances[segment_of(4)];
    double other = INFINITY;
    for (int c = 0; c < 3; c++)
        if (c != segment_of(4) && distances[c] < other) other = distances[c];
    assert_true(fabs(sum - (other * other - own * own)) < 1e-9 * other * other);
    persona_table_free(why);
}

static void a_missing_input_is_left_out_and_all_missing_is_an_error(void **state)
{
    (void)state;
    persona_error error = {0};
    double numbers[CUSTOMER_INPUTS];
    int32_t segment;
    customer(1, numbers);
    numbers[2] = NAN;
    assert_int_equal(
        persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &segment, NULL, NULL),
        PERSONA_OK);
    assert_int_equal(segment, segment_of(1));
    numbers[0] = numbers[1] = NAN;
    assert_int_equal(
        persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &segment, NULL, &error),
        PERSONA_EDATA);
}

static void an_infinity_is_an_error_with_the_input_in_where(void **state)
{
    (void)state;
    persona_error error = {0};
    double numbers[CUSTOMER_INPUTS], values[3];
    persona_table *why = NULL;
    customer(1, numbers);
    numbers[1] = -INFINITY;
    assert_int_equal(
        persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, NULL, NULL, &error),
        PERSONA_EDATA);
    assert_int_equal(error.where, 1);
    assert_int_equal(
        persona_segmenter_distances(query, numbers, CUSTOMER_INPUTS, values, 3, &error),
        PERSONA_EDATA);
    assert_int_equal(
        persona_segmenter_membership(query, numbers, CUSTOMER_INPUTS, values, 3, &error),
        PERSONA_EDATA);
    assert_int_equal(
        persona_segmenter_explain(&why, query, numbers, CUSTOMER_INPUTS, &error),
        PERSONA_EDATA);
    assert_null(why);
}

static void arrays_of_another_size_are_refused(void **state)
{
    (void)state;
    persona_error error = {0};
    double numbers[CUSTOMER_INPUTS + 1] = {0}, values[4];
    int32_t segment;
    for (int count = -1; count <= CUSTOMER_INPUTS + 1; count++) {
        if (count == CUSTOMER_INPUTS) continue;
        assert_int_equal(
            persona_segmenter_assign(query, numbers, count, &segment, NULL, &error),
            PERSONA_EARG);
    }
    assert_int_equal(
        persona_segmenter_assign(query, NULL, CUSTOMER_INPUTS, &segment, NULL, &error),
        PERSONA_EARG);
    assert_int_equal(
        persona_segmenter_distances(query, numbers, CUSTOMER_INPUTS, values, 4, &error),
        PERSONA_EARG);
    assert_int_equal(
        persona_segmenter_membership(query, numbers, CUSTOMER_INPUTS, NULL, 3, &error),
        PERSONA_EARG);
    assert_int_equal(
        persona_segmenter_assign(NULL, numbers, CUSTOMER_INPUTS, &segment, NULL, &error),
        PERSONA_EARG);
}

static void a_freed_query_is_reused_and_refused_meanwhile(void **state)
{
    (void)state;
    persona_query *first = NULL, *second = NULL;
    assert_int_equal(persona_segmenter_prepare(&first, segmenter, NULL, NULL),
                     PERSONA_OK);
    persona_query_free(first);
    assert_int_equal(persona_segmenter_assign(first, NULL, 0, NULL, NULL, NULL),
                     PERSONA_EARG);
    assert_int_equal(persona_segmenter_prepare(&second, segmenter, NULL, NULL),
                     PERSONA_OK);
    assert_ptr_equal(first, second);
    persona_query_free(second);
}

static void a_query_outlives_the_handle_it_was_made_from(void **state)
{
    (void)state;
    persona_query *own = NULL;
    double numbers[CUSTOMER_INPUTS];
    int32_t segment = -1;
    persona_segmenter *brief = customers_fit(0, "k=3 seed=1");
    assert_int_equal(persona_segmenter_prepare(&own, brief, NULL, NULL), PERSONA_OK);
    persona_model_free(persona_segmenter_model(brief));
    customer(1, numbers);
    assert_int_equal(
        persona_segmenter_assign(own, numbers, CUSTOMER_INPUTS, &segment, NULL, NULL),
        PERSONA_OK);
    assert_int_equal(segment, segment_of(1));
    persona_query_free(own);
}

static void the_two_views_of_a_segmenter_are_one_object(void **state)
{
    (void)state;
    persona_model *shown = persona_segmenter_model(segmenter);
    assert_ptr_equal(persona_model_segmenter(shown), segmenter);
    assert_null(persona_model_segmenter(NULL));
    assert_null(persona_segmenter_model(NULL));
}

/* ---- a text input */

static persona_segmenter *fit_with_city(void)
{
    static const char csv[] = "city,spend\nRome,1\nRome,2\nRome,3\nOslo,101\nOslo,102\n"
                              "Oslo,103\nRome,2\nOslo,102\n";
    persona_error error = {0};
    persona_table *table = NULL;
    persona_segmenter *made = NULL;
    persona_params *fit = customers_options("k=2 seed=1 weight.city=3");
    customers_must(
        persona_table_from_csv(&table, csv, sizeof csv - 1, NULL, NULL, &error), &error);
    customers_must(persona_segmenter_fit(&made, table, fit, NULL, &error), &error);
    persona_params_free(fit);
    persona_table_free(table);
    return made;
}

static void a_text_input_is_bound_by_its_number(void **state)
{
    (void)state;
    persona_query *own = NULL;
    const double numbers[2] = {NAN, NAN};
    int32_t rome = -1, oslo = -1, unseen = -1;
    persona_segmenter *made = fit_with_city();
    assert_int_equal(persona_segmenter_prepare(&own, made, NULL, NULL), PERSONA_OK);
    assert_int_equal(persona_query_text(own, 1, "Rome", PERSONA_NUL, NULL), PERSONA_OK);
    assert_int_equal(persona_segmenter_assign(own, numbers, 2, &rome, NULL, NULL), 0);
    assert_int_equal(persona_query_text(own, 1, "Oslo!", 4, NULL), PERSONA_OK);
    assert_int_equal(persona_segmenter_assign(own, numbers, 2, &oslo, NULL, NULL), 0);
    assert_int_not_equal(rome, oslo);
    assert_int_equal(persona_query_text(own, 1, "Atlantis", 8, NULL), PERSONA_OK);
    assert_int_equal(persona_segmenter_assign(own, numbers, 2, &unseen, NULL, NULL), 0);
    persona_query_clear(own);
    assert_int_equal(persona_segmenter_assign(own, numbers, 2, &unseen, NULL, NULL),
                     PERSONA_EDATA); /* all is missing again */
    assert_int_equal(persona_query_text(own, 0, "Rome", 4, NULL), PERSONA_EARG);
    assert_int_equal(persona_query_text(own, 2, "Rome", 4, NULL), PERSONA_EARG);
    assert_int_equal(persona_query_text(own, 1, "Rome", -2, NULL), PERSONA_EARG);
    persona_query_free(own);
    persona_model_free(persona_segmenter_model(made));
}

/* ---- wrong input of fit */

typedef struct bad_fit {
    const char *csv, *options;
    int code;
    const char *words; /* NULL: any */
} bad_fit;

static const bad_fit bad_fits[] = {
    {"a,b\n", "", PERSONA_EDATA, NULL},                   /* no row */
    {"a\n1\n2\n3\n", "features=b", PERSONA_EDATA, "b"},   /* no such column */
    {"a\n1\n2\n3\n", "weight.b=2", PERSONA_EOPTION, "b"}, /* without effect */
    {"a\n1\n2\n3\n", "transform.b=none", PERSONA_EOPTION, "b"},
    {"a\n1\n2\n3\n", "k=2 k_max=5", PERSONA_EOPTION, "k_max"},
    {"a\n1\n2\n3\n", "gap_references=5", PERSONA_EOPTION, "gap_references"},
    {"a\n1\n2\n3\n", "as_of=2020-01-01", PERSONA_EOPTION, "as_of"},
    {"a\n1\n2\n3\n", "k_min=5 k_max=3", PERSONA_EOPTION, "k_m"},
    {"a\n1\n2\n3\n", "column.user=u", PERSONA_EDATA, "u"},
    {"a\n1\n2\n3\n", "k=2 max_bytes=1", PERSONA_ELIMIT, "max_bytes"},
};

static void wrong_fits_are_one_line_errors_that_name_the_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_fits / sizeof bad_fits[0]; i++) {
        const bad_fit *bad = &bad_fits[i];
        persona_error error = {0};
        persona_table *table = NULL;
        persona_segmenter *made = (persona_segmenter *)1;
        persona_params *fit = customers_options(bad->options);
        customers_must(persona_table_from_csv(&table, bad->csv, (int64_t)strlen(bad->csv),
                                              NULL, NULL, &error),
                       &error);
        int rc = persona_segmenter_fit(&made, table, fit, NULL, &error);
        if (rc != bad->code) fail_msg("%s: %d: %s", bad->options, rc, error.message);
        assert_null(made);
        assert_null(strchr(error.message, '\n'));
        if (bad->words != NULL && strstr(error.message, bad->words) == NULL)
            fail_msg("%s: %s", bad->options, error.message);
        persona_params_free(fit);
        persona_table_free(table);
    }
}

static void an_infinity_in_the_table_is_an_error_with_its_row(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_table *table = NULL;
    persona_segmenter *made = NULL;
    double values[] = {1, 2, 3, INFINITY, 5};
    customers_must(persona_table_new(&table, &error), &error);
    customers_must(persona_table_add_real(table, "spend", values, 5, &error), &error);
    assert_int_equal(persona_segmenter_fit(&made, table, NULL, NULL, &error),
                     PERSONA_EDATA);
    assert_int_equal(error.where, 3);
    assert_non_null(strstr(error.message, "spend"));
    persona_table_free(table);
}

/* Tables that are odd but have an answer: a model with fewer segments and a note. */
static void odd_tables_have_fewer_segments_and_notes(void **state)
{
    (void)state;
    static const char *const csvs[] = {"a,b\n1,2\n",                /* one row */
                                       "a,b\n1,1\n2,1\n3,1\n4,1\n", /* a constant */
                                       "a\n1\n1\n2\n2\n1\n",        /* k > distinct */
                                       "a\n1e300\n-1e300\n1\n2\n1e-300\n"};
    for (size_t i = 0; i < 4; i++) {
        persona_error error = {0};
        persona_table *table = NULL;
        persona_segmenter *made = NULL;
        persona_params *fit = customers_options("k=4 seed=1");
        customers_must(persona_table_from_csv(&table, csvs[i], (int64_t)strlen(csvs[i]),
                                              NULL, NULL, &error),
                       &error);
        int rc = persona_segmenter_fit(&made, table, fit, NULL, &error);
        if (rc != PERSONA_OK && rc != PERSONA_EDATA) fail_msg("%zu: %d", i, rc);
        if (rc != PERSONA_OK) assert_true(error.message[0] != '\0' && made == NULL);
        persona_model_free(persona_segmenter_model(made));
        persona_params_free(fit);
        persona_table_free(table);
    }
}

static void options_of_another_schema_are_refused(void **state)
{
    (void)state;
    persona_params *csv = NULL;
    persona_segmenter *made = NULL;
    persona_query *own = NULL;
    persona_table *table = customers_table(0), *out = NULL;
    assert_int_equal(persona_params_new(&csv, "csv", NULL), PERSONA_OK);
    assert_int_equal(persona_segmenter_fit(&made, table, csv, NULL, NULL),
                     PERSONA_EOPTION);
    assert_int_equal(persona_segmenter_prepare(&own, segmenter, csv, NULL),
                     PERSONA_EOPTION);
    assert_int_equal(
        persona_segmenter_assign_table(&out, segmenter, table, csv, NULL, NULL),
        PERSONA_EOPTION);
    assert_true(made == NULL && own == NULL && out == NULL);
    persona_params_free(csv);
    persona_table_free(table);
}

static void a_table_without_the_inputs_cannot_be_assigned(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_table *table = NULL, *out = NULL;
    static const char csv[] = "recency,frequency\n1,2\n";
    customers_must(
        persona_table_from_csv(&table, csv, sizeof csv - 1, NULL, NULL, &error), &error);
    assert_int_equal(
        persona_segmenter_assign_table(&out, segmenter, table, NULL, NULL, &error),
        PERSONA_EDATA);
    assert_non_null(strstr(error.message, "monetary"));
    assert_null(out);
    persona_table_free(table);
}

static void a_cancelled_fit_and_a_passed_deadline_leave_no_model(void **state)
{
    (void)state;
    persona_task *task = NULL;
    persona_segmenter *made = NULL;
    persona_table *table = customers_table(0);
    assert_int_equal(persona_task_new(&task, NULL), PERSONA_OK);
    persona_task_set_deadline(task, 0);
    assert_int_equal(persona_segmenter_fit(&made, table, NULL, task, NULL),
                     PERSONA_EDEADLINE);
    assert_null(made);
    persona_task_cancel(task);
    assert_int_equal(persona_segmenter_fit(&made, table, NULL, task, NULL),
                     PERSONA_ECANCEL);
    assert_null(made);
    persona_task_free(task);
    persona_table_free(table);
}

static void a_dry_run_has_notes_and_answers_nothing(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_query *own = NULL;
    persona_table *notes = NULL;
    persona_segmenter *dry = customers_fit(0, "k=3 dry_run=true");
    persona_model *shown = persona_segmenter_model(dry);
    assert_int_equal(persona_model_notes(&notes, shown, NULL), PERSONA_OK);
    assert_true(persona_table_rows(notes) >= 1);
    assert_int_not_equal(persona_segmenter_prepare(&own, dry, NULL, &error), PERSONA_OK);
    assert_null(own);
    assert_true(error.message[0] != '\0');
    persona_table_free(notes);
    persona_model_free(shown);
}

static void null_arguments_are_errors(void **state)
{
    (void)state;
    persona_table *table = customers_table(0), *out = NULL;
    persona_segmenter *made = NULL;
    persona_query *own = NULL;
    assert_int_equal(persona_segmenter_fit(NULL, table, NULL, NULL, NULL), PERSONA_EARG);
    assert_int_equal(persona_segmenter_fit(&made, NULL, NULL, NULL, NULL), PERSONA_EARG);
    assert_int_equal(persona_segmenter_prepare(NULL, segmenter, NULL, NULL),
                     PERSONA_EARG);
    assert_int_equal(persona_segmenter_prepare(&own, NULL, NULL, NULL), PERSONA_EARG);
    assert_int_equal(persona_segmenter_assign_table(&out, NULL, table, NULL, NULL, NULL),
                     PERSONA_EARG);
    assert_int_equal(
        persona_segmenter_assign_table(&out, segmenter, NULL, NULL, NULL, NULL),
        PERSONA_EARG);
    assert_int_equal(persona_segmenter_explain(NULL, query, NULL, 0, NULL), PERSONA_EARG);
    assert_int_equal(persona_segmenter_explain(&out, NULL, NULL, 0, NULL), PERSONA_EARG);
    persona_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_groups_are_found),
        cmocka_unit_test(a_table_gets_the_answers_of_its_rows_bit_for_bit),
        cmocka_unit_test(the_smallest_distance_is_that_of_the_segment),
        cmocka_unit_test(membership_sums_to_one_and_prefers_the_segment),
        cmocka_unit_test(contributions_sum_to_the_difference_of_squared_distances),
        cmocka_unit_test(a_missing_input_is_left_out_and_all_missing_is_an_error),
        cmocka_unit_test(an_infinity_is_an_error_with_the_input_in_where),
        cmocka_unit_test(arrays_of_another_size_are_refused),
        cmocka_unit_test(a_freed_query_is_reused_and_refused_meanwhile),
        cmocka_unit_test(a_query_outlives_the_handle_it_was_made_from),
        cmocka_unit_test(the_two_views_of_a_segmenter_are_one_object),
        cmocka_unit_test(a_text_input_is_bound_by_its_number),
        cmocka_unit_test(wrong_fits_are_one_line_errors_that_name_the_cause),
        cmocka_unit_test(an_infinity_in_the_table_is_an_error_with_its_row),
        cmocka_unit_test(odd_tables_have_fewer_segments_and_notes),
        cmocka_unit_test(options_of_another_schema_are_refused),
        cmocka_unit_test(a_table_without_the_inputs_cannot_be_assigned),
        cmocka_unit_test(a_cancelled_fit_and_a_passed_deadline_leave_no_model),
        cmocka_unit_test(a_dry_run_has_notes_and_answers_nothing),
        cmocka_unit_test(null_arguments_are_errors),
    };
    return cmocka_run_group_tests_name("segmenter api", tests, prepare_once, free_once);
}
