/* test_content.c: items that resemble each other by attributes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "learn/content_internal.h"

/* Four items, attributes: 0 {0 1}, 1 {0 2}, 2 {3}, 3 {0 3}. Attribute 0 is carried by 3
 * of 4: idf a = log(5/4); 3 by two: b = log(5/3); 1 and 2 by one: c = log(5/2). */
static int64_t start[] = {0, 2, 4, 5, 7};
static int32_t column[] = {0, 1, 0, 2, 3, 0, 3};
static const psn_sparse attributes = {4, 5, start, column, NULL};

static psn_content *model(const psn_sparse *of)
{
    psn_content *content = NULL;
    assert_int_equal(psn_content_new(&content, of, NULL), PERSONA_OK);
    return content;
}

static psn_content_options with(int32_t neighbors, int32_t visits)
{
    return (psn_content_options){.neighbors = neighbors, .visits = visits};
}

static void check_close(float value, double expected)
{
    assert_true(fabs((double)value - expected) < 1e-6);
}

static void cosines_of_weighted_attributes_are_as_worked_by_hand(void **state)
{
    (void)state;
    const double a = log(5.0 / 4.0), b = log(5.0 / 3.0), c = log(5.0 / 2.0);
    const double first = sqrt(a * a + c * c), last = sqrt(a * a + b * b);
    const psn_content_options options = with(10, 100);
    psn_content *content = model(&attributes);
    psn_sparse *weights = NULL;
    assert_int_equal(psn_content_fit(&weights, content, &options, NULL, NULL, NULL),
                     PERSONA_OK);
    const int32_t expected[] = {1, 3, 0, 3, 3, 0, 1, 2};
    assert_memory_equal(weights->start, ((int64_t[]){0, 2, 4, 5, 8}), 5 * 8);
    assert_memory_equal(weights->column, expected, sizeof expected);
    check_close(weights->value[0], a * a / (first * first));
    check_close(weights->value[1], a * a / (first * last));
    check_close(weights->value[4], b / last);
    psn_sparse_free(weights);
    psn_content_free(content);
}

static void attributes_of_all_items_or_none_bring_nothing(void **state)
{
    (void)state;
    int64_t starts[] = {0, 1, 2};
    int32_t columns[] = {1, 1};
    const psn_sparse same = {2, 3, starts, columns, NULL};
    const psn_content_options options = with(10, 100);
    psn_content *content = model(&same);
    psn_sparse *weights = NULL;
    psn_content_fit(&weights, content, &options, NULL, NULL, NULL);
    assert_int_equal(weights->start[2], 0);
    psn_sparse_free(weights);
    psn_content_free(content);
}

/* As item 3 would be, in another order, with attributes nobody knows. */
static void a_new_item_finds_its_like(void **state)
{
    (void)state;
    const double a = log(5.0 / 4.0), b = log(5.0 / 3.0);
    const psn_content_options options = with(2, 100);
    const int32_t new_item[] = {3, 99, -1, 0, 4};
    psn_content *content = model(&attributes);
    psn_content_scratch *scratch = NULL;
    psn_scored out[2];
    psn_content_scratch_new(&scratch, content, &options, 8, NULL);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(psn_content_near(content, scratch, new_item, NULL, 5, out), 2);
        assert_int_equal(out[0].index, 3);
        assert_int_equal(out[1].index, 2);
        check_close(out[0].score, 1.0);
        check_close(out[1].score, b / sqrt(a * a + b * b));
    }
    assert_int_equal(psn_content_near(content, scratch, new_item + 1, NULL, 2, out), 0);
    psn_content_scratch_free(scratch);
    psn_content_free(content);
}

enum { ITEMS = 400, WORDS = 30, EACH = 6 };
static int64_t starts[ITEMS + 1];
static int32_t words[ITEMS * EACH];
static float importance[ITEMS * EACH];

/* Words w with a chance of 1 in w + 2: some are carried by half of the items. */
static psn_sparse draw(void)
{
    psn_random random;
    int64_t count = 0;
    psn_random_start(&random, 6, 1, 0);
    for (int i = 0; i < ITEMS; i++) {
        for (int32_t w = 0; w < WORDS && count - starts[i] < EACH; w++) {
            if (psn_random_below(&random, w + 2) > 0) continue;
            words[count] = w;
            importance[count++] = (float)(0.25 + psn_random_unit(&random));
        }
        starts[i + 1] = count;
    }
    return (psn_sparse){ITEMS, WORDS, starts, words, importance};
}

