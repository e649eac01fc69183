/* Every allocation of every call of the recommender fails once: the call says so, gives
 * nothing out, and keeps no block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "persona.h"
#include "support/fail_each.h"
#include "support/shop_events.h"

static persona_table *events, *more, *sessions, *many;
static persona_recommender *recommender;
static persona_query *query;
static persona_buffer *saved;
static persona_params *quick, *apart, *asked;

/* Three users who look at two items each, in two sessions; more: one of them, somebody
 * new and a new item. */
static int make_tables(persona_error *error)
{
    static const char first[] =
        "user,session,item,time,kind,price,order\na,1,x,2025-01-01,view,1,1\n"
        "a,2,y,2025-01-02,buy,2,1\nb,3,y,2025-01-03,buy,2,2\nb,3,x,2025-01-04,buy,,2\n"
        "c,4,x,2025-01-05,view,1,3\nc,4,z,2025-01-06,buy,3,3\na,5,y,2025-02-02,buy,2,4\n"
        "b,6,y,2025-02-03,buy,2,5\n";
    static const char later[] = "user,session,item,time,kind,price\n"
                                "a,9,new,2025-03-01,view,4\nd,9,x,2025-03-02,view,1\n"
                                "a,9,x,2025-03-01,view,1\n";
    static const char wares[] =
        "sku,category,name\nx,tea,green\ny,tea,black\nv,cups,tin\n";
    static const char clicks[] = "session,item\n1,x\n1,y\n2,x\n2,z\n3,y\n3,z\n3,x\n";
    persona_table *items = NULL;
    shop_must(
        persona_table_from_csv(&events, first, (int64_t)strlen(first), NULL, NULL, error),
        error);
    shop_must(
        persona_table_from_csv(&more, later, (int64_t)strlen(later), NULL, NULL, error),
        error);
    shop_must(persona_table_from_csv(&sessions, clicks, (int64_t)strlen(clicks), NULL,
                                     NULL, error),
              error);
    shop_must(
        persona_table_from_csv(&items, wares, (int64_t)strlen(wares), NULL, NULL, error),
        error);
    shop_must(persona_table_link(events, "item", items, "sku", error), error);
    shop_must(persona_table_link(more, "item", items, "sku", error), error);
    persona_table_free(items);
    return PERSONA_OK;
}

/* After item i comes i + 1, or, for those who look twice, i + 2. */
static persona_table *make_many(persona_error *error)
{
    enum { SESSIONS = 640, LENGTH = 6, ITEMS = 12 };
    persona_table *made = NULL;
    char *csv = malloc(1 << 18), *at = csv + sprintf(csv, "session,item,time\n");
    for (int s = 0; s < SESSIONS; s++)
        for (int e = 0, item = s * 7 % ITEMS; e < LENGTH; e++) {
            at += sprintf(at, "%d,%d,%d\n", s, item,
                          1735689600 + s * 1000 + e * (s % 3 ? 1 : 400));
            item = (item + (e % 2 && s % 3 == 0 ? 0 : 1 + (s % 3 == 0))) % ITEMS;
        }
    shop_must(persona_table_from_csv(&made, csv, at - csv, NULL, NULL, error), error);
    free(csv);
    return made;
}

static int make_all(void **state)
{
    (void)state;
    persona_error error = {0};
    make_tables(&error);
    many = make_many(&error);
    quick = shop_params("recommender.fit", "als.factors=2 als.iterations=1 speed=fast "
                                           "session_knn.nearest=2 half_life=30");
    apart = shop_params("recommender.fit", "order=none als.factors=2 als.iterations=1");
    asked = shop_params("recommender.query", "k=2 diversity=0.3");
    shop_must(persona_recommender_fit(&recommender, events, quick, NULL, &error), &error);
    shop_must(
        persona_model_to_bytes(&saved, persona_recommender_model(recommender), &error),
        &error);
    shop_must(persona_recommender_prepare(&query, recommender, NULL, &error), &error);
    persona_query_user(query, "a", PERSONA_NUL, NULL, NULL);
    return persona_recommender_run(query, 3, NULL, NULL, NULL, NULL, NULL);
}

static int free_all(void **state)
{
    (void)state;
    persona_query_free(query);
    persona_buffer_free(saved);
    persona_model_free(persona_recommender_model(recommender));
    persona_params_free(quick);
    persona_params_free(apart);
    persona_params_free(asked);
    persona_table_free(events);
    persona_table_free(more);
    persona_table_free(sessions);
    persona_table_free(many);
    return atomic_load(&memory_live) > 1; /* the gate of a threaded BLAS stays */
}

