/* intermittent.h: learners for demand that comes now and then: Croston, its bias-free
 * kin, aggregation over time, the mean of a window, and a count model with a level, a
 * dispersion and a weekday profile as its state.
 *
 * All forecast a rate: units a period. A single series has too few sales to tell how
 * fast its rate moves, so the smoothing constants are chosen by psn_intermittent_tune
 * over many series at once. */
#ifndef PSN_LEARN_INTERMITTENT_H
#define PSN_LEARN_INTERMITTENT_H

#include "base/pool.h"
#include "data/local_model.h"
#include "persona/types.h"

/* One struct for all of them; each reads its own fields. 0 = a default that goes by the
 * season of the series (7: days). */
typedef struct psn_intermittent_options {
    double rate;    /* 0 .. 1: weight of the newest interval (croston, sba), occurrence
                       (tsb), bucket (adida, imapa), value (count) */
    double size;    /* 0 .. 1: weight of the newest size (croston, sba, tsb) */
    int32_t window; /* >= 1: values that empirical averages */
    double profile; /* count: observations that a seasonal profile starts from */
    double factor;  /* of the forecast: what the whole assortment does while its items
                       keep still (0 = 1) */
} psn_intermittent_options;

extern const psn_local_learner psn_croston_learner;   /* Croston 1972 */
extern const psn_local_learner psn_sba_learner;       /* Syntetos and Boylan 2005 */
extern const psn_local_learner psn_tsb_learner;       /* Teunter, Syntetos, Babai 2011 */
extern const psn_local_learner psn_adida_learner;     /* Nikolopoulos et al. 2011 */
extern const psn_local_learner psn_imapa_learner;     /* Petropoulos, Kourentzes 2015 */
extern const psn_local_learner psn_empirical_learner; /* the mean of a window */
extern const psn_local_learner psn_count_learner;     /* Harvey and Fernandes 1989 */

/* The options with which `learner` (one of the above) had the least squared error of the
 * mean over the next `horizon` periods, in units of each series' own first differences,
 * at up to six origins of each of the series (of which at most 2,000 are looked at). The
 * factor is the ratio of all sales to all forecasts, believed as far as the origins agree
 * on it: old items fade, and a level learns that late. Too little to learn from: the
 * defaults. Same result for any number of threads. */
int psn_intermittent_tune(psn_intermittent_options *options,
                          const psn_local_learner *learner, const psn_series *series,
                          int64_t count, int32_t horizon, psn_pool *pool,
                          persona_error *error);

#endif
