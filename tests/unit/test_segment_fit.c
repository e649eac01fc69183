/* test_segment_fit.c: from a table to numbered segments. */
#include "base/philox.h"
#include "unit/segment_case.h"

/* `count` customers in a round cloud of unit width around each of `k` points, 10 apart.
 */
static persona_table *clouds(int k, int count)
{
    enum { MOST = 140000 };
    static double x[MOST], y[MOST];
    psn_random random;
    persona_table *table = NULL;
    psn_random_start(&random, 11, 1, 0);
    for (int i = 0; i < k * count; i++) {
        x[i] = 10 * (i % k % 3) + psn_random_unit(&random) + psn_random_unit(&random);
        y[i] = 10 * (i % k / 3) + psn_random_unit(&random) + psn_random_unit(&random);
    }
    psn_table_new(&table, NULL);
    psn_table_add(table, "x", PERSONA_TYPE_REAL, x, NULL, k * count, NULL);
    psn_table_add(table, "y", PERSONA_TYPE_REAL, y, NULL, k * count, NULL);
    return table;
}

static persona_segmenter *fit_clouds(int k, const char *options)
{
    persona_table *table = clouds(k, 100);
    persona_segmenter *model = NULL;
    persona_error error = {0};
    if (fit_table(&model, table, options, &error)) fail_msg("%s", error.message);
    psn_table_free(table);
    return model;
}

static void auto_finds_the_number_of_clouds(void **state)
{
    (void)state;
    for (int k = 2; k <= 9; k++) {
        persona_segmenter *model = fit_clouds(k, "transform=none");
        persona_table *sweep = part_of(model, "sweep");
        assert_int_equal(model->k, k);
        assert_int_equal(sweep->rows, 11);
        assert_true(number_at(sweep, "chosen", k - 2) == 1);
        assert_false(text_is(sweep, "reason", k - 2, ""));
        assert_true(text_is(sweep, "reason", k == 2 ? 1 : 0, ""));
        psn_table_free(sweep);
        drop(model);
    }
}

static void more_groups_than_k_max_are_noted(void **state)
{
    (void)state;
    persona_segmenter *few = fit_clouds(9, "transform=none k_max=7");
    persona_segmenter *enough = fit_clouds(9, "transform=none");
    assert_int_equal(note_count(few, "k_max_reached"), 7);
    assert_int_equal(note_count(enough, "k_max_reached"), -1);
    drop(few);
    drop(enough);
}

/* 600 customers on a line and 3 far away: two segments have by far the best silhouette.
 */
static void a_handful_of_odd_customers_is_not_one_of_two_segments(void **state)
{
    (void)state;
    char csv[16000] = "spent\n";
    for (int i = 0; i < 603; i++)
        psn_format(csv + strlen(csv), 24, "%d.5\n", i < 600 ? i % 100 : 9000 + i);
    persona_segmenter *model = fit_of(csv, "transform=none");
    persona_table *sweep = part_of(model, "sweep");
    assert_true(number_at(sweep, "silhouette", 0) > 0.99);
    assert_true(number_at(sweep, "chosen", 0) == 0);
    assert_true(model->k >= 3);
    psn_table_free(sweep);
    drop(model);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    persona_segmenter *one = fit_clouds(5, "seed=4 threads=1");
    persona_segmenter *four = fit_clouds(5, "seed=4 threads=4");
    assert_string_equal(one->base.digest, four->base.digest);
    drop(one);
    drop(four);
}

static void labels_are_what_a_query_says(void **state)
{
    (void)state;
    persona_table *table = clouds(7, 100), *out = NULL, *profile;
    persona_segmenter *model = NULL;
    int64_t sizes[7] = {0};
    assert_int_equal(fit_table(&model, table, "k=7", NULL), 0);
    assert_int_equal(psn_segment_assign_table(&out, model, table, NULL, NULL, NULL), 0);
    for (int64_t i = 0; i < out->rows; i++) sizes[(int)number_at(out, "segment", i)]++;
    profile = part_of(model, "profile");
    for (int c = 0; c < 7; c++) assert_true(number_at(profile, "size", c) == sizes[c]);
    psn_table_free(profile);
    psn_table_free(out);
    psn_table_free(table);
    drop(model);
}

