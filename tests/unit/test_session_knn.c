/* test_session_knn.c: neighbour sessions, by hand, against the plain formula, and without
 * memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/philox.h"
#include "base/task.h"
#include "learn/session_knn.h"
#include "support/failing_memory.h"

enum { MOST_ITEMS = 64 };

typedef struct asked {
    float score[MOST_ITEMS];
    int32_t touched[MOST_ITEMS + 1];
    int64_t count;
} asked;

/* Sessions 0: a b c, 1: b c, 2: d b. */
static int64_t three_start[] = {0, 3, 5, 7};
static int32_t three_items[] = {0, 1, 2, 1, 2, 3, 1};
static const psn_sparse three = {
    .rows = 3, .columns = 4, .start = three_start, .column = three_items};

static psn_session_knn_options plain(void)
{
    return (psn_session_knn_options){.newest = 10,
                                     .nearest = 10,
                                     .longest = 10,
                                     .item_decay = 0.5,
                                     .length_norm = 1,
                                     .forward = 0.5,
                                     .backward = 0.25};
}

static psn_session_knn *made(const psn_sparse *sessions, psn_session_knn_options options)
{
    persona_error error;
    psn_session_knn *knn = NULL;
    if (psn_session_knn_new(&knn, sessions, &options, NULL, &error) != PERSONA_OK)
        fail_msg("%s", error.message);
    return knn;
}

static asked ask_weighted(const psn_session_knn *knn, const int32_t *items,
                          const float *weights, int64_t count)
{
    asked a = {.count = 0};
    const size_t bytes = psn_session_knn_scratch(knn);
    void *scratch = psn_alloc_aligned(bytes, 1);
    assert_non_null(scratch);
    memset(scratch, 0xA5, bytes);
    a.count =
        psn_session_knn_query(knn, items, weights, count, a.score, a.touched, scratch);
    psn_release_aligned(scratch);
    return a;
}

/* Makes, asks once, frees. */
static asked ask_once(const psn_sparse *sessions, psn_session_knn_options options,
                      const int32_t *items, int64_t count)
{
    psn_session_knn *knn = made(sessions, options);
    const asked a = ask_weighted(knn, items, NULL, count);
    psn_session_knn_free(knn);
    return a;
}

static void near_to(double a, double b)
{
    if (!(fabs(a - b) <= 1e-6 * (1 + fabs(b)))) fail_msg("%.9g is not %.9g", a, b);
}

static void scores_are(const asked *a, const double *expected, int32_t items)
{
    int64_t scored = 0;
    for (int32_t i = 0; i < items; i++) {
        near_to((double)a->score[i], expected[i]);
        scored += expected[i] > 0;
    }
    assert_int_equal(a->count, scored);
}

static void similar_sessions_speak_for_what_they_held(void **state)
{
    (void)state;
    const int32_t running[] = {0, 1};
    const asked a = ask_once(&three, plain(), running, 2);
    /* b weighs 1, a 1/2: similarities (1 + 1/2) / 3, 1 / 2, 1 / 2, all 1/2. One step
     * after b is worth 1/2, one before 1/8. */
    scores_are(&a, (double[]){0.0625, 1.5, 0.5, 0.0625}, 4);
}

static void a_rare_item_tells_more_and_is_worth_more(void **state)
{
    (void)state;
    psn_session_knn_options options = plain();
    options.match_rarity = 2;
    options.rarity = 1;
    const int32_t running[] = {3};
    const asked a = ask_once(&three, options, running, 1);
    /* d is in 1 of 3 sessions, b in all: rare = log 3, 0. */
    const double similarity = (1 + 2 * log(3)) / 2;
    scores_are(&a, (double[]){0, similarity / 2, 0, similarity * (1 + log(3))}, 4);
}

static void older_sessions_speak_lower(void **state)
{
    (void)state;
    psn_session_knn_options options = plain();
    options.recency = 3;
    options.length_norm = 0;
    const int32_t running[] = {2};
    const asked a = ask_once(&three, options, running, 1);
    /* ages of sessions 0 and 1: 1 and 2/3 */
    const double old = exp(-3), newer = exp(-2);
    scores_are(&a, (double[]){0.25 * 0.25 * old, 0.125 * (old + newer), old + newer, 0},
               4);
}

static void only_the_most_similar_speak_and_of_equals_the_newer(void **state)
{
    (void)state;
    psn_session_knn_options options = plain();
    options.nearest = 1;
    options.length_norm = 0;
    const int32_t a_and_b[] = {0, 1}, b_alone[] = {1};
    asked a = ask_once(&three, options, a_and_b, 2); /* 1.5, 1, 1 */
    scores_are(&a, (double[]){0.1875, 1.5, 0.75, 0}, 4);
    a = ask_once(&three, options, b_alone, 1); /* 1, 1, 1 */
    scores_are(&a, (double[]){0, 1, 0, 0.125}, 4);
}

