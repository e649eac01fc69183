/* session_knn_query.c: the sessions most like the running one, and the items they speak
 * for.
 *
 * 1. The lists of the items of the running session are walked, newest item first. A hash
 *    table of just the size needed (it stays in the caches whatever the size of the
 *    index) leads from a session to its candidate, where weights add up. Once there is
 *    no room for another candidate, later lists only add to those there are.
 * 2. The k most similar are told apart by a histogram of the leading bits of their
 *    similarity and a quickselect inside the bin where the k-th lies. Ties go to the
 *    newer session; keys differ, so the set does not depend on how it is found.
 * 3. Their items are added up, in the order in which the sessions were found. Sessions
 *    lie anywhere in memory: they are fetched ahead.
 *
 * O(items x m + k x length). */
#include <string.h>

#include "learn/session_knn_index.h"

typedef struct knn_candidate {
    uint32_t session;
    float similarity;
    uint8_t line; /* of the newest shared item */
    uint8_t length;
} knn_candidate;

/* An item of the running session, and its list. */
typedef struct knn_line {
    int64_t first, count;
    int32_t item;
    float weight;
} knn_line;

enum { KNN_BINS = 2048, KNN_BIN_SHIFT = 20, KNN_AHEAD_FAR = 16, KNN_AHEAD = 8 };

/* What is smaller would be no score at all. */
static const float KNN_LEAST = 1e-30F;
static const float KNN_LEAST_DECAY = 1e-3F;

typedef struct knn_work {
    knn_candidate *candidate;
    uint64_t *key;
    uint32_t *slot; /* candidate + 1, 0 = free */
    uint32_t *bin;
    knn_line line[PSN_SESSION_KNN_HISTORY];
    int64_t lines, count;
    uint32_t slot_shift, slot_mask;
} knn_work;

/* ---- scratch */

