/* test_segment_file.c: a segmenter in a model file, and files that lie. */
#include "unit/segment_case.h"

static const char customers[] =
    "id,x,city,since\na,0,Oslo,2021-01-01\nb,1,Oslo,2021-01-02\nc,,Rome,2021-04-03\n"
    "d,8,Rome,2021-04-01\ne,9,Rome,\n";

static int copy_of(persona_segmenter **out, const persona_segmenter *model,
                   persona_error *error)
{
    psn_text bytes = {0};
    persona_model *copy = NULL;
    int rc = psn_model_encode(&bytes, &model->base, error);
    if (rc == PERSONA_OK)
        rc = psn_model_decode(&copy, bytes.bytes, bytes.length, NULL, error);
    *out = (persona_segmenter *)copy;
    psn_text_free(&bytes);
    return rc;
}

static void what_comes_back_is_the_same_model(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(customers, "k=2"), *copy = NULL;
    persona_table *table = csv_table(customers, NULL), *a = NULL, *b = NULL;
    assert_int_equal(copy_of(&copy, model, NULL), 0);
    assert_string_equal(model->base.digest, copy->base.digest);
    assert_int_equal(psn_segment_assign_table(&a, model, table, NULL, NULL, NULL), 0);
    assert_int_equal(psn_segment_assign_table(&b, copy, table, NULL, NULL, NULL), 0);
    for (int64_t i = 0; i < 5; i++)
        assert_true(number_at(a, "distance", i) == number_at(b, "distance", i));
    assert_memory_equal(column_of(a, "segment")->values, column_of(b, "segment")->values,
                        5 * sizeof(int64_t));
    assert_string_equal(copy->role[PSN_ROLE_USER], "id");
    psn_table_free(a);
    psn_table_free(b);
    psn_table_free(table);
    drop(model);
    drop(copy);
}

static void every_part_comes_back(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(customers, "k=2 examples=1"), *copy = NULL;
    assert_int_equal(copy_of(&copy, model, NULL), 0);
    persona_table *parts = part_of(copy, "parts");
    assert_true(parts->rows >= 10);
    for (int64_t i = 0; i < parts->rows; i++) {
        const char *text;
        char name[32] = {0};
        int64_t length;
        psn_column_text(column_of(parts, "part"), i, &text, &length);
        memcpy(name, text, (size_t)length);
        persona_table *before = part_of(model, name), *after = part_of(copy, name);
        assert_int_equal(before->rows, after->rows);
        assert_int_equal(before->count, after->count);
        psn_table_free(before);
        psn_table_free(after);
    }
    psn_table_free(parts);
    drop(model);
    drop(copy);
}

/* Encodes a model with one number changed and expects it to be refused. */
static void refused(persona_segmenter *model)
{
    persona_segmenter *copy = NULL;
    persona_error error = {0};
    assert_int_equal(copy_of(&copy, model, &error), PERSONA_EFORMAT);
    assert_null(copy);
    assert_non_null(strstr(error.message, "damaged"));
}

static void numbers_that_no_query_could_stand_are_refused(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(customers, "k=2");
    const double center = model->centers[0], spread = model->spread;
    model->centers[0] = NAN;
    refused(model);
    model->centers[0] = 1e200;
    refused(model);
    model->centers[0] = center;
    model->spread = 0;
    refused(model);
    model->spread = spread;
    model->input[2].one = INFINITY;
    refused(model);
    model->input[2].one = 0;
    refused(model);
    model->input[2].one = 1;
    model->input[0].type = 17;
    refused(model);
    model->input[0].type = PSN_SEGMENT_NUMBER;
    model->input[1].weight = -1;
    refused(model);
    drop(model);
}

static void a_share_or_a_name_that_is_missing_is_refused(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(customers, "k=2");
    persona_table *profile = model->part[PSN_PART_PROFILE];
    psn_column *share = &profile->columns[psn_table_find(profile, "share")];
    const double kept = ((double *)share->values)[1];
    ((double *)share->values)[1] = NAN;
    refused(model);
    ((double *)share->values)[1] = kept;
    char *name = profile->columns[psn_table_find(profile, "name")].name;
    name[0] = 'N';
    refused(model);
    name[0] = 'n';
    drop(model);
}

static void forgetting_a_customer_takes_the_example_away(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(customers, "k=2 examples=5");
    persona_model *without = NULL;
    persona_error error = {0};
    assert_int_equal(
        psn_segment_kind.without_user(&without, &model->base, "c", 1, NULL, NULL), 0);
    persona_table *before = part_of(model, "examples");
    persona_table *after = part_of((persona_segmenter *)without, "examples");
    assert_int_equal(before->rows, 5);
    assert_int_equal(after->rows, 4);
    for (int64_t i = 0; i < 4; i++) assert_false(text_is(after, "id", i, "c"));
    psn_model_free(without);
    assert_int_equal(
        psn_segment_kind.without_user(&without, &model->base, "zoe", 3, NULL, &error),
        PERSONA_EDATA);
    assert_null(strstr(error.message, "zoe"));
    psn_table_free(before);
    psn_table_free(after);
    drop(model);
}

static void a_model_without_examples_knows_no_one(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(customers, "k=2");
    persona_model *without = NULL;
    persona_error error = {0};
    assert_int_equal(
        psn_segment_kind.without_user(&without, &model->base, "c", 1, NULL, &error),
        PERSONA_EDATA);
    assert_string_equal(error.message, "the model stores no user");
    drop(model);
}

static void a_dry_run_can_be_saved_and_answers_nothing(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(customers, "k=2 dry_run=true"), *copy = NULL;
    persona_query *query = NULL;
    assert_true(note_count(model, "expected_bytes") > 0);
    assert_int_equal(copy_of(&copy, model, NULL), 0);
    assert_int_equal(psn_segment_prepare(&query, copy, NULL, NULL), PERSONA_EARG);
    assert_null(query);
    drop(model);
    drop(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_back_is_the_same_model),
        cmocka_unit_test(every_part_comes_back),
        cmocka_unit_test(numbers_that_no_query_could_stand_are_refused),
        cmocka_unit_test(a_share_or_a_name_that_is_missing_is_refused),
        cmocka_unit_test(forgetting_a_customer_takes_the_example_away),
        cmocka_unit_test(a_model_without_examples_knows_no_one),
        cmocka_unit_test(a_dry_run_can_be_saved_and_answers_nothing),
    };
    return cmocka_run_group_tests_name("segment_file", tests, NULL, NULL);
}
