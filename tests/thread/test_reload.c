/* Hot reload: another process replaces a model file over and over (100 times, or
 * PERSONA_RELOADS) while eight threads of this one open it and ask. Every answer is that
 * of one of the two models, no model is left over, and the last to be seen is the last
 * saved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "persona.h"
#include "shop/model.h"
#include "support/customers.h"
#include "support/failing_memory.h"
#include "support/temp_folder.h"
#include "support/tsan_blas.h"

enum { THREADS = 8 };

typedef struct answer {
    char digest[17];
    int32_t segment;
    double distance;
} answer;

static int reloads = 100;
static answer wanted[2];
static atomic_int done, wrong, changes;
static atomic_llong asked;
static char path[1024];

/* Opens, prepares, asks, frees. */
static int ask(answer *out, persona_error *error)
{
    persona_model *model = NULL;
    persona_query *query = NULL;
    double numbers[CUSTOMER_INPUTS];
    customer(1, numbers);
    memset(out, 0, sizeof *out);
    int rc = persona_model_open(&model, path, NULL, error);
    if (!rc) memcpy(out->digest, persona_model_digest(model), 17);
    if (!rc)
        rc = persona_segmenter_prepare(&query, persona_model_segmenter(model), NULL,
                                       error);
    persona_model_free(model); /* the query holds on to it */
    if (!rc)
        rc = persona_segmenter_assign(query, numbers, CUSTOMER_INPUTS, &out->segment,
                                      &out->distance, error);
    persona_query_free(query);
    return rc;
}

static int is_wanted(const answer *given, int which)
{
    return strcmp(given->digest, wanted[which].digest) == 0 &&
           given->segment == wanted[which].segment &&
           given->distance == wanted[which].distance;
}

static void *ask_until_done(void *unused)
{
    int last = -1;
    (void)unused;
    while (!atomic_load(&done)) {
        answer given;
        persona_error error = {0};
        if (ask(&given, &error) != PERSONA_OK) {
            fprintf(stderr, "%s\n", error.message);
            atomic_fetch_add(&wrong, 1);
            continue;
        }
        const int which = is_wanted(&given, 1);
        if (!which && !is_wanted(&given, 0)) atomic_fetch_add(&wrong, 1);
        if (which != last) atomic_fetch_add(&changes, 1);
        last = which;
        atomic_fetch_add(&asked, 1);
    }
    return NULL;
}

static int save(double shift)
{
    persona_segmenter *made = customers_fit(shift, "k=3 seed=1");
    persona_model *model = persona_segmenter_model(made);
    int rc = persona_model_save(model, path, NULL, NULL);
    persona_model_free(model);
    return rc;
}

/* The other process: the two models in turn, the second last. */
static int replace_over_and_over(void)
{
    persona_segmenter *made[2] = {customers_fit(0, "k=3 seed=1"),
                                  customers_fit(7, "k=3 seed=1")};
    const struct timespec pause = {0, 500000};
    for (int i = 0; i < reloads; i++) {
        const int which = (reloads - 1 - i) % 2 == 0;
        if (persona_model_save(persona_segmenter_model(made[which]), path, NULL, NULL) !=
            PERSONA_OK)
            return 1;
        nanosleep(&pause, NULL);
    }
    return 0;
}

static void eight_threads_see_whole_models_while_the_file_is_replaced(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    answer last;
    int status = 0;
    fflush(NULL);
    const pid_t child = fork(); /* before there are threads */
    if (child == 0) _exit(replace_over_and_over());
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_until_done, NULL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    atomic_store(&done, 1);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(ask(&last, NULL), PERSONA_OK);
    assert_true(is_wanted(&last, 1));
    assert_true(atomic_load(&changes) >= 2);
    printf("note: %d replacements, %lld answers, %d changes seen\n", reloads,
           (long long)atomic_load(&asked), atomic_load(&changes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_threads_see_whole_models_while_the_file_is_replaced),
    };
    const char *number = getenv("PERSONA_RELOADS");
    if (number != NULL && atoi(number) > 0) reloads = atoi(number);
    if (failing_memory_install() != PERSONA_OK) return 1;
    persona_build_info(); /* the gate of a threaded BLAS stays for good */
    const long long before = atomic_load(&memory_live);
    temp_folder_make();
    snprintf(path, sizeof path, "%s", temp_path("m.persona"));
    if (save(7) || ask(&wanted[1], NULL) || save(0) || ask(&wanted[0], NULL)) return 1;
    int failed = cmocka_run_group_tests_name("reload", tests, NULL, NULL);
    psn_model_close_all();
    if (atomic_load(&memory_live) != before) {
        fprintf(stderr, "%lld blocks are left over\n",
                (long long)atomic_load(&memory_live) - before);
        failed++;
    }
    temp_folder_remove();
    return failed;
}
