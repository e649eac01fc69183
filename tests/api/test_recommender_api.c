/* persona/recommender.h: every public function on a small fitted shop, and what it does
 * with wrong input. What the answers should be is in tests/unit/test_recommend_query.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "persona.h"
#include "support/shop_events.h"

enum { K = 10 };

static persona_recommender *model;
static persona_query *query;
static persona_error error;

static int fit_once(void **state)
{
    (void)state;
    model = shop_fit("seed=3");
    return persona_recommender_prepare(&query, model, NULL, NULL);
}

static int free_once(void **state)
{
    (void)state;
    persona_query_free(query);
    persona_model_free(persona_recommender_model(model));
    return 0;
}

static int clear_query(void **state)
{
    (void)state;
    persona_query_clear(query);
    return 0;
}

static void items_have_numbers_and_ids(void **state)
{
    (void)state;
    const char *id;
    int64_t length;
    assert_int_equal(persona_recommender_items(model), SHOP_ITEMS);
    const int64_t item = persona_recommender_item(model, "i7", PERSONA_NUL);
    assert_in_range(item, 0, SHOP_ITEMS - 1);
    assert_int_equal(persona_recommender_item_id(model, item, &id, &length), PERSONA_OK);
    assert_int_equal(length, 2);
    assert_memory_equal(id, "i7", 2);
    assert_int_equal(persona_recommender_item(model, "none", 4), PERSONA_NONE);
    assert_int_equal(persona_recommender_item_id(model, -1, &id, &length), PERSONA_EARG);
    assert_null(id);
}

/* ---- answers */

static int has(const int64_t *items, int64_t count, int64_t item)
{
    for (int64_t i = 0; i < count; i++)
        if (items[i] == item) return 1;
    return 0;
}

static void every_shopper_gets_k_items_once_in_order_without_what_he_bought(void **state)
{
    (void)state;
    for (int64_t u = 0; u < SHOPPERS; u++) {
        char id[16];
        int64_t items[K], count;
        float scores[K];
        snprintf(id, sizeof id, "u%lld", (long long)u);
        persona_query_user(query, id, PERSONA_NUL, NULL, NULL);
        persona_recommender_run(query, K, items, scores, NULL, &count, NULL);
        assert_int_equal(count, K);
        for (int64_t i = 1; i < K; i++) {
            assert_true(scores[i - 1] > scores[i] ||
                        (scores[i - 1] == scores[i] && items[i - 1] < items[i]));
            assert_false(has(items, i, items[i]));
        }
        for (int64_t v = 0; v < SHOP_VISITS; v++) {
            snprintf(id, sizeof id, "i%lld", (long long)shop_item(u, v));
            const int64_t seen = persona_recommender_item(model, id, PERSONA_NUL);
            if ((u + v) % 4 == 0) assert_false(has(items, K, seen));
        }
    }
}

static void asked_for_more_than_there_is_all_that_is_allowed_comes(void **state)
{
    (void)state;
    int64_t items[SHOP_ITEMS + 5], count;
    const int64_t three[] = {0, 1, 2};
    persona_recommender_run(query, SHOP_ITEMS + 5, items, NULL, NULL, &count, NULL);
    assert_int_equal(count, SHOP_ITEMS);
    persona_query_items(query, PERSONA_EXCLUDE, three, 3, NULL);
    persona_recommender_run(query, SHOP_ITEMS + 5, items, NULL, NULL, &count, NULL);
    assert_int_equal(count, SHOP_ITEMS - 3);
    assert_false(has(items, count, 1));
}

static void when_nothing_is_allowed_the_answer_is_empty(void **state)
{
    (void)state;
    int64_t items[K], count, length;
    persona_mask *mask = NULL;
    persona_mask_new(&mask, model, NULL);
    persona_mask_all(mask, 0, NULL);
    persona_query_mask(query, mask, NULL);
    assert_int_equal(persona_recommender_run(query, K, items, NULL, NULL, &count, &error),
                     PERSONA_OK);
    assert_int_equal(count, 0);
    assert_string_equal(persona_query_ids(query, &length), "");
    persona_mask_free(mask);
}

