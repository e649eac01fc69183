/* test_splits.c: what is learned from and what is asked, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/memory.h"
#include "measure/splits.h"
#include "support/failing_memory.h"

/* Rows 0: a b c b, 1: d, 2: a c, 3: b a e. */
enum { EVENTS = 10, ITEMS = 5 };
static int64_t start[] = {0, 4, 5, 7, 10};
static int32_t column[] = {0, 1, 2, 1, 3, 0, 2, 1, 0, 4};
static const int64_t times[] = {10, 20, 30, 40, 15, 11, 35, 50, 60, 70};
static const psn_sparse log_rows = {
    .rows = 4, .columns = ITEMS, .start = start, .column = column};

static psn_split_options kind(int32_t which)
{
    psn_split_options options;
    psn_split_defaults(&options, which);
    options.known = 0;
    return options;
}

static psn_split *cut(psn_split_options options, const uint8_t *target)
{
    psn_split *split = NULL;
    persona_error error;
    if (psn_split_new(&split, &log_rows, times, target, &options, &error) != PERSONA_OK)
        fail_msg("%s", error.message);
    return split;
}

/* `train`: one letter an event, t = learned from, . = not. */
static void trains(const psn_split *split, const char *train)
{
    char found[EVENTS + 1] = {0};
    for (int e = 0; e < EVENTS; e++) found[e] = split->train[e] ? 't' : '.';
    assert_string_equal(found, train);
}

/* The cases as text: history > truth, "; " after each. */
static void asks(const psn_split *split, const char *expected)
{
    char text[400] = {0};
    size_t at = 0;
    for (int64_t c = 0; c < split->cases; c++) {
        int64_t events[EVENTS];
        const int64_t count = psn_split_history(events, EVENTS, split, &log_rows, c);
        for (int64_t i = 0; i < count; i++) text[at++] = (char)('a' + column[events[i]]);
        text[at++] = '>';
        for (int64_t i = split->truth->start[c]; i < split->truth->start[c + 1]; i++)
            text[at++] = (char)('a' + split->truth->column[i]);
        text[at++] = ' ';
    }
    assert_string_equal(text, expected);
}

/* Cuts, compares, frees. */
static void cuts_to(psn_split_options options, const uint8_t *target, const char *train,
                    const char *cases)
{
    psn_split *split = cut(options, target);
    trains(split, train);
    asks(split, cases);
    psn_split_free(split);
}

static void the_last_event_of_a_user_is_left_out(void **state)
{
    (void)state;
    cuts_to(kind(PSN_SPLIT_LAST), NULL, "ttt.tt.tt.", "abc>b a>c ba>e ");
}

static void the_last_basket_is_left_out_whole(void **state)
{
    static const int32_t basket[EVENTS] = {1, 2, 2, 2, 3, 4, 4, 5, 6, 6};
    psn_split_options options = kind(PSN_SPLIT_LAST);
    (void)state;
    options.basket = basket; /* a | b c b, d, a c, b | a e: row 2 is one basket */
    cuts_to(options, NULL, "t...tttt..", "a>bc b>ae ");
}

static void the_last_events_are_left_out_but_one_stays(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_LAST);
    options.next = 2;
    cuts_to(options, NULL, "tt..tt.t..", "ab>bc a>c b>ae ");
}

static void a_user_that_gives_no_case_is_learned_from_whole(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_LAST);
    options.cases = 2;
    cuts_to(options, NULL, "ttt.ttttt.", "abc>b ba>e ");
    options.cases = 1;
    cuts_to(options, NULL, "ttt.tttttt", "abc>b ");
}

static void what_nobody_else_has_does_not_count_if_only_known_items_do(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_LAST);
    options.known = 1;
    cuts_to(options, NULL, "ttt.tt.tt.", "abc>b a>c ");
}

static void what_was_seen_does_not_count_if_only_unseen_items_do(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_LAST);
    options.unseen = 1;
    cuts_to(options, NULL, "ttt.tt.tt.", "a>c ba>e ");
    options.next = 3;
    cuts_to(options, NULL, "t...tt.t..", "a>bc a>c b>ae ");
}

static void only_targets_count_and_what_follows_them_is_kept_back(void **state)
{
    (void)state;
    const uint8_t bought[EVENTS] = {0, 0, 1, 0, 1, 1, 0, 0, 1, 0};
    cuts_to(kind(PSN_SPLIT_LAST), bought, "tt..tttt..", "ab>c b>a ");
    psn_split_options options = kind(PSN_SPLIT_ROWS);
    options.share = 0.75;
    cuts_to(options, bought, "tttt......", "b>a ");
}

