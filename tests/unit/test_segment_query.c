/* test_segment_query.c: questions about one customer and about tables. */
#include "unit/segment_case.h"
#include "shop/segment/segment_model.h"

/* Two segments: around (1, 1) four customers, around (9, 5) two. */
static const char two_groups[] = "x,y\n0,0\n2,2\n0,2\n2,0\n8,5\n10,5\n";

static persona_query *ask(const persona_segmenter *model)
{
    persona_query *query = NULL;
    persona_error error = {0};
    if (psn_segment_prepare(&query, model, NULL, &error)) fail_msg("%s", error.message);
    return query;
}

static void one_customer_gets_the_nearest_centre_and_the_distance(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(two_groups, "k=2 transform=none");
    persona_query *query = ask(model);
    const double row[] = {4, 5};
    int32_t segment = -1;
    double distance, distances[2];
    assert_int_equal(psn_segment_assign(query, row, 2, &segment, &distance, NULL), 0);
    assert_int_equal(segment, 0); /* the larger: 3, 4 away from (1, 1) */
    ASSERT_NEAR(distance, 5);
    assert_int_equal(psn_segment_distances(query, row, 2, distances, 2, NULL), 0);
    ASSERT_NEAR(distances[0], 5);
    ASSERT_NEAR(distances[1], 5); /* a tie goes to the lowest number */
    psn_query_give(query);
    drop(model);
}

static void a_missing_value_is_left_out_and_made_up_for(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(two_groups, "k=2 transform=none");
    persona_query *query = ask(model);
    const double row[] = {7, NAN};
    int32_t segment;
    double distance;
    assert_int_equal(psn_segment_assign(query, row, 2, &segment, &distance, NULL), 0);
    assert_int_equal(segment, 1);
    ASSERT_NEAR(distance, sqrt(2 * 2 * 2.0)); /* 2 of 2 features over 1 known */
    psn_query_give(query);
    drop(model);
}

static void what_cannot_be_answered_is_an_error_with_its_place(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(two_groups, "k=2");
    persona_query *query = ask(model);
    persona_error error = {0};
    int32_t segment;
    const double nothing[] = {NAN, NAN}, infinite[] = {1, -INFINITY};
    assert_int_equal(psn_segment_assign(query, nothing, 2, &segment, NULL, &error),
                     PERSONA_EDATA);
    assert_int_equal(psn_segment_assign(query, infinite, 2, &segment, NULL, &error),
                     PERSONA_EDATA);
    assert_int_equal(error.where, 1);
    assert_int_equal(psn_segment_assign(query, infinite, 3, &segment, NULL, &error),
                     PERSONA_EARG);
    assert_int_equal(psn_segment_assign(query, NULL, 2, &segment, NULL, &error),
                     PERSONA_EARG);
    psn_query_give(query);
    drop(model);
}

static void membership_is_the_posterior_of_round_gaussians(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(two_groups, "k=2 transform=none");
    persona_query *query = ask(model);
    const double row[] = {4, 5};
    double membership[2];
    /* inertia 4 x 2 + 2 x 1 = 10 over 6 customers and 2 features; equal distances, so
     * only the shares 4/6 and 2/6 are left */
    ASSERT_NEAR(model->spread, 10.0 / 12);
    assert_int_equal(psn_segment_membership(query, row, 2, membership, 2, NULL), 0);
    ASSERT_NEAR(membership[0], 4.0 / 6);
    ASSERT_NEAR(membership[1], 2.0 / 6);
    const double closer[] = {4, 4};
    assert_int_equal(psn_segment_membership(query, closer, 2, membership, 2, NULL), 0);
    const double a = 4 * exp(-18 / (2 * 10.0 / 12)), b = 2 * exp(-26 / (2 * 10.0 / 12));
    ASSERT_NEAR(membership[0], a / (a + b));
    psn_query_give(query);
    drop(model);
}

