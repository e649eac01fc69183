/* test_segment_meaning.c: profiles, names, rules and RFM scores. */
#include "unit/segment_case.h"

/* Spend and age of two plain groups. */
static const char people[] =
    "age,spend\n20,10\n22,10\n24,30\n60,100\n62,100\n64,130\n66,110\n";

static void the_profile_counts_and_the_features_compare(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(people, "k=2 features=age");
    persona_table *profile = part_of(model, "profile");
    persona_table *features = part_of(model, "features");
    assert_true(number_at(profile, "size", 0) == 4); /* spend is worth: 440 of 490 */
    ASSERT_NEAR(number_at(profile, "revenue_share", 0), 440.0 / 490);
    int64_t row = text_is(features, "feature", 0, "spend") ? 0 : 1;
    ASSERT_NEAR(number_at(features, "median", row), 105);
    ASSERT_NEAR(number_at(features, "q25", row), 100);
    ASSERT_NEAR(number_at(features, "q75", row), 115);
    ASSERT_NEAR(number_at(features, "mean", row), 110);
    ASSERT_NEAR(number_at(features, "index", row), 100 * 110 / 70.0);
    assert_true(number_at(features, "rank", 0) == 1);
    assert_true(number_at(features, "lift", row) > 0);
    psn_table_free(profile);
    psn_table_free(features);
    drop(model);
}

static void a_rule_is_a_sentence_in_raw_units(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(people, "k=2 features=age");
    persona_table *rules = part_of(model, "rules");
    assert_true(text_is(rules, "rule", 0, "age > 50"));
    assert_true(text_is(rules, "rule", 1, "age <= 50"));
    ASSERT_NEAR(number_at(rules, "precision", 0), 1);
    ASSERT_NEAR(number_at(rules, "recall", 0), 1);
    psn_table_free(rules);
    drop(model);
}

static void unknown_data_are_named_by_what_sets_them_apart(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(
        "AnnualIncome_k,age\n90,20\n91,21\n92,22\n93,20\n20,60\n21,61\n22,62\n", "k=2");
    persona_table *profile = part_of(model, "profile");
    assert_true(text_is(profile, "name", 0, "High annual income k, low age") ||
                text_is(profile, "name", 0, "Low age, high annual income k"));
    psn_table_free(profile);
    drop(model);
}

/* Customers at the points of a grid, five each. */
static persona_segmenter *fit_grid(int wide, int high, const char *options)
{
    char csv[8000] = "x,y\n";
    for (int i = 0; i < 5 * wide * high; i++)
        psn_format(csv + strlen(csv), 40, "%d.%d,%d.5\n", i % wide, i % 5,
                   i / wide % high);
    return fit_of(csv, options);
}

static void many_segments_say_how_much_and_count_from_2(void **state)
{
    (void)state;
    persona_segmenter *model = fit_grid(6, 6, "k=36 transform=none");
    persona_table *profile = part_of(model, "profile");
    int firsts = 0, seconds = 0, backwards = 0, very = 0;
    for (int64_t c = 0; c < 36; c++) {
        const char *text;
        int64_t length;
        char name[200];
        psn_column_text(column_of(profile, "name"), c, &text, &length);
        psn_format(name, sizeof name, "%.*s", (int)length, text);
        firsts += strcmp(name, "High x, high y") == 0;
        seconds += strcmp(name, "High x, high y (2)") == 0;
        very += strcmp(name, "Very high x, high y") == 0;
        backwards += strstr(name, "y, ") != NULL;
    }
    assert_int_equal(firsts, 1);
    assert_int_equal(seconds, 1);
    assert_int_equal(very, 1);
    assert_int_equal(backwards, 0);
    psn_table_free(profile);
    drop(model);
}

static void the_rule_of_nearly_everybody_is_a_condition(void **state)
{
    (void)state;
    char csv[8000] = "spent\n";
    for (int i = 0; i < 300; i++)
        psn_format(csv + strlen(csv), 24, "%d.5\n", i == 7 ? 5000 : i % 9);
    persona_segmenter *model = fit_of(csv, "k=2 transform=none");
    persona_table *rules = part_of(model, "rules");
    for (int64_t c = 0; c < 2; c++) assert_false(text_is(rules, "rule", c, "everybody"));
    psn_table_free(rules);
    drop(model);
}

static const char known[] =
    "recency_days,frequency,monetary,tenure_days\n"
    "2,40,9000,700\n3,45,9500,710\n1,42,9900,690\n" /* often, much */
    "350,3,90,700\n340,2,80,690\n360,3,95,720\n"    /* long gone */
    "9,2,85,20\n6,1,70,25\n8,2,80,15\n";            /* just come */

static void kinds_of_customers_have_names_and_keys(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(known, "k=3");
    persona_table *profile = part_of(model, "profile");
    assert_true(text_is(profile, "name", 0, "High-value customers"));
    assert_true(text_is(profile, "key", 0, "high_value"));
    int dormant = 0, fresh = 0;
    for (int64_t c = 1; c < 3; c++) {
        dormant += text_is(profile, "key", c, "dormant");
        fresh += text_is(profile, "key", c, "new");
    }
    assert_int_equal(dormant, 1);
    assert_int_equal(fresh, 1);
    psn_table_free(profile);
    drop(model);
}

