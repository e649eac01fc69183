/* Every allocation of every call fails once: alone, and with all after it. Each time the
 * call says PERSONA_ENOMEM, gives nothing out, and keeps no block; or it has found a way
 * without that memory (a slower sort, fewer threads) and the result is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "persona.h"
#include "shop/model.h"
#include "support/customers.h"
#include "support/failing_memory.h"
#include "support/temp_folder.h"

/* What the calls work on, made before anything fails. */
static persona_table *customers, *named, *orders;
static persona_segmenter *segmenter;
static persona_model *model;
static persona_query *query;
static persona_buffer *saved;

static const char orders_csv[] =
    "user,time,order,price\n"
    "a,2024-01-01,1,10\na,2024-02-01,2,20\na,2024-03-01,3,15\nb,2024-01-05,4,200\n"
    "b,2024-03-05,5,180\nc,2024-01-09,6,5\nc,2024-01-10,7,6\nc,2024-01-11,8,5.5\n"
    "d,2023-12-09,9,7\ne,2023-11-09,10,9\ne,2023-11-19,11,9\nf,2024-03-01,12,300\n";
static const char names_csv[] = "city,spend,since\nRome,1,2024-01-01\nRome,2,2024-01-02\n"
                                "Oslo,101,\nOslo,102,2024-05-01\n\"a,b\",,2024-05-01\n";

static persona_table *must_csv(const char *csv)
{
    persona_error error = {0};
    persona_table *table = NULL;
    customers_must(
        persona_table_from_csv(&table, csv, (int64_t)strlen(csv), NULL, NULL, &error),
        &error);
    return table;
}

static int make_all(void **state)
{
    (void)state;
    customers = customers_table(0);
    named = must_csv(names_csv);
    orders = must_csv(orders_csv);
    segmenter = customers_fit(0, "k=3 seed=1");
    model = persona_segmenter_model(segmenter);
    if (persona_model_to_bytes(&saved, model, NULL) != PERSONA_OK) return 1;
    if (persona_model_save(model, temp_path("m.persona"), NULL, NULL) != PERSONA_OK)
        return 1;
    if (persona_table_write_csv(customers, temp_path("t.csv"), NULL, NULL, NULL) ||
        persona_table_write_csv(customers, temp_path("t.csv.gz"), NULL, NULL, NULL))
        return 1;
    return persona_segmenter_prepare(&query, segmenter, NULL, NULL);
}

static int free_all(void **state)
{
    (void)state;
    persona_query_free(query);
    persona_buffer_free(saved);
    persona_model_free(model);
    persona_table_free(orders);
    persona_table_free(named);
    persona_table_free(customers);
    return atomic_load(&memory_live) > 1; /* the gate of a threaded BLAS stays */
}

/* ---- the calls; each frees what it made */

static int try_table(persona_error *error)
{
    static const int64_t offsets[] = {0, 1, 2, 3}, levels[] = {0, 1, 3}, ms[] = {1, 2, 3};
    static const uint8_t flags[] = {1, 0, 1};
    static const int32_t codes[] = {0, 1, -1};
    static const float floats[] = {1, 2, 3};
    persona_table *t = NULL;
    int rc = persona_table_new(&t, error);
    if (!rc) rc = persona_table_add_int(t, "i", ms, flags, 3, error);
    if (!rc) rc = persona_table_add_real32(t, "f", floats, 3, error);
    if (!rc) rc = persona_table_add_bool(t, "b", flags, NULL, 3, error);
    if (!rc) rc = persona_table_add_time(t, "t", ms, NULL, 3, error);
    if (!rc) rc = persona_table_add_text(t, "x", "abc", offsets, flags, 3, error);
    if (!rc) rc = persona_table_add_codes(t, "c", codes, 3, "abc", levels, 2, error);
    if (rc) assert_true(t == NULL || persona_table_columns(t) < 6);
    persona_table_free(t);
    return rc;
}

