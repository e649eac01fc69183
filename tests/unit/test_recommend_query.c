/* shop/recommend, the asking side: questions to a recommender made by hand
 * (support/tiny_recommender.h), answered on paper first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support/table_cell.h"
#include "support/tiny_recommender.h"

static persona_recommender *model;
static persona_query *query;
static int64_t items[TINY_ITEMS + 1];
static float scores[TINY_ITEMS + 1];
static int32_t reasons[TINY_ITEMS + 1];

static int make_once(void **state)
{
    (void)state;
    model = tiny_recommender();
    return 0;
}

static int free_once(void **state)
{
    (void)state;
    persona_model_free(persona_recommender_model(model));
    return 0;
}

static int free_query(void **state)
{
    (void)state;
    persona_query_free(query);
    query = NULL;
    return 0;
}

static persona_params *options(const char *text)
{
    persona_params *params = NULL;
    persona_error error = {0};
    assert_int_equal(persona_params_new(&params, "recommender.query", &error), 0);
    if (persona_params_parse(params, text, &error)) fail_msg("%s", error.message);
    return params;
}

static void ask(const char *text)
{
    persona_params *params = options(text);
    persona_error error = {0};
    if (persona_recommender_prepare(&query, model, params, &error))
        fail_msg("%s", error.message);
    persona_params_free(params);
}

static int refused(const char *text)
{
    persona_params *params = options(text);
    const int rc = persona_recommender_prepare(&query, model, params, NULL);
    persona_params_free(params);
    assert_null(query);
    return rc;
}

static void user(const char *id)
{
    assert_int_equal(persona_query_user(query, id, PERSONA_NUL, NULL, NULL), 0);
}

static void bind(int32_t role, const char *letters)
{
    int64_t bound[64], count = 0;
    for (; letters[count]; count++) bound[count] = letters[count] - 'a';
    assert_int_equal(persona_query_items(query, role, bound, count, NULL), 0);
}

/* The answer as letters. */
static const char *run(int64_t k)
{
    static char letters[TINY_ITEMS + 2];
    int64_t count = -1;
    assert_int_equal(
        persona_recommender_run(query, k, items, scores, reasons, &count, NULL), 0);
    assert_in_range(count, 0, TINY_ITEMS);
    for (int64_t i = 0; i < count; i++) letters[i] = (char)('a' + items[i]);
    letters[count] = 0;
    for (int64_t i = 1; i < count; i++)
        assert_true(scores[i - 1] > scores[i] ||
                    (scores[i - 1] == scores[i] && items[i - 1] < items[i]));
    return letters;
}

/* ---- what comes first */

/* c: 1 x .4 + 3 x .2 = 1; a: 3 x .3 = .9; b (bought: hidden) .5; d: 3 x .1 = .3. The sums
 * of all 8 are 2.7, of squares 2.15: spread^2 = 2.15 / 8 - (2.7 / 8)^2 = .15484375. */
static void a_user_gets_what_his_history_speaks_for(void **state)
{
    (void)state;
    ask("");
    user("u1");
    assert_string_equal(run(3), "cad");
    const float spread = sqrtf(.15484375f);
    assert_float_equal(scores[0], 1 / spread, 1e-5);
    assert_float_equal(scores[1], .9f / spread, 1e-5);
    assert_float_equal(scores[2], .3f / spread, 1e-5);
    assert_int_equal(reasons[0], PERSONA_REASON_TASTE);
    assert_int_equal(reasons[1], PERSONA_REASON_AGAIN);
    assert_int_equal(reasons[2], PERSONA_REASON_TASTE);
}

static void thin_evidence_goes_on_with_trending_then_popular(void **state)
{
    (void)state;
    ask("");
    user("u1");
    /* his category has nothing left: g and f rise, e and h are there */
    assert_string_equal(run(100), "cadgfeh");
    assert_int_equal(reasons[3], PERSONA_REASON_TRENDING);
    assert_int_equal(reasons[4], PERSONA_REASON_TRENDING);
    assert_int_equal(reasons[5], PERSONA_REASON_POPULAR);
    assert_int_equal(reasons[6], PERSONA_REASON_POPULAR);
}

static void what_is_popular_in_his_category_comes_before(void **state)
{
    (void)state;
    ask("");
    user("u2"); /* d: e; then cups: d, f; then g rises */
    assert_string_equal(run(5), "edfga");
    assert_int_equal(reasons[0], PERSONA_REASON_TASTE);
    assert_int_equal(reasons[1], PERSONA_REASON_CATEGORY);
    assert_int_equal(reasons[2], PERSONA_REASON_CATEGORY);
    assert_int_equal(reasons[3], PERSONA_REASON_TRENDING);
    assert_int_equal(reasons[4], PERSONA_REASON_POPULAR);
}

