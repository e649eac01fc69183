/* mips_kernel.c: the passes over codes and the one score of floats.
 *
 * Products of codes are integers, so every level has the same sums, and codes only
 * propose: what they are off by is bounded for the codes that were used. The score is
 * the same 16 sums everywhere. */
#include <string.h>
#include "math/lanes.h"
#include "math/mips_index.h"

enum { MIPS_LANES = 16 };

/* The sum of 16 lanes, always in this order. */
PSN_INLINE float mips_tree(float *lanes)
{
    for (int l = 0; l < 8; l++) lanes[l] += lanes[l + 8];
    for (int l = 0; l < 4; l++) lanes[l] += lanes[l + 4];
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

#define PSN_TEMPLATE "math/mips_kernel.inc"
#include "math/kernel_levels.h"

#if defined(__x86_64__)
#define MIPS_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma")))

/* Four dimensions, or the sums, of 64 rows. Named, as GCC keeps arrays in memory. */
typedef struct mips_wide {
    __m512i a, b, c, d;
} mips_wide;

MIPS_VNNI static inline mips_wide mips_load_vnni(const uint8_t *codes)
{
    return (mips_wide){_mm512_load_si512(codes), _mm512_load_si512(codes + 64),
                       _mm512_load_si512(codes + 128), _mm512_load_si512(codes + 192)};
}

MIPS_VNNI static inline mips_wide mips_begin_vnni(const mips_probe *probe)
{
    const __m512i start = _mm512_set1_epi32(probe->start);
    return (mips_wide){start, start, start, start};
}

MIPS_VNNI static inline mips_wide mips_add_vnni(mips_wide sum, mips_wide rows,
                                                int32_t word)
{
    const __m512i query = _mm512_set1_epi32(word);
    return (mips_wide){_mm512_dpbusd_epi32(sum.a, rows.a, query),
                       _mm512_dpbusd_epi32(sum.b, rows.b, query),
                       _mm512_dpbusd_epi32(sum.c, rows.c, query),
                       _mm512_dpbusd_epi32(sum.d, rows.d, query)};
}

MIPS_VNNI static inline __m512 mips_value_vnni(__m512i sum, const float *scale)
{
    return _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_load_ps(scale));
}

MIPS_VNNI static inline uint64_t mips_places_vnni(__m512 value, float limit)
{
    return _mm512_cmp_ps_mask(value, _mm512_set1_ps(limit), _CMP_GE_OQ);
}

/* The places that reach the limit; the values are stored if there are any. */
MIPS_VNNI static inline uint64_t mips_reach_vnni(mips_wide sum, const float *scale,
                                                 float limit, float *values)
{
    const __m512 a = mips_value_vnni(sum.a, scale);
    const __m512 b = mips_value_vnni(sum.b, scale + 16);
    const __m512 c = mips_value_vnni(sum.c, scale + 32);
    const __m512 d = mips_value_vnni(sum.d, scale + 48);
    const uint64_t places =
        mips_places_vnni(a, limit) | mips_places_vnni(b, limit) << 16 |
        mips_places_vnni(c, limit) << 32 | mips_places_vnni(d, limit) << 48;
    if (places == 0) return 0;
    _mm512_storeu_ps(values, a);
    _mm512_storeu_ps(values + 16, b);
    _mm512_storeu_ps(values + 32, c);
    _mm512_storeu_ps(values + 48, d);
    return places;
}

MIPS_VNNI static uint64_t mips_pass_vnni(const uint8_t *codes, const float *scale,
                                         const mips_probe *probe, float limit,
                                         float *values)
{
    mips_wide sum = mips_begin_vnni(probe);
    for (int32_t g = 0; g < probe->groups; g++, codes += 256)
        sum = mips_add_vnni(sum, mips_load_vnni(codes), probe->words[g]);
    return mips_reach_vnni(sum, scale, limit, values);
}

MIPS_VNNI static void mips_passes_vnni(const uint8_t *codes, const float *scale,
                                       const mips_probe *const *probes,
                                       const float *limits, float *values,
                                       uint64_t *places)
{
    const mips_probe p = *probes[0], q = *probes[1], r = *probes[2], s = *probes[3];
    mips_wide sum_p = mips_begin_vnni(&p), sum_q = mips_begin_vnni(&q);
    mips_wide sum_r = mips_begin_vnni(&r), sum_s = mips_begin_vnni(&s);
    for (int32_t g = 0; g < p.groups; g++, codes += 256) {
        const mips_wide rows = mips_load_vnni(codes);
        sum_p = mips_add_vnni(sum_p, rows, p.words[g]);
        sum_q = mips_add_vnni(sum_q, rows, q.words[g]);
        sum_r = mips_add_vnni(sum_r, rows, r.words[g]);
        sum_s = mips_add_vnni(sum_s, rows, s.words[g]);
    }
    places[0] = mips_reach_vnni(sum_p, scale, limits[0], values);
    places[1] = mips_reach_vnni(sum_q, scale, limits[1], values + MIPS_BLOCK);
    places[2] = mips_reach_vnni(sum_r, scale, limits[2], values + 2 * MIPS_BLOCK);
    places[3] = mips_reach_vnni(sum_s, scale, limits[3], values + 3 * MIPS_BLOCK);
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