static int try_fit_of(const persona_table *table, const persona_params *params,
                      persona_error *error)
{
    persona_recommender *made = NULL;
    const int rc = persona_recommender_fit(&made, table, params, NULL, error);
    assert_true((rc == PERSONA_OK) == (made != NULL));
    persona_model_free(persona_recommender_model(made));
    return rc;
}

static int try_fit(persona_error *error)
{
    return try_fit_of(events, quick, error);
}

static int try_sets(persona_error *error)
{
    return try_fit_of(events, apart, error);
}

static int try_sessions(persona_error *error)
{
    return try_fit_of(sessions, NULL, error);
}

static int try_trees(persona_error *error)
{
    return try_fit_of(many, NULL, error);
}

static int try_update(persona_error *error)
{
    persona_recommender *made = NULL;
    const int rc = persona_recommender_update(&made, recommender, more, NULL, error);
    assert_true((rc == PERSONA_OK) == (made != NULL));
    persona_model_free(persona_recommender_model(made));
    return rc;
}

static int try_without(persona_error *error)
{
    persona_model *made = NULL;
    const int rc = persona_model_without_user(
        &made, persona_recommender_model(recommender), "b", PERSONA_NUL, NULL, error);
    assert_true((rc == PERSONA_OK) == (made != NULL));
    persona_model_free(made);
    return rc;
}

static int try_save(persona_error *error)
{
    persona_buffer *bytes = NULL;
    const int rc =
        persona_model_to_bytes(&bytes, persona_recommender_model(recommender), error);
    persona_buffer_free(bytes);
    return rc;
}

static int try_load(persona_error *error)
{
    persona_model *made = NULL;
    persona_query *prepared = NULL;
    int rc = persona_model_from_bytes(&made, persona_buffer_data(saved),
                                      persona_buffer_size(saved), NULL, error);
    if (rc == PERSONA_OK)
        rc = persona_recommender_prepare(&prepared, persona_model_recommender(made), NULL,
                                         error);
    persona_query_free(prepared);
    persona_model_free(made);
    return rc;
}

/* Of a model of its own: queries wait in the free list of their model. */
static int try_table(persona_error *error)
{
    persona_model *made = NULL;
    persona_table *out = NULL;
    int rc = persona_model_from_bytes(&made, persona_buffer_data(saved),
                                      persona_buffer_size(saved), NULL, error);
    if (rc == PERSONA_OK)
        rc = persona_recommender_recommend_table(&out, persona_model_recommender(made),
                                                 more, asked, NULL, error);
    assert_true((rc == PERSONA_OK) == (out != NULL));
    persona_table_free(out);
    persona_model_free(made);
    return rc;
}

static int try_explain(persona_error *error)
{
    persona_table *out = NULL;
    const int rc = persona_recommender_explain(&out, query, 0, error);
    assert_true((rc == PERSONA_OK) == (out != NULL));
    persona_table_free(out);
    return rc;
}

static int try_mask(persona_error *error)
{
    persona_mask *mask = NULL;
    const int rc = persona_mask_new(&mask, recommender, error);
    assert_true((rc == PERSONA_OK) == (mask != NULL));
    persona_mask_free(mask);
    return rc;
}

static int try_parts(persona_error *error)
{
    static const char *const parts[] = {"parts",   "kinds",        "items", "members",
                                        "rp3beta", "item_factors", "trials"};
    int rc = PERSONA_OK;
    for (int p = 0; p < 7 && rc == PERSONA_OK; p++) {
        persona_table *out = NULL;
        rc = persona_model_part(&out, persona_recommender_model(recommender), parts[p],
                                error);
        persona_table_free(out);
    }
    return rc;
}

static void fits_give_all_back(void **state)
{
    (void)state;
    fail_each(try_fit, 2);
    fail_each(try_sets, 2);
    fail_each(try_sessions, 1);
}

/* Where trees order the candidates: now and then a request of many. */
static void fits_with_trees_give_all_back(void **state)
{
    (void)state;
    fail_each(try_trees, 100);
}

static void growing_gives_all_back(void **state)
{
    (void)state;
    fail_each(try_update, 0);
    fail_each(try_without, 0);
}

static void files_give_all_back(void **state)
{
    (void)state;
    fail_each(try_save, 0);
    fail_each(try_load, 0);
    fail_each(try_parts, 0);
}

static void answers_give_all_back(void **state)
{
    (void)state;
    fail_each(try_table, 1);
    fail_each(try_explain, 0);
    fail_each(try_mask, 0);
}

int main(void)
{
    if (failing_memory_install() != PERSONA_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_give_all_back),
        cmocka_unit_test(fits_with_trees_give_all_back),
        cmocka_unit_test(growing_gives_all_back),
        cmocka_unit_test(files_give_all_back),
        cmocka_unit_test(answers_give_all_back),
    };
    return cmocka_run_group_tests_name("recommender faults", tests, make_all, free_all);
}