/* A failed append leaves the table as it was. */
static int try_append(persona_error *error)
{
    static const int64_t all[] = {0, 1, 2, 3, 4};
    persona_table *t = NULL;
    int rc = persona_table_select(&t, named, all, 5, error);
    if (!rc) {
        rc = persona_table_append(t, named, error);
        assert_int_equal(persona_table_rows(t), rc ? 5 : 10);
    }
    persona_table_free(t);
    return rc;
}

static int try_link(persona_error *error)
{
    static const int64_t all[] = {0, 1, 2, 3};
    persona_table *t = NULL, *keys = NULL;
    static const char csv[] = "city,size\nRome,1\nOslo,2\n";
    int rc = persona_table_select(&t, named, all, 4, error);
    if (!rc) rc = persona_table_from_csv(&keys, csv, sizeof csv - 1, NULL, NULL, error);
    if (!rc) rc = persona_table_link(t, "city", keys, "city", error);
    persona_table_free(keys);
    persona_table_free(t);
    return rc;
}

static int give_table(int rc, persona_table *table)
{
    assert_true((rc == PERSONA_OK) == (table != NULL));
    persona_table_free(table);
    return rc;
}

static int try_from_csv(persona_error *error)
{
    persona_table *t = NULL;
    int rc =
        persona_table_from_csv(&t, names_csv, sizeof names_csv - 1, NULL, NULL, error);
    return give_table(rc, t);
}

static int try_read_csv(persona_error *error)
{
    persona_table *t = NULL;
    int rc = persona_table_read_csv(&t, temp_path("t.csv"), NULL, NULL, error);
    return give_table(rc, t);
}

static int try_read_gz(persona_error *error)
{
    persona_table *t = NULL;
    int rc = persona_table_read_csv(&t, temp_path("t.csv.gz"), NULL, NULL, error);
    return give_table(rc, t);
}

static int try_to_csv(persona_error *error)
{
    persona_buffer *csv = NULL;
    int rc = persona_table_to_csv(&csv, named, NULL, error);
    assert_true((rc == PERSONA_OK) == (csv != NULL));
    persona_buffer_free(csv);
    return rc;
}

static int try_write_csv(persona_error *error)
{
    return persona_table_write_csv(named, temp_path("w.csv"), NULL, NULL, error);
}

static int try_write_gz(persona_error *error)
{
    return persona_table_write_csv(named, temp_path("w.csv.gz"), NULL, NULL, error);
}

static int try_params(persona_error *error)
{
    persona_params *params = NULL;
    int rc = persona_params_new(&params, "segmenter.fit", error);
    if (!rc)
        rc = persona_params_parse(params, "k=3 weight.recency=2 features='a,b c'", error);
    if (!rc)
        rc = persona_params_set_text(params, "name.0", "Friends", PERSONA_NUL, error);
    if (!rc) rc = persona_params_set_int(params, "seed", 5, error);
    if (!rc) rc = persona_params_set_real(params, "winsor", 0.01, error);
    persona_params_free(params);
    return rc;
}

static int try_schema(persona_error *error)
{
    persona_table *t = NULL;
    int rc = persona_params_schema(&t, "segmenter.fit", error);
    return give_table(rc, t);
}

static int try_task(persona_error *error)
{
    persona_task *task = NULL;
    int rc = persona_task_new(&task, error);
    persona_task_free(task);
    return rc;
}

/* Of the fit that had all memory; empty before. */
static char wanted_digest[17];

static void assert_same_model(const persona_segmenter *made)
{
    const char *digest = persona_model_digest(persona_segmenter_model(made));
    if (wanted_digest[0] == '\0') memcpy(wanted_digest, digest, 17);
    assert_string_equal(digest, wanted_digest);
}

static int fit(const persona_table *table, const char *options, persona_error *error)
{
    persona_segmenter *made = NULL;
    persona_params *params = NULL;
    int rc = persona_params_new(&params, "segmenter.fit", error);
    if (!rc) rc = persona_params_parse(params, options, error);
    if (!rc) rc = persona_segmenter_fit(&made, table, params, NULL, error);
    assert_true((rc == PERSONA_OK) == (made != NULL));
    if (rc == PERSONA_OK) assert_same_model(made);
    persona_params_free(params);
    persona_model_free(persona_segmenter_model(made));
    return rc;
}

