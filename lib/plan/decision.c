/* decision.c: expected costs are lines in p, so the cheapest action changes at most
 * twice: the lower envelope of three lines (Elkan, "The foundations of cost-sensitive
 * learning", IJCAI 2001, with a third action). */
#include "plan/decision.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "math/order.h"

int psn_decision_check(const psn_decision_costs *costs, persona_error *error)
{
    const double amounts[] = {costs->fee, costs->fixed_fee, costs->margin, costs->insult,
                              costs->review};
    const char *const names[] = {"fee", "fixed_fee", "margin", "insult", "review"};
    for (int i = 0; i < 5; i++)
        if (!(amounts[i] >= 0 && amounts[i] <= 1e15))
            return psn_fail(error, PERSONA_EOPTION, "%s must be in 0 .. 1e15", names[i]);
    if (!(costs->review_miss >= 0 && costs->review_miss <= 1))
        return psn_fail(error, PERSONA_EOPTION, "review_miss must be in 0 .. 1");
    if (!(costs->review_wrong >= 0 && costs->review_wrong <= 1))
        return psn_fail(error, PERSONA_EOPTION, "review_wrong must be in 0 .. 1");
    return PERSONA_OK;
}

static double decision_loss(const psn_decision_costs *costs, double amount)
{
    return amount * (1 + costs->fee) + costs->fixed_fee;
}

static double decision_good(const psn_decision_costs *costs, double amount)
{
    return amount * costs->margin + costs->insult;
}

void psn_decision_expect(double *cost, const psn_decision_costs *costs, double p,
                         double amount)
{
    const double loss = decision_loss(costs, amount), good = decision_good(costs, amount);
    cost[PSN_DECISION_ACCEPT] = p * loss;
    cost[PSN_DECISION_BLOCK] = (1 - p) * good;
    cost[PSN_DECISION_REVIEW] = costs->review + p * costs->review_miss * loss +
                                (1 - p) * costs->review_wrong * good;
    if (costs->no_review) cost[PSN_DECISION_REVIEW] = INFINITY;
}

int psn_decision_choose(const psn_decision_costs *costs, double p, double amount)
{
    double cost[PSN_DECISION_ACTIONS];
    int best = PSN_DECISION_ACCEPT;
    if (isnan(p)) return costs->no_review ? PSN_DECISION_ACCEPT : PSN_DECISION_REVIEW;
    psn_decision_expect(cost, costs, p, amount);
    for (int action = 1; action < PSN_DECISION_ACTIONS; action++)
        if (cost[action] < cost[best]) best = action;
    return best;
}

/* Where a line from a0 (p = 0) to a1 (p = 1) is undercut by one from b0 to b1; 2 = never.
 */
static double decision_crossing(double a0, double a1, double b0, double b1)
{
    const double over = b0 - a0, under = a1 - b1;
    if (!(under > 0)) return 2;
    return over > 0 ? over / (over + under) : 0;
}

void psn_decision_limits(const psn_decision_costs *costs, double amount,
                         double *review_from, double *block_from)
{
    const double loss = decision_loss(costs, amount), good = decision_good(costs, amount);
    const double look0 = costs->review + costs->review_wrong * good;
    const double look1 = costs->review + costs->review_miss * loss;
    const double block = decision_crossing(0, loss, good, 0);
    const double review = decision_crossing(0, loss, look0, look1);
    *review_from = *block_from = block;
    if (costs->no_review || review >= block) return;
    *review_from = review;
    *block_from = decision_crossing(look0, look1, good, 0);
}

static int decision_check_rows(const psn_decision_costs *costs, const double *probability,
                               const double *amount, const double *label, int64_t rows,
                               persona_error *error)
{
    int rc;
    PSN_TRY(psn_decision_check(costs, error));
    for (int64_t i = 0; i < rows; i++) {
        if (!(probability[i] >= 0 && probability[i] <= 1))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "probabilities must be in 0 .. 1");
        if (!(amount[i] >= 0 && amount[i] <= 1e15))
            return psn_fail_at(error, PERSONA_EDATA, i, "amounts must be in 0 .. 1e15");
        if (isnan(label[i]))
            return psn_fail_at(error, PERSONA_EDATA, i, "a label is missing");
    }
done:
    return rc;
}

int psn_decision_curve(psn_decision_point *points, int64_t *count,
                       const psn_decision_costs *costs, const double *probability,
                       const double *amount, const double *label, int64_t rows,
                       persona_error *error)
{
    int rc;
    int64_t *order = NULL;
    psn_decision_point at = {.threshold = 2};
    *count = 0;
    PSN_TRY(decision_check_rows(costs, probability, amount, label, rows, error));
    PSN_NEED(order = psn_alloc((size_t)rows, sizeof *order));
    psn_sort_order(order, probability, rows);
    for (int64_t i = 0; i < rows; i++)
        if (label[i] > 0) at.fraud_lost += decision_loss(costs, amount[i]);
    at.cost = at.fraud_lost;
    points[(*count)++] = at;
    for (int64_t left = rows; left > 0;) {
        at.threshold = probability[order[left - 1]];
        for (; left > 0 && probability[order[left - 1]] == at.threshold; left--) {
            const int64_t row = order[left - 1];
            at.blocked++;
            if (label[row] > 0) {
                at.caught++;
                at.fraud_lost -= decision_loss(costs, amount[row]);
            } else {
                at.good_lost += decision_good(costs, amount[row]);
            }
        }
        at.cost = at.fraud_lost + at.good_lost;
        points[(*count)++] = at;
    }
done:
    psn_release(order);
    return rc;
}