static void somebody_unknown_gets_what_is_popular(void **state)
{
    (void)state;
    int32_t known = -1;
    ask("");
    assert_int_equal(persona_query_user(query, "nobody", PERSONA_NUL, &known, NULL), 0);
    assert_int_equal(known, 0);
    assert_string_equal(run(3), "abc");
    assert_int_equal(reasons[0], PERSONA_REASON_POPULAR);
    assert_float_equal(scores[1] / scores[0], 7. / 8, 1e-6);
}

/* ---- filters */

static void hidden_kinds_can_be_chosen(void **state)
{
    (void)state;
    ask("hide=none");
    user("u1");
    assert_string_equal(run(4), "cabd");
    free_query(NULL);
    ask("hide=view,purchase");
    user("u1");
    assert_string_equal(run(2), "cd");
}

static void masked_items_never_come_even_when_others_run_short(void **state)
{
    (void)state;
    persona_mask *mask = NULL;
    const int64_t two[] = {TINY_C, TINY_G, 99, PERSONA_NONE};
    assert_int_equal(persona_mask_new(&mask, model, NULL), 0);
    assert_int_equal(persona_mask_all(mask, 0, NULL), 0);
    assert_int_equal(persona_mask_items(mask, two, 4, 1, NULL), 0);
    ask("");
    user("u1");
    assert_int_equal(persona_query_mask(query, mask, NULL), 0);
    assert_string_equal(run(5), "cg");
    assert_int_equal(persona_mask_attribute(mask, "category", "cups", 4, 1, NULL), 0);
    assert_string_equal(run(9), "cdgfe");
    assert_int_equal(persona_mask_attribute(mask, "colour", "red", 3, 1, NULL),
                     PERSONA_EARG);
    persona_mask_free(mask);
}

static void a_mask_of_another_model_is_refused(void **state)
{
    (void)state;
    persona_mask *mask = NULL;
    persona_recommender *other = tiny_recommender();
    assert_int_equal(persona_mask_new(&mask, other, NULL), 0);
    ask("");
    assert_int_equal(persona_query_mask(query, mask, NULL), PERSONA_EARG);
    persona_mask_free(mask);
    persona_model_free(persona_recommender_model(other));
}

static void excluded_items_and_the_cart_are_not_shown(void **state)
{
    (void)state;
    ask("");
    user("u1");
    bind(PERSONA_EXCLUDE, "cg");
    bind(PERSONA_CART, "d"); /* as an event it speaks for e */
    assert_string_equal(run(9), "aefh");
    bind(PERSONA_EXCLUDE, "");
    bind(PERSONA_CART, "");
    assert_string_equal(run(3), "cad");
}

static void prices_have_a_range_and_unknown_ones_are_outside(void **state)
{
    (void)state;
    ask("price_min=3 price_max=6");
    user("u1");
    assert_string_equal(run(9), "cdfe");
    free_query(NULL);
    ask("price_min=7");
    assert_string_equal(run(9), "g");
    free_query(NULL);
    assert_int_equal(refused("price_min=3 price_max=2"), PERSONA_EOPTION);
}

static void a_category_has_at_most_so_many(void **state)
{
    (void)state;
    ask("max_per_category=1");
    user("u1"); /* c fills tea, d fills cups */
    assert_string_equal(run(9), "cdgh");
    assert_string_equal(run(9), "cdgh");
    persona_query_clear(query);
    assert_string_equal(run(9), "adgh");
    free_query(NULL);
    assert_int_equal(refused("max_per_brand=1"), PERSONA_EOPTION);
}

/* After c the likeness of a is .5 / .8 (category of category and weights; c has no row):
 * .2 x .9 - .8 x .625 = -.32; of d 0: .2 x .3 = .06. */
static void diversity_prefers_what_is_unlike(void **state)
{
    (void)state;
    ask("diversity=0.8");
    user("u1");
    assert_string_equal(run(2), "cd");
    assert_string_equal(run(3), "cad");
}

static void diversity_needs_no_history(void **state)
{
    (void)state;
    ask("diversity=0.5");
    assert_string_equal(run(2), "ab"); /* what is popular */
    user("nobody");
    assert_string_equal(run(2), "ab");
}

/* ---- what a query brings */