/* Above 131,072 rows the sweep sees a sample; the model must not. */
static void the_centres_of_a_large_table_are_those_of_all_its_rows(void **state)
{
    (void)state;
    persona_table *table = clouds(2, 70000), *answer = NULL;
    persona_segmenter *model = NULL;
    persona_error error = {0};
    double sum = 0;
    assert_int_equal(fit_table(&model, table, "transform=none k=2", &error), PERSONA_OK);
    assert_int_equal(psn_segment_assign_table(&answer, model, table, NULL, NULL, &error),
                     PERSONA_OK);
    for (int64_t i = 0; i < table->rows; i++) {
        const double d = number_at(answer, "distance", i);
        sum += d * d;
    }
    assert_true(fabs(model->inertia - sum) < 1e-9 * sum);
    psn_table_free(answer);
    psn_table_free(table);
    drop(model);
}

static void segments_are_numbered_by_worth_then_by_size(void **state)
{
    (void)state;
    const char rows[] = "x,worth\n0,1\n0.1,1\n0.2,1\n50,9\n51,9\n100,2\n101,2\n";
    persona_segmenter *worth =
        fit_of(rows, "k=3 features=x column.value=worth transform=none");
    persona_segmenter *size = fit_of(rows, "k=3 features=x transform=none");
    ASSERT_NEAR(worth->centers[0], 50.5); /* 18 */
    ASSERT_NEAR(worth->centers[1], 100.5);
    ASSERT_NEAR(worth->centers[2], 0.1);
    ASSERT_NEAR(size->centers[0], 0.1);
    ASSERT_NEAR(size->centers[1], 50.5); /* as large as the other: the first customer */
    persona_table *profile = part_of(worth, "profile");
    ASSERT_NEAR(number_at(profile, "revenue", 0), 18);
    ASSERT_NEAR(number_at(profile, "revenue_share", 0), 18.0 / 25);
    psn_table_free(profile);
    drop(worth);
    drop(size);
}

static void a_row_weight_counts_as_that_many_rows(void **state)
{
    (void)state;
    persona_segmenter *weighted = fit_of("x,w\n0,3\n4,1\n50,2\n60,2\n70,0\n80,\n",
                                         "k=2 column.weight=w transform=none");
    ASSERT_NEAR(weighted->centers[0], 1);
    ASSERT_NEAR(weighted->centers[1], 55);
    assert_int_equal(note_count(weighted, "customers_without_weight"), 2);
    persona_table *profile = part_of(weighted, "profile");
    ASSERT_NEAR(number_at(profile, "share", 0), 0.5);
    ASSERT_NEAR(number_at(profile, "size", 0), 2);
    psn_table_free(profile);
    drop(weighted);
}

static void more_segments_than_distinct_customers_become_fewer_with_a_note(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of("x,y\n1,1\n1,1\n2,2\n2,2\n9,9\n", "k=8");
    assert_int_equal(model->k, 3);
    assert_int_equal(note_count(model, "fewer_segments"), 3);
    assert_true(model->inertia == 0);
    drop(model);
}

static void customers_of_whom_nothing_is_known_are_left_out_and_noted(void **state)
{
    (void)state;
    persona_segmenter *model =
        fit_of("x,y,same\n1,1,5\n,,5\n1,,5\n9,9,5\n8,9,5\n", "k=2");
    assert_int_equal(model->customers, 4);
    assert_int_equal(note_count(model, "customers_unknown"), 1);
    assert_int_equal(note_count(model, "missing_values"), 1); /* x; y has two */
    assert_int_equal(note_count(model, "constant"), 5);
    drop(model);
}

static void columns_that_do_not_serve_are_left_out_and_noted(void **state)
{
    (void)state;
    char csv[4000] = "name,x,same\n";
    for (int i = 0; i < 60; i++)
        psn_format(csv + strlen(csv), 64, "n%d,%d,7\n", i / 2, i % 5);
    persona_segmenter *model = fit_of(csv, "k=2");
    assert_int_equal(model->inputs, 1);
    assert_string_equal(model->input[0].name, "x");
    assert_int_equal(note_count(model, "many_levels"), 30);
    assert_int_equal(note_count(model, "constant"), 60);
    drop(model);
}

static void tables_that_cannot_be_grouped_say_why(void **state)
{
    (void)state;
    assert_int_equal(fit_fails("a,b\n", "", "no rows"), PERSONA_EDATA);
    assert_int_equal(fit_fails("a,b\n1,2\n", "", "at least 2"), PERSONA_EDATA);
    assert_int_equal(fit_fails("a,b\n1,2\n1,2\n", "", "no column is left"),
                     PERSONA_EDATA);
    assert_int_equal(fit_fails("a,b\n,\n,\n", "", "no column is left"), PERSONA_EDATA);
}

