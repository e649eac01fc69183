/* shop/recommend/recommend_fit: the whole fit: every learner by name, options, odd data,
 * threads, dry runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support/shop_events.h"
#include "support/tiny_events.h"

static const char *digest(const persona_recommender *model)
{
    return persona_model_digest(persona_recommender_model(model));
}

/* ---- learners */

static void every_learner_can_be_asked_for_by_name(void **state)
{
    (void)state;
    static const char *const names[] = {
        "als",      "ease",           "item_knn",    "rp3beta", "bought_together",
        "sequence", "directed_ridge", "session_knn", "own",     "popular",
        "content"};
    char options[64];
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        sprintf(options, "algorithm=%s", names[n]);
        persona_recommender *model = shop_fit(options);
        for (int m = 0; m < PSN_REC_MEMBERS; m++) {
            const int is = strcmp(psn_rec_member_names[m], names[n]) == 0;
            const float share = model->engine.member[m].share;
            if (is ? !(share > 0) : share > 0)
                fail_msg("%s: share of %s", names[n], psn_rec_member_names[m]);
        }
        assert_null(model->engine.trees);
        const char *answer = events_ask(model, "u0", "", 5);
        int spaces = 0;
        for (const char *at = answer; *at; at++) spaces += *at == ' ';
        if (spaces != 4) fail_msg("%s: %s", names[n], answer);
        events_free(model);
    }
}

/* People of taste 0 want items 0, 4, 8 ...: four of five answers at least. */
static void auto_finds_what_people_like(void **state)
{
    (void)state;
    persona_recommender *model = shop_fit("speed=fast");
    int right = 0;
    for (int u = 0; u < SHOPPERS; u++) {
        char user[16], answer[400];
        sprintf(user, "u%d", u);
        strcpy(answer, events_ask(model, user, "", 5));
        for (char *at = strtok(answer, " "); at; at = strtok(NULL, " "))
            right += atoi(at + 1) % SHOP_TASTES == u % SHOP_TASTES;
    }
    assert_true(right > SHOPPERS * 4);
    events_free(model);
}

static void learners_that_have_nothing_to_learn_from_are_refused(void **state)
{
    (void)state;
    events_refused("user,item\n1,a\n2,b\n", "algorithm=bought_together", PERSONA_EDATA,
                   "belong together");
    events_refused("user,item\n1,a\n2,b\n", "algorithm=content", PERSONA_EDATA,
                   "attributes");
}

/* ---- options */

static void an_option_set_to_auto_is_one_not_set(void **state)
{
    (void)state;
    static const char *const options[] = {
        "algorithm=als", "algorithm=als als.factors=auto als.iterations=auto",
        "algorithm=item_knn", "algorithm=item_knn item_knn.similarity=auto"};
    for (int i = 0; i < 4; i += 2) {
        persona_recommender *plain = shop_fit(options[i]),
                            *same = shop_fit(options[i + 1]);
        assert_string_equal(digest(plain), digest(same));
        events_free(plain);
        events_free(same);
    }
}

static void options_of_another_learner_are_refused(void **state)
{
    (void)state;
    events_refused("user,item\n1,a\n", "algorithm=ease als.factors=8", PERSONA_EOPTION,
                   "als.factors");
    events_refused("user,item\n1,a\n", "algorithm=popular session_knn.nearest=5",
                   PERSONA_EOPTION, "session_knn.nearest");
}

static void what_is_set_is_used_and_told(void **state)
{
    (void)state;
    persona_recommender *model =
        shop_fit("algorithm=als als.factors=24 als.iterations=3 als.regularization=0.01");
    const psn_als *als = model->engine.member[PSN_REC_ALS].als;
    assert_int_equal(als->factors, 32); /* rounded up to 16 */
    assert_float_equal(als->regularization, 0.01, 0);
    persona_buffer *json = NULL;
    persona_model_describe(&json, persona_recommender_model(model), NULL);
    const char *text = persona_buffer_data(json);
    assert_non_null(strstr(text, "\"als.factors\":\"24\""));
    assert_non_null(strstr(text, "\"als.iterations\":\"3\""));
    assert_non_null(strstr(text, "\"data\":\"sequences\""));
    persona_buffer_free(json);
    events_free(model);
}

static void trees_only_where_speed_is_best(void **state)
{
    (void)state;
    persona_recommender *model = shop_fit("speed=fast");
    assert_null(model->engine.trees);
    events_free(model);
}

/* ---- odd data */

static void one_event_is_enough(void **state)
{
    (void)state;
    persona_recommender *model = events_fit("user,item\n1,a\n", "");
    assert_int_equal(events_note(model, "not_validated"), 0);
    assert_string_equal(events_ask(model, "1", "", 3), ""); /* he has it */
    assert_string_equal(events_ask(model, "2", "", 3), "a");
    events_free(model);
}

