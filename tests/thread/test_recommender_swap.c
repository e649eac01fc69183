/* Hot swap: eight threads ask recommenders while one grows a model batch by batch, swaps
 * it in memory and in its file, and lets the old ones go, which share what was learnt
 * with the new ones. An answer is always that of the model it was asked of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "persona.h"
#include "shop/model.h"
#include "support/failing_memory.h"
#include "support/shop_events.h"
#include "support/temp_folder.h"
#include "support/tsan_blas.h"

enum { THREADS = 8, MODELS = 4, LISTED = 10, ASKED_USERS = 7 };

typedef struct answer {
    int64_t count, items[LISTED];
    float scores[LISTED];
} answer;

static int swaps = 40;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static persona_model *now; /* under the gate */
static char digests[MODELS][17];
static answer wanted[MODELS][ASKED_USERS];
static atomic_int done, wrong;
static atomic_llong asked;
static char path[1024];

static void ask(answer *out, const persona_model *model, int user)
{
    persona_query *query = NULL;
    char id[16];
    memset(out, 0, sizeof *out);
    if (persona_recommender_prepare(&query, persona_model_recommender(model), NULL,
                                    NULL)) {
        atomic_fetch_add(&wrong, 1);
        return;
    }
    sprintf(id, "u%d", user * 11);
    persona_query_user(query, id, PERSONA_NUL, NULL, NULL);
    persona_recommender_run(query, LISTED, out->items, out->scores, NULL, &out->count,
                            NULL);
    persona_query_free(query);
}

static int which(const persona_model *model)
{
    for (int m = 0; m < MODELS; m++)
        if (strcmp(persona_model_digest(model), digests[m]) == 0) return m;
    return -1;
}

/* A reference of its own: in memory, or of the file. */
static persona_model *take(int by_file)
{
    persona_model *model = NULL;
    if (by_file) {
        if (persona_model_open(&model, path, NULL, NULL)) return NULL;
        return model;
    }
    pthread_mutex_lock(&gate);
    model = persona_model_ref(now);
    pthread_mutex_unlock(&gate);
    return model;
}

static void *ask_until_done(void *number)
{
    const int mine = *(const int *)number;
    for (int turn = mine; !atomic_load(&done); turn++) {
        answer given;
        persona_model *model = take(turn % 4 == 0);
        const int m = model ? which(model) : -1;
        const int user = turn % ASKED_USERS;
        if (m < 0) {
            atomic_fetch_add(&wrong, 1);
        } else {
            ask(&given, model, user);
            if (memcmp(&given, &wanted[m][user], sizeof given) != 0)
                atomic_fetch_add(&wrong, 1);
        }
        persona_model_free(model);
        atomic_fetch_add(&asked, 1);
    }
    return NULL;
}

/* Batch b: a user with a new item and two known ones. */
static persona_model *grow(const persona_model *model, int b)
{
    persona_error error;
    persona_recommender *made = NULL;
    persona_table *table = NULL;
    char csv[400];
    const long long at = (long long)shop_first + 86400000LL * 9 + b * 60000;
    const int length = sprintf(csv,
                               "user,item,time,kind\nu%d,new%d,%lld,view\n"
                               "u%d,i4,%lld,purchase\nu22,new%d,%lld,view\n",
                               b * 11, b, at, b * 11, at + 1000, b, at + 2000);
    shop_must(persona_table_from_csv(&table, csv, length, NULL, NULL, &error), &error);
    shop_must(persona_recommender_update(&made, persona_model_recommender(model), table,
                                         NULL, &error),
              &error);
    persona_table_free(table);
    return persona_recommender_model(made);
}

/* Takes a reference over. */
static void swap_in(persona_model *model)
{
    pthread_mutex_lock(&gate);
    persona_model *before = now;
    now = model;
    pthread_mutex_unlock(&gate);
    persona_model_free(before);
}

static persona_model *first_model(void)
{
    return persona_recommender_model(shop_fit("speed=fast"));
}

static void learn_what_is_wanted(void)
{
    persona_model *model = first_model();
    for (int m = 0; m < MODELS; m++) {
        strcpy(digests[m], persona_model_digest(model));
        for (int u = 0; u < ASKED_USERS; u++) ask(&wanted[m][u], model, u);
        persona_model *next = grow(model, m);
        persona_model_free(model);
        model = next;
    }
    persona_model_free(model);
}

static void eight_threads_see_whole_models_while_they_grow(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int number[THREADS];
    persona_model *root = first_model();
    now = persona_model_ref(root);
    assert_int_equal(persona_model_save(now, path, NULL, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        number[i] = i;
        assert_int_equal(pthread_create(threads + i, NULL, ask_until_done, number + i),
                         0);
    }
    for (int s = 0; s < swaps; s++) {
        const int m = s % MODELS;
        swap_in(m == MODELS - 1 ? persona_model_ref(root) : grow(now, m));
        assert_int_equal(persona_model_save(now, path, NULL, NULL), 0);
    }
    atomic_store(&done, 1);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    swap_in(NULL);
    persona_model_free(root);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_true(atomic_load(&asked) >= THREADS);
    printf("note: %d swaps, %lld answers\n", swaps, (long long)atomic_load(&asked));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_threads_see_whole_models_while_they_grow),
    };
    const char *more = getenv("PERSONA_RELOADS");
    if (more != NULL && atoi(more) > 0) swaps = atoi(more);
    if (failing_memory_install() != PERSONA_OK) return 1;
    persona_build_info(); /* the gate of a threaded BLAS stays for good */
    const long long before = atomic_load(&memory_live);
    temp_folder_make();
    snprintf(path, sizeof path, "%s", temp_path("r.persona"));
    learn_what_is_wanted();
    int failed = cmocka_run_group_tests_name("recommender swap", tests, NULL, NULL);
    psn_model_close_all();
    if (atomic_load(&memory_live) != before) {
        fprintf(stderr, "%lld blocks are left over\n",
                (long long)atomic_load(&memory_live) - before);
        failed++;
    }
    temp_folder_remove();
    return failed;
}
