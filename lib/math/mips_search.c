/* mips_search.c: one query: candidates within certified bounds, then their exact scores.
 *
 * With x = s X + e and q = t Q + f (X, Q codes), x q = s t (X Q) + e q + s X f, so that
 *     |x q - s t (X Q)| <= |e| |q| + |s X| |f|        (Cauchy and Schwarz)
 * and the float kernel, whose sums have m = dims / 16 + 4 roundings, is off by m 2^-24
 * |x| |q| at most; `loss` takes twice that and the few roundings made here. What
 * underflows is in `floor`.
 *
 * A row whose upper bound reaches `reached` becomes a candidate. When the room for them
 * is full, the k-th largest lower bound raises `reached` (k rows score that much) and
 * candidates below it go; if most of them stay, they are scored and leave. In the end
 * those that stayed are scored. 100,000 x 64 Gaussian numbers, k = 10: 500 candidates in
 * all, 35 scored. */
#include "math/mips_index.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    MIPS_ROOM = 64,
    MIPS_FEW = 8,     /* all are scored: at most 8 rows for each of the k */
    MIPS_SPARSE = 16, /* or at most 1 of 16 rows allowed */
    MIPS_LINE = 64,
    MIPS_AHEAD = 4,
    MIPS_HALVINGS = 12
};

static int64_t mips_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t mips_room(const psn_mips *mips, int64_t k)
{
    return 6 * mips_least(k < 0 ? 0 : k, mips->count) + MIPS_ROOM;
}

static size_t mips_words(const psn_mips *mips)
{
    return ((size_t)mips->groups * 4 + MIPS_LINE - 1) / MIPS_LINE * MIPS_LINE;
}

size_t psn_mips_search_bytes(const psn_mips *mips, int64_t most)
{
    const size_t each = 2 * sizeof(float) + sizeof(int32_t);
    const size_t bytes = mips_words(mips) + (size_t)mips_room(mips, most) * each;
    return (bytes + MIPS_LINE - 1) / MIPS_LINE * MIPS_LINE;
}

static int mips_allowed(const mips_search *search, int64_t row)
{
    return search->allow == NULL || (search->allow[row / 64] >> (row % 64) & 1) != 0;
}

static void mips_fetch_row(const psn_mips *mips, int64_t row)
{
    const float *values = mips->rows + row * mips->dims;
    for (int32_t j = 0; j < mips->dims; j += MIPS_LINE / 4)
        __builtin_prefetch(values + j);
}

static void mips_score_row(mips_search *search, int64_t row)
{
    const psn_mips *mips = search->mips;
    psn_topk_add(
        &search->best,
        search->kernels->score(mips->rows + row * mips->dims, search->query, mips->dims),
        row);
}

/* The allowed rows of word w, with nothing after the last row. */
static uint64_t mips_word(const mips_search *search, int64_t w)
{
    const int64_t rest = search->mips->count - w * 64;
    const uint64_t word = search->allow == NULL ? ~UINT64_C(0) : search->allow[w];
    return rest >= 64 ? word : word & ((UINT64_C(1) << rest) - 1);
}

/* 1 if at most `most` rows are allowed; counts no further than that. */
static int mips_few_allowed(const mips_search *search, int64_t most)
{
    int64_t count = search->allow == NULL ? search->mips->count : 0;
    for (int64_t w = 0; search->allow != NULL && w < search->mips->blocks; w++) {
        count += __builtin_popcountll(mips_word(search, w));
        if (count > most) return 0;
    }
    return count <= most;
}

/* Scores every allowed row. For a query of zeros all score 0: the first k win. */
static void mips_score_all(mips_search *search, int zero)
{
    for (int64_t w = 0; w < search->mips->blocks; w++) {
        for (uint64_t word = mips_word(search, w); word != 0; word &= word - 1)
            mips_score_row(search, w * 64 + __builtin_ctzll(word));
        if (zero && search->best.count == search->best.k) return;
    }
}

/* Codes of the query into `words`, and what the bounds need. */
static void mips_bound_query(mips_search *search, int32_t *words, double norm)
{
    const psn_mips *mips = search->mips;
    const double roundings = mips->dims / 16 + 16;
    int power;
    frexp(norm, &power);
    const double unit = ldexp(1.0, -power);
    memset(words, 0, (size_t)mips->groups * 4);
    const mips_code code = psn_mips_encode((uint8_t *)words, 4, 0, search->query,
                                           mips->dims, unit, search->kernels->span);
    search->probe = (mips_probe){words, mips->groups, -128 * code.sum};
    search->step = (double)code.step;
    search->inverse = 1 / search->step;
    search->power = mips->power - power;
    search->norm = norm * unit * (1 + 0x1p-20);
    search->loss = code.error * (1 + 0x1p-20) + roundings * 0x1p-23 * search->norm;
    /* Far above all scores it may as well end: every row is a candidate. */
    search->floor = fmin(
        0x1p100, ldexp((mips->dims + 16) * (double)FLT_MIN, search->power) + 0x1p-100);
    search->reached = -INFINITY;
}

