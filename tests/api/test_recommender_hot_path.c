/* link: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=pthread_mutex_lock,--wrap=pthread_mutex_trylock */
/* A prepared question to a recommender takes no memory and no lock, whatever is bound to
 * it: both are counted. RECOMMENDER_RUNS=1000000 is the promise; a check runs fewer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <pthread.h>
#include <cmocka.h>

#include "persona.h"
#include "support/counted_calls.h"
#include "support/shop_events.h"

enum { K = 10 };

static persona_recommender *model;
static persona_mask *mask;

static int fit_once(void **state)
{
    (void)state;
    model = shop_fit("");
    if (persona_mask_new(&mask, model, NULL) != PERSONA_OK) return -1;
    return persona_mask_attribute(mask, "category", "c3", 2, 0, NULL);
}

static int free_once(void **state)
{
    (void)state;
    persona_mask_free(mask);
    persona_model_free(persona_recommender_model(model));
    return 0;
}

static long long runs(void)
{
    const char *asked = getenv("RECOMMENDER_RUNS");
    return asked ? atoll(asked) : 20000;
}

/* Everything that can be bound, in turn, then run. Returns how often something failed. */
static int ask_once(persona_query *query, long long i)
{
    char id[16];
    int64_t items[K], length, count = 0;
    const int64_t seen[] = {i % SHOP_ITEMS, (i * 7 + 1) % SHOP_ITEMS, PERSONA_NONE};
    const int64_t times[] = {shop_first + i, shop_first + i + 1, 0};
    float scores[K];
    int32_t reasons[K], known;
    int failures = 0;
    if (i % 5 == 0) persona_query_clear(query);
    const int size = snprintf(id, sizeof id, "u%lld", i % (SHOPPERS + 5));
    failures += persona_query_user(query, id, size, &known, NULL) != PERSONA_OK;
    failures += persona_query_events(query, seen, NULL, i % 3 ? times : NULL, i % 4,
                                     NULL) != PERSONA_OK;
    failures += persona_query_items(query, (int32_t)(1 + i % 3), seen, 2, NULL) != 0;
    failures += persona_query_mask(query, i % 2 ? mask : NULL, NULL) != PERSONA_OK;
    failures += persona_recommender_run(query, K, items, scores, reasons, &count, NULL) !=
                PERSONA_OK;
    failures += persona_query_ids(query, &length) == NULL;
    persona_query_items(query, 9, seen, 1, NULL); /* an error takes none either */
    return failures;
}

static void runs_of_take_none(const char *options)
{
    persona_query *query = NULL;
    persona_params *params = shop_params("recommender.query", options);
    int failures = 0;
    assert_int_equal(persona_recommender_prepare(&query, model, params, NULL), 0);
    memory_calls = lock_calls = 0;
    for (long long i = 0; i < runs(); i++) failures += ask_once(query, i);
    assert_int_equal(memory_calls, 0);
    assert_int_equal(lock_calls, 0);
    assert_int_equal(failures, 0);
    persona_query_free(query);
    persona_params_free(params);
}

static void preparing_again_takes_no_memory(void **state)
{
    (void)state;
    persona_query *query = NULL;
    persona_recommender_prepare(&query, model, NULL, NULL);
    persona_query_free(query);
    memory_calls = lock_calls = 0;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(persona_recommender_prepare(&query, model, NULL, NULL), 0);
        persona_query_free(query);
    }
    assert_int_equal(memory_calls, 0);
    assert_true(lock_calls > 0); /* the counters see something */
}

static void what_is_for_you_takes_no_memory_and_no_lock(void **state)
{
    (void)state;
    runs_of_take_none("");
    runs_of_take_none("calibrated=true");
}

static void neither_do_limits_and_diversity(void **state)
{
    (void)state;
    runs_of_take_none("speed=fast max_per_category=3 max_per_brand=4 diversity=0.3 "
                      "price_min=2 price_max=30 limit=5");
}

static void neither_do_the_other_questions(void **state)
{
    (void)state;
    runs_of_take_none("question=buy_again");
    runs_of_take_none("question=similar");
    runs_of_take_none("question=together");
    runs_of_take_none("question=trending");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preparing_again_takes_no_memory),
        cmocka_unit_test(what_is_for_you_takes_no_memory_and_no_lock),
        cmocka_unit_test(neither_do_limits_and_diversity),
        cmocka_unit_test(neither_do_the_other_questions),
    };
    return cmocka_run_group_tests_name("recommender hot path", tests, fit_once,
                                       free_once);
}
