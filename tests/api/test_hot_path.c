/* link: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=pthread_mutex_lock,--wrap=pthread_mutex_trylock */
/* A prepared question takes no memory and no lock: both are counted over a million runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <pthread.h>
#include <cmocka.h>

#include "persona.h"
#include "support/counted_calls.h"
#include "support/customers.h"

enum { RUNS = 1000000 };

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

static void preparing_is_seen_by_the_counters(void **state)
{
    (void)state;
    persona_query *first = NULL;
    memory_calls = lock_calls = 0;
    assert_int_equal(persona_segmenter_prepare(&first, segmenter, NULL, NULL),
                     PERSONA_OK);
    assert_true(memory_calls > 0);
    assert_true(lock_calls > 0);
    persona_query_free(first);
}

static void preparing_again_takes_no_memory(void **state)
{
    (void)state;
    persona_query *again = NULL;
    memory_calls = 0;
    for (int i = 0; i < 1000; i++) {
        persona_segmenter_prepare(&again, segmenter, NULL, NULL);
        persona_query_free(again);
    }
    assert_int_equal(memory_calls, 0);
}

static void a_million_assignments_take_no_memory_and_no_lock(void **state)
{
    (void)state;
    double numbers[CUSTOMER_INPUTS], distance, sum = 0;
    int32_t segment;
    int failures = 0;
    memory_calls = lock_calls = 0;
    for (int i = 0; i < RUNS; i++) {
        customer(i, numbers);
        failures += persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &segment,
                                             &distance, NULL) != PERSONA_OK;
        sum += distance;
    }
    assert_int_equal(memory_calls, 0);
    assert_int_equal(lock_calls, 0);
    assert_int_equal(failures, 0);
    assert_true(sum > 0);
}

static void distances_membership_and_errors_take_none_either(void **state)
{
    (void)state;
    persona_error error;
    double numbers[CUSTOMER_INPUTS], values[3];
    memory_calls = lock_calls = 0;
    for (int i = 0; i < RUNS / 10; i++) {
        customer(i, numbers);
        persona_segmenter_distances(query, numbers, CUSTOMER_INPUTS, values, 3, &error);
        persona_segmenter_membership(query, numbers, CUSTOMER_INPUTS, values, 3, &error);
        persona_segmenter_assign(query, numbers, 1, NULL, NULL, &error);
        persona_query_clear(query);
    }
    assert_int_equal(memory_calls, 0);
    assert_int_equal(lock_calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preparing_is_seen_by_the_counters),
        cmocka_unit_test(preparing_again_takes_no_memory),
        cmocka_unit_test(a_million_assignments_take_no_memory_and_no_lock),
        cmocka_unit_test(distances_membership_and_errors_take_none_either),
    };
    return cmocka_run_group_tests_name("hot path", tests, prepare_once, free_once);
}
