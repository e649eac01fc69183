/* repeat_fit.c: what makes a user buy an item again, learned from the orders of all.
 *
 * Each of a user's newest orders is an example for every item he had bought before it:
 * was it bought again? Weights by logistic regression, drawn to typical ones of shops
 * (WEIGHTS, worth 20 examples each), so that a young shop begins with those. What an item
 * does beyond its users' habits is an offset: log((bought + prior) / (expected + prior)).
 * What is known of the item is taken without the user himself, who would tell the answer.
 * O(orders x purchases before them), at most about `rows` examples a pass. */
#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/task.h"
#include "learn/repeat_internal.h"
#include "math/elementary.h"
#include "math/lbfgs.h"
#include "math/sigmoid.h"

enum { REPEAT_PAIRS = 10, REPEAT_PURPOSE = 0x72657065 };

static const double repeat_typical[PSN_REPEAT_FEATURES] = {0, 0.25, 0.6, 0.1, -0.2, 0.2};
static const double repeat_pull = 20.0;

typedef struct repeat_counts {
    double pairs, again; /* users with the item; of them with more than one order */
    double period;       /* sum of logs of their periods */
} repeat_counts;

typedef struct repeat_fit {
    const psn_repeat_events *events;
    const psn_repeat_options *options;
    psn_repeat *model;
    psn_repeat_scratch *scratch;
    repeat_counts *item, all;
    double keep;  /* share of the orders that become examples */
    double total; /* examples there would be */
    int64_t rows, room;
    float *features; /* PSN_REPEAT_FEATURES of each row */
    int32_t *of;     /* its item */
    uint8_t *bought;
} repeat_fit;

void psn_repeat_defaults(psn_repeat_options *options)
{
    *options = (psn_repeat_options){
        .pause = 3600000.0, .orders = 5, .rows = 500000, .item_prior = 30.0, .seed = 0};
}

/* ---- what is known of items ---- */

/* Items without users of their own are as all items are. */
static double repeat_again(const repeat_fit *fit, double pairs, double again)
{
    const double of_all = (fit->all.again + 1.0) / (fit->all.pairs + 2.0);
    const double share = (again + REPEAT_PAIRS * of_all) / (pairs + REPEAT_PAIRS);
    return psn_log(share / (1.0 - share));
}

static double repeat_typical_period(const repeat_fit *fit, double again, double period)
{
    const double of_all = fit->all.again > 0.0 ? fit->all.period / fit->all.again
                                               : psn_log(30.0 * 86400000.0);
    return (period + REPEAT_PAIRS * of_all) / (again + REPEAT_PAIRS);
}

static void repeat_count(repeat_fit *fit, int32_t item, const psn_repeat_past *past)
{
    repeat_counts *of[] = {&fit->item[item], &fit->all};
    for (int i = 0; i < 2; i++) {
        of[i]->pairs += 1.0;
        if (past->orders < 2) continue;
        of[i]->again += 1.0;
        of[i]->period += psn_repeat_period(past, fit->options->pause);
    }
}

/* The item without the user whose whole past of it is given. */
static void repeat_without(const repeat_fit *fit, int32_t item,
                           const psn_repeat_past *whole, double *again, double *period)
{
    const repeat_counts *counts = &fit->item[item];
    const double more = whole->orders > 1 ? 1.0 : 0.0;
    const double own = more > 0.0 ? psn_repeat_period(whole, fit->options->pause) : 0.0;
    *again = repeat_again(fit, counts->pairs - 1.0, counts->again - more);
    *period = repeat_typical_period(fit, counts->again - more, counts->period - own);
}

/* ---- examples ---- */

typedef struct repeat_user {
    int64_t number, first, count, orders;
    const int32_t *item;
    const double *time;
} repeat_user;

static repeat_user repeat_open_user(repeat_fit *fit, int64_t number)
{
    const int64_t first = fit->events->start[number];
    repeat_user user = {.number = number,
                        .count = fit->events->start[number + 1] - first,
                        .item = fit->events->item + first,
                        .time = fit->events->time + first};
    user.orders = psn_repeat_sort(fit->scratch, user.item, user.time, user.count,
                                  fit->options->pause);
    const int64_t from = user.orders - fit->options->orders;
    user.first = from > 1 ? from : 1;
    return user;
}

static int64_t repeat_item_end(const repeat_fit *fit, const repeat_user *user,
                               int64_t from)
{
    const int64_t *by_item = fit->scratch->by_item;
    int64_t end = from + 1;
    while (end < user->count && user->item[by_item[end]] == user->item[by_item[from]])
        end++;
    return end;
}

static void repeat_count_user(repeat_fit *fit, int64_t number)
{
    const repeat_user user = repeat_open_user(fit, number);
    for (int64_t from = 0, end; from < user.count; from = end) {
        psn_repeat_past past;
        const int64_t at = fit->scratch->by_item[from];
        const int64_t begun = fit->scratch->order[at] + 1;
        const int64_t first = begun > user.first ? begun : user.first;
        end = repeat_item_end(fit, &user, from);
        psn_repeat_look(&past, fit->scratch, user.time, from, end, user.orders);
        repeat_count(fit, user.item[at], &past);
        if (first < user.orders) fit->total += (double)(user.orders - first);
    }
}

