/* mstl.h: several seasons at once, taken apart by loess (STL of Cleveland and others
 * 1990; MSTL of Bandara, Hyndman and Bergmeir 2021); what is without season goes on by
 * the dynamic theta method, each season as it was last. */
#ifndef PSN_LEARN_MSTL_H
#define PSN_LEARN_MSTL_H

#include "data/local_model.h"

enum { PSN_MSTL_SEASONS = 3 };
/* Seasons in periods; those that are not twice in the series are left out. All but the
 * longest together are at most as long as that one, which is the series' season. NULL:
 * that alone. */
typedef struct psn_mstl_options {
    int32_t seasons;
    int32_t season[PSN_MSTL_SEASONS];
} psn_mstl_options;
extern const psn_local_learner psn_mstl_learner;

/* Seasons that shape an index of season k, 0 = the shortest. */
static inline int32_t psn_mstl_window(int32_t k)
{
    return 31 + 4 * k;
}
/* The decomposition itself: value (nothing missing) = trend + the seasons + what is left.
 * season: `seasons` rows of count. Seasons ascending, each twice in the series. scratch:
 * psn_mstl_scratch doubles. */
size_t psn_mstl_scratch(int32_t count, int32_t longest);
void psn_mstl_decompose(double *season, double *trend, const double *value, int32_t count,
                        const int32_t *lengths, int32_t seasons, double *scratch);

#endif