static void only_the_newest_sessions_of_an_item_are_looked_at(void **state)
{
    (void)state;
    psn_session_knn_options options = plain();
    options.newest = 2;
    const int32_t running[] = {1};
    const asked a = ask_once(&three, options, running, 1);
    scores_are(&a, (double[]){0, 1, 0.25, 0.0625}, 4);
}

static void an_item_that_repeats_counts_where_it_was_last(void **state)
{
    (void)state;
    int64_t start[] = {0, 5};
    int32_t items[] = {1, 2, 1, 1, 0};
    float values[] = {4, 1, 2, 3, 1};
    const psn_sparse one = {1, 3, start, items, values};
    psn_session_knn_options options = plain();
    options.longest = 3;
    psn_session_knn *knn = made(&one, options);
    const psn_sparse *kept = psn_session_knn_sessions(knn);
    assert_int_equal(kept->start[1], 3);
    assert_memory_equal(kept->column, ((int32_t[]){2, 1, 0}), 12);
    assert_memory_equal(kept->value, ((float[]){1, 4, 1}), 12);
    psn_session_knn_free(knn);
}

static void a_running_session_counts_an_item_once_at_its_end(void **state)
{
    (void)state;
    const int32_t repeated[] = {1, 0, 1}, once[] = {0, 1};
    const asked a = ask_once(&three, plain(), repeated, 3);
    const asked b = ask_once(&three, plain(), once, 2);
    assert_memory_equal(a.score, b.score, sizeof a.score);
}

static void long_sessions_are_cut_to_their_end(void **state)
{
    (void)state;
    psn_session_knn_options options = plain();
    options.longest = 2;
    const int32_t running[] = {0};
    assert_int_equal(ask_once(&three, options, running, 1).count, 0);
}

static void weights_of_events_multiply(void **state)
{
    (void)state;
    float values[] = {1, 2, 4, 1, 4, 1, 2};
    const psn_sparse weighted = {3, 4, three_start, three_items, values};
    const int32_t running[] = {3};
    const float weights[] = {8};
    psn_session_knn *knn = made(&weighted, plain());
    const asked a = ask_weighted(knn, running, weights, 1);
    /* similarity 8 / 2; d: 1 x 1, b: 1/2 x 2 */
    scores_are(&a, (double[]){0, 4, 0, 4}, 4);
    psn_session_knn_free(knn);
}

static void what_is_not_known_has_no_neighbours(void **state)
{
    (void)state;
    const int32_t strange[] = {-1, 4, 1000};
    assert_int_equal(ask_once(&three, plain(), strange, 3).count, 0);
    assert_int_equal(ask_once(&three, plain(), strange, 0).count, 0);
    int64_t start[] = {0};
    const psn_sparse none = {.rows = 0, .columns = 3, .start = start};
    const int32_t running[] = {1};
    assert_int_equal(ask_once(&none, plain(), running, 1).count, 0);
}

/* ---- against the formula, at random */

enum { MANY = 700, LONG = 9 };
static int64_t many_start[MANY + 1];
static int32_t many_items[MANY * LONG];

static psn_sparse many(void)
{
    psn_random random;
    int64_t at = 0;
    psn_random_start(&random, 7, 1, 0);
    for (int64_t row = 0; row < MANY; row++) {
        const int64_t length = 1 + psn_random_below(&random, LONG);
        for (int64_t i = 0; i < length; i++) {
            const int64_t a = psn_random_below(&random, MOST_ITEMS);
            const int64_t b = psn_random_below(&random, MOST_ITEMS);
            many_items[at++] = (int32_t)(a < b ? a : b);
        }
        many_start[row + 1] = at;
    }
    return (psn_sparse){
        .rows = MANY, .columns = MOST_ITEMS, .start = many_start, .column = many_items};
}

/* Place of the item in the session, or -1. */
static int64_t place_of(const psn_sparse *s, int64_t row, int32_t item)
{
    for (int64_t i = s->start[row]; i < s->start[row + 1]; i++)
        if (s->column[i] == item) return i - s->start[row];
    return -1;
}

static double rare_of(const psn_sparse *s, int32_t item)
{
    double with = 0;
    for (int64_t row = 0; row < s->rows; row++) with += place_of(s, row, item) >= 0;
    return with > 0 ? log((double)s->rows / with) : 0;
}

