/* simd.c: asks the processor (and, through it, the operating system:
 * __builtin_cpu_supports looks at XCR0 too) which level the kernels may use, once. */
#include "math/simd.h"

#include <stdatomic.h>
#include <stddef.h>

enum { SIMD_UNKNOWN = -1 };

static _Atomic int simd_level = SIMD_UNKNOWN;

const char *psn_simd_name(int level)
{
    static const char *const names[PSN_SIMD_LEVELS] = {"scalar", "neon", "avx2",
                                                       "avx512"};
    return level >= 0 && level < PSN_SIMD_LEVELS ? names[level] : NULL;
}

int psn_simd_has(int level)
{
    if (level == PSN_SIMD_SCALAR) return 1;
#if defined(__x86_64__)
    const int fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (level == PSN_SIMD_AVX2) return fma;
    if (level == PSN_SIMD_AVX512)
        return fma && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512vl");
#elif defined(__aarch64__)
    if (level == PSN_SIMD_NEON) return 1;
#endif
    return 0;
}

static int simd_detect(void)
{
    int level = PSN_SIMD_LEVELS - 1;
    while (!psn_simd_has(level)) level--;
    return level;
}

/* Threads that come here at once all store the same number. */
int psn_simd_level(void)
{
    int level = atomic_load_explicit(&simd_level, memory_order_relaxed);
    if (level == SIMD_UNKNOWN) {
        level = simd_detect();
        atomic_store_explicit(&simd_level, level, memory_order_relaxed);
    }
    return level;
}

int psn_simd_bytes(void)
{
#if defined(__x86_64__)
    return psn_simd_level() == PSN_SIMD_AVX512 && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vnni");
#else
    return 0;
#endif
}

void psn_simd_force(int level)
{
    if (level != SIMD_UNKNOWN && !psn_simd_has(level)) return;
    atomic_store_explicit(&simd_level, level, memory_order_relaxed);
}
