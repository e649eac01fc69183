/* recommend_query.c: a question to a recommender: prepared once with all memory that it
 * will need (a few arrays as long as the catalogue, touched only where something is),
 * then bound and run without an allocation or a lock.
 *
 *   bind -> case (history) -> filter -> members propose and score -> order -> choice */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend_query.h"

#include <string.h>

/* ---- preparing */

static int query_bound(psn_rec_bound *bound, size_t room, int events,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(bound->item = psn_alloc(room, sizeof *bound->item));
    if (!events) goto done;
    PSN_NEED(bound->kind = psn_alloc(room, sizeof *bound->kind));
    PSN_NEED(bound->time = psn_alloc(room, sizeof *bound->time));
    PSN_NEED(bound->weight = psn_alloc(room, sizeof *bound->weight));
done:
    return rc;
}

/* The ids of all items with a newline each: what no answer exceeds. */
static size_t query_id_bytes(const persona_recommender *model)
{
    const int64_t count = psn_dict_count(model->items);
    return (size_t)(psn_dict_offsets(model->items)[count] + count) + 1;
}

static int query_answers(psn_rec_query *query, const persona_recommender *model,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_engine *engine = &model->engine;
    const size_t items = (size_t)engine->items + 1;
    PSN_NEED(query->item = psn_alloc(items, sizeof *query->item));
    PSN_NEED(query->score = psn_alloc(items, sizeof *query->score));
    PSN_NEED(query->reason = psn_alloc(items, sizeof *query->reason));
    PSN_NEED(query->likeness = psn_alloc(items, sizeof *query->likeness));
    PSN_NEED(query->ids = psn_alloc(query_id_bytes(model), 1));
    if (engine->facts.category) {
        const size_t groups = (size_t)engine->facts.categories + 1;
        PSN_NEED(query->in_category = psn_alloc_zero(groups, sizeof(int32_t)));
        PSN_NEED(query->near_category = psn_alloc_zero(groups, 1));
    }
    if (engine->facts.brand)
        PSN_NEED(query->in_brand =
                     psn_alloc_zero((size_t)engine->facts.brands + 1, sizeof(int32_t)));
done:
    return rc;
}

/* What the reasons of tables need. */
static int query_reasons(psn_rec_query *query, const psn_rec_engine *engine,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t items = (size_t)engine->items + 1;
    const psn_als *als = engine->member[PSN_REC_ALS].als;
    PSN_NEED(query->because = psn_alloc(items, sizeof *query->because));
    PSN_NEED(query->most = psn_alloc(items, sizeof *query->most));
    PSN_NEED(query->of = psn_alloc(items, sizeof *query->of));
    PSN_NEED(query->place_at = psn_alloc_zero(items, sizeof *query->place_at));
    if (als == NULL) return rc;
    const size_t d = (size_t)als->factors;
    double mean = 0;
    PSN_NEED(query->factors = psn_alloc_aligned(2 * d, sizeof *query->factors));
    query->over_spread = query->factors + d;
    for (size_t a = 0; a < d; a++) mean += als->gram[a] / (double)d;
    for (size_t a = 0; a < d; a++)
        query->over_spread[a] = mean > 0 ? (float)(1 / (als->gram[a] + 0.1 * mean)) : 0;
done:
    return rc;
}

static int query_room(psn_rec_query *query, const persona_recommender *model,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t words = psn_rec_words(&model->engine) + 1;
    const size_t events = PSN_REC_EVENTS, all = 3 * events; /* stored, bound, cart */
    PSN_TRY(psn_rec_scratch_new(&query->scratch, &model->engine, error));
    PSN_NEED(query->open = psn_alloc(words, sizeof *query->open));
    PSN_NEED(query->excluded = psn_alloc_zero(words, sizeof *query->excluded));
    PSN_NEED(query->allow = psn_alloc(words, sizeof *query->allow));
    PSN_NEED(query->visited = psn_alloc(words, sizeof *query->visited));
    PSN_TRY(query_bound(&query->history, events, 1, error));
    PSN_TRY(query_bound(&query->cart, events, 0, error));
    PSN_TRY(query_bound(&query->like, events, 0, error));
    PSN_TRY(query_bound(&query->merged, all, 1, error));
    PSN_NEED(query->weight = psn_alloc(all, sizeof *query->weight));
    PSN_NEED(query->shares = psn_alloc(events, sizeof *query->shares));
    PSN_NEED(query->overlap = psn_alloc(events, sizeof *query->overlap));
    PSN_TRY(query_answers(query, model, error));
    PSN_TRY(query_reasons(query, &model->engine, error));
done:
    return rc;
}

