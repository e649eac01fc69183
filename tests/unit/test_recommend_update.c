/* shop/recommend/recommend_update: new events in a model that stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support/shop_events.h"
#include "support/tiny_events.h"

static persona_recommender *shop;

static int fit_shop(void **state)
{
    (void)state;
    shop = shop_fit("speed=fast");
    return 0;
}

static int free_shop(void **state)
{
    (void)state;
    events_free(shop);
    return 0;
}

static int try_update(persona_recommender **out, const persona_recommender *model,
                      const char *csv)
{
    persona_table *table = events_csv(csv);
    memset(&events_error, 0, sizeof events_error);
    const int rc = persona_recommender_update(out, model, table, NULL, &events_error);
    persona_table_free(table);
    return rc;
}

static persona_recommender *update(const persona_recommender *model, const char *csv)
{
    persona_recommender *made = NULL;
    if (try_update(&made, model, csv)) fail_msg("%s", events_error.message);
    return made;
}

static const char *digest(const persona_recommender *model)
{
    return persona_model_digest(persona_recommender_model(model));
}

/* A line of the table: event of u at minute m after the shop's last. */
static char *line(char *at, const char *user, const char *item, int minute,
                  const char *kind)
{
    return at + sprintf(at, "%s,%s,%lld,%s\n", user, item,
                        (long long)(shop_first + INT64_C(86400000) * 3 + minute * 60000),
                        kind);
}

static void a_new_purchase_is_hidden_and_changes_the_list(void **state)
{
    (void)state;
    char csv[500], before[4000], first[64];
    strcpy(before, events_ask(shop, "u1", "", 10));
    sscanf(before, "%63s", first);
    line(csv + sprintf(csv, "user,item,time,kind\n"), "u1", first, 1, "purchase");
    persona_recommender *made = update(shop, csv);
    const char *after = events_ask(made, "u1", "", 10);
    assert_false(events_lists(after, first));
    assert_true(events_lists(events_ask(made, "u1", "question=buy_again", 40), first));
    assert_int_equal(events_note(made, "updated"), 1);
    assert_string_equal(events_ask(shop, "u1", "", 10), before);
    events_free(made);
}

static void a_new_user_has_a_history(void **state)
{
    (void)state;
    char answer[4000], csv[500], *at = csv + sprintf(csv, "user,item,time,kind\n");
    at = line(at, "newcomer", "i4", 1, "view");
    line(at, "newcomer", "i8", 2, "view");
    persona_recommender *made = update(shop, csv);
    assert_int_equal(made->log.users, shop->log.users + 1);
    const int64_t u = shop->log.users;
    assert_int_equal(made->log.start[u + 1] - made->log.start[u], 2);
    assert_int_equal(made->log.item[made->log.start[u]], events_item(made, "i4"));
    assert_int_equal(made->log.rank[u], u); /* the newest */
    strcpy(answer, events_ask(made, "newcomer", "", 5));
    assert_string_not_equal(events_ask(made, "stranger", "", 5), answer);
    events_free(made);
}

/* Ten users of taste 0 look at a new item right after i0. */
static persona_recommender *with_new_item(void)
{
    char csv[4000], user[16], *at = csv + sprintf(csv, "user,item,time,kind\n");
    for (int u = 0; u < 40; u += 4) {
        sprintf(user, "u%d", u);
        at = line(at, user, "i0", u, "view");
        at = line(at, user, "novelty", u + 1, "view");
    }
    return update(shop, csv);
}

static void a_new_item_reaches_those_who_had_its_neighbours(void **state)
{
    (void)state;
    persona_query *query = NULL;
    persona_recommender *made = with_new_item();
    int64_t items[SHOP_ITEMS + 1], count, place[2] = {-1, -1};
    assert_int_equal(persona_recommender_items(made), SHOP_ITEMS + 1);
    assert_int_equal(events_item(shop, "novelty"), PERSONA_NONE);
    assert_int_equal(persona_recommender_prepare(&query, made, NULL, NULL), 0);
    const int64_t last[2] = {events_item(made, "i0"), events_item(made, "i3")};
    for (int i = 0; i < 2; i++) {
        persona_query_items(query, PERSONA_HISTORY, last + i, 1, NULL);
        persona_recommender_run(query, SHOP_ITEMS + 1, items, NULL, NULL, &count, NULL);
        assert_int_equal(count, SHOP_ITEMS + 1);
        for (int64_t p = 0; p < count; p++)
            if (items[p] == events_item(made, "novelty")) place[i] = p;
    }
    assert_in_range(place[0], 0, 5);
    assert_true(place[1] > place[0]);
    persona_query_free(query);
    events_free(made);
}