static void the_newest_events_of_all_are_kept_back(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_TIME);
    options.share = 0.5; /* times 35 40 50 60 70 */
    cuts_to(options, NULL, "ttt.tt....", "abc>b a>c ");
    options.share = 0.75; /* rank 2: from 15 on */
    cuts_to(options, NULL, "t....t....", "a>bc a>c ");
    options.next = 1;
    cuts_to(options, NULL, "t....t....", "a>b a>c ");
}

static void events_of_one_time_are_not_parted(void **state)
{
    (void)state;
    const int64_t alike[EVENTS] = {1, 2, 2, 2, 2, 1, 2, 2, 2, 2};
    psn_split_options options = kind(PSN_SPLIT_TIME);
    psn_split *split;
    options.share = 0.3;
    assert_int_equal(psn_split_new(&split, &log_rows, alike, NULL, &options, NULL),
                     PERSONA_OK);
    trains(split, "t....t....");
    psn_split_free(split);
}

static void the_newest_sessions_ask_at_every_event(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_ROWS);
    options.share = 0.5;
    cuts_to(options, NULL, "ttttt.....", "a>c b>a ba>e ");
    options.known = 1; /* e is not */
    cuts_to(options, NULL, "ttttt.....", "a>c b>a ");
    options.next = 0;
    options.known = 0;
    cuts_to(options, NULL, "ttttt.....", "a>c b>ae ba>e ");
}

static void a_session_begins_with_an_item_that_is_known(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_ROWS);
    options.share = 0.75; /* learned from: a b c b; then d, a c, b a e */
    options.known = 1;
    cuts_to(options, NULL, "tttt......", "a>c b>a ");
    options.share = 0.99; /* nothing is learned from */
    cuts_to(options, NULL, "..........", "");
}

static void cases_are_thinned_evenly(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_ROWS);
    options.share = 0.99; /* a>b ab>c abc>b, a>c, b>a ba>e */
    options.cases = 2;
    cuts_to(options, NULL, "..........", "a>b ba>e ");
    options.cases = 4; /* numbers 0, 5/3, 10/3, 5 */
    cuts_to(options, NULL, "..........", "a>b ab>c a>c ba>e ");
    options.cases = 1;
    cuts_to(options, NULL, "..........", "a>b ");
}

static void a_random_share_of_each_user_is_kept_back(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_RANDOM);
    double held[2] = {0, 0};
    options.share = 0.3;
    for (options.seed = 1; options.seed <= 4000; options.seed++) {
        psn_split *split = cut(options, NULL);
        assert_true(split->train[4]); /* the only event of its user stays */
        for (int e = 0; e < 4; e++) held[0] += !split->train[e];
        held[1] += !split->train[9];
        psn_split_free(split);
    }
    assert_true(held[0] / 4000 > 1.15 && held[0] / 4000 < 1.25);
    assert_true(held[1] / 4000 > 0.27 && held[1] / 4000 < 0.33);
}

static void random_histories_are_what_is_left(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_RANDOM);
    options.share = 0.99; /* one event of each stays */
    options.seed = 5;
    psn_split *split = cut(options, NULL), *again = cut(options, NULL);
    assert_int_equal(split->cases, 3);
    for (int64_t c = 0; c < 3; c++) {
        int64_t events[EVENTS];
        const int64_t row = split->row[c];
        const int64_t n = psn_split_history(events, EVENTS, split, &log_rows, c);
        assert_in_range(n, 1, 2);
        assert_int_equal(split->end[c], start[row + 1]);
        for (int64_t i = 0; i < n; i++) assert_true(split->train[events[i]]);
    }
    assert_memory_equal(split->train, again->train, EVENTS);
    psn_split_free(again);
    psn_split_free(split);
}

static void histories_are_cut_to_their_newest_events(void **state)
{
    (void)state;
    psn_split *split = cut(kind(PSN_SPLIT_LAST), NULL);
    int64_t events[2];
    assert_int_equal(psn_split_history(events, 2, split, &log_rows, 0), 2);
    assert_int_equal(events[0], 1);
    assert_int_equal(events[1], 2);
    psn_split_free(split);
}

static psn_sparse *training_of(psn_split_options options)
{
    float values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    psn_sparse weighted = log_rows, *training = NULL;
    psn_split *split = cut(options, NULL);
    weighted.value = values;
    assert_int_equal(psn_split_training(&training, split, &weighted, NULL), PERSONA_OK);
    psn_split_free(split);
    return training;
}

