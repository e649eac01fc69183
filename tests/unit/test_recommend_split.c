/* shop/recommend/recommend_fit_split: the cases on which members are chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support/tiny_fitting.h"

static fitting of;

static int close_fitting(void **state)
{
    (void)state;
    fitting_close(&of);
    return 0;
}

static const psn_rec_split *split(const char *csv, const char *options)
{
    fitting_must(&of, csv, options);
    if (psn_rec_fit_split(&of.fit, &events_error)) fail_msg("%s", events_error.message);
    return &of.fit.split;
}

static const char *history(int64_t c)
{
    return fitting_letters(&of, of.fit.split.history[c].item,
                           of.fit.split.history[c].count);
}

static const char *truth(int64_t c)
{
    const psn_rec_split *made = &of.fit.split;
    return fitting_letters(&of, made->truth + made->start[c],
                           made->start[c + 1] - made->start[c]);
}

static int64_t hidden(void)
{
    int64_t count = 0;
    for (int64_t e = 0; e < of.fit.rows.events; e++) count += !of.fit.split.learns[e];
    return count;
}

/* 40 events: two cases, each a user's last item after the four before it. */
static void the_last_event_of_a_list_is_true(void **state)
{
    (void)state;
    char csv[1000], *at = csv + sprintf(csv, "user,item\n");
    for (int u = 0; u < 8; u++)
        for (int e = 0; e < 5; e++) at += sprintf(at, "%d,%c\n", u, "abcde"[e]);
    const psn_rec_split *made = split(csv, "order=time");
    assert_int_equal(made->count, 2);
    assert_int_equal(hidden(), 2);
    for (int64_t c = 0; c < 2; c++) {
        assert_string_equal(history(c), "abcd");
        assert_string_equal(truth(c), "e");
        assert_true(psn_rec_split_true(made, c, made->truth[c]));
        assert_false(psn_rec_split_true(made, c, made->history[c].item[0]));
    }
}

/* Only purchases are wanted; what was looked at after the last is not learnt from, and
 * bought items (hidden) are not true again. */
static void only_wanted_events_that_are_new_are_true(void **state)
{
    (void)state;
    char csv[2000], *at = csv + sprintf(csv, "user,item,kind\n");
    for (int u = 0; u < 8; u++)
        at += sprintf(at, "%d,a,view\n%d,a,buy\n%d,b,buy\n%d,c,view\n", u, u, u, u);
    split(csv, "");
    assert_int_equal(of.fit.split.count, 1);
    assert_string_equal(history(0), "aa");
    assert_string_equal(truth(0), "b");
    assert_int_equal(hidden(), 2);
    fitting_close(&of);
    at = csv + sprintf(csv, "user,item,kind\n");
    for (int u = 0; u < 8; u++)
        at += sprintf(at, "%d,a,view\n%d,a,buy\n%d,a,buy\n%d,c,view\n", u, u, u, u);
    assert_int_equal(split(csv, "")->count, 0);
    assert_int_equal(hidden(), 0);
}

/* All that came with the last moment is true; the newest users come first. */
static void a_basket_is_true_as_a_whole(void **state)
{
    (void)state;
    char csv[4000], *at = csv + sprintf(csv, "user,item,time\n");
    for (int u = 0; u < 20; u++)
        at += sprintf(at, "%d,a,%d\n%d,c,%d\n%d,b,%d\n", u, 1735689600 + u, u,
                      1735700000 + u, u, 1735700000 + u);
    const psn_rec_split *made = split(csv, "");
    assert_int_equal(made->count, 3); /* 60 events / 20 */
    for (int64_t c = 0; c < 3; c++) {
        const int64_t user =
            of.fit.rows.item + of.fit.rows.start[16] <= made->history[c].item;
        assert_int_equal(user, 1); /* of the newest 4 */
        assert_string_equal(history(c), "a");
        assert_string_equal(truth(c), "cb"); /* by number */
        assert_int_equal(made->history[c].now % 1000000000000,
                         735700000000 + made->history[c].time[0] % 100000);
    }
    assert_int_equal(hidden(), 6);
}

