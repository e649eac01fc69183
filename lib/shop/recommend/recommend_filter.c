/* recommend_filter.c: what may be shown, decided before anything is selected, so that an
 * answer has k items whenever k are allowed: a bit for each item.
 *
 *   allow = price range AND mask AND NOT excluded AND NOT hidden by the history
 *           AND NOT asked about (cart, like)
 *
 * Buying again turns it round: only items of the own history. O(items / 64 + events). */
#include "shop/recommend/recommend_query.h"

#include <string.h>

/* Bits of the items with a price in least .. most; most 0: every item. */
void psn_rec_filter_open(uint64_t *open, const psn_rec_engine *engine, double least,
                         double most)
{
    memset(open, 0, psn_rec_words(engine) * sizeof *open);
    for (int32_t i = 0; i < engine->items; i++)
        if (most == 0 || (engine->facts.price && engine->facts.price[i] >= least &&
                          engine->facts.price[i] <= most))
            psn_rec_set_bit(open, i);
}

/* Calls for each event of the stored history and of what is bound. */
typedef void filter_visit(psn_rec_query *query, int32_t item, uint8_t kind);

static void filter_events(psn_rec_query *query, filter_visit *visit)
{
    const psn_rec_log *log = &psn_rec_model_of(query)->log;
    if (query->user >= 0)
        for (int64_t e = log->start[query->user]; e < log->start[query->user + 1]; e++)
            visit(query, log->item[e], log->kind[e]);
    for (int64_t e = 0; e < query->history.count; e++)
        visit(query, query->history.item[e], query->history.kind[e]);
}

static void filter_hide(psn_rec_query *query, int32_t item, uint8_t kind)
{
    if (query->asked.hides >> kind & 1) psn_rec_clear_bit(query->allow, item);
}

/* What was bought can be bought again; where no kind is a purchase, anything. */
static void filter_again(psn_rec_query *query, int32_t item, uint8_t kind)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    int purchases = 0;
    for (int32_t k = 0; k < engine->kinds; k++)
        purchases |= engine->kind[k].role == PSN_REC_ROLE_PURCHASE;
    const int32_t role = engine->kind[kind].role;
    if (purchases ? role == PSN_REC_ROLE_PURCHASE : role != PSN_REC_ROLE_RETURN)
        psn_rec_set_bit(query->visited, item);
}

static void filter_out(uint64_t *allow, const psn_rec_bound *bound)
{
    for (int64_t i = 0; i < bound->count; i++) psn_rec_clear_bit(allow, bound->item[i]);
}

void psn_rec_filter(psn_rec_query *query)
{
    const size_t words = psn_rec_words(&psn_rec_model_of(query)->engine);
    uint64_t *allow = query->allow;
    for (size_t w = 0; w < words; w++) allow[w] = query->open[w] & ~query->excluded[w];
    if (query->mask)
        for (size_t w = 0; w < words; w++) allow[w] &= query->mask->words[w];
    filter_out(allow, &query->cart);
    filter_out(allow, &query->like);
    if (query->asked.question != PSN_REC_ASK_AGAIN) {
        if (query->asked.hides) filter_events(query, filter_hide);
        return;
    }
    memset(query->visited, 0, words * sizeof *query->visited);
    filter_events(query, filter_again);
    for (size_t w = 0; w < words; w++) allow[w] &= query->visited[w];
}