static int repeat_grow(repeat_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    void *block;
    if (fit->rows < fit->room) goto done;
    const int64_t room = fit->room + fit->room / 2 + 4096;
    PSN_NEED(block = psn_resize(fit->features, (size_t)room,
                                PSN_REPEAT_FEATURES * sizeof *fit->features));
    fit->features = block;
    PSN_NEED(block = psn_resize(fit->of, (size_t)room, sizeof *fit->of));
    fit->of = block;
    PSN_NEED(block = psn_resize(fit->bought, (size_t)room, sizeof *fit->bought));
    fit->bought = block;
    fit->room = room;
done:
    return rc;
}

/* Whether order number `order` of the user is among those learned from. */
static int repeat_chosen(const repeat_fit *fit, int64_t user, int64_t order)
{
    psn_random random;
    if (fit->keep >= 1.0) return 1;
    psn_random_start(&random, fit->options->seed, REPEAT_PURPOSE,
                     (uint64_t)user * 1024u + (uint64_t)(order & 1023));
    return psn_random_unit(&random) < fit->keep;
}

/* The item by_item[from .. end - 1] as an example of order number `order`. */
static int repeat_example(repeat_fit *fit, const repeat_user *user, int64_t from,
                          int64_t end, int64_t order, double now, const double *item,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    psn_repeat_past past;
    double features[PSN_REPEAT_FEATURES];
    const psn_repeat_scratch *scratch = fit->scratch;
    psn_repeat_look(&past, scratch, user->time, from, end, order);
    if (past.orders == 0) goto done;
    PSN_TRY(repeat_grow(fit, error));
    psn_repeat_features(features, &past, now, fit->options->pause, item[0], item[1]);
    for (int f = 0; f < PSN_REPEAT_FEATURES; f++)
        fit->features[fit->rows * PSN_REPEAT_FEATURES + f] = (float)features[f];
    fit->of[fit->rows] = user->item[scratch->by_item[from]];
    fit->bought[fit->rows] = 0;
    for (int64_t i = from; i < end; i++)
        fit->bought[fit->rows] |= scratch->order[scratch->by_item[i]] == order;
    fit->rows++;
done:
    return rc;
}

static double repeat_order_time(const repeat_fit *fit, const repeat_user *user,
                                int64_t order)
{
    int64_t i = 0;
    while (fit->scratch->order[i] < order) i++;
    return user->time[i];
}

static int repeat_add_user(repeat_fit *fit, int64_t number, persona_error *error)
{
    int rc = PERSONA_OK;
    const repeat_user user = repeat_open_user(fit, number);
    for (int64_t order = user.first; order < user.orders; order++) {
        if (!repeat_chosen(fit, number, order)) continue;
        const double now = repeat_order_time(fit, &user, order);
        for (int64_t from = 0, end; from < user.count; from = end) {
            psn_repeat_past whole;
            double item[2];
            end = repeat_item_end(fit, &user, from);
            psn_repeat_look(&whole, fit->scratch, user.time, from, end, user.orders);
            repeat_without(fit, user.item[fit->scratch->by_item[from]], &whole, &item[0],
                           &item[1]);
            PSN_TRY(repeat_example(fit, &user, from, end, order, now, item, error));
        }
    }
done:
    return rc;
}

/* ---- the weights ---- */

static double repeat_odds(const repeat_fit *fit, int64_t row, const double *weight)
{
    const float *features = fit->features + row * PSN_REPEAT_FEATURES;
    double odds = 0.0;
    for (int f = 0; f < PSN_REPEAT_FEATURES; f++) odds += weight[f] * (double)features[f];
    return odds;
}

/* The constant is not drawn to anything. */
static int repeat_loss(void *context, const double *weight, double *value,
                       double *gradient, persona_error *error)
{
    const repeat_fit *fit = context;
    double loss = 0.0;
    (void)error;
    memset(gradient, 0, PSN_REPEAT_FEATURES * sizeof *gradient);
    for (int64_t row = 0; row < fit->rows; row++) {
        const float *features = fit->features + row * PSN_REPEAT_FEATURES;
        const double odds = repeat_odds(fit, row, weight), y = fit->bought[row];
        const double slope = psn_sigmoid(odds) - y;
        loss += psn_sigmoid_loss(odds, y);
        for (int f = 0; f < PSN_REPEAT_FEATURES; f++)
            gradient[f] += slope * (double)features[f];
    }
    for (int f = 1; f < PSN_REPEAT_FEATURES; f++) {
        const double off = weight[f] - repeat_typical[f];
        loss += 0.5 * repeat_pull * off * off;
        gradient[f] += repeat_pull * off;
    }
    *value = loss;
    return PERSONA_OK;
}

