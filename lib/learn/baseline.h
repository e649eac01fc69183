/* baseline.h: the forecasts that every other one must beat, each a local model. */
#ifndef PSN_LEARN_BASELINE_H
#define PSN_LEARN_BASELINE_H

#include "data/local_model.h"

extern const psn_local_learner psn_zero_learner;  /* 0 for ever */
extern const psn_local_learner psn_naive_learner; /* the last value */
/* The last value at the same position of the season. */
extern const psn_local_learner psn_seasonal_naive_learner;
/* The line through the first and the last value, on from the last. */
extern const psn_local_learner psn_drift_learner;

/* Mean of the last `window` periods. */
typedef struct psn_moving_mean_options {
    int32_t window; /* 0 = 4 weeks of days, else two seasons, at least 8; at most that of
                       28 periods and two seasons which is more */
} psn_moving_mean_options;
extern const psn_local_learner psn_moving_mean_learner;

/* Mean of the last 4 seasons times the profile of the last 8 (of seasons beyond 24
 * periods: 2 and 3); the profile is added where there are values below 0. Of days: four
 * weeks' level, eight weeks' weekdays. Needs a season and two of them. */
extern const psn_local_learner psn_profile_learner;

#endif
