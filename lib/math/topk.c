/* topk.c: the k largest of a stream of scores.
 *
 * A heap with the worst of the kept at its root. Once it is full its root is a threshold,
 * and nearly all scores end at it: 64 at a time are compared and left (a loop the
 * compiler makes vectors of), so that selection costs about 0.1 ns a score. NaN is never
 * kept. */
#include "math/order.h"

enum { TOPK_BLOCK = 64 };

void psn_topk_start(psn_topk *topk, psn_scored *memory, int64_t k)
{
    *topk = (psn_topk){.k = k, .kept = memory};
}

/* Without branches: which child is worse is a coin toss, and a wrong guess costs more
 * than both comparisons. */
static int topk_worse(psn_scored a, psn_scored b)
{
    return (a.score < b.score) | ((a.score == b.score) & (a.index > b.index));
}

static void topk_swap(psn_scored *a, psn_scored *b)
{
    const psn_scored swap = *a;
    *a = *b;
    *b = swap;
}

static void topk_sift_down(psn_scored *heap, int64_t count)
{
    for (int64_t root = 0, child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count) child += topk_worse(heap[child + 1], heap[child]);
        if (!topk_worse(heap[child], heap[root])) return;
        topk_swap(&heap[child], &heap[root]);
    }
}

static void topk_sift_up(psn_scored *heap, int64_t child)
{
    while (child > 0 && topk_worse(heap[child], heap[(child - 1) / 2])) {
        topk_swap(&heap[child], &heap[(child - 1) / 2]);
        child = (child - 1) / 2;
    }
}

void psn_topk_add(psn_topk *topk, float score, int64_t index)
{
    const psn_scored candidate = {score, index};
    if (score != score || topk->k == 0) return;
    if (topk->count < topk->k) {
        topk->kept[topk->count] = candidate;
        topk_sift_up(topk->kept, topk->count++);
    } else if (topk_worse(topk->kept[0], candidate)) {
        topk->kept[0] = candidate;
        topk_sift_down(topk->kept, topk->count);
    }
}

/* 1 if one of the scores may enter: reached the worst kept. */
static int topk_any(const float *scores, int64_t count, float threshold)
{
    int any = 0;
    for (int64_t i = 0; i < count; i++) any |= scores[i] >= threshold;
    return any;
}

void psn_topk_offer(psn_topk *topk, const float *scores, int64_t first, int64_t count)
{
    if (topk->k == 0) return;
    for (int64_t start = 0; start < count; start += TOPK_BLOCK) {
        const int64_t rest = count - start;
        const int64_t size = rest < TOPK_BLOCK ? rest : TOPK_BLOCK;
        if (topk->count == topk->k &&
            !topk_any(scores + start, size, topk->kept[0].score))
            continue;
        for (int64_t i = start; i < start + size; i++) {
            psn_topk_add(topk, scores[i], first + i);
        }
    }
}

/* The worst goes to the end, again and again. */
int64_t psn_topk_finish(psn_topk *topk)
{
    for (int64_t last = topk->count - 1; last > 0; last--) {
        topk_swap(&topk->kept[0], &topk->kept[last]);
        topk_sift_down(topk->kept, last);
    }
    return topk->count;
}
