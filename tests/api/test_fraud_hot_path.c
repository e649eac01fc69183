/* link: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=pthread_mutex_lock,--wrap=pthread_mutex_trylock */
/* Scoring one order takes no memory and no lock: both are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <cmocka.h>

#include "persona.h"
#include "support/counted_calls.h"
#include "support/orders.h"

enum { RUNS = 100000 };

static void score_many(const char *options)
{
    persona_fraud_scorer *scorer = orders_fit(options);
    persona_query *query = NULL;
    double numbers[ORDER_INPUTS], probability, sum = 0;
    int32_t action;
    assert_int_equal(persona_fraud_scorer_prepare(&query, scorer, NULL, NULL),
                     PERSONA_OK);
    memory_calls = lock_calls = 0;
    for (int64_t i = 0; i < RUNS; i++) {
        order_numbers(i % ORDERS, numbers);
        persona_query_text(query, ORDER_COUNTRY, order_country(i % ORDERS), 2, NULL);
        persona_fraud_scorer_score(query, numbers, ORDER_INPUTS, NAN, &probability,
                                   &action, NULL);
        sum += probability;
    }
    assert_int_equal(memory_calls, 0);
    assert_int_equal(lock_calls, 0);
    assert_true(sum > 0);
    persona_query_free(query);
    persona_model_free(persona_fraud_scorer_model(scorer));
}

static void trees_take_no_memory_and_no_lock(void **state)
{
    (void)state;
    score_many(ORDERS_QUICK);
}

static void regression_and_forest_take_none_either(void **state)
{
    (void)state;
    score_many("algorithm=logistic draws=20");
    score_many("algorithm=iforest draws=20");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_take_no_memory_and_no_lock),
        cmocka_unit_test(regression_and_forest_take_none_either),
    };
    return cmocka_run_group_tests_name("fraud hot path", tests, NULL, NULL);
}