static void the_training_part_keeps_the_rows_of_users(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_TIME);
    options.share = 0.75;
    psn_sparse *training = training_of(options);
    assert_int_equal(training->rows, 4);
    assert_memory_equal(training->start, ((int64_t[]){0, 1, 1, 2, 2}), 40);
    assert_memory_equal(training->column, ((int32_t[]){0, 0}), 8);
    assert_memory_equal(training->value, ((float[]){1, 6}), 8);
    psn_sparse_free(training);
}

static void the_training_part_ends_before_the_sessions_that_ask(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_ROWS);
    options.share = 0.5;
    psn_sparse *training = training_of(options);
    assert_int_equal(training->rows, 2);
    assert_memory_equal(training->start, start, 24);
    assert_memory_equal(training->column, column, 20);
    psn_sparse_free(training);
}

static void refused(psn_split_options options, const int64_t *when, const char *message)
{
    persona_error error;
    psn_split *split;
    assert_int_equal(psn_split_new(&split, &log_rows, when, NULL, &options, &error),
                     PERSONA_EARG);
    assert_null(split);
    assert_string_equal(error.message, message);
}

static void bad_options_are_named(void **state)
{
    (void)state;
    psn_split_options options = kind(PSN_SPLIT_TIME);
    refused(options, NULL, "a split by time needs times");
    options.share = 1;
    refused(options, times, "share of a split must be above 0, below 1");
    options = kind(PSN_SPLIT_LAST);
    options.next = 0;
    refused(options, times, "next of a split must be >= 1");
    options.next = 1;
    options.cases = -1;
    refused(options, times, "cases of a split must be >= 0");
    options.kind = PSN_SPLIT_KINDS;
    refused(options, times, "unknown kind of split");
}

static void without_events_there_is_nothing_to_ask(void **state)
{
    (void)state;
    int64_t none[] = {0, 0, 0};
    const psn_sparse empty = {.rows = 2, .columns = 3, .start = none};
    for (int32_t which = 0; which < PSN_SPLIT_KINDS; which++) {
        const psn_split_options options = kind(which);
        psn_split *split;
        psn_sparse *training;
        assert_int_equal(psn_split_new(&split, &empty, times, NULL, &options, NULL),
                         PERSONA_OK);
        assert_int_equal(split->cases, 0);
        assert_int_equal(psn_split_training(&training, split, &empty, NULL), PERSONA_OK);
        psn_sparse_free(training);
        psn_split_free(split);
    }
}

static void every_failed_allocation_is_an_error_without_a_leak(void **state)
{
    (void)state;
    for (int32_t which = 0; which < PSN_SPLIT_KINDS; which++) {
        const psn_split_options options = kind(which);
        int rc = PERSONA_ENOMEM;
        for (int after = 0; rc != PERSONA_OK; after++) {
            psn_split *split;
            psn_sparse *training = NULL;
            failing_memory_arm(after, 0);
            rc = psn_split_new(&split, &log_rows, times, NULL, &options, NULL);
            if (rc == PERSONA_OK)
                rc = psn_split_training(&training, split, &log_rows, NULL);
            failing_memory_disarm();
            if (rc != PERSONA_OK) assert_int_equal(rc, PERSONA_ENOMEM);
            psn_sparse_free(training);
            psn_split_free(split);
            assert_int_equal(atomic_load(&memory_live), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_event_of_a_user_is_left_out),
        cmocka_unit_test(the_last_basket_is_left_out_whole),
        cmocka_unit_test(the_last_events_are_left_out_but_one_stays),
        cmocka_unit_test(a_user_that_gives_no_case_is_learned_from_whole),
        cmocka_unit_test(what_nobody_else_has_does_not_count_if_only_known_items_do),
        cmocka_unit_test(what_was_seen_does_not_count_if_only_unseen_items_do),
        cmocka_unit_test(only_targets_count_and_what_follows_them_is_kept_back),
        cmocka_unit_test(the_newest_events_of_all_are_kept_back),
        cmocka_unit_test(events_of_one_time_are_not_parted),
        cmocka_unit_test(the_newest_sessions_ask_at_every_event),
        cmocka_unit_test(a_session_begins_with_an_item_that_is_known),
        cmocka_unit_test(cases_are_thinned_evenly),
        cmocka_unit_test(a_random_share_of_each_user_is_kept_back),
        cmocka_unit_test(random_histories_are_what_is_left),
        cmocka_unit_test(histories_are_cut_to_their_newest_events),
        cmocka_unit_test(the_training_part_keeps_the_rows_of_users),
        cmocka_unit_test(the_training_part_ends_before_the_sessions_that_ask),
        cmocka_unit_test(bad_options_are_named),
        cmocka_unit_test(without_events_there_is_nothing_to_ask),
        cmocka_unit_test(every_failed_allocation_is_an_error_without_a_leak),
    };
    failing_memory_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
