/* theta.h: the theta method of one series, seasonally adjusted where a season shows. */
#ifndef PSN_LEARN_THETA_H
#define PSN_LEARN_THETA_H

#include "data/local_model.h"

/* theta = 2: simple exponential smoothing with half the trend as drift (Assimakopoulos
 * and Nikolopoulos 2000). */
extern const psn_local_learner psn_theta_learner;
/* theta fitted, one line through all values. */
extern const psn_local_learner psn_optimised_theta_learner;
/* theta fitted, the line moves with every value: the best of the three alone. */
extern const psn_local_learner psn_dynamic_theta_learner;

#endif
