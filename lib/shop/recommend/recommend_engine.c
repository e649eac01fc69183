/* recommend_engine.c: what is not stored but made, after a fit or from a file: fading
 * factors, the index over item factors and the spread of their scores, popularity lists,
 * compiled trees. */
#include "base/error.h"
#include "base/memory.h"
#include "math/order.h"
#include "shop/recommend/recommend_model.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define ENGINE_LEAST 1e-40 /* a variance below it is none: 1 / spread stays finite */

void psn_rec_member_clear(psn_rec_member *member)
{
    psn_mips_free(member->mips); /* looks at the factors */
    psn_als_free(member->als);
    psn_sparse_free(member->weights);
    psn_sparse_free(member->added);
    psn_session_knn_free(member->sessions);
    psn_repeat_free(member->repeat);
    psn_release(member->score);
    psn_release(member->fade);
    psn_release(member->mean);
    psn_release(member->order);
    memset(member, 0, sizeof *member);
}

/* ---- what is shared */

struct psn_rec_learnt {
    atomic_int references;
    psn_rec_member member[PSN_REC_MEMBERS]; /* only what engine_lend names */
    float *own_rate;
    psn_gbdt *trees;
    psn_gbdt_fast *fast;
    psn_calibrate *chance[PSN_REC_CHANCES];
};

/* What a member of the fit has that an update does not touch: `to` points to it as well.
 */
static void engine_lend(psn_rec_member *to, const psn_rec_member *from)
{
    to->weights = from->weights;
    to->als = from->als;
    to->mips = from->mips;
    to->mean = from->mean;
    to->repeat = from->repeat;
    to->fade = from->fade;
}

static int engine_learnt(psn_rec_engine *engine, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_learnt *learnt = NULL;
    if (engine->learnt) return PERSONA_OK;
    PSN_NEED(learnt = psn_alloc_zero(1, sizeof *learnt));
    atomic_init(&learnt->references, 1);
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        engine_lend(learnt->member + m, engine->member + m);
    learnt->own_rate = engine->own_rate;
    learnt->trees = engine->trees;
    learnt->fast = engine->fast;
    memcpy(learnt->chance, engine->chance, sizeof learnt->chance);
    engine->learnt = learnt;
done:
    return rc;
}

void psn_rec_engine_share(psn_rec_engine *to, const psn_rec_engine *from)
{
    psn_rec_learnt *learnt = from->learnt;
    atomic_fetch_add_explicit(&learnt->references, 1, memory_order_relaxed);
    to->learnt = learnt;
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        engine_lend(to->member + m, learnt->member + m);
    to->own_rate = learnt->own_rate;
    to->trees = learnt->trees;
    to->fast = learnt->fast;
    memcpy(to->chance, learnt->chance, sizeof to->chance);
}

/* Lets go of what is shared; the last one frees it. What a member has of its own instead
 * stays with it. */
static void engine_return(psn_rec_engine *engine)
{
    psn_rec_learnt *learnt = engine->learnt;
    if (learnt == NULL) return;
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        psn_rec_member *member = engine->member + m;
        const psn_rec_member *lent = learnt->member + m;
        if (member->weights == lent->weights) member->weights = NULL;
        if (member->als == lent->als) member->als = NULL;
        if (member->mips == lent->mips) member->mips = NULL;
        if (member->mean == lent->mean) member->mean = NULL;
        if (member->repeat == lent->repeat) member->repeat = NULL;
        if (member->fade == lent->fade) member->fade = NULL;
    }
    engine->own_rate = NULL;
    engine->trees = NULL;
    engine->fast = NULL;
    memset(engine->chance, 0, sizeof engine->chance);
    engine->learnt = NULL;
    if (atomic_fetch_sub_explicit(&learnt->references, 1, memory_order_acq_rel) != 1)
        return;
    for (int m = 0; m < PSN_REC_MEMBERS; m++) psn_rec_member_clear(learnt->member + m);
    psn_gbdt_fast_free(learnt->fast);
    psn_gbdt_free(learnt->trees);
    for (int c = 0; c < PSN_REC_CHANCES; c++) psn_calibrate_free(learnt->chance[c]);
    psn_release(learnt->own_rate);
    psn_release(learnt);
}