static void explain_sums_to_the_difference_of_the_squared_distances(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(two_groups, "k=2 transform=none");
    persona_query *query = ask(model);
    const double row[] = {1, 5};
    persona_table *why = NULL;
    assert_int_equal(psn_segment_explain(&why, query, row, 2, NULL), 0);
    assert_true(text_is(why, "feature", 0, "x"));
    ASSERT_NEAR(number_at(why, "contribution", 0), 64); /* 8 from 9, 0 from 1 */
    ASSERT_NEAR(number_at(why, "contribution", 1), -16);
    ASSERT_NEAR(number_at(why, "value", 1), 5);
    ASSERT_NEAR(number_at(why, "center", 1), 1);
    ASSERT_NEAR(number_at(why, "alternative_center", 1), 5);
    psn_table_free(why);
    psn_query_give(query);
    drop(model);
}

static const char with_city[] =
    "x,city\n0,Oslo\n0,Oslo\n1,Oslo\n8,Rome\n9,Rome\n9,Rome\n";

static void a_text_is_bound_by_its_input_and_forgotten_by_clear(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(with_city, "k=2 gamma=200 transform=none");
    persona_query *query = ask(model);
    const double row[] = {5, 0};
    int32_t segment = -1;
    assert_int_equal(psn_segment_query_text(query, 1, "Oslo", 4, NULL), 0);
    assert_int_equal(psn_segment_assign(query, row, 2, &segment, NULL, NULL), 0);
    assert_int_equal(segment, 0);
    assert_int_equal(psn_segment_query_text(query, 1, "Rome", 4, NULL), 0);
    assert_int_equal(psn_segment_assign(query, row, 2, &segment, NULL, NULL), 0);
    assert_int_equal(segment, 1);
    psn_segment_query_clear(query);
    assert_int_equal(psn_segment_assign(query, row, 2, &segment, NULL, NULL), 0);
    assert_int_equal(segment, 1); /* 5 is nearer to 8.67 than to 0.33 */
    assert_int_equal(psn_segment_query_text(query, 0, "Rome", 4, NULL), PERSONA_EARG);
    psn_query_give(query);
    drop(model);
}

static void an_unseen_text_is_none_of_the_known_ones(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(with_city, "k=2 gamma=8 transform=none");
    persona_query *query = ask(model);
    const double row[] = {1.0 / 3, 0};
    double distance;
    assert_int_equal(psn_segment_query_text(query, 1, "Wien", 4, NULL), 0);
    assert_int_equal(psn_segment_assign(query, row, 2, NULL, &distance, NULL), 0);
    ASSERT_NEAR(distance, 2); /* the centre is all Oslo: sqrt(gamma / 2) from 0 */
    psn_query_give(query);
    drop(model);
}

static persona_table *assign_of(const persona_segmenter *model, const char *csv)
{
    persona_table *table = csv_table(csv, NULL), *out = NULL;
    persona_error error = {0};
    if (psn_segment_assign_table(&out, model, table, NULL, NULL, &error))
        fail_msg("%s", error.message);
    psn_table_free(table);
    return out;
}

static void a_table_gives_the_bits_of_its_rows(void **state)
{
    (void)state;
    persona_segmenter *model =
        fit_of("x,y,z\n1,200,7\n3,100,7.5\n9,30,1\n4,9,2\n8,7,\n0,,6\n", "k=3 seed=5");
    persona_table *out = assign_of(model, "z,y,x\n1,20,3\n,9,9\n5,,\n2,2,70\n9,1e9,0\n");
    const double rows[5][3] = {
        {3, 20, 1}, {9, 9, NAN}, {NAN, NAN, 5}, {70, 2, 2}, {0, 1e9, 9}};
    persona_query *query = ask(model);
    for (int i = 0; i < 5; i++) {
        int32_t segment;
        double distance;
        assert_int_equal(psn_segment_assign(query, rows[i], 3, &segment, &distance, NULL),
                         0);
        assert_true(number_at(out, "segment", i) == segment);
        assert_true(number_at(out, "distance", i) == distance);
    }
    psn_query_give(query);
    psn_table_free(out);
    drop(model);
}