static size_t knn_round(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static int64_t knn_slots(int64_t candidates)
{
    int64_t slots = 64;
    while (slots < 2 * candidates) slots *= 2;
    return slots;
}

static size_t knn_candidate_bytes(const psn_session_knn *knn)
{
    return knn_round((size_t)knn->candidates * sizeof(knn_candidate));
}

static size_t knn_key_bytes(const psn_session_knn *knn)
{
    return knn_round((size_t)knn->candidates * sizeof(uint64_t));
}

static size_t knn_bin_bytes(void)
{
    return KNN_BINS * sizeof(uint32_t);
}

size_t psn_session_knn_scratch(const psn_session_knn *knn)
{
    return knn_candidate_bytes(knn) + knn_key_bytes(knn) + knn_bin_bytes() +
           (size_t)knn_slots(knn->candidates) * sizeof(uint32_t);
}

static void knn_lay_out(knn_work *work, const psn_session_knn *knn, void *scratch)
{
    char *at = scratch;
    work->candidate = (knn_candidate *)(void *)at;
    at += knn_candidate_bytes(knn);
    work->key = (uint64_t *)(void *)at;
    at += knn_key_bytes(knn);
    work->bin = (uint32_t *)(void *)at;
    at += knn_bin_bytes();
    work->slot = (uint32_t *)(void *)at;
    work->lines = work->count = 0;
}

/* ---- 1: candidates */

static int knn_has_line(const knn_work *work, int32_t item)
{
    for (int64_t i = 0; i < work->lines; i++)
        if (work->line[i].item == item) return 1;
    return 0;
}

static void knn_add_line(knn_work *work, const psn_session_knn *knn, int32_t item,
                         float weight)
{
    const int64_t first = knn->posting_start[item];
    const int64_t length = knn->posting_start[item + 1] - first;
    const float rare = 1 + (float)knn->options.match_rarity * knn->rare[item];
    __builtin_prefetch(knn->posting + first);
    work->line[work->lines++] = (knn_line){first, length, item, weight * rare};
}

/* The different items, newest first; returns the sum of the lengths of their lists. */
static int64_t knn_gather(knn_work *work, const psn_session_knn *knn,
                          const int32_t *items, const float *weights, int64_t count)
{
    int64_t total = 0;
    for (int64_t back = 0; back < count && back < PSN_SESSION_KNN_HISTORY; back++) {
        const int32_t item = items[count - 1 - back];
        const float weight = weights == NULL ? 1 : weights[count - 1 - back];
        if (knn->decay[back] < KNN_LEAST_DECAY) break;
        if (item < 0 || item >= knn->sessions->columns || knn_has_line(work, item))
            continue;
        knn_add_line(work, knn, item, knn->decay[back] * weight);
        total += work->line[work->lines - 1].count;
    }
    return total;
}

static void knn_clear_slots(knn_work *work, int64_t candidates)
{
    const int64_t slots = knn_slots(candidates);
    work->slot_mask = (uint32_t)slots - 1;
    work->slot_shift = 32 - (uint32_t)__builtin_ctzll((uint64_t)slots);
    memset(work->slot, 0, (size_t)slots * sizeof *work->slot);
}

/* Where the session is, or the free slot where it belongs. */
static inline uint32_t knn_find(const knn_work *work, uint32_t session)
{
    uint32_t at = session * 0x9e3779b1u >> work->slot_shift;
    while (work->slot[at] != 0 && work->candidate[work->slot[at] - 1].session != session)
        at = (at + 1) & work->slot_mask;
    return at;
}

static void knn_walk(knn_work *work, const psn_session_knn *knn, int64_t line,
                     int64_t room)
{
    const int64_t first = work->line[line].first, length = work->line[line].count;
    const float weight = work->line[line].weight;
    const uint32_t *sessions = knn->posting + first;
    const uint8_t *lengths = knn->posting_length + first;
    int64_t count = work->count;
    for (int64_t i = 0; i < length; i++) {
        const uint32_t at = knn_find(work, sessions[i]);
        if (work->slot[at] != 0) {
            work->candidate[work->slot[at] - 1].similarity += weight;
        } else if (count < room) {
            work->candidate[count] =
                (knn_candidate){sessions[i], weight, (uint8_t)line, lengths[i]};
            work->slot[at] = (uint32_t)++count;
        }
    }
    work->count = count;
}

/* The list of an item has no session twice: nothing to look up. */
static void knn_walk_only(knn_work *work, const psn_session_knn *knn)
{
    const knn_line *line = &work->line[0];
    for (int64_t i = 0; i < line->count; i++)
        work->candidate[i] = (knn_candidate){knn->posting[line->first + i], line->weight,
                                             0, knn->posting_length[line->first + i]};
    work->count = line->count;
}

static void knn_find_candidates(knn_work *work, const psn_session_knn *knn, int64_t total)
{
    const int64_t room = total < knn->candidates ? total : knn->candidates;
    if (work->lines == 1) {
        knn_walk_only(work, knn);
    } else {
        knn_clear_slots(work, room);
        for (int64_t i = 0; i < work->lines; i++) knn_walk(work, knn, i, room);
    }
    for (int64_t i = 0; i < work->count; i++) {
        knn_candidate *c = &work->candidate[i];
        const float factor =
            knn->length[c->length] * knn->age[c->session >> knn->age_shift];
        const float similarity = c->similarity * factor;
        c->similarity = similarity > KNN_LEAST ? similarity : KNN_LEAST;
    }
}

/* ---- 2: the nearest */

static inline uint64_t knn_key(const knn_candidate *c)
{
    uint32_t bits; /* positive floats compare like their bits */
    memcpy(&bits, &c->similarity, sizeof bits);
    return (uint64_t)bits << 32 | c->session;
}

static uint64_t knn_median(uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t low = a < b ? a : b, high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

/* The key of rank `rank` (0 = largest). All keys differ. */
static uint64_t knn_select(uint64_t *key, int64_t count, int64_t rank)
{
    int64_t from = 0, to = count - 1;
    while (from < to) {
        const uint64_t pivot =
            knn_median(key[from], key[from + (to - from) / 2], key[to]);
        int64_t a = from, b = to;
        while (a <= b) {
            while (key[a] > pivot) a++;
            while (key[b] < pivot) b--;
            if (a > b) break;
            const uint64_t swap = key[a];
            key[a++] = key[b];
            key[b--] = swap;
        }
        if (rank <= b)
            to = b;
        else if (rank >= a)
            from = a;
        else
            return key[rank];
    }
    return key[rank];
}

/* The least key that is among the `nearest`: more candidates than that. */
static uint64_t knn_threshold(knn_work *work, int64_t nearest)
{
    memset(work->bin, 0, knn_bin_bytes());
    for (int64_t i = 0; i < work->count; i++)
        work->bin[knn_key(&work->candidate[i]) >> (32 + KNN_BIN_SHIFT)]++;
    uint32_t bin = KNN_BINS - 1;
    int64_t above = 0, inside = 0;
    while (above + work->bin[bin] < nearest) above += work->bin[bin--];
    for (int64_t i = 0; i < work->count; i++) {
        const uint64_t key = knn_key(&work->candidate[i]);
        work->key[inside] = key;
        inside += key >> (32 + KNN_BIN_SHIFT) == bin;
    }
    return knn_select(work->key, inside, nearest - above - 1);
}

/* Leaves the nearest, in the order in which they were found. */
static void knn_keep_nearest(knn_work *work, int64_t nearest)
{
    int64_t kept = 0;
    if (work->count <= nearest) return;
    const uint64_t least = knn_threshold(work, nearest);
    for (int64_t i = 0; i < work->count; i++) {
        const int keep = knn_key(&work->candidate[i]) >= least;
        work->candidate[kept] = work->candidate[i];
        kept += keep;
    }
    work->count = kept;
}

/* ---- 3: their items */

typedef struct knn_sum {
    const psn_session_knn *knn;
    float *scores;
    int32_t *touched;
    int64_t count;
} knn_sum;

static inline void knn_add_session(knn_sum *sum, const knn_candidate *c, int32_t shared)
{
    const psn_sparse *sessions = sum->knn->sessions;
    const int64_t first = sessions->start[c->session];
    const int32_t *column = sessions->column + first;
    const float *value = sessions->value;
    int64_t at = 0, count = sum->count;
    while (column[at] != shared) at++;
    const float *place = sum->knn->place + SESSION_KNN_LONGEST - at;
    for (int64_t i = 0; i < c->length; i++) {
        const int32_t item = column[i];
        float add = c->similarity * place[i];
        if (value != NULL) add *= value[first + i];
        const float before = sum->scores[item];
        sum->touched[count] = item;
        count += before == 0;
        sum->scores[item] = before + (add > KNN_LEAST ? add : KNN_LEAST);
    }
    sum->count = count;
}

static void knn_add_up(knn_sum *sum, const knn_work *work)
{
    const psn_sparse *sessions = sum->knn->sessions;
    const int64_t *start = sessions->start;
    const knn_candidate *c = work->candidate;
    for (int64_t i = 0; i < work->count; i++) {
        if (i + KNN_AHEAD_FAR < work->count)
            __builtin_prefetch(&start[c[i + KNN_AHEAD_FAR].session]);
        if (i + KNN_AHEAD < work->count)
            __builtin_prefetch(&sessions->column[start[c[i + KNN_AHEAD].session]]);
        knn_add_session(sum, &c[i], work->line[c[i].line].item);
    }
    const float rarity = (float)sum->knn->options.rarity;
    for (int64_t i = 0; i < sum->count; i++)
        sum->scores[sum->touched[i]] *= 1 + rarity * sum->knn->rare[sum->touched[i]];
}

int64_t psn_session_knn_query(const psn_session_knn *knn, const int32_t *items,
                              const float *weights, int64_t count, float *scores,
                              int32_t *touched, void *scratch)
{
    knn_work work;
    knn_sum sum = {.knn = knn, .scores = scores, .touched = touched, .count = 0};
    knn_lay_out(&work, knn, scratch);
    const int64_t total = knn_gather(&work, knn, items, weights, count);
    if (total == 0) return 0;
    knn_find_candidates(&work, knn, total);
    knn_keep_nearest(&work, knn->options.nearest);
    knn_add_up(&sum, &work);
    return sum.count;
}
