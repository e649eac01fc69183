/* segment_fit_kinds.c: the kinds of customers a shop speaks of, and how well a segment
 * fits each.
 *
 * A kind is a weighted mean of lifts with limits that must hold: "at risk" is late, but
 * was good. To the mean of "high value" comes a quarter of the doublings by which the
 * segment's share of revenue is above its share of customers. */
#include "math/elementary.h"
#include "shop/segment/segment_fit_names.h"

#include <math.h>
#include <string.h>

#define NAMES_SECOND_CHOICE 0.6
#define NAMES_NOTHING_ELSE  0.01

const psn_names_concept_words psn_names_concepts[NAMES_CONCEPTS] = {
    {"recency recencydays dayssincelast dayssincelastorder dayssincelastpurchase "
     "lastpurchasedays",
     "not seen lately", "seen lately"},
    {"frequency orders numorders ordercount numberoforders purchases numpurchases "
     "purchasecount transactions numtransactions invoices",
     "many orders", "few orders"},
    {"monetary monetaryvalue revenue totalrevenue totalspend totalspent totalsales sales "
     "spend value amount total ltv clv",
     "high spend", "low spend"},
    {"tenure tenuredays customerage accountage dayssincefirst dayssincefirstorder",
     "long-standing", "new"},
    {"basketvalue basketsize averageordervalue avgordervalue aov averagebasket avgbasket",
     "large baskets", "small baskets"},
    {"discountshare discountrate discount deals numdealspurchases coupons couponshare",
     "many discounts", "few discounts"},
    {"returnrate returnsrate returnshare", "many returns", "few returns"},
    {"monthconcentration", "in few months", "all year round"},
    {"q4share", "at the year's end", "not at the year's end"},
};

#define NAMES_OVER(concept, z)                                                           \
    {                                                                                    \
        concept, z, INFINITY                                                             \
    }
#define NAMES_UNDER(concept, z)                                                          \
    {                                                                                    \
        concept, -INFINITY, z                                                            \
    }

const psn_names_kind psn_names_kinds[NAMES_KINDS] = {
    {"high_value",
     "High-value customers",
     {0, .5, 1, 0, .25, 0, 0, 0, 0},
     {NAMES_OVER(NAMES_MONETARY, .6), NAMES_UNDER(NAMES_RECENCY, .3)},
     2},
    {"frequent",
     "Frequent shoppers",
     {-.2, 1, .1, 0, -.1, 0, 0, 0, 0},
     {NAMES_OVER(NAMES_FREQUENCY, .5), NAMES_UNDER(NAMES_RECENCY, .2)},
     2},
    {"loyal",
     "Loyal customers",
     {-.5, .5, .2, .6, 0, 0, 0, 0, 0},
     {NAMES_OVER(NAMES_TENURE, .2), NAMES_OVER(NAMES_FREQUENCY, .15),
      NAMES_UNDER(NAMES_RECENCY, 0)},
     3},
    {"big_basket",
     "Big-basket shoppers",
     {0, -.1, 0, 0, 1, 0, 0, 0, 0},
     {NAMES_OVER(NAMES_BASKET, .5), NAMES_UNDER(NAMES_RECENCY, .8)},
     2},
    {"bargain",
     "Bargain hunters",
     {0, 0, 0, 0, 0, 1, 0, 0, 0},
     {NAMES_OVER(NAMES_DISCOUNT, .4)},
     1},
    {"seasonal",
     "Seasonal buyers",
     {0, 0, 0, 0, 0, 0, 0, .3, .9},
     {NAMES_OVER(NAMES_Q4, .5), NAMES_OVER(NAMES_TENURE, -.6)},
     2},
    {"new",
     "New customers",
     {-.3, 0, 0, -1, 0, 0, 0, 0, 0},
     {NAMES_UNDER(NAMES_TENURE, -.6), NAMES_UNDER(NAMES_RECENCY, .3)},
     2},
    {"at_risk",
     "At risk",
     {.6, .3, .5, 0, 0, 0, 0, 0, 0},
     {NAMES_OVER(NAMES_RECENCY, .3), NAMES_OVER(NAMES_MONETARY, -.2)},
     2},
    {"dormant",
     "Dormant customers",
     {1, -.3, -.2, .2, 0, 0, 0, 0, 0},
     {NAMES_OVER(NAMES_RECENCY, .6), NAMES_UNDER(NAMES_MONETARY, 0)},
     2},
    {"lapsed_new",
     "Lapsed newcomers",
     {.6, -.2, 0, -.7, 0, 0, 0, 0, 0},
     {NAMES_UNDER(NAMES_TENURE, -.6), NAMES_OVER(NAMES_RECENCY, .3)},
     2},
    {"returns",
     "Returns-heavy customers",
     {0, 0, 0, 0, 0, 0, 1, 0, 0},
     {NAMES_OVER(NAMES_RETURNS, .8)},
     1},
    {"occasional",
     "Occasional shoppers",
     {.1, -.7, -.5, 0, 0, 0, 0, 0, 0},
     {NAMES_UNDER(NAMES_FREQUENCY, -.3), NAMES_UNDER(NAMES_RECENCY, 1)},
     2},
    {"small_basket",
     "Small-basket shoppers",
     {0, -.3, 0, 0, -1, 0, 0, 0, 0},
     {NAMES_UNDER(NAMES_BASKET, -.5), NAMES_UNDER(NAMES_RECENCY, .4)},
     2},
    /* last: only where nothing else fits */
    {"regular",
     "Regular customers",
     {0},
     {{NAMES_FREQUENCY, -.6, .6}, {NAMES_MONETARY, -.6, .6}, {NAMES_RECENCY, -.6, .6}},
     3},
};

