/* lanes.h: the intrinsics that lanes.inc names. Include it before kernel_levels.h. */
#ifndef PSN_MATH_LANES_H
#define PSN_MATH_LANES_H

#include <math.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#endif
