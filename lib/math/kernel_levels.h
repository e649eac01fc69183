/* kernel_levels.h: includes PSN_TEMPLATE once for each level (see kernel.h). Has no
 * include guard: it may be used for several templates of one file. */
#include "math/kernel.h"

#if defined(__x86_64__)

#define PSN_LEVEL avx512
#define PSN_LANES 8
#if defined(__clang__)
#define PSN_TARGET __attribute__((target("avx512f,avx512vl,avx2,fma")))
#else
#define PSN_TARGET                                                                       \
    __attribute__((target("avx512f,avx512vl,avx2,fma,prefer-vector-width=512")))
#endif
#include PSN_TEMPLATE
#undef PSN_LEVEL
#undef PSN_LANES
#undef PSN_TARGET

#define PSN_LEVEL  avx2
#define PSN_LANES  4
#define PSN_TARGET __attribute__((target("avx2,fma")))
#include PSN_TEMPLATE
#undef PSN_LEVEL
#undef PSN_LANES
#undef PSN_TARGET

#endif

#if defined(__aarch64__)
#define PSN_LEVEL neon
#else
#define PSN_LEVEL scalar
#endif
#define PSN_LANES 2
#define PSN_TARGET
#include PSN_TEMPLATE
#undef PSN_LEVEL
#undef PSN_LANES
#undef PSN_TARGET

#undef PSN_TEMPLATE