void psn_recommend_query_clear(persona_query *base)
{
    psn_rec_query *query = (psn_rec_query *)base;
    query->user = -1;
    query->history.count = query->cart.count = query->like.count = 0;
    query->mask = NULL;
    psn_rec_forget(query);
    memset(query->excluded, 0,
           psn_rec_words(&psn_rec_model_of(query)->engine) * sizeof *query->excluded);
}

static void query_free_bound(psn_rec_bound *bound)
{
    psn_release(bound->item);
    psn_release(bound->kind);
    psn_release(bound->time);
    psn_release(bound->weight);
}

void psn_recommend_query_destroy(persona_query *base)
{
    psn_rec_query *query = (psn_rec_query *)base;
    psn_rec_scratch_free(query->scratch);
    psn_release(query->open);
    psn_release(query->excluded);
    psn_release(query->allow);
    psn_release(query->visited);
    query_free_bound(&query->history);
    query_free_bound(&query->cart);
    query_free_bound(&query->like);
    query_free_bound(&query->merged);
    psn_release(query->weight);
    psn_release(query->shares);
    psn_release(query->overlap);
    psn_release(query->item);
    psn_release(query->score);
    psn_release(query->reason);
    psn_release(query->ids);
    psn_release(query->likeness);
    psn_release(query->in_category);
    psn_release(query->in_brand);
    psn_release(query->near_category);
    psn_release(query->because);
    psn_release(query->most);
    psn_release(query->of);
    psn_release(query->place_at);
    psn_release_aligned(query->factors);
}

int psn_recommend_prepare_any(persona_query **out, const persona_recommender *model,
                              const persona_params *params, int single,
                              persona_error *error)
{
    int rc, reused;
    void *taken = NULL;
    *out = NULL;
    PSN_TRY(psn_model_ready(&model->base, &psn_recommend_kind, model->ready, error));
    PSN_TRY(psn_params_expect(params, &psn_recommend_query_schema, error));
    PSN_TRY(psn_query_take(&taken, sizeof(psn_rec_query), (persona_model *)&model->base,
                           &reused, error));
    psn_rec_query *query = taken;
    if (!reused) PSN_TRY(query_room(query, model, error));
    PSN_TRY(psn_rec_ask(query, params, single, error));
    psn_recommend_query_clear(&query->base);
    *out = &query->base;
    taken = NULL;
done:
    if (taken) psn_query_discard(taken);
    return rc;
}

int psn_recommend_prepare(persona_query **out, const persona_recommender *model,
                          const persona_params *params, persona_error *error)
{
    return psn_recommend_prepare_any(out, model, params, 1, error);
}

/* ---- binding */

int psn_recommend_user(persona_query *base, const char *id, int64_t length,
                       int32_t *known, persona_error *error)
{
    psn_rec_query *query = (psn_rec_query *)base;
    const persona_recommender *model = psn_rec_model_of(query);
    (void)error;
    query->user = length < 0 ? -1 : psn_dict_find(model->users, id, (size_t)length);
    if (query->user >= model->log.users) query->user = -1;
    if (known) *known = query->user >= 0;
    return PERSONA_OK;
}

/* The newest of `items` that there are, oldest first. Returns how many. */
static int64_t query_first_of(const psn_rec_engine *engine, const int64_t *items,
                              int64_t count)
{
    int64_t found = 0, first = count;
    while (first > 0 && found < PSN_REC_EVENTS) {
        first--;
        found += items[first] >= 0 && items[first] < engine->items;
    }
    return first;
}

static void query_bind(psn_rec_bound *bound, const psn_rec_engine *engine,
                       const int64_t *items, int64_t count)
{
    bound->count = 0;
    for (int64_t i = query_first_of(engine, items, count); i < count; i++)
        if (items[i] >= 0 && items[i] < engine->items)
            bound->item[bound->count++] = (int32_t)items[i];
}

static void query_exclude(psn_rec_query *query, const psn_rec_engine *engine,
                          const int64_t *items, int64_t count)
{
    memset(query->excluded, 0, psn_rec_words(engine) * sizeof *query->excluded);
    for (int64_t i = 0; i < count; i++)
        if (items[i] >= 0 && items[i] < engine->items)
            psn_rec_set_bit(query->excluded, (int32_t)items[i]);
}

int psn_recommend_items(persona_query *base, int32_t role, const int64_t *items,
                        int64_t count, persona_error *error)
{
    psn_rec_query *query = (psn_rec_query *)base;
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    switch (role) {
    case PSN_REC_AS_HISTORY:
        return psn_recommend_events(base, items, NULL, NULL, count, error);
    case PSN_REC_AS_CART:
        query_bind(&query->cart, engine, items, count);
        return PERSONA_OK;
    case PSN_REC_AS_LIKE:
        query_bind(&query->like, engine, items, count);
        return PERSONA_OK;
    case PSN_REC_AS_EXCLUDE:
        query_exclude(query, engine, items, count);
        return PERSONA_OK;
    default:
        return psn_fail(error, PERSONA_EARG,
                        "role: need PERSONA_HISTORY, _CART, _LIKE or _EXCLUDE");
    }
}