static void options_without_effect_are_errors(void **state)
{
    (void)state;
    static const char *const options[] = {"k=2 k_min=2",
                                          "k=2 k_max=5",
                                          "gap_references=5",
                                          "stability_rounds=3",
                                          "rfm_bins=3",
                                          "rfm_cuts.recency=5",
                                          "weight.zip=2",
                                          "transform.zip=none",
                                          "transform=none winsor=0.1",
                                          "gamma=2",
                                          "as_of=2021-01-01",
                                          "column.price=a",
                                          "examples=2"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        assert_int_equal(fit_fails("a,b\n1,2\n2,5\n3,4\n9,9\n", options[i], "no effect"),
                         PERSONA_EOPTION);
}

static void names_that_do_not_exist_are_errors(void **state)
{
    (void)state;
    const char rows[] = "a,b\n1,2\n2,5\n3,4\n9,9\n";
    assert_int_equal(fit_fails(rows, "features=a,zip", "the columns are a, b"),
                     PERSONA_EDATA);
    assert_int_equal(fit_fails(rows, "column.user=zip", "role user"), PERSONA_EDATA);
    assert_int_equal(fit_fails(rows, "column.owner=a", "no such role"), PERSONA_EOPTION);
    assert_int_equal(fit_fails(rows, "features=a,a", "twice"), PERSONA_EOPTION);
    assert_int_equal(fit_fails(rows, "k=2 as_of=soon", "as_of"), PERSONA_EOPTION);
    assert_int_equal(fit_fails(rows, "k_min=5 k_max=4", "k_min"), PERSONA_EOPTION);
}

static void a_dry_run_tells_memory_and_time_and_max_bytes_refuses(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of("a,b\n1,2\n2,5\n3,4\n", "k=2 dry_run=true");
    assert_int_equal(model->k, 0);
    assert_true(note_count(model, "expected_bytes") > 0);
    assert_true(note_count(model, "expected_ms") > 0);
    drop(model);
    assert_int_equal(fit_fails("a,b\n1,2\n2,5\n3,4\n", "k=2 max_bytes=10", "max_bytes"),
                     PERSONA_ELIMIT);
}

static void what_the_options_were_is_kept_but_not_how_many_threads(void **state)
{
    (void)state;
    persona_segmenter *model =
        fit_of("a,b\n1,2\n2,5\n3,4\n9,1\n", "k_max=3 threads=2 weight.b=2");
    persona_table *options = part_of(model, "options");
    int seen = 0;
    for (int64_t i = 0; i < options->rows; i++) {
        assert_false(text_is(options, "option", i, "threads"));
        if (text_is(options, "option", i, "features"))
            seen += text_is(options, "value", i, "a,b");
        if (text_is(options, "option", i, "weight.b"))
            seen += text_is(options, "value", i, "2");
        if (text_is(options, "option", i, "k"))
            seen += !text_is(options, "value", i, "auto");
    }
    assert_int_equal(seen, 3);
    psn_table_free(options);
    drop(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_finds_the_number_of_clouds),
        cmocka_unit_test(more_groups_than_k_max_are_noted),
        cmocka_unit_test(a_handful_of_odd_customers_is_not_one_of_two_segments),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(labels_are_what_a_query_says),
        cmocka_unit_test(the_centres_of_a_large_table_are_those_of_all_its_rows),
        cmocka_unit_test(segments_are_numbered_by_worth_then_by_size),
        cmocka_unit_test(a_row_weight_counts_as_that_many_rows),
        cmocka_unit_test(more_segments_than_distinct_customers_become_fewer_with_a_note),
        cmocka_unit_test(customers_of_whom_nothing_is_known_are_left_out_and_noted),
        cmocka_unit_test(columns_that_do_not_serve_are_left_out_and_noted),
        cmocka_unit_test(tables_that_cannot_be_grouped_say_why),
        cmocka_unit_test(options_without_effect_are_errors),
        cmocka_unit_test(names_that_do_not_exist_are_errors),
        cmocka_unit_test(a_dry_run_tells_memory_and_time_and_max_bytes_refuses),
        cmocka_unit_test(what_the_options_were_is_kept_but_not_how_many_threads),
    };
    return cmocka_run_group_tests_name("segment_fit", tests, NULL, NULL);
}
