/* A fraud scorer in a file: back with the same answers, and nothing damaged gets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/philox.h"
#include "shop/fraud/fraud_file.h"
#include "support/orders.h"

/* Encodes a model whose fields `change` has altered and tells what decoding says. */
static int decode_changed(const char *options, void (*change)(persona_fraud_scorer *),
                          persona_error *error)
{
    persona_fraud_scorer *model = orders_fit(options);
    persona_model *back = NULL;
    psn_text bytes = {0};
    if (change) change(model);
    orders_must(psn_model_encode(&bytes, &model->base, error), error);
    const int rc = psn_model_decode(&back, bytes.bytes, bytes.length, NULL, error);
    assert_true((rc == PERSONA_OK) == (back != NULL));
    if (back && strcmp(back->digest, model->base.digest)) fail_msg("%s", options);
    psn_model_free(back);
    psn_text_free(&bytes);
    psn_model_free(&model->base);
    return rc;
}

static void every_kind_of_member_comes_back(void **state)
{
    (void)state;
    persona_error error = {0};
    assert_int_equal(decode_changed(ORDERS_QUICK, NULL, &error), PERSONA_OK);
    assert_int_equal(decode_changed("algorithm=logistic draws=20", NULL, &error),
                     PERSONA_OK);
    assert_int_equal(decode_changed("algorithm=iforest draws=20", NULL, &error),
                     PERSONA_OK);
    assert_int_equal(
        decode_changed(ORDERS_QUICK "anomaly=blend calibrate=isotonic", NULL, &error),
        PERSONA_OK);
    assert_int_equal(decode_changed("dry_run=true", NULL, &error), PERSONA_OK);
}

static void bad_input(persona_fraud_scorer *model)
{
    model->feature[0].input = model->inputs;
}

static void bad_group(persona_fraud_scorer *model)
{
    model->feature[0].group = -1;
}

static void bad_derive(persona_fraud_scorer *model)
{
    model->feature[0].derive = PSN_FRAUD_AGE; /* of a number */
}

static void bad_amount(persona_fraud_scorer *model)
{
    model->value = ORDER_COUNTRY; /* a text */
}

static void bad_weight(persona_fraud_scorer *model)
{
    model->weight[PSN_FRAUD_FOREST] = 1; /* is not there */
}

static void bad_shift(persona_fraud_scorer *model)
{
    model->shift = 0;
}

static void bad_cost(persona_fraud_scorer *model)
{
    model->costs.decision.review_miss = 2;
}

static void bad_bias(persona_fraud_scorer *model)
{
    model->bias = NAN;
}

static void bad_order(persona_fraud_scorer *model)
{
    const psn_fraud_input first = model->input[0];
    model->input[0] = model->input[ORDER_COUNTRY];
    model->input[ORDER_COUNTRY] = first;
}

static void damaged_meaning_is_found(void **state)
{
    (void)state;
    static void (*const changes[])(persona_fraud_scorer *) = {
        bad_input, bad_group, bad_derive, bad_amount, bad_weight,
        bad_shift, bad_cost,  bad_bias,   bad_order};
    for (size_t c = 0; c < sizeof changes / sizeof *changes; c++) {
        persona_error error = {0};
        const int rc = decode_changed(ORDERS_QUICK, changes[c], &error);
        if (rc != PERSONA_EFORMAT)
            fail_msg("change %d: %d %s", (int)c, rc, error.message);
    }
}

static void bad_term(persona_fraud_scorer *model)
{
    model->term[0].feature = model->features;
}

static void damaged_terms_are_found(void **state)
{
    (void)state;
    persona_error error = {0};
    assert_int_equal(decode_changed("algorithm=logistic draws=20", bad_term, &error),
                     PERSONA_EFORMAT);
}

/* Whatever bytes of the chunks change, checksums made good: an error, or answers. */
static void ask(const persona_model *base)
{
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base;
    persona_query *query = NULL;
    persona_table *why = NULL;
    double numbers[64] = {0}, p;
    int32_t action;
    if (model->inputs > 64 ||
        persona_fraud_scorer_prepare(&query, model, NULL, NULL) != PERSONA_OK)
        return;
    for (int row = 0; row < 3; row++) {
        for (int i = 0; i < 64; i++) numbers[i] = row == 0 ? NAN : row == 1 ? 1e300 : i;
        persona_fraud_scorer_score(query, numbers, model->inputs, NAN, &p, &action, NULL);
        assert_in_range(action, 0, 2);
        persona_fraud_scorer_explain(&why, query, numbers, model->inputs, NULL);
        persona_table_free(why);
        why = NULL;
    }
    persona_query_free(query);
}

static int changed_chunk(psn_writer *writer, const psn_chunk *chunk, psn_random *random,
                         int here)
{
    psn_text bytes = {0};
    psn_text_append(&bytes, chunk->data, chunk->size);
    for (int n = here && chunk->size > 0 ? 1 + (int)psn_random_below(random, 3) : 0;
         n > 0; n--)
        bytes.bytes[psn_random_below(random, (int64_t)chunk->size)] =
            (char)psn_random_u32(random);
    return psn_writer_add_text(writer, chunk->tag, &bytes, NULL);
}

static void any_altered_byte_is_an_error_or_harmless(void **state)
{
    (void)state;
    persona_fraud_scorer *model = orders_fit(
        ORDERS_QUICK "anomaly=blend calibrate=beta gbdt.rounds=12 iforest.trees=5");
    psn_text file = {0};
    psn_reader *reader = NULL;
    const psn_read_limits limits = {1 << 26};
    psn_random random;
    psn_random_start(&random, 7, 1, 0);
    orders_must(psn_model_encode(&file, &model->base, NULL), NULL);
    orders_must(psn_reader_open(&reader, file.bytes, file.length, &limits, NULL), NULL);
    const size_t chunks = psn_reader_count(reader);
    for (int turn = 0; turn < 1500; turn++) {
        psn_writer *writer = NULL;
        psn_text out = {0};
        persona_model *back = NULL;
        const size_t at = (size_t)psn_random_below(&random, (int64_t)chunks);
        psn_writer_new(&writer, "FRAU", NULL);
        for (size_t c = 0; c < chunks; c++)
            changed_chunk(writer, psn_reader_chunk(reader, c), &random, c == at);
        orders_must(psn_writer_finish(writer, &out, NULL), NULL);
        if (psn_model_decode(&back, out.bytes, out.length, NULL, NULL) == PERSONA_OK)
            ask(back);
        psn_model_free(back);
        psn_writer_free(writer);
        psn_text_free(&out);
    }
    psn_reader_free(reader);
    psn_text_free(&file);
    psn_model_free(&model->base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_member_comes_back),
        cmocka_unit_test(damaged_meaning_is_found),
        cmocka_unit_test(damaged_terms_are_found),
        cmocka_unit_test(any_altered_byte_is_an_error_or_harmless),
    };
    return cmocka_run_group_tests_name("fraud file", tests, NULL, NULL);
}