static void new_events_are_added_to_what_is_stored(void **state)
{
    (void)state;
    ask("");
    user("u1");
    bind(PERSONA_HISTORY, "d"); /* e: .6 */
    assert_string_equal(run(4), "caed");
    assert_int_equal(reasons[2], PERSONA_REASON_TASTE);
}

static void the_stored_end_again_counts_once(void **state)
{
    (void)state;
    float before[3];
    ask("");
    user("u1");
    run(3);
    memcpy(before, scores, sizeof before);
    bind(PERSONA_HISTORY, "ab");
    assert_string_equal(run(3), "cad");
    assert_memory_equal(scores, before, sizeof before);
    bind(PERSONA_HISTORY, "b");
    run(3);
    assert_memory_equal(scores, before, sizeof before);
    bind(PERSONA_HISTORY, "bd");
    assert_string_equal(run(4), "caed");
}

static void events_that_are_not_newer_are_known(void **state)
{
    (void)state;
    float before[3];
    const int64_t seen[] = {TINY_D, TINY_B, TINY_D};
    const int64_t times[] = {1500, 2000, 2001};
    ask("");
    user("u1");
    run(3);
    memcpy(before, scores, sizeof before);
    assert_int_equal(persona_query_events(query, seen, NULL, times, 2, NULL), 0);
    assert_string_equal(run(3), "cad");
    assert_memory_equal(scores, before, sizeof before);
    assert_int_equal(persona_query_events(query, seen, NULL, times, 3, NULL), 0);
    assert_string_equal(run(4), "caed");
}

static void bound_purchases_hide_and_weigh_like_stored_ones(void **state)
{
    (void)state;
    const int64_t seen[] = {TINY_A, TINY_B};
    const int32_t kinds[] = {TINY_VIEW, TINY_PURCHASE}, wrong[] = {0, 2};
    ask("");
    assert_int_equal(persona_query_events(query, seen, kinds, NULL, 2, NULL), 0);
    assert_string_equal(run(100), "cadgfeh");
    assert_int_equal(persona_query_events(query, seen, wrong, NULL, 2, NULL),
                     PERSONA_EARG);
}

static void only_the_newest_events_count(void **state)
{
    (void)state;
    ask("limit=1 hide=none");
    bind(PERSONA_HISTORY, "da"); /* a: b, c */
    assert_string_equal(run(2), "bc");
    user("u2");
    bind(PERSONA_HISTORY, "");
    assert_string_equal(run(1), "e");
}

/* ---- other questions */

static void buying_again_shows_what_was_bought(void **state)
{
    (void)state;
    ask("question=buy_again");
    user("u1");
    assert_string_equal(run(5), "b");
    assert_int_equal(reasons[0], PERSONA_REASON_AGAIN);
    user("u2");
    assert_string_equal(run(5), "");
}

static void similar_items_are_those_of_the_weights(void **state)
{
    (void)state;
    ask("question=similar");
    bind(PERSONA_LIKE, "a");
    assert_string_equal(run(2), "bc");
    assert_int_equal(reasons[0], PERSONA_REASON_SIMILAR);
    bind(PERSONA_LIKE, "");
    user("u2"); /* the newest of the visitor */
    assert_string_equal(run(1), "e");
}

/* Together says d to a; a tenth of taste says b and c. */
static void what_goes_with_a_cart_was_bought_together(void **state)
{
    (void)state;
    ask("question=together");
    bind(PERSONA_CART, "a");
    assert_string_equal(run(3), "dbc");
    assert_int_equal(reasons[0], PERSONA_REASON_TOGETHER);
    assert_int_equal(reasons[1], PERSONA_REASON_TASTE);
    bind(PERSONA_CART, "ad");
    assert_string_equal(run(1), "f");
}

static void trending_begins_with_the_categories_of_the_visitor(void **state)
{
    (void)state;
    ask("question=trending");
    assert_string_equal(run(3), "gfa");
    assert_int_equal(reasons[0], PERSONA_REASON_TRENDING);
    assert_int_equal(reasons[2], PERSONA_REASON_POPULAR);
    user("u2");
    assert_string_equal(run(2), "fg");
}

/* ---- why */

/* c = 3 x .2 of b and .4 of a. */
static void reasons_tell_which_item_of_the_history_and_how_much(void **state)
{
    (void)state;
    persona_table *why = NULL;
    ask("");
    user("u1");
    run(5);
    assert_int_equal(persona_recommender_explain(&why, query, 0, NULL), 0);
    assert_int_equal(persona_table_rows(why), 2);
    assert_string_equal(cell(why, "because", 0), "b");
    assert_string_equal(cell(why, "words", 0), "because of \"b\" in \"tea\"");
    assert_string_equal(cell(why, "reason", 1), "taste");
    const double *share = persona_table_reals(why, persona_table_find(why, "share"));
    assert_float_equal(share[0], .6, 1e-6);
    assert_float_equal(share[1], .4, 1e-6);
    persona_table_free(why);
    assert_int_equal(persona_recommender_explain(&why, query, 5, NULL), PERSONA_EARG);
    assert_null(why);
}