static void one_user_is_enough(void **state)
{
    (void)state;
    persona_recommender *model = events_fit("user,item\n1,a\n1,b\n1,c\n1,d\n", "");
    assert_int_equal(strlen(events_ask(model, "2", "", 9)), 7); /* all four */
    assert_string_equal(events_ask(model, "1", "", 1000), "");
    assert_int_equal(strlen(events_ask(model, "1", "hide=none", 1000)), 7);
    events_free(model);
}

static void one_item_for_all_is_enough(void **state)
{
    (void)state;
    char csv[4000], *at = csv + sprintf(csv, "user,item,time\n");
    for (int e = 0; e < 100; e++) at += sprintf(at, "%d,a,%d\n", e % 10, 1735689600 + e);
    persona_recommender *model = events_fit(csv, "");
    assert_string_equal(events_ask(model, "3", "hide=none", 5), "a");
    assert_string_equal(events_ask(model, "nobody", "", 5), "a");
    events_free(model);
}

static void each_learner_stands_one_event(void **state)
{
    (void)state;
    static const char *const names[] = {
        "als",      "ease",           "item_knn",    "rp3beta", "bought_together",
        "sequence", "directed_ridge", "session_knn", "popular"};
    char options[64];
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        sprintf(options, "algorithm=%s", names[n]);
        persona_recommender *model =
            events_fit("user,order,item,time\n1,1,a,2025-01-01\n", options);
        assert_string_equal(events_ask(model, "2", "", 3), "a");
        events_free(model);
    }
}

/* A million events of one user among others: he counts with his newest 1,000. */
static void a_million_events_of_one_user_work_and_are_noted(void **state)
{
    (void)state;
    const int64_t rows = 1000000 + 60;
    int64_t *user = malloc((size_t)rows * 8), *item = malloc((size_t)rows * 8);
    for (int64_t i = 0; i < rows; i++) {
        user[i] = i < 60 ? 1 + i / 3 : 0;
        item[i] = i < 60 ? (i / 3 * 2 + i % 3) % 15 : i % 15;
    }
    persona_table *table = NULL;
    persona_recommender *model = NULL;
    persona_table_new(&table, NULL);
    persona_table_add_int(table, "user", user, NULL, rows, NULL);
    persona_table_add_int(table, "item", item, NULL, rows, NULL);
    free(user);
    free(item);
    if (events_try_table(&model, table, "speed=fast"))
        fail_msg("%s", events_error.message);
    assert_int_equal(events_note(model, "bots"), 1);
    assert_int_equal(model->events, 60 + PSN_REC_EVENTS);
    events_free(model);
}

static void negative_weights_take_away(void **state)
{
    (void)state;
    const char csv[] = "user,item,kind\n1,a,view\n1,b,view\n2,a,view\n2,b,view\n"
                       "2,b,hate\n3,a,view\n3,c,view\n4,c,view\n4,a,view\n";
    persona_recommender *model =
        events_fit(csv, "kind_weight.hate=-5 algorithm=item_knn");
    const int32_t b = events_item(model, "b");
    const psn_rec_log *log = &model->log;
    assert_int_equal(log->item[log->start[1] + 2], b);
    assert_float_equal(log->weight[log->start[1] + 2], -5, 0);
    assert_int_equal(events_kind(model, "hate")->role, PSN_REC_ROLE_OTHER);
    /* c stands beside a twice; b once, as user 2 took his view back. */
    assert_string_equal(events_ask(model, "2", "hide=none", 1), "c");
    events_free(model);
}

static void all_weights_below_zero_still_answer(void **state)
{
    (void)state;
    persona_recommender *model =
        events_fit("user,item,kind\n1,a,x\n1,b,x\n2,a,x\n2,c,x\n", "kind_weight.x=-1");
    assert_string_equal(events_ask(model, "nobody", "", 3), "a b c");
    events_free(model);
}

static void values_that_are_no_numbers_do_no_harm(void **state)
{
    (void)state;
    const double value[] = {NAN, INFINITY, -INFINITY, 1e300, 5, 0};
    const double price[] = {NAN, 1e300, -3, 2, INFINITY, 5};
    const int64_t user[] = {1, 1, 2, 2, 3, 3}, item[] = {1, 2, 1, 3, 2, 3};
    persona_table *table = NULL;
    persona_recommender *model = NULL;
    persona_table_new(&table, NULL);
    persona_table_add_int(table, "user", user, NULL, 6, NULL);
    persona_table_add_int(table, "item", item, NULL, 6, NULL);
    persona_table_add_real(table, "quantity", value, 6, NULL);
    persona_table_add_real(table, "price", price, 6, NULL);
    persona_table_add_real(table, "value", value, 6, NULL);
    if (events_try_table(&model, table, "")) fail_msg("%s", events_error.message);
    for (int64_t e = 0; e < 6; e++) assert_true(isfinite(model->log.weight[e]));
    assert_string_equal(events_ask(model, "nobody", "price_min=2 price_max=6", 5), "3");
    events_free(model);
}

