/* local_learners.h: every learner of one series by name, for programs that run them. */
#ifndef PSN_TEST_LOCAL_LEARNERS_H
#define PSN_TEST_LOCAL_LEARNERS_H

#include <string.h>
#include "learn/baseline.h"
#include "learn/ces.h"
#include "learn/mstl.h"
#include "learn/theta.h"

static const psn_local_learner *const local_learners[] = {
    &psn_zero_learner,           &psn_naive_learner,
    &psn_seasonal_naive_learner, &psn_drift_learner,
    &psn_moving_mean_learner,    &psn_profile_learner,
    &psn_theta_learner,          &psn_optimised_theta_learner,
    &psn_dynamic_theta_learner,  &psn_ces_learner,
    &psn_mstl_learner,
};

static inline const psn_local_learner *local_learner_named(const char *name)
{
    for (size_t i = 0; i < sizeof local_learners / sizeof *local_learners; i++)
        if (strcmp(local_learners[i]->name, name) == 0) return local_learners[i];
    return NULL;
}

#endif
