/* recommend_mask.c: which items may be shown: a bit for each, prepared once (stock,
 * country, category) and shared between queries. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend_query.h"

#include <string.h>

static const psn_rec_engine *mask_engine(const persona_mask *mask)
{
    return &((const persona_recommender *)mask->model)->engine;
}

static int mask_check(const persona_mask *mask, persona_error *error)
{
    if (mask == NULL) return psn_fail(error, PERSONA_EARG, "mask: is NULL");
    if (mask->magic != PSN_MASK_MAGIC)
        return psn_fail(error, PERSONA_EARG, "mask: freed, or not a mask");
    return PERSONA_OK;
}

int psn_mask_new(persona_mask **out, const persona_recommender *model,
                 persona_error *error)
{
    int rc;
    persona_mask *made = NULL;
    *out = NULL;
    PSN_TRY(psn_model_ready(&model->base, &psn_recommend_kind, model->ready, error));
    PSN_NEED(made = psn_alloc_zero(1, sizeof *made));
    PSN_NEED(made->words = psn_alloc(psn_rec_words(&model->engine), sizeof *made->words));
    made->magic = PSN_MASK_MAGIC;
    made->model = psn_model_ref(&model->base);
    PSN_TRY(psn_mask_all(made, 1, error));
    *out = made;
    made = NULL;
done:
    if (made) psn_release(made->words);
    psn_release(made);
    return rc;
}

static void mask_set(persona_mask *mask, int32_t item, int32_t allowed)
{
    if (allowed)
        psn_rec_set_bit(mask->words, item);
    else
        psn_rec_clear_bit(mask->words, item);
}

int psn_mask_items(persona_mask *mask, const int64_t *items, int64_t count,
                   int32_t allowed, persona_error *error)
{
    const int rc = mask_check(mask, error);
    if (rc != PERSONA_OK) return rc;
    const int32_t known = mask_engine(mask)->items;
    for (int64_t i = 0; i < count; i++)
        if (items[i] >= 0 && items[i] < known) mask_set(mask, (int32_t)items[i], allowed);
    return PERSONA_OK;
}

int psn_mask_attribute(persona_mask *mask, const char *attribute, const char *text,
                       int64_t length, int32_t allowed, persona_error *error)
{
    const int rc = mask_check(mask, error);
    if (rc != PERSONA_OK) return rc;
    const psn_rec_facts *facts = &mask_engine(mask)->facts;
    const int category = strcmp(attribute, "category") == 0;
    if (!category && strcmp(attribute, "brand") != 0)
        return psn_fail(error, PERSONA_EARG, "attribute: need category or brand");
    const int32_t *group = category ? facts->category : facts->brand;
    const psn_dict *names = category ? facts->category_name : facts->brand_name;
    if (group == NULL || names == NULL)
        return psn_fail(error, PERSONA_EARG, "attribute: the model knows no %s of items",
                        category ? "category" : "brand");
    const int64_t wanted = psn_dict_find(names, text, (size_t)length);
    if (wanted < 0) return PERSONA_OK; /* no item has it */
    for (int32_t i = 0; i < mask_engine(mask)->items; i++)
        if (group[i] == wanted) mask_set(mask, i, allowed);
    return PERSONA_OK;
}

int psn_mask_all(persona_mask *mask, int32_t allowed, persona_error *error)
{
    const int rc = mask_check(mask, error);
    if (rc != PERSONA_OK) return rc;
    const psn_rec_engine *engine = mask_engine(mask);
    psn_rec_filter_open(mask->words, engine, 0, 0);
    if (!allowed) memset(mask->words, 0, psn_rec_words(engine) * sizeof *mask->words);
    return PERSONA_OK;
}

void psn_mask_free(persona_mask *mask)
{
    if (mask == NULL || mask->magic != PSN_MASK_MAGIC) return;
    mask->magic = PSN_DEAD_MAGIC;
    psn_model_free(mask->model);
    psn_release(mask->words);
    psn_release(mask);
}