int psn_recommend_events(persona_query *base, const int64_t *items, const int32_t *kinds,
                         const int64_t *times, int64_t count, persona_error *error)
{
    return psn_rec_bind_events((psn_rec_query *)base, items, kinds, times, NULL, count,
                               error);
}

int psn_rec_bind_events(psn_rec_query *query, const int64_t *items, const int32_t *kinds,
                        const int64_t *times, const float *weights, int64_t count,
                        persona_error *error)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    psn_rec_bound *bound = &query->history;
    const uint8_t plain = psn_rec_plain_kind(engine);
    bound->count = 0;
    bound->kinds_known = kinds != NULL;
    bound->times_known = times != NULL && engine->timed;
    for (int64_t i = query_first_of(engine, items, count); i < count; i++) {
        if (items[i] < 0 || items[i] >= engine->items) continue;
        if (kinds && (kinds[i] < 0 || kinds[i] >= engine->kinds)) {
            bound->count = 0;
            return psn_fail(error, PERSONA_EARG, "kinds: need 0 .. %d",
                            engine->kinds - 1);
        }
        bound->item[bound->count] = (int32_t)items[i];
        bound->kind[bound->count] = kinds ? (uint8_t)kinds[i] : plain;
        bound->weight[bound->count] =
            weights ? weights[i] : engine->kind[bound->kind[bound->count]].weight;
        bound->time[bound->count++] = bound->times_known ? times[i] : INT64_MIN;
    }
    return PERSONA_OK;
}

int psn_recommend_mask(persona_query *base, const persona_mask *mask,
                       persona_error *error)
{
    psn_rec_query *query = (psn_rec_query *)base;
    if (mask != NULL && mask->magic != PSN_MASK_MAGIC)
        return psn_fail(error, PERSONA_EARG, "mask: freed, or not a mask");
    if (mask != NULL && mask->model != base->model)
        return psn_fail(error, PERSONA_EARG, "mask: of another model than the query");
    query->mask = mask;
    return PERSONA_OK;
}

/* ---- running */

/* Who asks nothing yet gets what is popular: no member is asked. */
static void query_score(psn_rec_query *query, const psn_rec_history *history, int64_t k)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    const psn_rec_asked *asked = &query->asked;
    const int choosy = asked->diversity > 0 || asked->per_category || asked->per_brand;
    psn_rec_candidates *all =
        psn_rec_score(engine, history, history->count > 0 ? asked->members : 0,
                      query->allow, query->scratch);
    if (asked->question != PSN_REC_ASK_FOR_YOU) psn_rec_blend(all, asked->weight);
    psn_rec_rank(engine, history, asked->trees && all->count > 0,
                 choosy || k > all->count ? all->count : k, query->scratch);
}

int psn_recommend_run(persona_query *base, int64_t k, int64_t *items, float *scores,
                      int32_t *reasons, int64_t *count, persona_error *error)
{
    psn_rec_query *query = (psn_rec_query *)base;
    psn_rec_history history;
    (void)error;
    psn_rec_case(&history, query);
    psn_rec_filter(query);
    if (query->asked.question == PSN_REC_ASK_SIMILAR ||
        query->asked.question == PSN_REC_ASK_TOGETHER)
        for (int64_t e = 0; e < history.count; e++)
            psn_rec_clear_bit(query->allow, history.item[e]);
    query_score(query, &history, k);
    psn_rec_choose(query, k);
    if (query->asked.calibrated) psn_rec_to_chances(query);
    for (int64_t i = 0; i < query->count; i++) {
        if (items) items[i] = query->item[i];
        if (scores) scores[i] = query->score[i];
        if (reasons) reasons[i] = query->reason[i];
    }
    if (count) *count = query->count;
    return PERSONA_OK;
}

const char *psn_recommend_ids(const persona_query *base, int64_t *length)
{
    const psn_rec_query *query = (const psn_rec_query *)base;
    const psn_dict *items = psn_rec_model_of(query)->items;
    char *to = query->ids;
    for (int64_t i = 0; i < query->count; i++) {
        size_t bytes;
        const char *id = psn_dict_text(items, query->item[i], &bytes);
        if (i > 0) *to++ = '\n';
        memcpy(to, id, bytes);
        to += bytes;
    }
    *to = 0;
    if (length) *length = to - query->ids;
    return query->ids;
}