int psn_mips_search_start(mips_search *search, const psn_mips *mips, const float *query,
                          int64_t k, const uint64_t *allow, psn_scored *out,
                          void *scratch)
{
    const int64_t room = mips_room(mips, k);
    *search = (mips_search){.mips = mips,
                            .kernels = psn_mips_kernels(),
                            .query = query,
                            .allow = allow,
                            .room = room};
    search->low = (float *)(void *)((char *)scratch + mips_words(mips));
    search->high = search->low + room;
    search->row = (int32_t *)(void *)(search->high + room);
    psn_topk_start(&search->best, out, mips_least(k < 0 ? 0 : k, mips->count));
    if (search->best.k == 0) return 0;
    const double norm = psn_mips_norm(query, mips->dims);
    const int64_t few = MIPS_FEW * search->best.k, sparse = mips->count / MIPS_SPARSE;
    if (!(norm > 0 && norm * mips->longest < (double)FLT_MAX / 4) ||
        mips_few_allowed(search, few > sparse ? few : sparse)) {
        mips_score_all(search, norm == 0);
        return 0;
    }
    mips_bound_query(search, scratch, norm);
    return 1;
}

/* Scores all candidates; none are left. */
static void mips_settle(mips_search *search)
{
    for (int64_t i = 0; i < search->count; i++) {
        if (i + MIPS_AHEAD < search->count)
            mips_fetch_row(search->mips, search->row[i + MIPS_AHEAD]);
        if (search->high[i] >= search->reached) mips_score_row(search, search->row[i]);
    }
    search->count = 0;
    if (search->best.count < search->best.k) return;
    search->reached =
        fmax(search->reached, ldexp((double)search->best.kept[0].score, search->power));
}

static int64_t mips_count_from(const float *low, int64_t count, float from)
{
    int32_t reach = 0; /* count is below 2^31 */
    for (int64_t i = 0; i < count; i++) reach += low[i] >= from;
    return reach;
}

/* Raises `reached` to about the k-th largest lower bound, never above: halving the range
 * of the bounds needs no order of them. */
static void mips_raise(mips_search *search)
{
    const int64_t k = search->best.k, count = search->count;
    float least = search->low[0], most = search->low[0];
    if (count < k) return;
    for (int64_t i = 1; i < count; i++) {
        least = search->low[i] < least ? search->low[i] : least;
        most = search->low[i] > most ? search->low[i] : most;
    }
    if (least < search->reached) {
        least = (float)search->reached;
        if (mips_count_from(search->low, count, least) < k) return;
    }
    for (int i = 0; i < MIPS_HALVINGS && least < most; i++) {
        const float middle = 0.5f * (least + most);
        if (mips_count_from(search->low, count, middle) >= k)
            least = middle;
        else
            most = middle;
    }
    search->reached = least > search->reached ? least : search->reached;
}

/* Drops the candidates that can no longer be among the k best. */
static void mips_tighten(mips_search *search)
{
    const int64_t count = search->count;
    int64_t left = 0;
    mips_raise(search);
    for (int64_t i = 0; i < count; i++) {
        search->low[left] = search->low[i];
        search->high[left] = search->high[i];
        search->row[left] = search->row[i];
        left += search->high[left] >= search->reached;
    }
    search->count = left;
}

void psn_mips_search_take(mips_search *search, int64_t block, uint64_t places,
                          const float *values)
{
    const int32_t *order = search->mips->order + block * MIPS_BLOCK;
    const int64_t rest = search->mips->count - block * MIPS_BLOCK;
    const double slack = mips_slack(search, block);
    if (rest < MIPS_BLOCK) places &= (UINT64_C(1) << rest) - 1;
    for (; places != 0; places &= places - 1) {
        const int place = __builtin_ctzll(places);
        const double value = (double)values[place] * search->step;
        if (value + slack < search->reached || !mips_allowed(search, order[place]))
            continue;
        search->low[search->count] = (float)(value - slack);
        search->high[search->count] = (float)(value + slack);
        search->row[search->count] = order[place];
        if (++search->count < search->room) continue;
        mips_tighten(search);
        if (search->count > search->room / 4 * 3) mips_settle(search);
    }
}

int64_t psn_mips_search_finish(mips_search *search)
{
    if (search->count > 0) {
        mips_tighten(search);
        mips_settle(search);
    }
    return psn_topk_finish(&search->best);
}
