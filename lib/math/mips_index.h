/* mips_index.h: what the files of mips share.
 *
 * All bounds are in units of their own: rows and queries are thought multiplied by powers
 * of two that bring the longest row and the query into 0.5 .. 1, so that nothing over- or
 * underflows in them, whatever the data are. */
#ifndef PSN_MATH_MIPS_INDEX_H
#define PSN_MATH_MIPS_INDEX_H

#include <math.h>
#include "math/kernel.h"
#include "math/mips.h"

enum { MIPS_BLOCK = 64, MIPS_TOGETHER = 4 };

struct psn_mips {
    const float *rows; /* the caller's */
    int64_t count, blocks;
    int32_t dims, groups; /* groups of 4 dimensions */
    int power;            /* of two, that rows are thought multiplied by */
    double longest;       /* norm of the longest row, as it is */
    int32_t *order;       /* blocks x 64: which row a place holds, longest first */
    float *scale;         /* blocks x 64: row = scale x codes + error */
    float *error, *norm;  /* blocks: the largest norm of an error, of a row */
    uint8_t *codes;       /* blocks x groups x 64 x 4: 128 + code, code in -127 .. 127 */
};

/* An int8 query: query = step x codes + error. */
typedef struct mips_probe {
    const int32_t *words;  /* 4 codes each */
    int32_t groups, start; /* start: -128 x sum of the codes */
} mips_probe;

/* For the 64 rows of one block and one query: the places (bits) whose scale x (codes x
 * codes) reaches `limit`, all 64 of these in `values` if there are any. */
typedef uint64_t mips_pass_kernel(const uint8_t *codes, const float *scale,
                                  const mips_probe *probe, float limit, float *values);
/* The same for 4 queries. values: 4 x 64. */
typedef void mips_passes_kernel(const uint8_t *codes, const float *scale,
                                const mips_probe *const *probes, const float *limits,
                                float *values, uint64_t *places);
/* values x unit = step x codes + error. */
typedef struct mips_code {
    float step;
    int32_t sum;        /* of the codes */
    double error, held; /* norms of the error and of step x codes */
} mips_code;
/* Codes in -span .. span, `zero` added to each, four after four: the next four lie `next`
 * bytes after. The values are finite. */
mips_code psn_mips_encode(uint8_t *codes, int32_t next, int zero, const float *values,
                          int32_t dims, double unit, int32_t span);
double psn_mips_norm(const float *values, int32_t dims);

typedef float mips_score_kernel(const float *row, const float *query, int32_t dims);

typedef struct mips_kernels {
    mips_pass_kernel *pass;
    mips_passes_kernel *passes;
    mips_score_kernel *score;
    int32_t span; /* the largest code of a query */
} mips_kernels;
/* Those of the level in use. */
const mips_kernels *psn_mips_kernels(void);

/* One query on its way through the blocks. */
typedef struct mips_search {
    const psn_mips *mips;
    const mips_kernels *kernels;
    const float *query;
    const uint64_t *allow;
    psn_topk best; /* scored by the float kernel */
    mips_probe probe;
    int power; /* scores are thought multiplied by 2^power in all */
    /* |score - step x value| <= error x norm + norm x loss + floor */
    double step, inverse, norm, loss, floor; /* inverse: 1 / step */
    double reached;                          /* k rows score as much at least */
    /* Candidates: their bounds. */
    int64_t count, room;
    float *low, *high;
    int32_t *row;
} mips_search;

size_t psn_mips_search_bytes(const psn_mips *mips, int64_t most);
/* 1 if the blocks are to be walked, 0 if the answer is there: rows few enough, or numbers
 * so large, that all were scored. */
int psn_mips_search_start(mips_search *search, const psn_mips *mips, const float *query,
                          int64_t k, const uint64_t *allow, psn_scored *out,
                          void *scratch);
/* How far the scores of this block may be from step x value. */
PSN_INLINE double mips_slack(const mips_search *search, int64_t block)
{
    const psn_mips *mips = search->mips;
    return ((double)mips->error[block] * search->norm +
            (double)mips->norm[block] * search->loss + search->floor) *
           (1 + 0x1p-20);
}

/* What a value of this block must reach; infinite if no row from here on can. */
PSN_INLINE float mips_limit(const mips_search *search, int64_t block)
{
    const double most =
        (double)search->mips->norm[block] * (search->norm + search->loss) + search->floor;
    if (most < search->reached) return INFINITY;
    const double limit = (search->reached - mips_slack(search, block)) * search->inverse;
    return limit < -0x1p127 ? -0x1p127f : (float)limit;
}

void psn_mips_search_take(mips_search *search, int64_t block, uint64_t places,
                          const float *values);
int64_t psn_mips_search_finish(mips_search *search);

#endif
