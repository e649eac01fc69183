/* shop/recommend/recommend_fit_rows and _matrix: events as histories in order, and what
 * learners are given of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support/tiny_fitting.h"

static fitting of;

static int close_fitting(void **state)
{
    (void)state;
    fitting_close(&of);
    return 0;
}

static void events_of_a_user_are_in_order_of_time(void **state)
{
    (void)state;
    fitting_must(&of,
                 "user,item,time\n1,c,2025-01-03\n2,x,2025-01-09\n1,a,2025-01-01\n"
                 "1,b,2025-01-02\n2,y,2025-01-09\n1,m,\n",
                 "");
    assert_string_equal(fitting_row(&of, "1"), "mabc"); /* unknown times come first */
    assert_string_equal(fitting_row(&of, "2"), "xy");   /* equal ones as they came */
    assert_int_equal(of.fit.mode, PSN_REC_SEQUENCES);
    assert_int_equal(of.fit.rows.rank[0], 0);
    assert_int_equal(of.fit.rows.rank[1], 1);
}

static void without_times_the_order_of_the_table_counts(void **state)
{
    (void)state;
    fitting_must(&of, "user,item\n1,c\n2,x\n1,a\n2,w\n1,b\n", "");
    assert_string_equal(fitting_row(&of, "1"), "cab");
    assert_string_equal(fitting_row(&of, "2"), "xw");
}

static void rows_without_user_or_item_are_left_out_and_noted(void **state)
{
    (void)state;
    fitting_must(&of, "user,item\n1,a\n,b\n1,\n,\n2,c\n", "");
    assert_int_equal(of.fit.rows.events, 2);
    assert_int_equal(events_note(of.fit.model, "events"), 2);
}

static void a_table_without_a_whole_event_is_refused(void **state)
{
    (void)state;
    assert_int_equal(fitting_read(&of, events_csv("user,item\n1,\n,b\n"), ""),
                     PERSONA_EDATA);
    assert_non_null(strstr(events_error.message, "both a user and an item"));
}

static void the_same_event_twice_counts_once(void **state)
{
    (void)state;
    fitting_must(&of,
                 "user,item,kind,time\n1,a,view,2025-01-01\n1,a,view,2025-01-01\n"
                 "1,a,buy,2025-01-01\n1,a,view,2025-01-02\n2,a,view,2025-01-01\n",
                 "");
    assert_string_equal(fitting_row(&of, "1"), "aaa");
    assert_int_equal(events_note(of.fit.model, "duplicates"), 1);
}

static void without_moments_nothing_is_twice(void **state)
{
    (void)state;
    fitting_must(&of, "user,item\n1,a\n1,a\n", "");
    assert_string_equal(fitting_row(&of, "1"), "aa");
    assert_int_equal(events_note(of.fit.model, "duplicates"), -1);
}

/* A crawler: 6,000 events where others have 2. */
static void absurdly_active_users_count_with_their_newest(void **state)
{
    (void)state;
    char *csv = malloc(200000), *at = csv + sprintf(csv, "user,item\n");
    for (int u = 0; u < 200; u++) at += sprintf(at, "u%d,a\nu%d,b\n", u, u);
    for (int e = 0; e < 6000; e++) at += sprintf(at, "bot,%s\n", e < 5999 ? "a" : "z");
    fitting_must(&of, csv, "");
    free(csv);
    const int64_t bot = psn_dict_find(of.fit.model->users, "bot", 3);
    const int64_t end = of.fit.rows.start[bot + 1];
    assert_int_equal(end - of.fit.rows.start[bot], PSN_REC_EVENTS);
    assert_string_equal(fitting_letters(&of, of.fit.rows.item + end - 1, 1), "z");
    assert_int_equal(events_note(of.fit.model, "bots"), 1);
    assert_int_equal(of.fit.model->bots, 1);
}

static void a_lonely_crawler_is_one_too(void **state)
{
    (void)state;
    char *csv = malloc(200000), *at = csv + sprintf(csv, "user,item\n");
    for (int e = 0; e < 6000; e++) at += sprintf(at, "bot,%d\n", e % 7);
    fitting_must(&of, csv, "");
    assert_int_equal(of.fit.rows.events, PSN_REC_EVENTS);
    fitting_close(&of);
    at += sprintf(at, "1,5\n2,5\n");
    fitting_must(&of, csv, "");
    assert_int_equal(of.fit.rows.events, PSN_REC_EVENTS + 2);
    free(csv);
}

/* ---- what the order is worth */

/* 30 users with 5 items each, by rising id: 120 steps, all up. */
static const char *sorted_lists(int falling)
{
    static char csv[4000];
    char *at = csv + sprintf(csv, "user,item\n");
    for (int u = 0; u < 30; u++)
        for (int e = 0; e < 5; e++)
            at += sprintf(at, "%d,%d\n", u, 100 + (falling ? 4 - e : e) * 7 + u);
    return csv;
}

static void lists_sorted_by_id_have_no_order(void **state)
{
    (void)state;
    fitting_must(&of, sorted_lists(0), "");
    assert_int_equal(of.fit.mode, PSN_REC_SETS);
    assert_int_equal(events_note(of.fit.model, "sorted"), 30);
    fitting_close(&of);
    fitting_must(&of, sorted_lists(0), "order=time");
    assert_int_equal(of.fit.mode, PSN_REC_SEQUENCES);
    fitting_close(&of);
    fitting_must(&of, sorted_lists(1), "");
    assert_int_equal(of.fit.mode, PSN_REC_SEQUENCES);
    fitting_close(&of);
    fitting_must(&of, sorted_lists(1), "order=none");
    assert_int_equal(of.fit.mode, PSN_REC_SETS);
}