void psn_names_find(psn_names_work *work)
{
    char plain[256];
    for (int c = 0; c < NAMES_CONCEPTS; c++) {
        work->feature[c] = -1;
        for (int64_t f = 0; f < work->stats->features && work->feature[c] < 0; f++) {
            const psn_fit_feature *feature = work->stats->feature + f;
            if (feature->level >= 0) continue;
            psn_name_plain(plain, sizeof plain, feature->label);
            if (psn_name_in(plain, psn_names_concepts[c].words)) work->feature[c] = f;
        }
    }
    work->known = (work->feature[NAMES_RECENCY] >= 0) +
                      (work->feature[NAMES_FREQUENCY] >= 0) +
                      (work->feature[NAMES_MONETARY] >= 0) >=
                  2;
}

/* NaN when the concept is unknown. */
static double names_lift(const psn_names_work *work, int concept, int32_t segment)
{
    const int64_t f = work->feature[concept];
    return f < 0 ? NAN : work->stats->feature[f].lift[segment];
}

/* A quarter of the doublings by which a segment's share of revenue is above its share of
 * customers: three quarters of the revenue is value, however often they come. */
static double names_worth(const psn_names_work *work, int32_t segment)
{
    const psn_fit_stats *stats = work->stats;
    if (stats->revenue == NULL || !(stats->total_revenue > 0)) return 0;
    const double share = stats->revenue[segment] / stats->total_revenue;
    const double index = share / stats->weight[segment];
    return index > 1 ? 0.25 * psn_log(index) / psn_log(2) : -1;
}

static double names_score(const psn_names_work *work, const psn_names_kind *kind,
                          int32_t segment)
{
    double sum = 0, weights = 0;
    for (int i = 0; i < kind->limits; i++) {
        const double lift = names_lift(work, kind->limit[i].concept, segment);
        const int first = i == 0; /* what the kind is about must be known */
        if (isnan(lift) ? first
                        : lift < kind->limit[i].at_least || lift > kind->limit[i].at_most)
            return NAN;
    }
    for (int c = 0; c < NAMES_CONCEPTS; c++) {
        const double lift = names_lift(work, c, segment);
        if (isnan(lift)) continue;
        sum += kind->weight[c] * lift;
        weights += fabs(kind->weight[c]);
    }
    if (weights == 0) return NAMES_NOTHING_ELSE;
    if (strcmp(kind->key, "high_value") == 0) sum += weights * names_worth(work, segment);
    return sum > 0 ? sum / weights : NAN;
}

void psn_names_score(psn_names_work *work)
{
    for (int32_t c = 0; c < work->k; c++) {
        double *score = work->score + (size_t)c * NAMES_KINDS, best = 0;
        for (int n = 0; n < NAMES_KINDS; n++) {
            score[n] = names_score(work, &psn_names_kinds[n], c);
            if (score[n] > best) best = score[n];
        }
        for (int n = 0; n < NAMES_KINDS; n++)
            if (!(score[n] >= NAMES_SECOND_CHOICE * best)) score[n] = NAN;
    }
}