static int try_fit(persona_error *error)
{
    return fit(customers, "k=3 seed=1", error);
}

static int try_fit_auto(persona_error *error)
{
    return fit(customers,
               "k_max=4 seed=1 gap=true gap_references=2 stability=true "
               "stability_rounds=2",
               error);
}

static int try_fit_texts(persona_error *error)
{
    return fit(named, "k=2 seed=1", error);
}

static int try_fit_orders(persona_error *error)
{
    return fit(orders, "k=2 seed=1", error);
}

static int try_dry_run(persona_error *error)
{
    return fit(customers, "dry_run=true", error);
}

static int give_model(int rc, persona_model *made)
{
    assert_true((rc == PERSONA_OK) == (made != NULL));
    persona_model_free(made);
    return rc;
}

static int try_load(persona_error *error)
{
    persona_model *made = NULL;
    int rc = persona_model_load(&made, temp_path("m.persona"), NULL, NULL, error);
    return give_model(rc, made);
}

static int try_open(persona_error *error)
{
    persona_model *made = NULL;
    int rc = persona_model_open(&made, temp_path("m.persona"), NULL, error);
    give_model(rc, made);
    psn_model_close_all();
    return rc;
}

static int try_from_bytes(persona_error *error)
{
    persona_model *made = NULL;
    int rc = persona_model_from_bytes(&made, persona_buffer_data(saved),
                                      persona_buffer_size(saved), NULL, error);
    return give_model(rc, made);
}

static int try_save(persona_error *error)
{
    return persona_model_save(model, temp_path("s.persona"), NULL, error);
}

static int give_buffer(int rc, persona_buffer *buffer)
{
    assert_true((rc == PERSONA_OK) == (buffer != NULL));
    persona_buffer_free(buffer);
    return rc;
}

static int try_to_bytes(persona_error *error)
{
    persona_buffer *bytes = NULL;
    int rc = persona_model_to_bytes(&bytes, model, error);
    return give_buffer(rc, bytes);
}

static int try_describe(persona_error *error)
{
    persona_buffer *json = NULL;
    int rc = persona_model_describe(&json, model, error);
    return give_buffer(rc, json);
}

static int try_inputs(persona_error *error)
{
    persona_table *t = NULL;
    int rc = persona_model_inputs(&t, model, error);
    return give_table(rc, t);
}

static int try_parts(persona_error *error)
{
    persona_table *parts = NULL, *part = NULL;
    int rc = persona_model_part(&parts, model, "parts", error);
    for (int64_t i = 0; rc == PERSONA_OK && i < persona_table_rows(parts); i++) {
        char name[64] = "";
        const char *bytes;
        int64_t length;
        persona_table_text(parts, 0, i, &bytes, &length);
        memcpy(name, bytes, (size_t)length);
        rc = persona_model_part(&part, model, name, error);
        give_table(rc, part);
    }
    persona_table_free(parts);
    return rc;
}

/* A model of its own, so that no query waits in its list. */
static int try_load_prepare(persona_error *error)
{
    persona_model *made = NULL;
    persona_query *own = NULL, *again = NULL;
    double numbers[CUSTOMER_INPUTS];
    int rc = persona_model_from_bytes(&made, persona_buffer_data(saved),
                                      persona_buffer_size(saved), NULL, error);
    if (!rc)
        rc = persona_segmenter_prepare(&own, persona_model_segmenter(made), NULL, error);
    if (made != NULL) { /* whatever failed, the next can be asked */
        failing_memory_disarm();
        customer(0, numbers);
        assert_int_equal(
            persona_segmenter_prepare(&again, persona_model_segmenter(made), NULL, NULL),
            PERSONA_OK);
        assert_int_equal(
            persona_segmenter_assign(again, numbers, CUSTOMER_INPUTS, NULL, NULL, NULL),
            PERSONA_OK);
    }
    persona_query_free(own);
    persona_query_free(again);
    persona_model_free(made);
    return rc;
}

static int try_assign_table(persona_error *error)
{
    persona_table *t = NULL;
    int rc = persona_segmenter_assign_table(&t, segmenter, customers, NULL, NULL, error);
    return give_table(rc, t);
}