void psn_rec_engine_clear(psn_rec_engine *engine)
{
    engine_return(engine);
    for (int m = 0; m < PSN_REC_MEMBERS; m++) psn_rec_member_clear(engine->member + m);
    psn_gbdt_fast_free(engine->fast);
    psn_gbdt_free(engine->trees);
    for (int c = 0; c < PSN_REC_CHANCES; c++) psn_calibrate_free(engine->chance[c]);
    psn_release(engine->own_rate);
    psn_release(engine->facts.popularity);
    psn_release(engine->facts.fresh);
    psn_release(engine->facts.conversion);
    psn_release(engine->facts.price);
    psn_release(engine->facts.category);
    psn_release(engine->facts.brand);
    psn_release(engine->facts.title);
    psn_dict_free(engine->facts.title_name);
    psn_dict_free(engine->facts.category_name);
    psn_dict_free(engine->facts.brand_name);
    memset(engine, 0, sizeof *engine);
}

/* Mean of the rows of item factors. */
static int engine_mean(psn_rec_member *member, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_als *als = member->als;
    const size_t d = (size_t)als->factors, n = (size_t)als->items;
    PSN_NEED(member->mean = psn_alloc_zero(d, sizeof *member->mean));
    for (size_t i = 0; i < n; i++)
        for (size_t a = 0; a < d; a++) member->mean[a] += als->item[i * d + a];
    for (size_t a = 0; a < d; a++) member->mean[a] /= (double)n;
done:
    return rc;
}

/* Items by score down, id up, and the spread of the scores. */
static int engine_order(psn_rec_member *member, int32_t items, persona_error *error)
{
    int rc = PERSONA_OK;
    double sum = 0, squares = 0;
    double *down = psn_alloc((size_t)items + 1, sizeof *down);
    int64_t *order = psn_alloc((size_t)items + 1, sizeof *order);
    PSN_NEED(down);
    PSN_NEED(order);
    PSN_NEED(member->order = psn_alloc((size_t)items + 1, sizeof *member->order));
    for (int32_t i = 0; i < items; i++) {
        const double score = member->score[i];
        down[i] = -score;
        sum += score;
        squares += score * score;
    }
    psn_sort_order(order, down, items);
    for (int32_t i = 0; i < items; i++) member->order[i] = (int32_t)order[i];
    const double mean = sum / items, variance = squares / items - mean * mean;
    member->spread = variance > ENGINE_LEAST ? (float)sqrt(variance) : 0;
done:
    psn_release(down);
    psn_release(order);
    return rc;
}

static void engine_fade(psn_rec_member *member)
{
    double fade = 1;
    for (int i = 0; i < PSN_REC_EVENTS; i++, fade *= member->decay)
        member->fade[i] = fade > 1e-6 ? (float)fade : 0;
}

int psn_rec_member_index(psn_rec_member *member, persona_error *error)
{
    int rc;
    PSN_TRY(psn_als_ready(member->als, error));
    PSN_TRY(psn_mips_new(&member->mips, member->als->item, member->als->items,
                         member->als->factors, error));
    PSN_TRY(engine_mean(member, error));
done:
    return rc;
}

int psn_rec_member_ready(psn_rec_engine *engine, int m, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_member *member = engine->member + m;
    if (!member->fitted) return PERSONA_OK;
    if (member->fade == NULL || engine->learnt == NULL) {
        if (member->fade == NULL)
            PSN_NEED(member->fade = psn_alloc(PSN_REC_EVENTS, sizeof *member->fade));
        engine_fade(member);
    }
    if (member->als && member->mips == NULL) PSN_TRY(psn_rec_member_index(member, error));
    if (member->score && member->order == NULL)
        PSN_TRY(engine_order(member, engine->items, error));
done:
    return rc;
}

int psn_rec_engine_ready(psn_rec_engine *engine, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        PSN_TRY(psn_rec_member_ready(engine, m, error));
    if (engine->trees && engine->fast == NULL)
        PSN_TRY(psn_gbdt_fast_new(&engine->fast, engine->trees, error));
    PSN_TRY(engine_learnt(engine, error));
done:
    return rc;
}