static void a_row_of_which_nothing_is_known_has_no_segment(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of("id,x,y\na,0,0\nb,1,1\nc,9,8\nd,8,9\n", "k=2");
    persona_table *out = assign_of(model, "id,x,y\nnew,,\nb,1,1\n");
    assert_true(psn_column_missing(column_of(out, "segment"), 0));
    assert_true(psn_column_missing(column_of(out, "name"), 0));
    assert_true(isnan(number_at(out, "distance", 0)));
    assert_true(text_is(out, "id", 0, "new"));
    assert_false(psn_column_missing(column_of(out, "segment"), 1));
    assert_int_equal(psn_table_find(out, "row"), 0);
    assert_int_equal(psn_table_find(out, "distance"), 4);
    psn_table_free(out);
    drop(model);
}

static int assign_fails(const persona_segmenter *model, const char *csv,
                        persona_error *error)
{
    persona_table *table = csv_table(csv, NULL), *out = NULL;
    const int rc = psn_segment_assign_table(&out, model, table, NULL, NULL, error);
    assert_null(out);
    psn_table_free(table);
    return rc;
}

static void a_table_that_does_not_fit_is_an_error_that_says_why(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(two_groups, "k=2");
    persona_error error = {0};
    assert_int_equal(assign_fails(model, "x,z\n1,2\n", &error), PERSONA_EDATA);
    assert_non_null(strstr(error.message, "\"y\""));
    assert_non_null(strstr(error.message, "x, z"));
    assert_int_equal(assign_fails(model, "x,y\n1,two\n", &error), PERSONA_EDATA);
    assert_non_null(strstr(error.message, "must hold numbers"));
    assert_int_equal(assign_fails(model, "x,y\n1,2\n3,4\n5,inf\n", &error),
                     PERSONA_EDATA);
    assert_int_equal(error.where, 2);
    drop(model);
}

static void the_customers_of_a_log_are_assigned_from_their_orders(void **state)
{
    (void)state;
    const char log[] =
        "user,time,price\na,2021-01-01,5\na,2021-03-01,5\nb,2021-01-05,90\n"
        "c,2021-01-07,95\nc,2021-02-07,85\nd,2021-02-20,4\n";
    persona_segmenter *model = fit_of(log, "k=2 features=monetary,recency_days");
    persona_table *out = assign_of(model, log);
    assert_int_equal(out->rows, 4);
    assert_true(text_is(out, "id", 2, "c"));
    assert_true(number_at(out, "segment", 1) == number_at(out, "segment", 2));
    assert_true(number_at(out, "segment", 0) == number_at(out, "segment", 3));
    assert_true(number_at(out, "segment", 1) == 0); /* worth most */
    psn_table_free(out);
    drop(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_customer_gets_the_nearest_centre_and_the_distance),
        cmocka_unit_test(a_missing_value_is_left_out_and_made_up_for),
        cmocka_unit_test(what_cannot_be_answered_is_an_error_with_its_place),
        cmocka_unit_test(membership_is_the_posterior_of_round_gaussians),
        cmocka_unit_test(explain_sums_to_the_difference_of_the_squared_distances),
        cmocka_unit_test(a_text_is_bound_by_its_input_and_forgotten_by_clear),
        cmocka_unit_test(an_unseen_text_is_none_of_the_known_ones),
        cmocka_unit_test(a_table_gives_the_bits_of_its_rows),
        cmocka_unit_test(a_row_of_which_nothing_is_known_has_no_segment),
        cmocka_unit_test(a_table_that_does_not_fit_is_an_error_that_says_why),
        cmocka_unit_test(the_customers_of_a_log_are_assigned_from_their_orders),
    };
    return cmocka_run_group_tests_name("segment_query", tests, NULL, NULL);
}