static void what_is_popular_is_explained_by_that(void **state)
{
    (void)state;
    persona_table *why = NULL;
    ask("");
    user("u2");
    run(5);
    assert_int_equal(persona_recommender_explain(&why, query, 1, NULL), 0);
    assert_int_equal(persona_table_rows(why), 1);
    assert_string_equal(cell(why, "words", 0), "popular in \"cups\"");
    persona_table_free(why);
    assert_int_equal(persona_recommender_explain(&why, query, 3, NULL), 0);
    assert_string_equal(cell(why, "words", 0), "trending");
    assert_string_equal(cell(why, "because", 0), "-");
    persona_table_free(why);
}

static void ids_come_out_joined(void **state)
{
    (void)state;
    int64_t length;
    ask("");
    user("u1");
    run(3);
    assert_string_equal(persona_query_ids(query, &length), "c\na\nd");
    assert_int_equal(length, 5);
    run(0);
    assert_string_equal(persona_query_ids(query, &length), "");
    assert_int_equal(length, 0);
}

/* ---- tables */

static persona_table *from_csv(const char *text)
{
    persona_table *table = NULL;
    persona_error error = {0};
    if (persona_table_from_csv(&table, text, (int64_t)strlen(text), NULL, NULL, &error))
        fail_msg("%s", error.message);
    return table;
}

static char *to_csv(const persona_recommender *of, const persona_table *table,
                    const char *text)
{
    static char csv[2000];
    persona_table *out = NULL;
    persona_buffer *buffer = NULL;
    persona_error error = {0};
    persona_params *params = options(text);
    if (persona_recommender_recommend_table(&out, of, table, params, NULL, &error))
        fail_msg("%s", error.message);
    assert_int_equal(persona_table_to_csv(&buffer, out, NULL, NULL), 0);
    const int64_t size = persona_buffer_size(buffer);
    assert_true(size < (int64_t)sizeof csv);
    memcpy(csv, persona_buffer_data(buffer), (size_t)size);
    csv[size] = 0;
    persona_buffer_free(buffer);
    persona_table_free(out);
    persona_params_free(params);
    return csv;
}

/* Popular, 8 and 7: 1 and 7 / 8. For u2: .6 alone among 8, spread^2 = .36 / 8 - .36 / 64
 * = .039375. */
static void a_table_of_users_is_answered_in_its_order(void **state)
{
    (void)state;
    persona_table *table = from_csv("customer_id,age\nnew,20\nu2,30\n,40\nnew,50\n");
    const char *csv = to_csv(model, table, "k=2");
    const char *wanted = "user,rank,item,score,reason\n"
                         "new,1,a,1,popular\n"
                         "new,2,b,0.875,popular\n"
                         "u2,1,e,3.02";
    assert_memory_equal(csv, wanted, strlen(wanted));
    assert_non_null(
        strstr(csv, ",\"because of \"\"d\"\" in \"\"cups\"\"\"\nu2,2,d,3.02"));
    assert_non_null(strstr(csv, ",\"popular in \"\"cups\"\"\"\n"));
    persona_table_free(table);
}

static void events_of_new_visitors_are_sorted_by_time(void **state)
{
    (void)state;
    /* s: a then d; unknown items are passed over; limit=1 leaves d. */
    persona_table *table = from_csv("session,item,time,event\n"
                                    "s,d,2024-05-01T12:00:02Z,view\n"
                                    "s,zzz,2024-05-01T12:00:03Z,view\n"
                                    "s,a,2024-05-01T12:00:01Z,view\n"
                                    "t,a,2024-05-01T12:00:01Z,purchase\n");
    const char *csv = to_csv(model, table, "k=1 limit=1");
    assert_non_null(strstr(csv, "\ns,1,e,"));
    assert_non_null(strstr(csv, "\nt,1,b,"));
    persona_table_free(table);
}