/* Shares of all rows add up to 1, for every place of every question. */
static void explain_all(const char *options)
{
    persona_query *asked = NULL;
    persona_params *params = shop_params("recommender.query", options);
    const int64_t seen[] = {3, 7};
    int64_t count;
    assert_int_equal(persona_recommender_prepare(&asked, model, params, &error), 0);
    persona_query_user(asked, "u5", PERSONA_NUL, NULL, NULL);
    persona_query_items(asked, PERSONA_CART, seen, 2, NULL);
    persona_recommender_run(asked, K, NULL, NULL, NULL, &count, NULL);
    for (int64_t place = 0; place < count; place++) {
        persona_table *why = NULL;
        double sum = 0;
        assert_int_equal(persona_recommender_explain(&why, asked, place, &error), 0);
        const double *share = persona_table_reals(why, persona_table_find(why, "share"));
        for (int64_t i = 0; i < persona_table_rows(why); i++) {
            assert_true(share[i] > 0 && (i == 0 || share[i] <= share[i - 1]));
            sum += share[i];
        }
        assert_true(sum > 1 - 1e-9 && sum < 1 + 1e-9);
        persona_table_free(why);
    }
    persona_query_free(asked);
    persona_params_free(params);
}

static void shares_of_reasons_add_up_to_one(void **state)
{
    (void)state;
    explain_all("");
    explain_all("speed=fast diversity=0.5 hide=none");
    explain_all("question=buy_again");
    explain_all("question=similar");
    explain_all("question=together");
    explain_all("question=trending");
}

/* ---- tables */

static void same_as_single(const persona_table *out, int64_t *row, const char *id,
                           const int64_t *items, const float *scores, int64_t count)
{
    const float *score = persona_table_reals32(out, persona_table_find(out, "score"));
    const int64_t user = persona_table_find(out, "user"),
                  item = persona_table_find(out, "item");
    for (int64_t i = 0; i < count; i++, ++*row) {
        const char *text, *wanted;
        int64_t length, size;
        persona_table_text(out, user, *row, &text, &length);
        assert_int_equal(length, strlen(id));
        assert_memory_equal(text, id, (size_t)length);
        persona_recommender_item_id(model, items[i], &wanted, &size);
        persona_table_text(out, item, *row, &text, &length);
        assert_int_equal(length, size);
        assert_memory_equal(text, wanted, (size_t)size);
        assert_memory_equal(score + *row, scores + i, sizeof *scores);
    }
}

/* All shoppers (events NULL), or each with two new events, on `threads` threads. */
static void table_and_singles(const persona_table *events, const char *options,
                              const int64_t *seen, const int64_t *times)
{
    persona_table *out = NULL;
    persona_params *params = shop_params("recommender.query", options);
    int64_t row = 0, count;
    assert_int_equal(
        persona_recommender_recommend_table(&out, model, events, params, NULL, &error),
        PERSONA_OK);
    for (int64_t u = 0; u < SHOPPERS; u++) {
        char id[16];
        int64_t items[20];
        float scores[20];
        snprintf(id, sizeof id, "u%lld", (long long)u);
        persona_query_user(query, id, PERSONA_NUL, NULL, NULL);
        if (seen) persona_query_events(query, seen + 2 * u, NULL, times + 2 * u, 2, NULL);
        persona_recommender_run(query, 20, items, scores, NULL, &count, NULL);
        same_as_single(out, &row, id, items, scores, count);
    }
    assert_int_equal(row, persona_table_rows(out));
    persona_table_free(out);
    persona_params_free(params);
}

static void a_table_of_all_has_the_bits_of_single_questions(void **state)
{
    (void)state;
    table_and_singles(NULL, "", NULL, NULL);
    table_and_singles(NULL, "threads=3", NULL, NULL);
}