static int repeat_learn(repeat_fit *fit, persona_error *error)
{
    psn_lbfgs_report report;
    memcpy(fit->model->weight, repeat_typical, sizeof repeat_typical);
    if (fit->rows == 0) return PERSONA_OK;
    return psn_lbfgs(fit->model->weight, PSN_REPEAT_FEATURES, repeat_loss, fit, 60, 1e-5,
                     &report, error);
}

static int repeat_offsets(repeat_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_repeat *model = fit->model;
    const double prior = fit->options->item_prior;
    double *sums = psn_alloc_zero((size_t)model->items, 2 * sizeof *sums);
    PSN_NEED(sums);
    for (int64_t row = 0; row < fit->rows; row++) {
        double *of = sums + 2 * (int64_t)fit->of[row];
        of[0] += fit->bought[row];
        of[1] += psn_sigmoid(repeat_odds(fit, row, model->weight));
    }
    for (int32_t i = 0; i < model->items; i++) {
        const repeat_counts *counts = &fit->item[i];
        model->offset[i] =
            (float)psn_log((sums[2 * i] + prior) / (sums[2 * i + 1] + prior));
        model->again[i] = (float)repeat_again(fit, counts->pairs, counts->again);
        model->period[i] =
            (float)repeat_typical_period(fit, counts->again, counts->period);
    }
done:
    psn_release(sums);
    return rc;
}

/* ---- the whole ---- */

static int repeat_check(const psn_repeat_events *events, int32_t items,
                        const psn_repeat_options *options, int64_t *most,
                        persona_error *error)
{
    if (!(options->pause > 0.0) || options->orders < 1 || options->rows < 1 ||
        !(options->item_prior > 0.0))
        return psn_fail(error, PERSONA_EOPTION,
                        "repeat: pause, orders, rows and item_prior must be positive");
    *most = 0;
    for (int64_t u = 0; u < events->users; u++) {
        const int64_t first = events->start[u], end = events->start[u + 1];
        *most = end - first > *most ? end - first : *most;
        for (int64_t i = first; i < end; i++) {
            if (events->item[i] < 0 || events->item[i] >= items ||
                !isfinite(events->time[i]) ||
                (i > first && events->time[i] < events->time[i - 1]))
                return psn_fail_at(error, PERSONA_EDATA, i,
                                   "a purchase has no known item, or no finite time, or "
                                   "is older than the one before it");
        }
    }
    return PERSONA_OK;
}

static int repeat_new(psn_repeat **out, int32_t items, double pause, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_repeat *model = psn_alloc_zero(1, sizeof *model);
    *out = NULL;
    PSN_NEED(model);
    model->items = items;
    model->pause = pause;
    PSN_NEED(model->offset = psn_alloc((size_t)items, sizeof *model->offset));
    PSN_NEED(model->again = psn_alloc((size_t)items, sizeof *model->again));
    PSN_NEED(model->period = psn_alloc((size_t)items, sizeof *model->period));
    *out = model;
    model = NULL;
done:
    psn_repeat_free(model);
    return rc;
}

static int repeat_examples(repeat_fit *fit, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t users = fit->events->users;
    for (int64_t u = 0; u < users; u++) repeat_count_user(fit, u);
    fit->keep = (double)fit->options->rows / fmax(fit->total, 1.0);
    for (int64_t u = 0; u < users; u++) {
        if (u % 64 == 0) PSN_TRY(psn_task_check(task, (double)u / (double)users, error));
        PSN_TRY(repeat_add_user(fit, u, error));
    }
done:
    return rc;
}

int psn_repeat_fit(psn_repeat **out, const psn_repeat_events *events, int32_t items,
                   const psn_repeat_options *options, persona_task *task,
                   persona_error *error)
{
    int rc;
    int64_t most = 0;
    repeat_fit fit = {.events = events, .options = options};
    *out = NULL;
    PSN_TRY(repeat_check(events, items, options, &most, error));
    PSN_TRY(repeat_new(&fit.model, items, options->pause, error));
    PSN_TRY(psn_repeat_scratch_new(&fit.scratch, most, error));
    PSN_NEED(fit.item = psn_alloc_zero((size_t)items, sizeof *fit.item));
    psn_task_enter(task, "repeated purchases", 0.0, 0.6);
    PSN_TRY(repeat_examples(&fit, task, error));
    psn_task_enter(task, "what makes them", 0.6, 1.0);
    PSN_TRY(psn_task_check(task, 0.0, error));
    PSN_TRY(repeat_learn(&fit, error));
    PSN_TRY(repeat_offsets(&fit, error));
    *out = fit.model;
    fit.model = NULL;
done:
    psn_release(fit.features);
    psn_release(fit.of);
    psn_release(fit.bought);
    psn_release(fit.item);
    psn_repeat_scratch_free(fit.scratch);
    psn_repeat_free(fit.model);
    return rc;
}