static void similar_to_a_new_item_are_its_neighbours(void **state)
{
    (void)state;
    persona_query *query = NULL;
    persona_recommender *made = with_new_item();
    persona_params *params = events_options("recommender.query", "question=similar");
    int64_t items[3], count;
    const int64_t novelty = events_item(made, "novelty");
    assert_int_equal(persona_recommender_prepare(&query, made, params, NULL), 0);
    persona_query_items(query, PERSONA_LIKE, &novelty, 1, NULL);
    persona_recommender_run(query, 3, items, NULL, NULL, &count, NULL);
    assert_int_equal(count, 3);
    int found = 0;
    for (int i = 0; i < 3; i++) found |= items[i] == events_item(made, "i0");
    assert_true(found);
    persona_query_free(query);
    persona_params_free(params);
    events_free(made);
}

static void the_old_model_stays_and_may_go_first(void **state)
{
    (void)state;
    char before[17], answer[4000];
    persona_recommender *old = shop_fit("speed=best"), *made;
    strcpy(before, digest(old));
    char csv[500];
    line(csv + sprintf(csv, "user,item,time,kind\n"), "u2", "i3", 1, "purchase");
    made = update(old, csv);
    assert_string_equal(digest(old), before);
    assert_string_not_equal(digest(made), before);
    assert_ptr_equal(made->engine.member[PSN_REC_RP3BETA].weights,
                     old->engine.member[PSN_REC_RP3BETA].weights);
    strcpy(answer, events_ask(made, "u2", "", 10));
    events_free(old);
    assert_string_equal(events_ask(made, "u2", "", 10), answer);
    events_free(made);
}

static persona_recommender *saved_and_loaded(const persona_recommender *model)
{
    persona_buffer *bytes = NULL;
    persona_model *again = NULL;
    assert_int_equal(
        persona_model_to_bytes(&bytes, persona_recommender_model(model), NULL), 0);
    if (persona_model_from_bytes(&again, persona_buffer_data(bytes),
                                 persona_buffer_size(bytes), NULL, &events_error))
        fail_msg("%s", events_error.message);
    persona_buffer_free(bytes);
    return persona_model_recommender(again);
}

static void a_grown_model_saved_and_loaded_answers_the_same(void **state)
{
    (void)state;
    persona_recommender *made = with_new_item(), *again = saved_and_loaded(made);
    char answer[4000], user[16];
    assert_string_equal(digest(again), digest(made));
    for (int u = 0; u < SHOPPERS; u++) {
        sprintf(user, "u%d", u);
        strcpy(answer, events_ask(made, user, "", SHOP_ITEMS));
        assert_string_equal(events_ask(again, user, "", SHOP_ITEMS), answer);
    }
    events_free(made);
    events_free(again);
}

static void growing_twice_is_the_same_with_a_file_between(void **state)
{
    (void)state;
    char csv[500], *at = csv + sprintf(csv, "user,item,time,kind\n");
    at = line(at, "u5", "novelty", 100, "view");
    line(at, "u5", "second", 101, "view");
    persona_recommender *once = with_new_item(), *loaded = saved_and_loaded(once);
    persona_recommender *a = update(once, csv), *b = update(loaded, csv);
    assert_string_equal(digest(a), digest(b));
    assert_int_equal(persona_recommender_items(a), SHOP_ITEMS + 2);
    assert_int_equal(a->engine.learnt_items, SHOP_ITEMS);
    assert_int_equal(a->events, shop->events + 22);
    events_free(once);
    events_free(loaded);
    events_free(a);
    events_free(b);
}

static void events_that_are_known_count_once(void **state)
{
    (void)state;
    char csv[500], *at = csv + sprintf(csv, "user,item,time,kind\n");
    line(at, "u7", "i9", 5, "view");
    persona_recommender *once = update(shop, csv), *twice = update(once, csv);
    assert_int_equal(events_note(twice, "updated"), 0);
    assert_memory_equal(once->log.start, twice->log.start,
                        (size_t)(once->log.users + 1) * 8);
    assert_int_equal(twice->events, once->events);
    events_free(once);
    events_free(twice);
}

/* What came late goes to its place by time. */
static void late_events_are_sorted_in(void **state)
{
    (void)state;
    char csv[200];
    sprintf(csv, "user,item,time,kind\nu3,i1,%lld,view\n", (long long)shop_first - 1000);
    persona_recommender *made = update(shop, csv);
    assert_int_equal(made->log.item[made->log.start[3]], events_item(made, "i1"));
    assert_int_equal(made->newest, shop->newest);
    events_free(made);
}

static void only_the_newest_events_of_a_user_stay(void **state)
{
    (void)state;
    char *csv = malloc(100000), *at = csv + sprintf(csv, "user,item,time,kind\n");
    for (int i = 0; i < 1500; i++) at = line(at, "u9", i % 2 ? "i1" : "i2", i, "view");
    persona_recommender *made = update(shop, csv);
    assert_int_equal(made->log.start[10] - made->log.start[9], PSN_REC_EVENTS);
    assert_int_equal(made->log.time[made->log.start[10] - 1], made->newest);
    free(csv);
    events_free(made);
}

