/* kmeans_kernel.c: the kernels of kmeans_kernel.inc by level. */
#include "learn/kmeans_kernel.h"

#include <stddef.h>
#include <string.h>

#include "math/lanes.h"

#define PSN_TEMPLATE "learn/kmeans_kernel.inc"
#include "math/kernel_levels.h"

#define KMEANS_KERNELS(level)                                                            \
    {                                                                                    \
        .score = kmeans_score_##level, .finish = kmeans_finish_##level,                  \
        .squares = kmeans_squares_##level, .pending = kmeans_pending_##level,            \
        .gather = kmeans_gather_##level, .least = kmeans_least_##level,                  \
        .distance = kmeans_distance_##level, .potential = kmeans_potential_##level,      \
        .lower = kmeans_lower_##level, .replace = kmeans_replace_##level,                \
        .below = kmeans_below_##level, .box = kmeans_box_##level,                        \
        .admit = kmeans_admit_##level, .add = kmeans_add_##level,                        \
        .move = kmeans_move_##level, .direct = kmeans_direct_##level,                    \
        .convert = kmeans_convert_##level, .wide_dots = kmeans_wide_dots_##level,        \
        .wide_some = kmeans_wide_some_##level, .wide_dot = kmeans_wide_dot_##level,      \
        .wide_distance = kmeans_wide_distance_##level,                                   \
        .wide_fade = kmeans_wide_fade_##level,                                           \
    }

static const psn_kmeans_kernels kmeans_kernels[PSN_SIMD_LEVELS] = {
#if defined(__x86_64__)
    [PSN_SIMD_SCALAR] = KMEANS_KERNELS(scalar),
    [PSN_SIMD_AVX2] = KMEANS_KERNELS(avx2),
    [PSN_SIMD_AVX512] = KMEANS_KERNELS(avx512)
#elif defined(__aarch64__)
    [PSN_SIMD_SCALAR] = KMEANS_KERNELS(neon), [PSN_SIMD_NEON] = KMEANS_KERNELS(neon)
#else
    [PSN_SIMD_SCALAR] = KMEANS_KERNELS(scalar)
#endif
};

const psn_kmeans_kernels *psn_kmeans_kernels_now(void)
{
    return &kmeans_kernels[psn_simd_level()];
}

void psn_kmeans_pack(float *packed, const float *centers, int32_t k, int32_t dims)
{
    const int32_t tiles = psn_kmeans_tiles(k);
    for (int32_t t = 0; t < tiles; t++) {
        const int32_t size = psn_kmeans_tile_size(k, tiles, t);
        for (int32_t i = 0; i < size; i++)
            for (int32_t j = 0; j < dims; j++)
                packed[(int64_t)j * size + i] = centers[(int64_t)i * dims + j];
        packed += (int64_t)size * dims;
        centers += (int64_t)size * dims;
    }
}