/* An item among its own neighbours comes first; the others are those of the row. */
static void a_known_item_asked_as_new_gets_its_row(void **state)
{
    (void)state;
    const psn_sparse drawn = draw();
    psn_content *content = model(&drawn);
    const psn_content_options rows = with(5, 100000), own = with(6, 100000);
    psn_content_scratch *scratch = NULL;
    psn_sparse *weights = NULL;
    psn_scored out[6];
    psn_content_fit(&weights, content, &rows, NULL, NULL, NULL);
    psn_content_scratch_new(&scratch, content, &own, EACH, NULL);
    for (int i = 0; i < ITEMS; i++) {
        const int32_t count = (int32_t)(starts[i + 1] - starts[i]);
        const int32_t found = psn_content_near(content, scratch, words + starts[i],
                                               importance + starts[i], count, out);
        double row = 0.0, asked = count > 0 ? -1.0 : 0.0;
        for (int64_t e = weights->start[i]; e < weights->start[i + 1]; e++)
            row += (double)weights->value[e];
        for (int32_t n = 0; n < found; n++) asked += (double)out[n].score;
        assert_true(fabs(row - asked) < 1e-5);
    }
    psn_sparse_free(weights);
    psn_content_scratch_free(scratch);
    psn_content_free(content);
}

static double sum_of_best(psn_content *content, int32_t visits)
{
    const psn_content_options options = with(5, visits);
    psn_sparse *weights = NULL;
    double sum = 0.0;
    psn_content_fit(&weights, content, &options, NULL, NULL, NULL);
    for (int64_t e = 0; e < weights->start[ITEMS]; e++) sum += (double)weights->value[e];
    psn_sparse_free(weights);
    return sum;
}

static void check_part(psn_content *content, int64_t item, int64_t left, int32_t first)
{
    const psn_content_list list = psn_content_carriers(content, 1, item, left);
    assert_int_equal(list.count, left);
    for (int32_t i = 0; i < left; i++) assert_int_equal(list.item[i], first + i);
}

/* Items 1 to 9 of 10 carry it, the more frequent of two attributes. */
static void of_a_long_list_the_nearest_numbers_are_taken(void **state)
{
    (void)state;
    int64_t from[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    int32_t same[] = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const psn_sparse carried = {10, 2, from, same, NULL};
    psn_content *content = model(&carried);
    check_part(content, 5, 4, 3);
    check_part(content, 0, 4, 1);
    check_part(content, 10, 4, 6);
    check_part(content, 5, 9, 1);
    check_part(content, 5, 0, 0);
    psn_content_free(content);
}

/* A quarter of the carriers finds nearly all of the likeness, never more than all. */
static void few_visits_find_nearly_the_same_neighbours(void **state)
{
    (void)state;
    const psn_sparse drawn = draw();
    psn_content *content = model(&drawn);
    const double all = sum_of_best(content, 100000), some = sum_of_best(content, 200);
    assert_true(some < all && some > 0.9 * all);
    psn_content_free(content);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    const psn_sparse drawn = draw();
    const psn_content_options options = with(7, 150);
    psn_content *content = model(&drawn);
    psn_sparse *one = NULL, *three = NULL;
    psn_pool *pool = NULL;
    psn_pool_open(&pool, 3, NULL);
    psn_content_fit(&one, content, &options, NULL, NULL, NULL);
    psn_content_fit(&three, content, &options, pool, NULL, NULL);
    psn_pool_close(pool);
    const size_t entries = (size_t)one->start[ITEMS];
    assert_int_equal(three->start[ITEMS], entries);
    assert_memory_equal(one->column, three->column, entries * sizeof(int32_t));
    assert_memory_equal(one->value, three->value, entries * sizeof(float));
    psn_sparse_free(one);
    psn_sparse_free(three);
    psn_content_free(content);
}

static void importances_below_zero_are_refused(void **state)
{
    (void)state;
    float value[] = {1, 1, 1, -1, 1, 1, 1};
    const psn_sparse negative = {4, 5, start, column, value};
    psn_content *content = NULL;
    persona_error error;
    assert_int_equal(psn_content_new(&content, &negative, &error), PERSONA_EDATA);
    assert_non_null(strstr(error.message, "importances"));
    assert_null(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosines_of_weighted_attributes_are_as_worked_by_hand),
        cmocka_unit_test(attributes_of_all_items_or_none_bring_nothing),
        cmocka_unit_test(a_new_item_finds_its_like),
        cmocka_unit_test(a_known_item_asked_as_new_gets_its_row),
        cmocka_unit_test(of_a_long_list_the_nearest_numbers_are_taken),
        cmocka_unit_test(few_visits_find_nearly_the_same_neighbours),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(importances_below_zero_are_refused),
    };
    return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
