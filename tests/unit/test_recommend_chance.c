/* shop/recommend/recommend_{fit,query}_chance: scores as probabilities, held to what
 * people of a made shop did next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/philox.h"
#include "support/tiny_events.h"

enum { PEOPLE = 4000, GOODS = 60, TASTES = 4, EVENTS = 8, SHOWN = 10, BINS = 7 };
static const double edge[BINS + 1] = {0, 0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 1.01};

/* What person u does at step e: in half of the cases the good after the last one of his
 * taste, else any of his purse (odd goods are dear), low numbers more often. */
static int good_at(int64_t u, int e)
{
    psn_random random;
    int good = (int)(u * 7 % (GOODS / TASTES)) * TASTES + (int)(u % TASTES);
    for (int i = 0; i <= e; i++) {
        psn_random_start(&random, 3, 1, (uint64_t)(u * 100 + i));
        const double way = psn_random_unit(&random), other = psn_random_unit(&random);
        good = way < 0.5 ? (good + TASTES) % GOODS
                         : (int)(other * other * GOODS / 2) * 2 + (int)(u / 8 % 2);
    }
    return good;
}

/* The last event of each person is kept back. */
static persona_recommender *people_fit(const char *options)
{
    char *csv = malloc(1 << 21), *at = csv;
    at += sprintf(at, "user,item,time,price\n");
    for (int e = 0; e < EVENTS; e++)
        for (int64_t u = 0; u < PEOPLE; u++)
            at += sprintf(at, "u%lld,g%d,%lld,%d\n", (long long)u, good_at(u, e),
                          1735689600000LL + (e * (long long)PEOPLE + u) * 60000,
                          good_at(u, e) % 2 * 99 + 1);
    persona_recommender *model = events_fit(csv, options);
    free(csv);
    return model;
}

static persona_query *ask(const persona_recommender *model, const char *options)
{
    persona_query *query = NULL;
    persona_params *params = events_options("recommender.query", options);
    if (persona_recommender_prepare(&query, model, params, &events_error))
        fail_msg("%s", events_error.message);
    persona_params_free(params);
    return query;
}

static int refused(const persona_recommender *model, const char *options)
{
    persona_query *query = NULL;
    persona_params *params = events_options("recommender.query", options);
    const int rc = persona_recommender_prepare(&query, model, params, &events_error);
    assert_null(query);
    persona_params_free(params);
    return rc;
}

typedef struct answer {
    int64_t item[GOODS + 1], count;
    float score[GOODS + 1];
    int32_t reason[GOODS + 1];
} answer;

static void run(answer *to, persona_query *query, const char *user, int64_t k)
{
    persona_query_user(query, user, PERSONA_NUL, NULL, NULL);
    assert_int_equal(persona_recommender_run(query, k, to->item, to->score, to->reason,
                                             &to->count, NULL),
                     0);
}

typedef struct bins {
    double shown[BINS], said[BINS], came[BINS];
} bins;

static void bins_count(bins *all, const answer *of, int64_t truth)
{
    for (int64_t i = 0; i < of->count; i++) {
        int b = 0;
        while (of->score[i] >= edge[b + 1]) b++;
        all->shown[b]++;
        all->said[b] += of->score[i];
        all->came[b] += of->item[i] == truth;
    }
}

/* Four standard errors of what was shown, and a tenth for what the fit drew. */
static void bins_hold(const bins *all, const char *what)
{
    int used = 0;
    for (int b = 0; b < BINS; b++) {
        if (all->shown[b] < 200) continue;
        const double said = all->said[b] / all->shown[b],
                     came = all->came[b] / all->shown[b];
        const double allowed = 4 * sqrt(said * (1 - said) / all->shown[b]) + 0.1 * said;
        if (fabs(said - came) > allowed)
            fail_msg("%s, from %g: said %g, came %g", what, edge[b], said, came);
        used++;
    }
    assert_true(used >= 3);
}

static void held_out(const persona_recommender *model, const char *options)
{
    bins all = {.shown = {0}};
    answer of;
    persona_query *query = ask(model, options);
    for (int64_t u = 0; u < PEOPLE; u++) {
        char user[16], truth[16];
        sprintf(user, "u%lld", (long long)u);
        sprintf(truth, "g%d", good_at(u, EVENTS));
        run(&of, query, user, SHOWN);
        bins_count(&all, &of, events_item(model, truth));
    }
    bins_hold(&all, options);
    persona_query_free(query);
}

static void probabilities_come_true_with_trees_and_without(void **state)
{
    (void)state;
    persona_recommender *model = people_fit("");
    assert_non_null(model->engine.trees);
    held_out(model, "calibrated=true");
    held_out(model, "calibrated=true speed=fast");
    events_free(model);
}