static void so_has_a_table_of_events(void **state)
{
    (void)state;
    static int64_t seen[2 * SHOPPERS], times[2 * SHOPPERS];
    char *csv = malloc(1 << 16), *at = csv;
    persona_table *events = NULL;
    at += sprintf(at, "user,item,time\n");
    for (int64_t u = 0; u < SHOPPERS; u++)
        for (int64_t i = 0; i < 2; i++) {
            char id[16];
            const long long item = (u * 3 + i * 11) % SHOP_ITEMS;
            snprintf(id, sizeof id, "i%lld", item);
            seen[2 * u + i] = persona_recommender_item(model, id, PERSONA_NUL);
            times[2 * u + i] = shop_first + INT64_C(864000000) + 2 * u + i;
            at += sprintf(at, "u%lld,i%lld,%lld\n", (long long)u, item,
                          (long long)times[2 * u + i]);
        }
    assert_int_equal(persona_table_from_csv(&events, csv, at - csv, NULL, NULL, NULL), 0);
    table_and_singles(events, "threads=2", seen, times);
    persona_table_free(events);
    free(csv);
}

static void the_table_of_the_fit_doubles_nothing(void **state)
{
    (void)state;
    persona_table *events = shop_table();
    table_and_singles(events, "", NULL, NULL);
    persona_table_free(events);
}

/* ---- wrong input */

static void wrong_arguments_are_errors(void **state)
{
    (void)state;
    const int64_t items[] = {1};
    const int32_t kinds[] = {99};
    persona_table *why = NULL;
    assert_int_equal(persona_query_items(query, 7, items, 1, &error), PERSONA_EARG);
    assert_int_equal(persona_query_items(query, 0, NULL, 1, &error), PERSONA_EARG);
    assert_int_equal(persona_query_items(query, 0, items, -1, &error), PERSONA_EARG);
    assert_int_equal(persona_query_events(query, items, kinds, NULL, 1, &error),
                     PERSONA_EARG);
    assert_int_equal(persona_recommender_run(query, -1, NULL, NULL, NULL, NULL, &error),
                     PERSONA_EARG);
    assert_int_equal(persona_recommender_run(NULL, 1, NULL, NULL, NULL, NULL, &error),
                     PERSONA_EARG);
    assert_int_equal(persona_query_user(query, NULL, 3, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_recommender_explain(&why, query, 0, &error), PERSONA_EARG);
    assert_int_equal(persona_mask_all(NULL, 1, &error), PERSONA_EARG);
    assert_int_equal(persona_mask_attribute(NULL, NULL, "", 0, 1, &error), PERSONA_EARG);
    assert_int_equal(persona_recommender_prepare(NULL, model, NULL, &error),
                     PERSONA_EARG);
}

static void nothing_is_known_of_no_model(void **state)
{
    (void)state;
    persona_mask *mask = NULL;
    persona_table *out = NULL;
    assert_int_equal(persona_recommender_items(NULL), 0);
    assert_int_equal(persona_recommender_item(NULL, "a", 1), PERSONA_NONE);
    assert_null(persona_model_recommender(NULL));
    assert_ptr_equal(persona_model_recommender(persona_recommender_model(model)), model);
    assert_int_equal(persona_mask_new(&mask, NULL, &error), PERSONA_EARG);
    assert_int_equal(
        persona_recommender_recommend_table(&out, NULL, NULL, NULL, NULL, &error),
        PERSONA_EARG);
    persona_mask_free(NULL);
}

static void a_cancelled_table_stops(void **state)
{
    (void)state;
    persona_task *task = NULL;
    persona_table *out = NULL;
    persona_task_new(&task, NULL);
    persona_task_cancel(task);
    assert_int_equal(
        persona_recommender_recommend_table(&out, model, NULL, NULL, task, &error),
        PERSONA_ECANCEL);
    assert_null(out);
    persona_task_free(task);
}

#define TEST(name) cmocka_unit_test_teardown(name, clear_query)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(items_have_numbers_and_ids),
        TEST(every_shopper_gets_k_items_once_in_order_without_what_he_bought),
        TEST(asked_for_more_than_there_is_all_that_is_allowed_comes),
        TEST(when_nothing_is_allowed_the_answer_is_empty),
        TEST(shares_of_reasons_add_up_to_one),
        TEST(a_table_of_all_has_the_bits_of_single_questions),
        TEST(so_has_a_table_of_events),
        TEST(the_table_of_the_fit_doubles_nothing),
        TEST(wrong_arguments_are_errors),
        TEST(nothing_is_known_of_no_model),
        TEST(a_cancelled_table_stops),
    };
    return cmocka_run_group_tests_name("recommender api", tests, fit_once, free_once);
}
