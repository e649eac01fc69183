/* mstl.c: MSTL: STL for one season after the other, each on the series without the other
 * seasons, twice. How many seasons shape an index: psn_mstl_window. Cost: about 100 n. */
#include "learn/mstl.h"

#include <string.h>

#include "math/loess.h"

enum { MSTL_PASSES = 2, MSTL_ROUNDS = 2 };

size_t psn_mstl_scratch(int32_t count, int32_t longest)
{
    return (size_t)count + psn_stl_scratch(count, longest) +
           3 * ((size_t)count / 2 + 3); /* a shorter season has more of them */
}

void psn_mstl_decompose(double *season, double *trend, const double *value, int32_t count,
                        const int32_t *lengths, int32_t seasons, double *scratch)
{
    double *rest = scratch;
    const size_t n = (size_t)count;
    memset(season, 0, (size_t)seasons * n * sizeof *season);
    memset(trend, 0, n * sizeof *trend);
    memcpy(rest, value, n * sizeof *rest);
    for (int pass = 0; pass < (seasons > 1 ? MSTL_PASSES : 1); pass++)
        for (int32_t k = 0; k < seasons; k++) {
            double *own = season + (size_t)k * n;
            const psn_stl_options options = {.period = lengths[k],
                                             .season_window = psn_mstl_window(k),
                                             .rounds = MSTL_ROUNDS};
            for (size_t i = 0; i < n; i++) rest[i] += own[i];
            psn_stl(own, trend, rest, count, &options, scratch + n);
            for (size_t i = 0; i < n; i++) rest[i] -= own[i];
        }
}
