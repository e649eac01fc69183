/* decision.h: accept, look at, or refuse an order, by what each is expected to cost. */
#ifndef PSN_PLAN_DECISION_H
#define PSN_PLAN_DECISION_H

#include <stdint.h>
#include "persona/types.h"

enum {
    PSN_DECISION_ACCEPT,
    PSN_DECISION_REVIEW,
    PSN_DECISION_BLOCK,
    PSN_DECISION_ACTIONS
};

/* Money in the unit of the amounts (minor units), shares 0 .. 1 where not said otherwise.
 */
typedef struct psn_decision_costs {
    double fee;       /* >= 0: share of the amount that a fraud costs beside the amount */
    double fixed_fee; /* >= 0: and for each fraud, as a chargeback's fee */
    double margin;    /* >= 0: share of the amount that a good order earns */
    double insult;    /* >= 0: and a good customer turned away costs this more */
    double review;    /* >= 0: looking at one order */
    double review_miss;  /* of frauds looked at, accepted all the same */
    double review_wrong; /* of good orders looked at, refused all the same */
    int32_t no_review;   /* 1: nobody can look */
} psn_decision_costs;

int psn_decision_check(const psn_decision_costs *costs, persona_error *error);

/* Expected cost of each action (PSN_DECISION_ACTIONS) for an order that is fraud with
 * probability p:
 *     accept  p L                          L = amount (1 + fee) + fixed_fee
 *     block   (1 - p) G                    G = amount margin + insult
 *     review  review + p miss L + (1 - p) wrong G
 * HOT, as is what follows. */
void psn_decision_expect(double *cost, const psn_decision_costs *costs, double p,
                         double amount);
/* The cheapest action; of equal ones the first of accept, review, block. A p of NaN (not
 * known) is reviewed, or accepted where nobody can look. */
int psn_decision_choose(const psn_decision_costs *costs, double p, double amount);
/* The same as limits: accept below *review_from, block from *block_from on, review
 * between. Where review never pays both are the same; 2 = never. At a limit both sides
 * cost the same, and psn_decision_choose takes the first. */
void psn_decision_limits(const psn_decision_costs *costs, double amount,
                         double *review_from, double *block_from);

/* What a limit at every distinct probability would have cost: block at or above it,
 * accept below, no reviews; the first point blocks nothing (threshold 2). At most rows +
 * 1 points, *count says how many; descending by threshold. label > 0 = fraud. */
typedef struct psn_decision_point {
    double threshold;
    double cost;             /* in all */
    double fraud_lost;       /* of it by accepted frauds */
    double good_lost;        /* by good orders blocked */
    int64_t blocked, caught; /* orders; frauds among them */
} psn_decision_point;
int psn_decision_curve(psn_decision_point *points, int64_t *count,
                       const psn_decision_costs *costs, const double *probability,
                       const double *amount, const double *label, int64_t rows,
                       persona_error *error);

#endif