static int try_explain(persona_error *error)
{
    persona_table *t = NULL;
    double numbers[CUSTOMER_INPUTS];
    customer(0, numbers);
    int rc = persona_segmenter_explain(&t, query, numbers, CUSTOMER_INPUTS, error);
    return give_table(rc, t);
}

static int try_without_user(persona_error *error)
{
    persona_segmenter *made = NULL;
    persona_params *params = NULL;
    persona_model *without = NULL;
    int rc = persona_params_new(&params, "segmenter.fit", error);
    if (!rc) rc = persona_params_parse(params, "k=2 seed=1 examples=2", error);
    if (!rc) rc = persona_segmenter_fit(&made, orders, params, NULL, error);
    if (!rc)
        rc = persona_model_without_user(&without, persona_segmenter_model(made), "f",
                                        PERSONA_NUL, NULL, error);
    persona_model_free(without);
    persona_params_free(params);
    persona_model_free(persona_segmenter_model(made));
    return rc;
}

/* ---- the driver */

typedef int (*attempt)(persona_error *error);

static void fail_each(attempt run, int lasting)
{
    const long long live = atomic_load(&memory_live);
    for (long long n = 0;; n++) {
        persona_error error = {0};
        failing_memory_arm(n, lasting);
        const int rc = run(&error);
        failing_memory_disarm();
        const int failed = atomic_load(&memory_failed);
        if (atomic_load(&memory_live) != live)
            fail_msg("request %lld: %lld blocks too many", n,
                     (long long)atomic_load(&memory_live) - live);
        if (failed == 0) {
            if (rc != PERSONA_OK) fail_msg("without a failure: %s", error.message);
            assert_true(n > 0);
            return;
        }
        if (rc == PERSONA_OK) continue;
        if (rc != PERSONA_ENOMEM) fail_msg("request %lld: %d: %s", n, rc, error.message);
        assert_int_equal(error.code, PERSONA_ENOMEM);
    }
}

static void every_allocation_of_this_call_may_fail(void **state)
{
    attempt run = *(attempt *)*state;
    persona_error error = {0};
    wanted_digest[0] = '\0';
    if (run(&error) != PERSONA_OK)
        fail_msg("%s", error.message); /* and makes what stays */
    fail_each(run, 0);
    fail_each(run, 1);
}

static void build_info_without_memory_is_empty_and_made_later(void **state)
{
    (void)state;
    failing_memory_arm(0, 1);
    const char *info = persona_build_info();
    failing_memory_disarm();
    assert_int_equal(info[0], '{');
    assert_non_null(strstr(persona_build_info(), "\"version\""));
}

#define CALL(run)                                                                        \
    {                                                                                    \
#run ": every allocation may fail", every_allocation_of_this_call_may_fail,      \
            NULL, NULL, &(attempt)                                                       \
        {                                                                                \
            run                                                                          \
        }                                                                                \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL(try_table),
        CALL(try_append),
        CALL(try_link),
        CALL(try_from_csv),
        CALL(try_read_csv),
        CALL(try_read_gz),
        CALL(try_to_csv),
        CALL(try_write_csv),
        CALL(try_write_gz),
        CALL(try_params),
        CALL(try_schema),
        CALL(try_task),
        CALL(try_fit),
        CALL(try_fit_auto),
        CALL(try_fit_texts),
        CALL(try_fit_orders),
        CALL(try_dry_run),
        CALL(try_load),
        CALL(try_open),
        CALL(try_from_bytes),
        CALL(try_save),
        CALL(try_to_bytes),
        CALL(try_describe),
        CALL(try_inputs),
        CALL(try_parts),
        CALL(try_load_prepare),
        CALL(try_assign_table),
        CALL(try_explain),
        CALL(try_without_user),
        cmocka_unit_test(build_info_without_memory_is_empty_and_made_later),
    };
    if (failing_memory_install() != PERSONA_OK) return 1;
    temp_folder_make();
    int failed = cmocka_run_group_tests_name("memory fault", tests, make_all, free_all);
    temp_folder_remove();
    return failed;
}