static void positions_that_begin_with_each_kind_are_no_order_between_kinds(void **state)
{
    (void)state;
    fitting_must(&of, "user,item,kind,t\n1,a,view,0\n1,b,view,1\n1,a,buy,0\n1,c,buy,1\n",
                 "");
    assert_int_equal(of.fit.times, PSN_REC_KIND_POSITIONS);
    fitting_close(&of);
    fitting_must(&of, "user,item,kind,t\n1,a,view,0\n1,b,view,1\n1,a,buy,2\n1,c,buy,3\n",
                 "");
    assert_int_equal(of.fit.times, PSN_REC_POSITIONS);
}

static void a_table_of_sessions_has_a_row_for_each(void **state)
{
    (void)state;
    fitting_must(&of, "session_id,item\ns1,a\ns2,b\ns1,c\n", "");
    assert_int_equal(of.fit.mode, PSN_REC_SESSIONS);
    assert_string_equal(fitting_row(&of, "s1"), "ac");
}

/* ---- matrices */

/* User 1 has sessions ab and c, user 2 (older) d: rows d, ab, c. */
static void sequences_end_where_sessions_do(void **state)
{
    (void)state;
    psn_sparse *sequences = NULL;
    fitting_must(&of,
                 "user,session,item,time\n1,x,a,2025-02-01\n1,x,b,2025-02-02\n"
                 "1,y,c,2025-02-03\n2,z,d,2025-01-01\n",
                 "");
    assert_int_equal(psn_rec_fit_sequences(&sequences, &of.fit, NULL, NULL), 0);
    assert_int_equal(sequences->rows, 3);
    assert_int_equal(sequences->start[1], 1);
    assert_int_equal(sequences->start[2], 3);
    assert_string_equal(fitting_letters(&of, sequences->column, 4), "dabc");
    psn_sparse_free(sequences);
}

/* Of each kind the largest: a 1 + 3 = 4 (the second view adds nothing), b 3 - 3 = 0:
 * gone, c -3: gone. */
static void a_profile_adds_kinds_and_returns_take_away(void **state)
{
    (void)state;
    psn_sparse *profile = NULL;
    fitting_must(&of,
                 "user,item,kind\n1,a,view\n1,a,view\n1,a,buy\n1,b,buy\n1,b,return\n"
                 "1,c,return\n2,b,view\n",
                 "");
    assert_int_equal(psn_rec_fit_profile(&profile, &of.fit, NULL, NULL), 0);
    assert_int_equal(profile->start[1], 1);
    assert_string_equal(fitting_letters(&of, profile->column, 2), "ab");
    assert_float_equal(profile->value[0], 4, 0);
    assert_float_equal(profile->value[1], 1, 0);
    psn_sparse_free(profile);
}

static void what_takes_away_is_in_no_sequence(void **state)
{
    (void)state;
    psn_sparse *sequences = NULL;
    fitting_must(&of, "user,item,kind\n1,a,view\n1,b,return\n1,c,view\n",
                 "kind_weight.view=2");
    assert_int_equal(psn_rec_fit_sequences(&sequences, &of.fit, NULL, NULL), 0);
    assert_int_equal(sequences->start[1], 2);
    assert_string_equal(fitting_letters(&of, sequences->column, 2), "ac");
    assert_float_equal(sequences->value[0], 2, 0);
    psn_sparse_free(sequences);
}

/* Wanted things of one order, each once. */
static void baskets_are_orders(void **state)
{
    (void)state;
    psn_sparse *baskets = NULL;
    fitting_must(&of, "user,order,item\n1,o1,b\n1,o1,a\n1,o1,a\n1,o2,c\n2,o3,a\n", "");
    assert_int_equal(psn_rec_fit_baskets(&baskets, &of.fit, NULL, NULL), 0);
    assert_int_equal(baskets->rows, 3);
    assert_int_equal(baskets->start[1], 2);
    assert_int_equal(baskets->start[2], 3);
    assert_int_equal(baskets->start[3], 4);
    psn_sparse_free(baskets);
}

#define TEST(name) cmocka_unit_test_teardown(name, close_fitting)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_of_a_user_are_in_order_of_time),
        TEST(without_times_the_order_of_the_table_counts),
        TEST(rows_without_user_or_item_are_left_out_and_noted),
        TEST(a_table_without_a_whole_event_is_refused),
        TEST(the_same_event_twice_counts_once),
        TEST(without_moments_nothing_is_twice),
        TEST(absurdly_active_users_count_with_their_newest),
        TEST(a_lonely_crawler_is_one_too),
        TEST(lists_sorted_by_id_have_no_order),
        TEST(positions_that_begin_with_each_kind_are_no_order_between_kinds),
        TEST(a_table_of_sessions_has_a_row_for_each),
        TEST(sequences_end_where_sessions_do),
        TEST(a_profile_adds_kinds_and_returns_take_away),
        TEST(what_takes_away_is_in_no_sequence),
        TEST(baskets_are_orders),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