/* Of 20 sessions the newest two are held back; each beginning is a case. */
static void beginnings_of_the_newest_sessions_are_cases(void **state)
{
    (void)state;
    char csv[2000], *at = csv + sprintf(csv, "session,item,time\n");
    for (int s = 0; s < 20; s++)
        for (int e = 0; e < 3; e++)
            at += sprintf(at, "%d,%c,%d\n", s, "abc"[e], 1735689600 + s * 1000 + e);
    const psn_rec_split *made = split(csv, "");
    int longer = 0;
    assert_int_equal(made->count, 4);
    assert_int_equal(hidden(), 6);
    for (int64_t c = 0; c < 4; c++) {
        const int two = made->history[c].count == 2;
        longer += two;
        assert_string_equal(history(c), two ? "ab" : "a");
        assert_string_equal(truth(c), two ? "c" : "b");
        assert_true(made->history[c].item >= of.fit.rows.item + of.fit.rows.start[18]);
    }
    assert_int_equal(longer, 2);
}

/* Sets of 5: one item is true, the other four are the history, whole. */
static void of_sets_items_are_held_back_at_random(void **state)
{
    (void)state;
    char csv[4000], *at = csv + sprintf(csv, "user,item\n");
    for (int u = 0; u < 40; u++)
        for (int e = 0; e < 5; e++) at += sprintf(at, "%d,%c\n", u, "abcde"[e]);
    const psn_rec_split *made = split(csv, "order=none");
    uint32_t drawn = 0;
    assert_int_equal(made->count, 11); /* goes on until 200 / 20 = 10 are exceeded */
    assert_int_equal(hidden(), 11);
    for (int64_t c = 0; c < made->count; c++) {
        const char letter = truth(c)[0];
        drawn |= 1u << (letter - 'a');
        assert_int_equal(made->history[c].count, 4);
        assert_null(strchr(history(c), letter));
        assert_int_equal(made->history[c].now, INT64_MIN);
    }
    assert_true((drawn & (drawn - 1)) != 0); /* not always the same place */
}

static void the_seed_draws_the_cases(void **state)
{
    (void)state;
    char csv[4000], first[16][8], *at = csv + sprintf(csv, "user,item\n");
    for (int u = 0; u < 40; u++)
        for (int e = 0; e < 5; e++) at += sprintf(at, "%d,%c\n", u, "abcde"[e]);
    split(csv, "order=none");
    for (int64_t c = 0; c < 11; c++) strcpy(first[c], history(c));
    fitting_close(&of);
    split(csv, "order=none");
    for (int64_t c = 0; c < 11; c++) assert_string_equal(history(c), first[c]);
    fitting_close(&of);
    fitting_must(&of, csv, "order=none");
    of.fit.seed = 2;
    assert_int_equal(psn_rec_fit_split(&of.fit, NULL), 0);
    int other = 0;
    for (int64_t c = 0; c < 11; c++) other += strcmp(history(c), first[c]) != 0;
    assert_true(other > 0);
}

static void a_table_too_small_has_no_cases(void **state)
{
    (void)state;
    assert_int_equal(split("user,item\n1,a\n", "")->count, 0);
    fitting_close(&of);
    assert_int_equal(split("session,item\n1,a\n2,b\n", "")->count, 0);
    fitting_close(&of);
    assert_int_equal(split("user,item\n1,a\n2,a\n", "order=none")->count, 0);
}

static void items_hidden_by_the_history_are_not_allowed(void **state)
{
    (void)state;
    uint64_t words[2];
    char csv[2000], *at = csv + sprintf(csv, "user,item,kind\n");
    for (int u = 0; u < 8; u++)
        at += sprintf(at, "%d,a,buy\n%d,b,view\n%d,c,buy\n", u, u, u);
    split(csv, "");
    assert_int_equal(of.fit.split.count, 1);
    psn_rec_fit_allow(&of.fit, 0, words);
    assert_int_equal(words[0] & 7, 6); /* a is bought: b and c may be shown */
}

#define TEST(name) cmocka_unit_test_teardown(name, close_fitting)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_event_of_a_list_is_true),
        TEST(only_wanted_events_that_are_new_are_true),
        TEST(a_basket_is_true_as_a_whole),
        TEST(beginnings_of_the_newest_sessions_are_cases),
        TEST(of_sets_items_are_held_back_at_random),
        TEST(the_seed_draws_the_cases),
        TEST(a_table_too_small_has_no_cases),
        TEST(items_hidden_by_the_history_are_not_allowed),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
