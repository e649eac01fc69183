/* Every allocation of every call of the fraud scorer fails once: the call says so, gives
 * nothing out, and keeps no block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "persona.h"
#include "support/fail_each.h"
#include "support/orders.h"

static persona_table *orders, *other;
static persona_fraud_scorer *scorer;
static persona_query *query;
static persona_buffer *saved;
static persona_params *quick, *unlabelled, *judge;

static int make_all(void **state)
{
    (void)state;
    persona_error error = {0};
    static const char csv[] = "code,risk,area\nDE,1,x\nFR,2,y\nBR,9,x\nUS,4,\n";
    orders = orders_table(5);
    orders_must(
        persona_table_from_csv(&other, csv, (int64_t)strlen(csv), NULL, NULL, &error),
        &error);
    orders_must(persona_table_link(orders, "country", other, "code", &error), &error);
    quick = orders_params("fraud_scorer.fit",
                          "search=2 gbdt.rounds=4 draws=3 iforest.trees=3 anomaly=blend "
                          "calibrate=isotonic gbdt.num_leaves=4");
    unlabelled = orders_params(
        "fraud_scorer.fit", "column.label=none iforest.trees=3 draws=3 exclude=is_fraud");
    judge = orders_params("fraud_scorer.evaluate", "draws=3");
    orders_must(persona_fraud_scorer_fit(&scorer, orders, quick, NULL, &error), &error);
    orders_must(
        persona_model_to_bytes(&saved, persona_fraud_scorer_model(scorer), &error),
        &error);
    return persona_fraud_scorer_prepare(&query, scorer, NULL, NULL);
}

static int free_all(void **state)
{
    (void)state;
    persona_query_free(query);
    persona_buffer_free(saved);
    persona_model_free(persona_fraud_scorer_model(scorer));
    persona_params_free(quick);
    persona_params_free(unlabelled);
    persona_params_free(judge);
    persona_table_free(orders);
    persona_table_free(other);
    return atomic_load(&memory_live) > 1; /* the gate of a threaded BLAS stays */
}

static int try_fit(persona_error *error)
{
    persona_fraud_scorer *made = NULL;
    const int rc = persona_fraud_scorer_fit(&made, orders, quick, NULL, error);
    assert_true((rc == PERSONA_OK) == (made != NULL));
    persona_model_free(persona_fraud_scorer_model(made));
    return rc;
}

static int try_unlabelled(persona_error *error)
{
    persona_fraud_scorer *made = NULL;
    const int rc = persona_fraud_scorer_fit(&made, orders, unlabelled, NULL, error);
    assert_true((rc == PERSONA_OK) == (made != NULL));
    persona_model_free(persona_fraud_scorer_model(made));
    return rc;
}

static int try_table(persona_error *error)
{
    persona_table *out = NULL;
    const int rc =
        persona_fraud_scorer_score_table(&out, scorer, orders, NULL, NULL, error);
    assert_true((rc == PERSONA_OK) == (out != NULL));
    persona_table_free(out);
    return rc;
}

static int try_explain(persona_error *error)
{
    persona_table *out = NULL;
    double numbers[16] = {0};
    const int rc = persona_fraud_scorer_explain(&out, query, numbers, 6, error);
    assert_true((rc == PERSONA_OK) == (out != NULL));
    persona_table_free(out);
    return rc;
}

static int try_evaluate(persona_error *error)
{
    persona_table *out = NULL;
    const int rc =
        persona_fraud_scorer_evaluate(&out, NULL, orders, quick, judge, NULL, error);
    assert_true((rc == PERSONA_OK) == (out != NULL));
    persona_table_free(out);
    return rc;
}

static int try_load(persona_error *error)
{
    persona_model *made = NULL;
    persona_query *asked = NULL;
    int rc = persona_model_from_bytes(&made, persona_buffer_data(saved),
                                      persona_buffer_size(saved), NULL, error);
    if (rc == PERSONA_OK)
        rc = persona_fraud_scorer_prepare(&asked, persona_model_fraud_scorer(made), NULL,
                                          error);
    persona_query_free(asked);
    persona_model_free(made);
    return rc;
}

static int try_parts(persona_error *error)
{
    static const char *const parts[] = {"parts", "features", "roc", "metrics", "options"};
    int rc = PERSONA_OK;
    for (int p = 0; p < 5 && rc == PERSONA_OK; p++) {
        persona_table *out = NULL;
        rc =
            persona_model_part(&out, persona_fraud_scorer_model(scorer), parts[p], error);
        persona_table_free(out);
    }
    return rc;
}

static void fits_give_all_back(void **state)
{
    (void)state;
    fail_each(try_fit, 1);
    fail_each(try_unlabelled, 1);
}

static void answers_give_all_back(void **state)
{
    (void)state;
    fail_each(try_table, 0);
    fail_each(try_explain, 0);
    fail_each(try_load, 0);
    fail_each(try_parts, 0);
}

static void evaluations_give_all_back(void **state)
{
    (void)state;
    fail_each(try_evaluate, 2);
}

int main(void)
{
    if (failing_memory_install() != PERSONA_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_give_all_back),
        cmocka_unit_test(answers_give_all_back),
        cmocka_unit_test(evaluations_give_all_back),
    };
    return cmocka_run_group_tests_name("fraud faults", tests, make_all, free_all);
}
