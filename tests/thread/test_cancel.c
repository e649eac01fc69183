/* A long fit is watched and stopped from another thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "persona.h"
#include "support/customers.h"
#include "support/tsan_blas.h"

enum { ROWS = 200000, COLUMNS = 8 };

typedef struct long_fit {
    const persona_table *table;
    const persona_params *options;
    persona_task *task;
    persona_segmenter *made;
    persona_error error;
    int rc;
} long_fit;

/* Noise without groups: a search for 2 .. 40 of them takes many seconds. */
static persona_table *noise_table(void)
{
    persona_error error = {0};
    persona_table *table = NULL;
    uint32_t state = 7;
    double *values = malloc(ROWS * sizeof *values);
    if (values == NULL) exit(2);
    customers_must(persona_table_new(&table, &error), &error);
    for (int c = 0; c < COLUMNS; c++) {
        char name[8];
        snprintf(name, sizeof name, "x%d", c);
        for (int i = 0; i < ROWS; i++) {
            state = state * 1664525u + 1013904223u;
            values[i] = state / 4294967296.0;
        }
        customers_must(persona_table_add_real(table, name, values, ROWS, &error), &error);
    }
    free(values);
    return table;
}

static void *run_fit(void *argument)
{
    long_fit *fit = argument;
    fit->rc = persona_segmenter_fit(&fit->made, fit->table, fit->options, fit->task,
                                    &fit->error);
    return NULL;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void pause_ms(long ms)
{
    const struct timespec pause = {0, ms * 1000000};
    nanosleep(&pause, NULL);
}

static void wait_for_progress(persona_task *task)
{
    const double begin = seconds();
    while (persona_task_progress(task) <= 0 && seconds() - begin < 60) pause_ms(1);
    assert_true(persona_task_progress(task) > 0);
    assert_true(persona_task_progress(task) <= 1);
    assert_true(persona_task_phase(task)[0] != '\0');
}

static void a_fit_is_watched_and_cancelled_from_another_thread(void **state)
{
    (void)state;
    pthread_t thread;
    persona_table *table = noise_table();
    persona_params *options = customers_options("k_max=40 threads=2");
    long_fit fit = {.table = table, .options = options, .rc = 99};
    assert_int_equal(persona_task_new(&fit.task, NULL), PERSONA_OK);
    assert_int_equal(pthread_create(&thread, NULL, run_fit, &fit), 0);
    wait_for_progress(fit.task);
    const double begin = seconds();
    persona_task_cancel(fit.task);
    pthread_join(thread, NULL);
    const double took = seconds() - begin;
    assert_int_equal(fit.rc, PERSONA_ECANCEL);
    assert_int_equal(fit.error.code, PERSONA_ECANCEL);
    assert_null(fit.made);
    printf("note: a cancelled fit ended after %.0f ms\n", took * 1000);
    assert_true(took < 5);
    persona_task_free(fit.task);
    persona_params_free(options);
    persona_table_free(table);
}

static void a_deadline_stops_a_fit(void **state)
{
    (void)state;
    persona_table *table = noise_table();
    persona_params *options = customers_options("k_max=40");
    long_fit fit = {.table = table, .options = options, .rc = 99};
    assert_int_equal(persona_task_new(&fit.task, NULL), PERSONA_OK);
    persona_task_set_deadline(fit.task, 100);
    const double begin = seconds();
    run_fit(&fit);
    assert_int_equal(fit.rc, PERSONA_EDEADLINE);
    assert_null(fit.made);
    assert_true(seconds() - begin < 10);
    persona_task_free(fit.task);
    persona_params_free(options);
    persona_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fit_is_watched_and_cancelled_from_another_thread),
        cmocka_unit_test(a_deadline_stops_a_fit),
    };
    return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
