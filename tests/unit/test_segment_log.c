/* test_segment_log.c: customers from a log of orders. */
#include "shop/segment/segment_log.h"
#include "unit/segment_case.h"

static char *const all_roles[PSN_ROLES] = {"user",  "time", "order", "item", "qty",
                                           "price", "list", NULL,    NULL};

static persona_table *customers_of(const char *csv, char *const role[PSN_ROLES],
                                   int64_t as_of, psn_log_counts *counts)
{
    persona_table *log = csv_table(csv, NULL), *out = NULL;
    persona_error error = {0};
    if (psn_log_customers(&out, log, role, &as_of, counts, NULL, &error))
        fail_msg("%s", error.message);
    psn_table_free(log);
    return out;
}

/* Ann: two orders (2 Jan: 2 x 5 + 1 x 10, 1 Mar: 4 x 5) and a return of one 5; Bob: one.
 */
static const char two_customers[] = "user,time,order,item,qty,price,list\n"
                                    "ann,2021-01-02,1,tea,2,5,6\n"
                                    "ann,2021-01-02,1,cup,1,10,12\n"
                                    "bob,2021-01-10,2,tea,1,6,6\n"
                                    "ann,2021-03-01,3,tea,4,5,6\n"
                                    "ann,2021-03-05,4,tea,-1,5,6\n";

static void a_hand_worked_log_gives_every_feature(void **state)
{
    (void)state;
    psn_log_counts counts;
    persona_table *t = customers_of(two_customers, all_roles, PSN_AS_OF_FIND, &counts);
    assert_int_equal(t->rows, 2);
    assert_true(text_is(t, "user", 0, "ann"));
    ASSERT_NEAR(number_at(t, "recency_days", 0), 4); /* 1 March to the end of 5 March */
    ASSERT_NEAR(number_at(t, "frequency", 0), 2);
    ASSERT_NEAR(number_at(t, "monetary", 0), 35); /* 20 + 20 - 5 */
    ASSERT_NEAR(number_at(t, "tenure_days", 0), 62);
    ASSERT_NEAR(number_at(t, "basket_value", 0), 20);
    ASSERT_NEAR(number_at(t, "basket_items", 0), 3.5);
    ASSERT_NEAR(number_at(t, "distinct_products", 0), 2);
    ASSERT_NEAR(number_at(t, "return_rate", 0), 0.25);
    ASSERT_NEAR(number_at(t, "discount_share", 0), 1 - 40.0 / 48);
    ASSERT_NEAR(number_at(t, "month_concentration", 0), 0.5); /* no two months in a row */
    ASSERT_NEAR(number_at(t, "q4_share", 0), 0);
    ASSERT_NEAR(number_at(t, "weekend_share", 0), 0.5); /* 2 January 2021 is a Saturday */
    ASSERT_NEAR(number_at(t, "days_between_orders", 0), 58);
    ASSERT_NEAR(number_at(t, "recency_days", 1), 54);
    assert_true(isnan(number_at(t, "days_between_orders", 1)));
    psn_table_free(t);
}

static void two_months_in_a_row_count_together_across_the_new_year(void **state)
{
    (void)state;
    char *const role[PSN_ROLES] = {"user", "time", NULL,    NULL, NULL,
                                   NULL,   NULL,   "value", NULL};
    psn_log_counts counts;
    persona_table *t = customers_of("user,time,value\n"
                                    "u,2020-06-01,25\nu,2020-12-24,50\nu,2021-01-02,25\n",
                                    role, PSN_AS_OF_FIND, &counts);
    ASSERT_NEAR(number_at(t, "month_concentration", 0), 0.75);
    ASSERT_NEAR(number_at(t, "q4_share", 0), 0.5);
    ASSERT_NEAR(number_at(t, "frequency", 0), 3); /* days, where there is no order */
    assert_int_equal(psn_table_find(t, "distinct_products"), PERSONA_NONE);
    psn_table_free(t);
}

static void lines_at_and_after_as_of_do_not_count(void **state)
{
    (void)state;
    psn_log_counts counts;
    int64_t as_of;
    assert_int_equal(psn_log_parse_time("2021-03-01", &as_of), 1);
    persona_table *t = customers_of(two_customers, all_roles, as_of, &counts);
    assert_int_equal(counts.after, 2);
    ASSERT_NEAR(number_at(t, "recency_days", 0),
                57); /* 2 January to the end of February */
    ASSERT_NEAR(number_at(t, "monetary", 0), 20);
    ASSERT_NEAR(number_at(t, "return_rate", 0), 0);
    psn_table_free(t);
}

static void lines_without_user_or_time_and_customers_of_returns_are_counted(void **state)
{
    (void)state;
    psn_log_counts counts;
    persona_table *t = customers_of("user,time,order,item,qty,price,list\n"
                                    ",2021-01-02,1,tea,2,5,6\n"
                                    "ann,,1,tea,2,5,6\n"
                                    "bob,2021-01-02,2,tea,-1,5,6\n"
                                    "cid,2021-01-02,3,tea,1,,6\n"
                                    "cid,2021-01-02,3,tea,1,7,7\n",
                                    all_roles, PSN_AS_OF_FIND, &counts);
    assert_int_equal(counts.no_user, 1);
    assert_int_equal(counts.no_time, 1);
    assert_int_equal(counts.only_returns, 1);
    assert_int_equal(counts.no_value, 1);
    assert_int_equal(t->rows, 1);
    ASSERT_NEAR(number_at(t, "monetary", 0), 7);
    ASSERT_NEAR(number_at(t, "basket_items", 0), 2);
    psn_table_free(t);
}

