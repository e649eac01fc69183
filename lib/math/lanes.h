/* lanes.h: the intrinsics that lanes.inc names. Include it before kernel_levels.h. */
#ifndef PSN_MATH_LANES_H
#define PSN_MATH_LANES_H

#include <math.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>

/* The lesser of two lanes. */
static inline double lanes_least(__m128d two)
{
    return _mm_cvtsd_f64(_mm_min_sd(two, _mm_unpackhi_pd(two, two)));
}
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#endif