static void names_are_unique_and_can_be_overridden(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(known, "k=6 name.1=Friends");
    persona_table *profile = part_of(model, "profile");
    psn_dict *names = psn_dict_new();
    assert_true(text_is(profile, "name", 1, "Friends"));
    for (int64_t c = 0; c < model->k; c++) {
        const char *text;
        int64_t length;
        psn_column_text(column_of(profile, "name"), c, &text, &length);
        assert_int_equal(psn_dict_add(names, text, (size_t)length), c);
    }
    psn_dict_free(names);
    psn_table_free(profile);
    drop(model);
    assert_int_equal(fit_fails(known, "k=3 name.3=x", "0 to 2"), PERSONA_EOPTION);
    assert_int_equal(fit_fails(known, "k=3 name.0=x name.1=x", "another segment"),
                     PERSONA_EOPTION);
}

/* Ten customers with 1, 1, 1, 1, 1, 1, 2, 3, 4, 9 orders of 10 each, all in one month. */
static void write_log(char *csv)
{
    static const int orders[] = {1, 1, 1, 1, 1, 1, 2, 3, 4, 9};
    strcpy(csv, "user,time,order,price\n");
    for (int u = 0, order = 0; u < 10; u++)
        for (int o = 0; o < orders[u]; o++, order++)
            psn_format(csv + strlen(csv), 80, "u%d,2021-01-%d%d,%d,10\n", u,
                       (o + u) / 10 + 1, (o + u) % 10, order);
}

static void equal_values_share_a_score_and_there_are_fewer(void **state)
{
    (void)state;
    char csv[4000];
    write_log(csv);
    persona_segmenter *model = fit_of(csv, "k=2");
    persona_table *rfm = part_of(model, "rfm");
    int64_t row = 0;
    while (!text_is(rfm, "measure", row, "frequency")) row++;
    /* fifths of 1 1 1 1 1 1 2 3 4 9: cuts at 1, 1, 1 and 3: three scores */
    assert_int_equal(note_count(model, "fewer_scores") >= 0, 1);
    assert_true(number_at(rfm, "customers", row) == 6);
    assert_true(number_at(rfm, "up_to", row) == 1);
    assert_true(number_at(rfm, "customers", row + 1) == 2);
    assert_true(number_at(rfm, "above", row + 1) == 1);
    assert_true(number_at(rfm, "customers", row + 2) == 2);
    assert_true(text_is(rfm, "measure", row + 3, "monetary"));
    psn_table_free(rfm);
    drop(model);
}

static void own_cuts_are_kept_and_recency_counts_backwards(void **state)
{
    (void)state;
    char csv[4000];
    write_log(csv);
    persona_segmenter *model =
        fit_of(csv, "k=2 as_of=2021-02-01 rfm_cuts.recency='15,18'");
    persona_table *rfm = part_of(model, "rfm");
    assert_true(number_at(rfm, "score", 0) == 1);
    assert_true(number_at(rfm, "above", 0) == 18 && isnan(number_at(rfm, "up_to", 0)));
    assert_true(number_at(rfm, "up_to", 2) == 15 && isnan(number_at(rfm, "above", 2)));
    psn_table_free(rfm);
    drop(model);
    assert_int_equal(fit_fails(csv, "k=2 rfm_cuts.recency='9,3'", "ascending"),
                     PERSONA_EOPTION);
    assert_int_equal(fit_fails(csv, "k=2 rfm_cuts.speed=3", "recency frequency monetary"),
                     PERSONA_EOPTION);
}

static void the_map_has_the_centres_and_customers_without_names(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of(people, "k=2");
    persona_table *map = part_of(model, "map");
    assert_int_equal(map->rows, 2 + 7);
    assert_true(text_is(map, "kind", 1, "center"));
    assert_true(text_is(map, "kind", 2, "customer"));
    assert_int_equal(map->count, 4); /* kind, segment, x, y */
    psn_table_free(map);
    drop(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_profile_counts_and_the_features_compare),
        cmocka_unit_test(a_rule_is_a_sentence_in_raw_units),
        cmocka_unit_test(unknown_data_are_named_by_what_sets_them_apart),
        cmocka_unit_test(many_segments_say_how_much_and_count_from_2),
        cmocka_unit_test(the_rule_of_nearly_everybody_is_a_condition),
        cmocka_unit_test(kinds_of_customers_have_names_and_keys),
        cmocka_unit_test(names_are_unique_and_can_be_overridden),
        cmocka_unit_test(equal_values_share_a_score_and_there_are_fewer),
        cmocka_unit_test(own_cuts_are_kept_and_recency_counts_backwards),
        cmocka_unit_test(the_map_has_the_centres_and_customers_without_names),
    };
    return cmocka_run_group_tests_name("segment_meaning", tests, NULL, NULL);
}