static void ids_that_became_reals_are_whole_again(void **state)
{
    (void)state;
    char *const role[PSN_ROLES] = {"user", "time", NULL, NULL, NULL,
                                   NULL,   NULL,   NULL, NULL};
    psn_log_counts counts;
    persona_table *t = customers_of("user,time\n17850.0,2021-01-01\n,2021-01-01\n"
                                    "17850.0,2021-01-03\n7.0,2021-01-02\n",
                                    role, PSN_AS_OF_FIND, &counts);
    assert_int_equal(t->rows, 2);
    assert_int_equal(column_of(t, "user")->type, PERSONA_TYPE_INT);
    ASSERT_NEAR(number_at(t, "user", 0), 17850);
    ASSERT_NEAR(number_at(t, "frequency", 0), 2);
    psn_table_free(t);
}

static int log_fails(const char *csv, char *const role[PSN_ROLES], persona_error *error)
{
    persona_table *log = csv_table(csv, NULL), *out = NULL;
    psn_log_counts counts;
    int64_t as_of = PSN_AS_OF_FIND;
    const int rc = psn_log_customers(&out, log, role, &as_of, &counts, NULL, error);
    assert_null(out);
    psn_table_free(log);
    return rc;
}

static void a_missing_role_is_an_error_that_lists_the_columns(void **state)
{
    (void)state;
    persona_error error = {0};
    char *const role[PSN_ROLES] = {"user", "when", NULL, NULL, NULL,
                                   NULL,   NULL,   NULL, NULL};
    assert_int_equal(log_fails(two_customers, role, &error), PERSONA_EDATA);
    assert_non_null(strstr(error.message, "role time"));
    assert_non_null(strstr(error.message, "user, time, order, item, qty, price, list"));
}

static void an_infinite_price_names_its_row_and_never_a_value(void **state)
{
    (void)state;
    persona_error error = {0};
    assert_int_equal(
        log_fails("user,time,order,item,qty,price,list\n"
                  "ann,2021-01-02,1,tea,2,5,6\nann,2021-01-02,1,tea,2,inf,6\n",
                  all_roles, &error),
        PERSONA_EDATA);
    assert_int_equal(error.where, 1);
    assert_non_null(strstr(error.message, "price"));
    assert_null(strstr(error.message, "ann"));
}

static void the_columns_of_a_linked_table_join(void **state)
{
    (void)state;
    persona_table *log = csv_table(two_customers, NULL), *out = NULL;
    persona_table *people = csv_table("id,age,city,since\nbob,44,Oslo,2020-01-01\n"
                                      "eve,20,Rome,2020-01-02\n",
                                      NULL);
    psn_log_counts counts;
    int64_t as_of = PSN_AS_OF_FIND;
    persona_error error = {0};
    assert_int_equal(psn_table_link(log, "user", people, "id", &error), 0);
    assert_int_equal(
        psn_log_customers(&out, log, all_roles, &as_of, &counts, NULL, &error), 0);
    assert_true(isnan(number_at(out, "age", 0))); /* ann is not there */
    ASSERT_NEAR(number_at(out, "age", 1), 44);
    assert_true(text_is(out, "city", 1, "Oslo"));
    assert_int_equal(psn_table_find(out, "id"), PERSONA_NONE);
    psn_table_free(out);
    psn_table_free(log);
    psn_table_free(people);
}

static void roles_are_recognised_by_name_when_users_repeat(void **state)
{
    (void)state;
    persona_segmenter *model =
        fit_of("InvoiceNo,Customer ID,InvoiceDate,StockCode,Quantity,UnitPrice\n"
               "1,7,2021-01-01,a,1,5\n1,7,2021-01-01,b,1,5\n2,8,2021-01-09,a,3,9\n"
               "3,9,2021-02-01,c,1,80\n",
               "k=2");
    assert_true(model->log);
    assert_string_equal(model->role[PSN_ROLE_USER], "Customer ID");
    assert_string_equal(model->role[PSN_ROLE_TIME], "InvoiceDate");
    assert_string_equal(model->role[PSN_ROLE_ORDER], "InvoiceNo");
    assert_string_equal(model->role[PSN_ROLE_ITEM], "StockCode");
    assert_string_equal(model->role[PSN_ROLE_PRICE], "UnitPrice");
    assert_int_equal(model->customers, 3);
    assert_int_equal(model->rows, 4);
    drop(model);
}

static void one_row_a_customer_is_a_customer_table_though_it_has_times(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(
        "customer_id,date,spend\n1,2021-01-01,5\n2,2021-05-01,6\n3,2021-03-01,90\n",
        "k=2");
    assert_false(model->log);
    assert_int_equal(model->inputs, 2);
    assert_int_equal(note_count(model, "id_column"), 1);
    drop(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hand_worked_log_gives_every_feature),
        cmocka_unit_test(two_months_in_a_row_count_together_across_the_new_year),
        cmocka_unit_test(lines_at_and_after_as_of_do_not_count),
        cmocka_unit_test(lines_without_user_or_time_and_customers_of_returns_are_counted),
        cmocka_unit_test(ids_that_became_reals_are_whole_again),
        cmocka_unit_test(a_missing_role_is_an_error_that_lists_the_columns),
        cmocka_unit_test(an_infinite_price_names_its_row_and_never_a_value),
        cmocka_unit_test(the_columns_of_a_linked_table_join),
        cmocka_unit_test(roles_are_recognised_by_name_when_users_repeat),
        cmocka_unit_test(one_row_a_customer_is_a_customer_table_though_it_has_times),
    };
    return cmocka_run_group_tests_name("segment_log", tests, NULL, NULL);
}
