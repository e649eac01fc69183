/* simd.h: which instruction set the kernels use. A kernel is one template of plain loops,
 * compiled once for each level; all levels give the same bits. */
#ifndef PSN_MATH_SIMD_H
#define PSN_MATH_SIMD_H

enum { PSN_SIMD_SCALAR, PSN_SIMD_NEON, PSN_SIMD_AVX2, PSN_SIMD_AVX512, PSN_SIMD_LEVELS };

/* The level in use: the best this processor has, or the one forced. */
int psn_simd_level(void);
const char *psn_simd_name(int level); /* "avx2" */
/* 1 if this build and processor can run the level. */
int psn_simd_has(int level);
/* 1 if the level in use is AVX-512 and the processor multiplies bytes (VNNI) too: for
 * kernels of exact integers, which give the same numbers either way. */
int psn_simd_bytes(void);
/* For tests and benchmarks, through the static library; before any kernel runs. -1
 * undoes; a level this processor lacks changes nothing. Kernels look the level up at each
 * call (one relaxed load). */
void psn_simd_force(int level);

#endif