/* `shared` = the newest shared item. */
static double similarity_of(const psn_sparse *s, const psn_session_knn_options *o,
                            int64_t row, const int32_t *items, int64_t count,
                            int32_t *shared)
{
    double sum = 0;
    *shared = -1;
    for (int64_t back = 0; back < count; back++) {
        const int32_t item = items[count - 1 - back];
        int repeat = 0;
        for (int64_t i = 0; i < back; i++) repeat |= items[count - 1 - i] == item;
        if (repeat || place_of(s, row, item) < 0) continue;
        if (*shared < 0) *shared = item;
        sum +=
            pow(o->item_decay, (double)back) * (1 + o->match_rarity * rare_of(s, item));
    }
    const double length = (double)(s->start[row + 1] - s->start[row]);
    const double age = 1 - (double)row / (double)s->rows;
    return sum * pow(length, -o->length_norm) * exp(-o->recency * age);
}

static void formula(double *score, const psn_sparse *s, const psn_session_knn_options *o,
                    const int32_t *items, int64_t count)
{
    double similarity[MANY];
    int32_t shared[MANY];
    memset(score, 0, MOST_ITEMS * sizeof *score);
    for (int64_t row = 0; row < s->rows; row++)
        similarity[row] = similarity_of(s, o, row, items, count, &shared[row]);
    for (int64_t row = 0; row < s->rows; row++) {
        int32_t before = 0;
        for (int64_t t = 0; t < s->rows; t++)
            before += similarity[t] > similarity[row] ||
                      (similarity[t] == similarity[row] && t > row);
        if (similarity[row] == 0 || before >= o->nearest) continue;
        const int64_t at = place_of(s, row, shared[row]);
        for (int64_t i = s->start[row]; i < s->start[row + 1]; i++) {
            const int64_t steps = i - s->start[row] - at;
            score[s->column[i]] += similarity[row] *
                                   pow(o->forward, (double)llabs(steps)) *
                                   (steps < 0 ? o->backward : 1);
        }
    }
    for (int32_t i = 0; i < MOST_ITEMS; i++) score[i] *= 1 + o->rarity * rare_of(s, i);
}

static void scores_equal_the_formula(void **state)
{
    (void)state;
    const psn_sparse sessions = many();
    psn_session_knn_options options;
    psn_random random;
    double expected[MOST_ITEMS];
    psn_session_knn_defaults(&options);
    options.nearest = 40;
    psn_session_knn *knn = made(&sessions, options);
    psn_random_start(&random, 7, 2, 0);
    for (int round = 0; round < 30; round++) {
        int32_t items[6];
        const int64_t count = 1 + round % 6;
        for (int64_t i = 0; i < count; i++)
            items[i] = (int32_t)psn_random_below(&random, MOST_ITEMS);
        const asked a = ask_weighted(knn, items, NULL, count);
        formula(expected, psn_session_knn_sessions(knn), &options, items, count);
        scores_are(&a, expected, MOST_ITEMS);
    }
    psn_session_knn_free(knn);
}

static void what_a_file_stores_makes_the_same_again(void **state)
{
    (void)state;
    const psn_sparse sessions = many();
    psn_session_knn_options options;
    psn_session_knn_defaults(&options);
    options.longest = 4;
    psn_session_knn *first = made(&sessions, options);
    psn_session_knn *again =
        made(psn_session_knn_sessions(first), *psn_session_knn_settings(first));
    for (int32_t item = 0; item + 2 < MOST_ITEMS; item++) {
        const int32_t running[] = {item, item + 2, item + 1};
        const asked a = ask_weighted(first, running, NULL, 3);
        const asked b = ask_weighted(again, running, NULL, 3);
        assert_memory_equal(a.score, b.score, sizeof a.score);
    }
    psn_session_knn_free(again);
    psn_session_knn_free(first);
}

static void the_50_newest_items_count_even_without_room_for_all(void **state)
{
    (void)state;
    const psn_sparse sessions = many();
    int32_t items[3 * MOST_ITEMS];
    psn_session_knn_options options;
    psn_session_knn_defaults(&options);
    for (int32_t i = 0; i < 3 * MOST_ITEMS; i++) items[i] = i % MOST_ITEMS;
    const int32_t *last = items + 3 * MOST_ITEMS;
    const int32_t most = PSN_SESSION_KNN_HISTORY;
    options.item_decay = 1;
    for (options.newest = 1000; options.newest > 0; options.newest /= 3) {
        const asked all = ask_once(&sessions, options, items, 3 * MOST_ITEMS);
        const asked end = ask_once(&sessions, options, last - most, most);
        const asked fewer = ask_once(&sessions, options, last - most + 1, most - 1);
        assert_true(all.count > 0);
        assert_memory_equal(all.score, end.score, sizeof all.score);
        if (options.newest == 1000)
            assert_memory_not_equal(all.score, fewer.score, sizeof all.score);
    }
}

