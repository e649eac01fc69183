/* test_topk.c: the k largest of a stream of scores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include "base/philox.h"
#include "math/order.h"

enum { MANY = 3000 };

static void the_best_come_out_in_order(void **state)
{
    (void)state;
    const float scores[] = {1.0f, 5.0f, 3.0f, 4.0f, 2.0f};
    psn_scored best[3];
    psn_topk topk;
    psn_topk_start(&topk, best, 3);
    psn_topk_offer(&topk, scores, 100, 5);
    assert_int_equal(psn_topk_finish(&topk), 3);
    assert_int_equal(best[0].index, 101);
    assert_int_equal(best[1].index, 103);
    assert_int_equal(best[2].index, 102);
    assert_true(best[2].score == 3.0f);
}

static void ties_go_to_the_lower_index_in_whatever_order_they_come(void **state)
{
    (void)state;
    const float scores[] = {7.0f, 7.0f, 7.0f};
    psn_scored best[2];
    psn_topk topk;
    psn_topk_start(&topk, best, 2);
    psn_topk_offer(&topk, scores, 50, 3);
    psn_topk_offer(&topk, scores, 10, 3);
    psn_topk_offer(&topk, scores, 30, 3);
    assert_int_equal(psn_topk_finish(&topk), 2);
    assert_int_equal(best[0].index, 10);
    assert_int_equal(best[1].index, 11);
}

static void nan_is_skipped_and_infinities_are_scores(void **state)
{
    (void)state;
    const float scores[] = {NAN, -INFINITY, NAN, INFINITY, NAN};
    psn_scored best[4];
    psn_topk topk;
    psn_topk_start(&topk, best, 4);
    psn_topk_offer(&topk, scores, 0, 5);
    assert_int_equal(psn_topk_finish(&topk), 2);
    assert_int_equal(best[0].index, 3);
    assert_int_equal(best[1].index, 1);
}

static int by_score(const void *a, const void *b)
{
    const psn_scored *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

static void check_stream(int64_t k, int64_t distinct)
{
    static float scores[MANY];
    static psn_scored all[MANY], best[MANY];
    psn_random random;
    psn_random_start(&random, 4, 1, (uint64_t)distinct);
    for (int64_t i = 0; i < MANY; i++) {
        scores[i] = (float)psn_random_below(&random, distinct);
        all[i] = (psn_scored){scores[i], i};
    }
    qsort(all, MANY, sizeof *all, by_score);
    psn_topk topk;
    psn_topk_start(&topk, best, k);
    for (int64_t i = 0; i < MANY; i += 700) {
        psn_topk_offer(&topk, scores + i, i, MANY - i < 700 ? MANY - i : 700);
    }
    assert_int_equal(psn_topk_finish(&topk), k);
    for (int64_t i = 0; i < k; i++) assert_int_equal(best[i].index, all[i].index);
}

static void a_stream_in_pieces_gives_the_head_of_the_whole_order(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 10, 64, 65, 1000, MANY};
    for (int i = 0; i < 7; i++) {
        check_stream(sizes[i], 3);
        check_stream(sizes[i], 100);
        check_stream(sizes[i], 10000000);
    }
}

static void starting_again_forgets_and_zero_keeps_nothing(void **state)
{
    (void)state;
    const float scores[] = {1.0f, 2.0f};
    psn_scored best[2];
    psn_topk topk;
    psn_topk_start(&topk, best, 2);
    psn_topk_offer(&topk, scores, 0, 2);
    psn_topk_start(&topk, best, 2);
    assert_int_equal(psn_topk_finish(&topk), 0);
    psn_topk_start(&topk, best, 0);
    psn_topk_offer(&topk, scores, 0, 2);
    assert_int_equal(psn_topk_finish(&topk), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_come_out_in_order),
        cmocka_unit_test(ties_go_to_the_lower_index_in_whatever_order_they_come),
        cmocka_unit_test(nan_is_skipped_and_infinities_are_scores),
        cmocka_unit_test(a_stream_in_pieces_gives_the_head_of_the_whole_order),
        cmocka_unit_test(starting_again_forgets_and_zero_keeps_nothing),
    };
    return cmocka_run_group_tests_name("topk", tests, NULL, NULL);
}
