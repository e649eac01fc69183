/* One model, many threads: each with queries of its own, taken from and given back to the
 * one free list, while others take and drop references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <cmocka.h>

#include "persona.h"
#include "support/customers.h"
#include "support/tsan_blas.h"

enum { THREADS = 8, ROUNDS = 200 };

static persona_segmenter *segmenter;
static int32_t wanted[CUSTOMERS];
static atomic_int wrong;

static void ask_all(persona_query *query)
{
    double numbers[CUSTOMER_INPUTS], membership[3];
    for (int64_t i = 0; i < CUSTOMERS; i++) {
        int32_t segment = -1;
        customer(i, numbers);
        if (persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &segment, NULL,
                                     NULL) != PERSONA_OK ||
            segment != wanted[i])
            atomic_fetch_add(&wrong, 1);
        if (persona_segmenter_membership(query, numbers, CUSTOMER_INPUTS, membership, 3,
                                         NULL) != PERSONA_OK)
            atomic_fetch_add(&wrong, 1);
    }
}

static void *ask_with_own_queries(void *unused)
{
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        persona_query *query = NULL;
        persona_table *why = NULL;
        persona_model *held = persona_model_ref(persona_segmenter_model(segmenter));
        if (persona_segmenter_prepare(&query, segmenter, NULL, NULL) != PERSONA_OK) {
            atomic_fetch_add(&wrong, 1);
        } else {
            double numbers[CUSTOMER_INPUTS];
            ask_all(query);
            customer(round, numbers);
            if (persona_segmenter_explain(&why, query, numbers, CUSTOMER_INPUTS, NULL))
                atomic_fetch_add(&wrong, 1);
        }
        persona_table_free(why);
        persona_query_free(query);
        persona_model_free(held);
    }
    return NULL;
}

/* What may be called at any time on a shared model. */
static void *read_the_model(void *unused)
{
    const persona_model *model = persona_segmenter_model(segmenter);
    (void)unused;
    for (int round = 0; round < ROUNDS / 4; round++) {
        persona_buffer *text = NULL;
        persona_table *table = NULL;
        if (persona_model_describe(&text, model, NULL)) atomic_fetch_add(&wrong, 1);
        persona_buffer_free(text);
        if (persona_model_to_bytes(&text, model, NULL)) atomic_fetch_add(&wrong, 1);
        persona_buffer_free(text);
        if (persona_model_notes(&table, model, NULL)) atomic_fetch_add(&wrong, 1);
        persona_table_free(table);
        if (persona_model_part(&table, model, "centers", NULL))
            atomic_fetch_add(&wrong, 1);
        persona_table_free(table);
        if (persona_model_inputs(&table, model, NULL)) atomic_fetch_add(&wrong, 1);
        persona_table_free(table);
    }
    return NULL;
}

static void many_threads_get_the_answers_of_one(void **state)
{
    (void)state;
    pthread_t threads[THREADS + 2];
    for (int i = 0; i < THREADS + 2; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL,
                           i < THREADS ? ask_with_own_queries : read_the_model, NULL),
            0);
    for (int i = 0; i < THREADS + 2; i++) pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&wrong), 0);
}

/* The query that dies last takes the model with it, whichever thread frees it. */
static void *free_query(void *query)
{
    persona_query_free(query);
    return NULL;
}

static void the_last_query_may_die_in_any_thread(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int round = 0; round < 20; round++) {
        persona_query *queries[THREADS];
        persona_segmenter *own = customers_fit(0, "k=2 seed=1");
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(persona_segmenter_prepare(&queries[i], own, NULL, NULL), 0);
        persona_model_free(persona_segmenter_model(own));
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, free_query, queries[i]),
                             0);
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    }
}

static void *describe_build(void *unused)
{
    (void)unused;
    return (void *)(uintptr_t)persona_build_info();
}

static void build_info_is_made_once_by_many(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    void *texts[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, describe_build, NULL), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], &texts[i]);
    for (int i = 0; i < THREADS; i++) assert_ptr_equal(texts[i], texts[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_threads_get_the_answers_of_one),
        cmocka_unit_test(the_last_query_may_die_in_any_thread),
        cmocka_unit_test(build_info_is_made_once_by_many),
    };
    persona_query *query = NULL;
    segmenter = customers_fit(0, "k=3 seed=1");
    if (persona_segmenter_prepare(&query, segmenter, NULL, NULL) != PERSONA_OK) return 1;
    for (int64_t i = 0; i < CUSTOMERS; i++) {
        double numbers[CUSTOMER_INPUTS];
        customer(i, numbers);
        persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &wanted[i], NULL, NULL);
    }
    persona_query_free(query);
    int failed = cmocka_run_group_tests_name("shared model", tests, NULL, NULL);
    persona_model_free(persona_segmenter_model(segmenter));
    return failed;
}