/* ---- errors and memory */

static void settings_out_of_bounds_are_named(void **state)
{
    (void)state;
    psn_session_knn_options options = plain();
    persona_error error;
    psn_session_knn *knn;
    options.forward = 0;
    assert_int_equal(psn_session_knn_new(&knn, &three, &options, NULL, &error),
                     PERSONA_EOPTION);
    assert_null(knn);
    assert_string_equal(error.message, "forward of sessions must be 0.001 .. 1");
    options = plain();
    options.longest = 256;
    psn_session_knn_new(&knn, &three, &options, NULL, &error);
    assert_string_equal(error.message, "longest of sessions must be 1 .. 255");
    options.longest = 10;
    options.recency = NAN;
    assert_int_equal(psn_session_knn_new(&knn, &three, &options, NULL, &error),
                     PERSONA_EOPTION);
}

static void a_cancelled_fit_leaves_nothing(void **state)
{
    (void)state;
    persona_error error;
    persona_task *task;
    psn_session_knn *knn;
    const psn_session_knn_options options = plain();
    assert_int_equal(psn_task_new(&task, &error), PERSONA_OK);
    psn_task_cancel(task);
    assert_int_equal(psn_session_knn_new(&knn, &three, &options, task, &error),
                     PERSONA_ECANCEL);
    assert_null(knn);
    psn_task_free(task);
    assert_int_equal(atomic_load(&memory_live), 0);
}

static void every_failed_allocation_is_an_error_without_a_leak(void **state)
{
    (void)state;
    float values[] = {1, 1, 1, 1, 1, 1, 1};
    const psn_sparse sessions = {3, 4, three_start, three_items, values};
    const psn_session_knn_options options = plain();
    int failures = 0, rc = PERSONA_ENOMEM;
    for (int after = 0; rc != PERSONA_OK; after++) {
        psn_session_knn *knn;
        persona_error error;
        failing_memory_arm(after, 0);
        rc = psn_session_knn_new(&knn, &sessions, &options, NULL, &error);
        failures += failing_memory_disarm();
        if (rc != PERSONA_OK) {
            assert_int_equal(rc, PERSONA_ENOMEM);
            assert_null(knn);
        }
        psn_session_knn_free(knn);
        assert_int_equal(atomic_load(&memory_live), 0);
    }
    assert_true(failures >= 10);
}

static void a_query_allocates_nothing(void **state)
{
    (void)state;
    const psn_sparse sessions = many();
    psn_session_knn_options options;
    asked a = {.count = 0};
    psn_session_knn_defaults(&options);
    psn_session_knn *knn = made(&sessions, options);
    void *scratch = psn_alloc_aligned(psn_session_knn_scratch(knn), 1);
    failing_memory_arm(0, 1);
    for (int32_t item = 0; item + 1 < MOST_ITEMS; item++) {
        const int32_t running[] = {item, item + 1};
        a.count =
            psn_session_knn_query(knn, running, NULL, 2, a.score, a.touched, scratch);
        assert_true(a.count > 0);
        memset(a.score, 0, sizeof a.score);
    }
    assert_int_equal(failing_memory_disarm(), 0);
    psn_release_aligned(scratch);
    psn_session_knn_free(knn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(similar_sessions_speak_for_what_they_held),
        cmocka_unit_test(a_rare_item_tells_more_and_is_worth_more),
        cmocka_unit_test(older_sessions_speak_lower),
        cmocka_unit_test(only_the_most_similar_speak_and_of_equals_the_newer),
        cmocka_unit_test(only_the_newest_sessions_of_an_item_are_looked_at),
        cmocka_unit_test(an_item_that_repeats_counts_where_it_was_last),
        cmocka_unit_test(a_running_session_counts_an_item_once_at_its_end),
        cmocka_unit_test(long_sessions_are_cut_to_their_end),
        cmocka_unit_test(weights_of_events_multiply),
        cmocka_unit_test(what_is_not_known_has_no_neighbours),
        cmocka_unit_test(scores_equal_the_formula),
        cmocka_unit_test(what_a_file_stores_makes_the_same_again),
        cmocka_unit_test(the_50_newest_items_count_even_without_room_for_all),
        cmocka_unit_test(settings_out_of_bounds_are_named),
        cmocka_unit_test(a_cancelled_fit_leaves_nothing),
        cmocka_unit_test(every_failed_allocation_is_an_error_without_a_leak),
        cmocka_unit_test(a_query_allocates_nothing),
    };
    failing_memory_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
