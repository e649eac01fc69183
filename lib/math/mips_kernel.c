/* mips_kernel.c: the passes over codes and the one score of floats.
 *
 * Products of codes are integers, so every level has the same sums, and codes only
 * propose: what they are off by is bounded for the codes that were used. The score is
 * the same 16 sums everywhere. */
#include <string.h>
#include "math/lanes.h"
#include "math/mips_index.h"

enum { MIPS_LANES = 16 };

#define PSN_TEMPLATE "math/mips_kernel.inc"
#include "math/kernel_levels.h"

#if defined(__x86_64__)
#define MIPS_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma")))

/* Values of 64 rows: the places that reach the limit; stored if there are any. */
MIPS_VNNI static inline uint64_t mips_reach_vnni(const __m512i *sums, const float *scale,
                                                 float limit, float *values)
{
    __m512 value[4];
    uint64_t places = 0;
    for (int v = 0; v < 4; v++) {
        value[v] =
            _mm512_mul_ps(_mm512_cvtepi32_ps(sums[v]), _mm512_load_ps(scale + 16 * v));
        places |=
            (uint64_t)_mm512_cmp_ps_mask(value[v], _mm512_set1_ps(limit), _CMP_GE_OQ)
            << (16 * v);
    }
    if (places != 0)
        for (int v = 0; v < 4; v++) _mm512_storeu_ps(values + 16 * v, value[v]);
    return places;
}

MIPS_VNNI static uint64_t mips_pass_vnni(const uint8_t *codes, const float *scale,
                                         const mips_probe *probe, float limit,
                                         float *values)
{
    __m512i sums[4];
    for (int v = 0; v < 4; v++) sums[v] = _mm512_set1_epi32(probe->start);
    for (int32_t g = 0; g < probe->groups; g++, codes += 256) {
        const __m512i query = _mm512_set1_epi32(probe->words[g]);
        for (int v = 0; v < 4; v++)
            sums[v] =
                _mm512_dpbusd_epi32(sums[v], _mm512_load_si512(codes + 64 * v), query);
    }
    return mips_reach_vnni(sums, scale, limit, values);
}

MIPS_VNNI static void mips_passes_vnni(const uint8_t *codes, const float *scale,
                                       const mips_probe *const *probes,
                                       const float *limits, float *values,
                                       uint64_t *places)
{
    const int32_t *const words[MIPS_TOGETHER] = {probes[0]->words, probes[1]->words,
                                                 probes[2]->words, probes[3]->words};
    const int32_t groups = probes[0]->groups;
    __m512i sums[MIPS_TOGETHER][4];
    for (int i = 0; i < MIPS_TOGETHER; i++)
        for (int v = 0; v < 4; v++) sums[i][v] = _mm512_set1_epi32(probes[i]->start);
    for (int32_t g = 0; g < groups; g++, codes += 256) {
        __m512i rows[4];
        for (int v = 0; v < 4; v++) rows[v] = _mm512_load_si512(codes + 64 * v);
        for (int i = 0; i < MIPS_TOGETHER; i++) {
            const __m512i query = _mm512_set1_epi32(words[i][g]);
            for (int v = 0; v < 4; v++)
                sums[i][v] = _mm512_dpbusd_epi32(sums[i][v], rows[v], query);
        }
    }
    for (int i = 0; i < MIPS_TOGETHER; i++)
        places[i] = mips_reach_vnni(sums[i], scale, limits[i], values + i * MIPS_BLOCK);
}

static const mips_kernels mips_vnni = {mips_pass_vnni, mips_passes_vnni,
                                       mips_score_avx512, 127};
#endif

/* Without VNNI the bytes of x86 are multiplied by maddubs, which wants small codes. */
#if defined(__x86_64__)
static const mips_kernels mips_levels[PSN_SIMD_LEVELS] = {
    [PSN_SIMD_SCALAR] = {mips_pass_scalar, mips_passes_scalar, mips_score_scalar, 127},
    [PSN_SIMD_AVX2] = {mips_pass_avx2, mips_passes_avx2, mips_score_avx2, 64},
    [PSN_SIMD_AVX512] = {mips_pass_avx512, mips_passes_avx512, mips_score_avx512, 64}};
#elif defined(__aarch64__)
static const mips_kernels mips_levels[PSN_SIMD_LEVELS] = {
    [PSN_SIMD_SCALAR] = {mips_pass_neon, mips_passes_neon, mips_score_neon, 127},
    [PSN_SIMD_NEON] = {mips_pass_neon, mips_passes_neon, mips_score_neon, 127}};
#else
static const mips_kernels mips_levels[PSN_SIMD_LEVELS] = {
    [PSN_SIMD_SCALAR] = {mips_pass_scalar, mips_passes_scalar, mips_score_scalar, 127}};
#endif

const mips_kernels *psn_mips_kernels(void)
{
#if defined(__x86_64__)
    if (psn_simd_bytes()) return &mips_vnni;
#endif
    return &mips_levels[psn_simd_level()];
}

float psn_mips_score(const float *row, const float *query, int32_t dims)
{
    return psn_mips_kernels()->score(row, query, dims);
}
