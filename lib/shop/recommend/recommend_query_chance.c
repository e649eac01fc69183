/* recommend_query_chance.c: the scores of an answer to probabilities (option calibrated).
 *
 * A map learnt on cases that no member had seen (recommend_fit_chance.c) tells how often
 * a candidate with such a score, of the blend or of the trees, was wanted; what fills a
 * short list is worth what its popularity tells. Maps rise in steps, so that different
 * scores may have the same probability, and popularity says otherwise than the list that
 * it fills: an answer stays in its order, each probability being at most the one before,
 * and less by the least there is (an ulp) where the scores differ. O(answer). */
#include "shop/recommend/recommend_query.h"

/* The next float below one that is not negative. */
static float chance_below(float p)
{
    union {
        float real;
        uint32_t bits;
    } as = {p};
    as.bits -= as.bits > 0;
    return as.real;
}

static float chance_of_answer(const psn_rec_query *query, int64_t place)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    const float *popular = engine->member[PSN_REC_POPULAR].score;
    int which = query->asked.trees ? PSN_REC_CHANCE_TREES : PSN_REC_CHANCE_BLEND;
    float score = query->score[place];
    if (place >= query->personal) {
        which = PSN_REC_CHANCE_LISTS;
        score = popular ? popular[query->item[place]] : 0;
    }
    return (float)psn_calibrate_apply(engine->chance[which],
                                      psn_rec_chance_of(which, score));
}

void psn_rec_to_chances(psn_rec_query *query)
{
    float score_before = 0, before = 0;
    for (int64_t i = 0; i < query->count; i++) {
        const float score = query->score[i];
        float chance = chance_of_answer(query, i);
        const float most = score < score_before ? chance_below(before) : before;
        if (i > 0 && (!(chance <= most) || score == score_before)) chance = most;
        query->score[i] = before = chance;
        score_before = score;
    }
}