static void unknown_kinds_and_rows_without_ids_are_left_out(void **state)
{
    (void)state;
    char csv[500], *at = csv + sprintf(csv, "user,item,time,kind\n");
    at = line(at, "u1", "i1", 1, "teleport");
    at = line(at, "", "i1", 2, "view");
    line(at, "u1", "", 3, "view");
    persona_recommender *made = update(shop, csv);
    assert_int_equal(events_note(made, "updated"), 0);
    assert_int_equal(made->log.users, shop->log.users);
    assert_int_equal(made->engine.items, shop->engine.items);
    events_free(made);
}

static void a_table_that_lacks_columns_is_refused(void **state)
{
    (void)state;
    persona_recommender *made = NULL;
    assert_int_equal(try_update(&made, shop, "user,time\nu1,2025-01-01\n"),
                     PERSONA_EDATA);
    assert_non_null(strstr(events_error.message, "role item"));
    assert_int_equal(try_update(&made, shop, "user,item,kind\nu1,i1,view\n"),
                     PERSONA_EDATA);
    assert_non_null(strstr(events_error.message, "role time"));
    assert_int_equal(try_update(&made, shop, "user,item,time,kind\nu1,i1,5,view\n"),
                     PERSONA_EDATA);
    assert_non_null(strstr(events_error.message, "moments"));
    assert_int_equal(try_update(&made, NULL, "user,item\nu1,i1\n"), PERSONA_EARG);
    assert_null(made);
}

/* Two sessions of one user, one of another: three rows of neighbours. The user's new
 * session is a fourth, and older weights fade by half in a day. */
static void sessions_and_half_lives_go_on(void **state)
{
    (void)state;
    persona_recommender *old = events_fit("user,session,item,time\n"
                                          "a,s1,x,2025-01-01T10:00:00Z\n"
                                          "a,s1,y,2025-01-01T10:01:00Z\n"
                                          "a,s2,z,2025-01-02T10:00:00Z\n"
                                          "b,s3,x,2025-01-02T10:02:00Z\n",
                                          "half_life=1 algorithm=session_knn");
    const psn_session_knn *knn = old->engine.member[PSN_REC_SESSION_KNN].sessions;
    assert_int_equal(psn_session_knn_sessions(knn)->rows, 3);
    persona_recommender *made =
        update(old, "user,session,item,time\na,s9,y,2025-01-03T10:02:00Z\n");
    knn = made->engine.member[PSN_REC_SESSION_KNN].sessions;
    assert_int_equal(psn_session_knn_sessions(knn)->rows, 4);
    assert_int_equal(made->log.session[2], 1);
    assert_int_equal(made->log.session[3], 2);
    assert_float_equal(made->log.weight[3], 1, 1e-6);
    assert_float_equal(made->log.weight[4], 0.5, 1e-6);
    assert_int_equal(made->log.rank[0], 1);
    assert_int_equal(made->log.rank[1], 0);
    events_free(old);
    events_free(made);
}

static void an_empty_table_changes_nothing_but_the_notes(void **state)
{
    (void)state;
    persona_table *table = NULL;
    persona_recommender *made = NULL;
    const int64_t one = 1;
    persona_table_new(&table, NULL);
    persona_table_add_int(table, "user", &one, NULL, 0, NULL);
    persona_table_add_int(table, "item", &one, NULL, 0, NULL);
    persona_table_add_int(table, "kind", &one, NULL, 0, NULL);
    persona_table_add_time(table, "time", &one, NULL, 0, NULL);
    if (persona_recommender_update(&made, shop, table, NULL, &events_error))
        fail_msg("%s", events_error.message);
    assert_string_equal(digest(made), digest(shop));
    persona_table_free(table);
    events_free(made);
}

/* Factors and every other learner alone take new items in. */
static void each_learner_takes_new_items_in(void **state)
{
    (void)state;
    static const char *const names[] = {
        "als",        "ease",           "item_knn", "rp3beta",
        "sequence",   "directed_ridge", "popular",  "bought_together",
        "session_knn"};
    char csv[4000], options[64], user[16];
    char *at = csv + sprintf(csv, "user,item,time,kind\n");
    for (int u = 0; u < 40; u += 4) {
        sprintf(user, "u%d", u);
        at = line(at, user, "i0", u, "purchase");
        at = line(at, user, "novelty", u, "purchase");
    }
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        sprintf(options, "algorithm=%s", names[n]);
        persona_recommender *old = shop_fit(options), *made = update(old, csv);
        const char *answer = events_ask(made, "u40", "", SHOP_ITEMS);
        if (!events_lists(answer, "novelty")) fail_msg("%s: %s", names[n], answer);
        events_free(old);
        events_free(made);
    }
}