static void one_learner_alone_has_probabilities_too(void **state)
{
    (void)state;
    persona_recommender *model = people_fit("algorithm=item_knn");
    held_out(model, "calibrated=true");
    events_free(model);
}

/* Whole catalogue: candidates, then what fills the list. */
static void the_order_stays_and_scores_go_down(void **state)
{
    (void)state;
    answer plain, likely;
    persona_recommender *model = people_fit("algorithm=rp3beta");
    persona_query *one = ask(model, "diversity=0.3"),
                  *two = ask(model, "diversity=0.3 calibrated=true");
    for (int u = -1; u < 200; u++) {
        char user[16];
        sprintf(user, "u%d", u);
        run(&plain, one, user, GOODS);
        run(&likely, two, user, GOODS);
        assert_int_equal(likely.count, GOODS);
        assert_memory_equal(plain.item, likely.item, GOODS * sizeof *plain.item);
        assert_memory_equal(plain.reason, likely.reason, GOODS * sizeof *plain.reason);
        for (int i = 0; i < GOODS; i++) {
            assert_true(likely.score[i] > 0 && likely.score[i] < 1);
            if (i == 0) continue;
            assert_int_equal(plain.score[i - 1] > plain.score[i],
                             likely.score[i - 1] > likely.score[i]);
            assert_true(likely.score[i - 1] >= likely.score[i]);
        }
    }
    persona_query_free(one);
    persona_query_free(two);
    events_free(model);
}

/* Of a visitor of whom nothing is known: each good as often as people want it next. */
static void popular_goods_are_as_likely_as_they_are_wanted(void **state)
{
    (void)state;
    bins all = {.shown = {0}};
    answer of;
    persona_recommender *model = people_fit("speed=fast");
    persona_query *query = ask(model, "calibrated=true");
    run(&of, query, "nobody", SHOWN);
    for (int64_t u = 0; u < PEOPLE; u++) {
        char truth[16];
        sprintf(truth, "g%d", good_at(u, EVENTS));
        bins_count(&all, &of, events_item(model, truth));
    }
    double said = 0, came = 0;
    for (int b = 0; b < BINS; b++) {
        said += all.said[b] / PEOPLE;
        came += all.came[b] / PEOPLE;
    }
    assert_true(fabs(said - came) < 0.1 * came);
    persona_query_free(query);
    events_free(model);
}

static void a_table_says_what_one_question_says(void **state)
{
    (void)state;
    answer of;
    persona_table *table = NULL;
    persona_recommender *model = people_fit("algorithm=sequence");
    persona_params *params =
        events_options("recommender.query", "calibrated=true k=5 threads=2");
    persona_query *query = ask(model, "calibrated=true");
    assert_int_equal(
        persona_recommender_recommend_table(&table, model, NULL, params, NULL, NULL), 0);
    const float *score = persona_table_reals32(table, persona_table_find(table, "score"));
    for (int u = 0; u < 50; u++) {
        char user[16];
        sprintf(user, "u%d", u);
        run(&of, query, user, 5);
        assert_memory_equal(of.score, score + u * 5, sizeof(float[5]));
    }
    persona_query_free(query);
    persona_params_free(params);
    persona_table_free(table);
    events_free(model);
}

static void too_few_cases_and_other_questions_are_refused(void **state)
{
    (void)state;
    persona_recommender *model = events_fit("user,item\n1,a\n1,b\n2,b\n", "");
    assert_int_equal(events_note(model, "not_calibrated"), 0);
    assert_int_equal(refused(model, "calibrated=true"), PERSONA_EOPTION);
    assert_non_null(strstr(events_error.message, "too few cases"));
    events_free(model);
    model = people_fit("algorithm=popular");
    assert_int_equal(events_note(model, "not_calibrated"), -1);
    assert_int_equal(refused(model, "calibrated=true question=trending"),
                     PERSONA_EOPTION);
    assert_non_null(strstr(events_error.message, "for_you"));
    events_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_come_true_with_trees_and_without),
        cmocka_unit_test(one_learner_alone_has_probabilities_too),
        cmocka_unit_test(the_order_stays_and_scores_go_down),
        cmocka_unit_test(popular_goods_are_as_likely_as_they_are_wanted),
        cmocka_unit_test(a_table_says_what_one_question_says),
        cmocka_unit_test(too_few_cases_and_other_questions_are_refused),
    };
    return cmocka_run_group_tests_name("chance", tests, NULL, NULL);
}
