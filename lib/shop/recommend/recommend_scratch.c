/* recommend_scratch.c: the memory of one query: a few arrays as long as the catalogue for
 * each member, taken once. */
#include "shop/recommend/recommend_scratch.h"
#include "base/error.h"
#include "base/memory.h"

static int scratch_field(psn_rec_field *field, int32_t items, persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(field->score = psn_alloc_zero((size_t)items + 1, sizeof *field->score));
    PSN_NEED(field->touched = psn_alloc((size_t)items + 1, sizeof *field->touched));
    PSN_NEED(field->mark = psn_alloc_zero((size_t)items + 1, sizeof *field->mark));
done:
    return rc;
}

static int scratch_candidates(psn_rec_scratch *scratch, const psn_rec_engine *engine,
                              persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_candidates *all = &scratch->found_all;
    const int64_t most = (int64_t)engine->pool * PSN_REC_MEMBERS;
    scratch->room = most < engine->items ? most : engine->items;
    const size_t room = (size_t)scratch->room + 1;
    PSN_NEED(all->item = psn_alloc(room, sizeof *all->item));
    PSN_NEED(all->own = psn_alloc(room, sizeof *all->own));
    PSN_NEED(all->score = psn_alloc(room, sizeof *all->score));
    PSN_NEED(all->order = psn_alloc(room, sizeof *all->order));
    PSN_NEED(all->part = psn_alloc(room, PSN_REC_MEMBERS * sizeof *all->part));
done:
    return rc;
}

static int scratch_member(psn_rec_scratch *scratch, const psn_rec_engine *engine, int m,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_member *member = engine->member + m;
    if (!member->fitted || member->score) return PERSONA_OK;
    if (member->als) {
        PSN_NEED(scratch->user = psn_alloc_aligned((size_t)member->als->factors,
                                                   sizeof *scratch->user));
        PSN_NEED(scratch->als = psn_alloc_aligned(psn_als_scratch(member->als), 1));
        PSN_NEED(scratch->mips =
                     psn_alloc_aligned(psn_mips_scratch(member->mips, engine->pool), 1));
        return PERSONA_OK;
    }
    PSN_TRY(scratch_field(scratch->field + m, engine->items, error));
    if (member->repeat) {
        PSN_TRY(psn_repeat_scratch_new(&scratch->repeat, PSN_REC_EVENTS, error));
        PSN_NEED(scratch->bought = psn_alloc(PSN_REC_EVENTS, sizeof *scratch->bought));
        PSN_NEED(scratch->bought_at =
                     psn_alloc(PSN_REC_EVENTS, sizeof *scratch->bought_at));
        PSN_NEED(scratch->again = psn_alloc(PSN_REC_EVENTS, sizeof *scratch->again));
    }
    if (member->sessions)
        PSN_NEED(scratch->sessions =
                     psn_alloc_aligned(psn_session_knn_scratch(member->sessions), 1));
done:
    return rc;
}

static int scratch_trees(psn_rec_scratch *scratch, const psn_rec_engine *engine,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    if (engine->fast == NULL) return PERSONA_OK;
    PSN_NEED(scratch->trees = psn_alloc_aligned(psn_gbdt_fast_scratch(engine->fast), 1));
    PSN_NEED(scratch->rows = psn_alloc_aligned((size_t)engine->reranked,
                                               (size_t)psn_rec_features(engine) *
                                                   sizeof *scratch->rows));
    PSN_NEED(scratch->raw = psn_alloc((size_t)engine->reranked, sizeof *scratch->raw));
done:
    return rc;
}

int psn_rec_scratch_new(psn_rec_scratch **out, const psn_rec_engine *engine,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t items = (size_t)engine->items + 1;
    psn_rec_scratch *made = psn_alloc_zero(1, sizeof *made);
    *out = NULL;
    PSN_NEED(made);
    PSN_NEED(made->found = psn_alloc((size_t)engine->pool, sizeof *made->found));
    PSN_NEED(made->key = psn_alloc(items, sizeof *made->key));
    PSN_NEED(made->slot_of = psn_alloc_zero(items, sizeof *made->slot_of));
    PSN_NEED(made->place_of = psn_alloc_zero(items, sizeof *made->place_of));
    PSN_NEED(made->own = psn_alloc(PSN_REC_EVENTS, sizeof *made->own));
    PSN_NEED(made->als_item = psn_alloc(PSN_REC_EVENTS, sizeof *made->als_item));
    PSN_NEED(made->als_weight = psn_alloc(PSN_REC_EVENTS, sizeof *made->als_weight));
    PSN_TRY(scratch_candidates(made, engine, error));
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        PSN_TRY(scratch_member(made, engine, m, error));
    PSN_TRY(scratch_trees(made, engine, error));
    *out = made;
    made = NULL;
done:
    psn_rec_scratch_free(made);
    return rc;
}

void psn_rec_scratch_free(psn_rec_scratch *scratch)
{
    if (scratch == NULL) return;
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        psn_release(scratch->field[m].score);
        psn_release(scratch->field[m].touched);
        psn_release(scratch->field[m].mark);
    }
    psn_release_aligned(scratch->user);
    psn_release_aligned(scratch->als);
    psn_release_aligned(scratch->mips);
    psn_release_aligned(scratch->sessions);
    psn_release_aligned(scratch->trees);
    psn_release_aligned(scratch->rows);
    psn_release(scratch->raw);
    psn_repeat_scratch_free(scratch->repeat);
    psn_release(scratch->bought);
    psn_release(scratch->bought_at);
    psn_release(scratch->again);
    psn_release(scratch->found);
    psn_release(scratch->key);
    psn_release(scratch->slot_of);
    psn_release(scratch->place_of);
    psn_release(scratch->own);
    psn_release(scratch->als_item);
    psn_release(scratch->als_weight);
    psn_release(scratch->found_all.item);
    psn_release(scratch->found_all.own);
    psn_release(scratch->found_all.score);
    psn_release(scratch->found_all.order);
    psn_release(scratch->found_all.part);
    psn_release(scratch);
}