/* One event, and a table of wares: one of category c0 that nobody has touched, and i0 at
 * a new price. */
static persona_recommender *with_fresh_ware(void)
{
    char csv[200];
    persona_recommender *old = shop_fit("algorithm=content"), *made = NULL;
    persona_table *items = events_csv("item,category,brand,price\nfresh,c0,b9,99\n"
                                      "i0,c0,b0,7\ni4,c0,b4,5.5\ni1,c1,b1,2.5\n");
    sprintf(csv, "user,item,time,kind\nu1,i1,%lld,view\n", (long long)shop_first + 9);
    persona_table *table = events_csv(csv);
    assert_int_equal(persona_table_link(table, "item", items, "item", NULL), 0);
    if (persona_recommender_update(&made, old, table, NULL, &events_error))
        fail_msg("%s", events_error.message);
    persona_table_free(table);
    persona_table_free(items);
    events_free(old);
    return made;
}

static void a_linked_table_tells_categories_and_prices(void **state)
{
    (void)state;
    persona_recommender *made = with_fresh_ware();
    const int32_t fresh = events_item(made, "fresh"), i0 = events_item(made, "i0");
    const psn_rec_facts *facts = &made->engine.facts;
    assert_int_equal(fresh, SHOP_ITEMS);
    assert_int_equal(facts->category[fresh], facts->category[i0]);
    assert_int_equal(facts->brands, 6);
    assert_float_equal(facts->price[fresh], 99, 0);
    assert_float_equal(facts->price[i0], 7, 0);
    assert_float_equal(facts->price[events_item(made, "i2")], 3.5, 0);
    events_free(made);
}

static void untouched_items_join_by_their_attributes(void **state)
{
    (void)state;
    int64_t found, count;
    persona_query *query = NULL;
    persona_recommender *made = with_fresh_ware();
    const int64_t fresh = events_item(made, "fresh"), i0 = events_item(made, "i0");
    persona_params *params = events_options("recommender.query", "question=similar");
    assert_int_equal(persona_recommender_prepare(&query, made, params, NULL), 0);
    persona_query_items(query, PERSONA_LIKE, &fresh, 1, NULL);
    persona_recommender_run(query, 1, &found, NULL, NULL, &count, NULL);
    assert_int_equal(count, 1);
    assert_int_equal(made->engine.facts.category[found], made->engine.facts.category[i0]);
    persona_query_free(query);
    persona_params_free(params);
    events_free(made);
}

static void what_was_told_of_items_stays(void **state)
{
    (void)state;
    char csv[200];
    persona_recommender *made = with_fresh_ware(), *loaded = saved_and_loaded(made);
    line(csv + sprintf(csv, "user,item,time,kind\n"), "u2", "i3", 1, "view");
    persona_recommender *later = update(loaded, csv);
    const int32_t fresh = events_item(later, "fresh");
    const psn_sparse *alike = later->engine.member[PSN_REC_CONTENT].added;
    assert_string_equal(digest(loaded), digest(made));
    assert_true(alike->start[fresh + 1] > alike->start[fresh]);
    assert_float_equal(later->engine.facts.price[fresh], 99, 0);
    events_free(made);
    events_free(loaded);
    events_free(later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_purchase_is_hidden_and_changes_the_list),
        cmocka_unit_test(a_new_user_has_a_history),
        cmocka_unit_test(a_new_item_reaches_those_who_had_its_neighbours),
        cmocka_unit_test(similar_to_a_new_item_are_its_neighbours),
        cmocka_unit_test(the_old_model_stays_and_may_go_first),
        cmocka_unit_test(a_grown_model_saved_and_loaded_answers_the_same),
        cmocka_unit_test(growing_twice_is_the_same_with_a_file_between),
        cmocka_unit_test(events_that_are_known_count_once),
        cmocka_unit_test(late_events_are_sorted_in),
        cmocka_unit_test(only_the_newest_events_of_a_user_stay),
        cmocka_unit_test(unknown_kinds_and_rows_without_ids_are_left_out),
        cmocka_unit_test(a_table_that_lacks_columns_is_refused),
        cmocka_unit_test(sessions_and_half_lives_go_on),
        cmocka_unit_test(an_empty_table_changes_nothing_but_the_notes),
        cmocka_unit_test(each_learner_takes_new_items_in),
        cmocka_unit_test(a_linked_table_tells_categories_and_prices),
        cmocka_unit_test(untouched_items_join_by_their_attributes),
        cmocka_unit_test(what_was_told_of_items_stays),
    };
    return cmocka_run_group_tests_name("update", tests, fit_shop, free_shop);
}