static void more_than_the_catalogue_is_all_of_it(void **state)
{
    (void)state;
    persona_recommender *model = events_fit("user,item\n1,a\n1,b\n2,b\n2,c\n", "");
    assert_string_equal(events_ask(model, "nobody", "", 1000), "b a c");
    events_free(model);
}

static void nothing_is_answered_where_nothing_is_allowed(void **state)
{
    (void)state;
    persona_recommender *model = events_fit("user,item,price\n1,a,1\n1,b,2\n2,b,2\n", "");
    assert_string_equal(events_ask(model, "1", "price_min=1000", 5), "");
    events_free(model);
}

/* Ids of 300 bytes, of other alphabets, and equal but for case. */
static void ids_may_be_any_text(void **state)
{
    (void)state;
    char csv[2000], id[301];
    memset(id, 'x', 300);
    id[300] = 0;
    sprintf(csv, "user,item\n%s,%s\n%s,\xc3\xa9t\xc3\xa9\nA,\xc3\xa9t\xc3\xa9\na,b\n", id,
            id, id);
    persona_recommender *model = events_fit(csv, "");
    assert_int_equal(model->log.users, 3);
    assert_true(events_lists(events_ask(model, "A", "", 9), id));
    events_free(model);
}

/* ---- the same for any number of threads */

static void threads_change_nothing(void **state)
{
    (void)state;
    persona_recommender *one = shop_fit("threads=1"), *two = shop_fit("threads=2");
    persona_recommender *four = shop_fit("threads=4"), *other = shop_fit("seed=7");
    assert_string_equal(digest(one), digest(two));
    assert_string_equal(digest(one), digest(four));
    assert_string_not_equal(digest(one), digest(other));
    events_free(one);
    events_free(two);
    events_free(four);
    events_free(other);
}

/* ---- memory */

static void a_dry_run_only_tells_what_it_would_take(void **state)
{
    (void)state;
    persona_recommender *model = shop_fit("dry_run=true");
    persona_query *query = NULL;
    persona_buffer *bytes = NULL;
    persona_model *again = NULL;
    assert_in_range(events_note(model, "expected_bytes"), 1000000, 200000000);
    assert_int_equal(persona_recommender_prepare(&query, model, NULL, NULL),
                     PERSONA_EARG);
    assert_int_equal(
        persona_model_to_bytes(&bytes, persona_recommender_model(model), NULL), 0);
    assert_int_equal(persona_model_from_bytes(&again, persona_buffer_data(bytes),
                                              persona_buffer_size(bytes), NULL, NULL),
                     0);
    assert_string_equal(persona_model_digest(again), digest(model));
    persona_model_free(again);
    persona_buffer_free(bytes);
    events_free(model);
}

static void a_fit_above_max_bytes_is_refused(void **state)
{
    (void)state;
    events_refused("user,item\n1,a\n", "max_bytes=1000", PERSONA_ELIMIT, "max_bytes");
    persona_recommender *model = events_fit("user,item\n1,a\n", "max_bytes=100000000");
    events_free(model);
}

static void a_cancelled_fit_stops(void **state)
{
    (void)state;
    persona_task *task = NULL;
    persona_recommender *model = NULL;
    persona_table *events = shop_table();
    persona_task_new(&task, NULL);
    persona_task_cancel(task);
    assert_int_equal(persona_recommender_fit(&model, events, NULL, task, NULL),
                     PERSONA_ECANCEL);
    assert_null(model);
    persona_task_free(task);
    persona_table_free(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_learner_can_be_asked_for_by_name),
        cmocka_unit_test(auto_finds_what_people_like),
        cmocka_unit_test(learners_that_have_nothing_to_learn_from_are_refused),
        cmocka_unit_test(an_option_set_to_auto_is_one_not_set),
        cmocka_unit_test(options_of_another_learner_are_refused),
        cmocka_unit_test(what_is_set_is_used_and_told),
        cmocka_unit_test(trees_only_where_speed_is_best),
        cmocka_unit_test(one_event_is_enough),
        cmocka_unit_test(one_user_is_enough),
        cmocka_unit_test(one_item_for_all_is_enough),
        cmocka_unit_test(each_learner_stands_one_event),
        cmocka_unit_test(a_million_events_of_one_user_work_and_are_noted),
        cmocka_unit_test(negative_weights_take_away),
        cmocka_unit_test(all_weights_below_zero_still_answer),
        cmocka_unit_test(values_that_are_no_numbers_do_no_harm),
        cmocka_unit_test(more_than_the_catalogue_is_all_of_it),
        cmocka_unit_test(nothing_is_answered_where_nothing_is_allowed),
        cmocka_unit_test(ids_may_be_any_text),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(a_dry_run_only_tells_what_it_would_take),
        cmocka_unit_test(a_fit_above_max_bytes_is_refused),
        cmocka_unit_test(a_cancelled_fit_stops),
    };
    return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}
