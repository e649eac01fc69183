/* kernel.h: one template, compiled once for each SIMD level of this architecture.
 *
 * x_kernel.inc:
 *     static PSN_TARGET void PSN_KERNEL(x_add)(double *out, const double *in, int64_t n)
 *     { plain loops, one lane = one row, fma() and fmaf() written out }
 * x.c:
 *     #define PSN_TEMPLATE "math/x_kernel.inc"
 *     #include "math/kernel_levels.h"
 *     typedef void x_add_kernel(double *, const double *, int64_t);
 *     static x_add_kernel *const x_adds[] = PSN_KERNEL_TABLE(x_add);
 *     ... x_adds[psn_simd_level()](out, in, n);
 *
 * Helpers: a PSN_INLINE function without PSN_TARGET is inlined into every level and
 * becomes code of that level there (fma() turns into the instruction), so it is written
 * once, in a header; the other way round (a helper with PSN_TARGET in a function without)
 * does not compile. A helper that is not PSN_INLINE lives in the template and has both
 * macros.
 *
 * Vectors: blend with psn_inline_choose(c, a, b) of elementary_inline.h; gcc makes
 * branches of `c ? a : b` where compares may trap, and then no vectors. AVX2 has for
 * int64 no conversion to double, no >> of negative numbers and no product. -fopt-info-vec
 * tells what became of a loop. Accumulators that must stay in registers: lanes.inc.
 *
 * Same bits: the sum of one row goes in one order; only independent rows are lanes.
 * PSN_LANES (doubles in a register) may choose tile sizes, never an order of summation.
 * The scalar level calls libm's fma(), which rounds once as well: slow, equal. lib/math
 * and lib/learn are compiled with -O3; there is no #pragma GCC optimize, which can undo
 * -ffp-contract=off. */
#ifndef PSN_MATH_KERNEL_H
#define PSN_MATH_KERNEL_H

#include "math/simd.h"

#define PSN_INLINE static inline __attribute__((always_inline))

#define PSN_KERNEL_PASTE(name, level) name##_##level
#define PSN_KERNEL_NAME(name, level)  PSN_KERNEL_PASTE(name, level)
/* x_sum -> x_sum_avx2 in the pass for AVX2. */
#define PSN_KERNEL(name) PSN_KERNEL_NAME(name, PSN_LEVEL)

/* Before a loop whose arrays may be the same but never overlap by a shift. */
#if defined(__clang__)
#define PSN_NO_CARRY _Pragma("clang loop vectorize(assume_safety)")
#else
#define PSN_NO_CARRY _Pragma("GCC ivdep")
#endif

/* The kernels by level; a level this architecture never has is NULL. */
#if defined(__x86_64__)
#define PSN_KERNEL_TABLE(name)                                                           \
    {                                                                                    \
        [PSN_SIMD_SCALAR] = name##_scalar, [PSN_SIMD_AVX2] = name##_avx2,                \
        [PSN_SIMD_AVX512] = name##_avx512                                                \
    }
#elif defined(__aarch64__)
/* Every aarch64 has NEON and fma: there is no code below it. */
#define PSN_KERNEL_TABLE(name)                                                           \
    {                                                                                    \
        [PSN_SIMD_SCALAR] = name##_neon, [PSN_SIMD_NEON] = name##_neon                   \
    }
#else
#define PSN_KERNEL_TABLE(name)                                                           \
    {                                                                                    \
        [PSN_SIMD_SCALAR] = name##_scalar                                                \
    }
#endif

#endif