/* a: b .5, c .4; d: e .6, but nobody looked at it: a quarter of that. */
static void seconds_looked_at_weigh_as_in_the_fit(void **state)
{
    (void)state;
    persona_recommender *timed = tiny_recommender();
    timed->engine.dwell = log(11); /* ten seconds are usual */
    persona_table *table = from_csv("session,item,event,seconds\ns,a,view,10\n"
                                    "s,d,view,0\nt,a,view,\nt,d,view,\n");
    const char *csv = to_csv(timed, table, "k=3");
    assert_non_null(strstr(csv, "\ns,1,b,"));
    assert_non_null(strstr(csv, "\ns,3,e,"));
    assert_non_null(strstr(csv, "\nt,1,e,"));
    csv = to_csv(model, table, "k=3"); /* a fit without seconds */
    assert_non_null(strstr(csv, "\ns,1,e,"));
    persona_table_free(table);
    persona_model_free(persona_recommender_model(timed));
}

static void what_was_sent_back_speaks_for_nothing(void **state)
{
    (void)state;
    persona_table *table = from_csv("session,item,event,quantity\ns,a,purchase,-1\n"
                                    "t,a,purchase,1\n");
    const char *csv = to_csv(model, table, "k=1");
    assert_non_null(strstr(csv, ",\"popular in \"\"tea\"\"\"\nt,1,b,"));
    assert_non_null(strstr(csv, ",\"because of \"\"a\"\" in \"\"tea\"\"\"\n"));
    persona_table_free(table);
}

static void a_table_that_holds_the_stored_events_changes_nothing(void **state)
{
    (void)state;
    char alone[2000];
    persona_table *table = from_csv("user,item,kind\nu1,a,view\nu1,b,purchase\n");
    persona_table *users = from_csv("user\nu1\n");
    strcpy(alone, to_csv(model, users, "k=7"));
    assert_string_equal(to_csv(model, table, "k=7"), alone);
    persona_table_free(table);
    persona_table_free(users);
}

static void without_a_table_all_users_are_served(void **state)
{
    (void)state;
    const char *csv = to_csv(model, NULL, "k=1 threads=2");
    assert_non_null(strstr(csv, "\nu1,1,c,"));
    assert_non_null(strstr(csv, "\nu2,1,e,"));
}

static void options_without_effect_are_refused(void **state)
{
    (void)state;
    persona_table *table = from_csv("name\nu1\n"), *out = NULL;
    assert_int_equal(refused("k=5"), PERSONA_EOPTION);
    assert_int_equal(refused("column.user=id"), PERSONA_EOPTION);
    assert_int_equal(refused("hide=like"), PERSONA_EOPTION);
    assert_int_equal(refused("question=buy_again hide=view"), PERSONA_EOPTION);
    assert_int_equal(
        persona_recommender_recommend_table(&out, model, table, NULL, NULL, NULL),
        PERSONA_EDATA);
    persona_table_free(table);
}

#define TEST(name) cmocka_unit_test_teardown(name, free_query)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_user_gets_what_his_history_speaks_for),
        TEST(thin_evidence_goes_on_with_trending_then_popular),
        TEST(what_is_popular_in_his_category_comes_before),
        TEST(somebody_unknown_gets_what_is_popular),
        TEST(hidden_kinds_can_be_chosen),
        TEST(masked_items_never_come_even_when_others_run_short),
        TEST(a_mask_of_another_model_is_refused),
        TEST(excluded_items_and_the_cart_are_not_shown),
        TEST(prices_have_a_range_and_unknown_ones_are_outside),
        TEST(a_category_has_at_most_so_many),
        TEST(diversity_prefers_what_is_unlike),
        TEST(diversity_needs_no_history),
        TEST(new_events_are_added_to_what_is_stored),
        TEST(the_stored_end_again_counts_once),
        TEST(events_that_are_not_newer_are_known),
        TEST(bound_purchases_hide_and_weigh_like_stored_ones),
        TEST(only_the_newest_events_count),
        TEST(buying_again_shows_what_was_bought),
        TEST(similar_items_are_those_of_the_weights),
        TEST(what_goes_with_a_cart_was_bought_together),
        TEST(trending_begins_with_the_categories_of_the_visitor),
        TEST(reasons_tell_which_item_of_the_history_and_how_much),
        TEST(what_is_popular_is_explained_by_that),
        TEST(ids_come_out_joined),
        TEST(a_table_of_users_is_answered_in_its_order),
        TEST(events_of_new_visitors_are_sorted_by_time),
        TEST(seconds_looked_at_weigh_as_in_the_fit),
        TEST(what_was_sent_back_speaks_for_nothing),
        TEST(a_table_that_holds_the_stored_events_changes_nothing),
        TEST(without_a_table_all_users_are_served),
        TEST(options_without_effect_are_refused),
    };
    return cmocka_run_group_tests_name("recommend query", tests, make_once, free_once);
}
