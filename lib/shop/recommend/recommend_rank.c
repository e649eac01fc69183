/* recommend_rank.c: the order of the candidates: the best of the blend, and of those the
 * best by the trees. Below the trees' part the order of the blend stays; its scores are
 * put under the last of the trees'. O(candidates + want log want). */
#include "shop/recommend/recommend_scratch.h"

#include "math/sigmoid.h"

#include <math.h>

static void rank_blend(psn_rec_candidates *all, int64_t want, uint64_t *key,
                       const int32_t *place_of)
{
    if (want > all->count) want = all->count;
    for (int64_t c = 0; c < all->count; c++)
        key[c] = psn_rec_key(all->score[c], all->item[c]);
    psn_rec_select(key, all->count, want);
    psn_rec_sort(key, want);
    for (int64_t r = 0; r < want; r++)
        all->order[r] = place_of[psn_rec_key_low(key[r])] - 1;
    all->ranked = want;
}

static void rank_trees(const psn_rec_engine *engine, const psn_rec_history *history,
                       psn_rec_scratch *scratch)
{
    psn_rec_candidates *all = &scratch->found_all;
    const int64_t count = all->ranked < engine->reranked ? all->ranked : engine->reranked;
    if (count == 0) return;
    psn_rec_feature_rows(engine, history, count, scratch->rows, scratch);
    psn_gbdt_fast_batch(engine->fast, scratch->rows, count, psn_rec_features(engine),
                        scratch->trees, scratch->raw);
    for (int64_t r = 0; r < count; r++) {
        const int32_t c = all->order[r];
        all->score[c] = (float)psn_sigmoid(scratch->raw[r]);
        scratch->key[r] = psn_rec_key(all->score[c], all->item[c]);
    }
    psn_rec_sort(scratch->key, count);
    for (int64_t r = 0; r < count; r++)
        all->order[r] = scratch->place_of[psn_rec_key_low(scratch->key[r])] - 1;
    if (count == all->ranked) return;
    const float top = all->score[all->order[count]];
    const float under = all->score[all->order[count - 1]] * 0.999f;
    for (int64_t r = count; r < all->ranked; r++) {
        const float score = all->score[all->order[r]];
        all->score[all->order[r]] = top > 0 && score > 0 ? under * (score / top) : 0;
    }
}

void psn_rec_rank(const psn_rec_engine *engine, const psn_rec_history *history, int trees,
                  int64_t want, psn_rec_scratch *scratch)
{
    trees = trees && engine->fast != NULL;
    if (trees && want < engine->reranked) want = engine->reranked;
    rank_blend(&scratch->found_all, want, scratch->key, scratch->place_of);
    if (trees) rank_trees(engine, history, scratch);
}
