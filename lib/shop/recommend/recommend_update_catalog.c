/* recommend_update_catalog.c: what new events, or a table of items linked to them, tell
 * of items: category, brand and price (of known items too: shops change them), and, for
 * new items, which others have the same attributes. Items of the linked table that nobody
 * has touched yet become items of the model, as in a fit. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend_update.h"

#include <math.h>
#include <string.h>

int psn_rec_update_catalog(psn_rec_growing *grow, persona_error *error)
{
    int rc;
    void *made = NULL;
    psn_rec_fitting *fit = &grow->fit;
    PSN_TRY(
        psn_model_new(&made, sizeof(persona_recommender), &psn_recommend_kind, error));
    grow->told = made;
    grow->told->items = grow->to->items; /* lent */
    fit->items = (int32_t)psn_dict_count(grow->to->items);
    fit->model = grow->told;
    rc = psn_rec_fit_catalog(fit, error);
    fit->model = grow->to;
    grow->told->items = NULL;
    if (rc != PERSONA_OK) goto done;
    const int64_t items = psn_dict_count(grow->to->items);
    if (items > INT32_MAX / 4)
        PSN_FAIL(error, PERSONA_ELIMIT, "the model would have more than %d items",
                 INT32_MAX / 4);
    grow->to->engine.items = (int32_t)items;
done:
    return rc;
}

/* ---- groups and prices */

/* Groups of the model, then what is told of items; new names are added. */
static int catalog_merge(int32_t **group, psn_dict *names, int32_t *groups,
                         const int32_t *told, const psn_dict *told_names, int32_t items,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    for (int32_t i = 0; told && i < items; i++) {
        size_t length;
        if (told[i] < 0) continue;
        const char *text = psn_dict_text(told_names, told[i], &length);
        const int64_t number = psn_dict_add(names, text, length);
        if (number < 0) PSN_NEED(NULL);
        (*group)[i] = (int32_t)number;
    }
    *groups = (int32_t)psn_dict_count(names);
done:
    return rc;
}

/* As they were; of new items unknown. */
static int catalog_groups(int32_t **group, psn_dict **names, const int32_t *from,
                          const psn_dict *from_names, int32_t before, int32_t items,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    if (from == NULL) return PERSONA_OK;
    PSN_NEED(*group = psn_alloc((size_t)items + 1, sizeof **group));
    memcpy(*group, from, (size_t)before * sizeof **group);
    for (int32_t i = before; i < items; i++) (*group)[i] = -1;
    PSN_NEED(*names = psn_dict_copy(from_names));
done:
    return rc;
}

static int catalog_prices(psn_rec_facts *to, const psn_rec_facts *from, const float *told,
                          int32_t before, int32_t items, persona_error *error)
{
    int rc = PERSONA_OK;
    if (from->price == NULL) return PERSONA_OK;
    PSN_NEED(to->price = psn_alloc((size_t)items + 1, sizeof *to->price));
    for (int32_t i = 0; i < items; i++) {
        to->price[i] = i < before ? from->price[i] : NAN;
        if (told && told[i] > 0) to->price[i] = told[i];
    }
done:
    return rc;
}

int psn_rec_update_facts(psn_rec_growing *grow, persona_error *error)
{
    int rc;
    const psn_rec_facts *from = &grow->from->engine.facts;
    const psn_rec_facts *told = &grow->told->engine.facts;
    psn_rec_facts *to = &grow->to->engine.facts;
    const int32_t items = grow->to->engine.items, before = grow->from->engine.items;
    PSN_TRY(catalog_groups(&to->category, &to->category_name, from->category,
                           from->category_name, before, items, error));
    PSN_TRY(catalog_groups(&to->brand, &to->brand_name, from->brand, from->brand_name,
                           before, items, error));
    PSN_TRY(catalog_groups(&to->title, &to->title_name, from->title, from->title_name,
                           before, items, error));
    if (to->title)
        PSN_TRY(catalog_merge(&to->title, to->title_name, &to->titles, told->title,
                              told->title_name, items, error));
    if (to->category)
        PSN_TRY(catalog_merge(&to->category, to->category_name, &to->categories,
                              told->category, told->category_name, items, error));
    if (to->brand)
        PSN_TRY(catalog_merge(&to->brand, to->brand_name, &to->brands, told->brand,
                              told->brand_name, items, error));
    PSN_TRY(catalog_prices(to, from, told->price, before, items, error));
done:
    return rc;
}

/* ---- attributes */

/* The entries of `from` that are of later items in row or column, in `items` rows. */
static int catalog_later(psn_sparse **out, const psn_sparse *from, int32_t learnt,
                         int32_t items, persona_error *error)
{
    int rc;
    int64_t at = 0;
    psn_sparse *made = NULL;
    PSN_TRY(psn_sparse_new(&made, items, items, from ? from->start[from->rows] : 0, 1,
                           error));
    for (int32_t r = 0; r < items; r++) {
        for (int64_t e = from && r < from->rows ? from->start[r] : 0;
             from && r < from->rows && e < from->start[r + 1]; e++) {
            if (r < learnt && from->column[e] < learnt) continue;
            made->column[at] = from->column[e];
            made->value[at++] = from->value[e];
        }
        made->start[r + 1] = at;
    }
    *out = made;
    made = NULL;
done:
    psn_sparse_free(made);
    return rc;
}

int psn_rec_update_alike(psn_sparse **out, psn_rec_growing *grow, persona_error *error)
{
    int rc = PERSONA_OK;
    const struct psn_rec_setting none = {{0}};
    psn_rec_engine *told = &grow->told->engine;
    const psn_sparse *alike = grow->from->engine.member[PSN_REC_CONTENT].added;
    if (grow->fit.attributes) {
        told->kinds = grow->to->engine.kinds;
        PSN_TRY(
            psn_rec_fit_member(told, &grow->fit, PSN_REC_CONTENT, &none, NULL, error));
        alike = told->member[PSN_REC_CONTENT].weights;
    }
    PSN_TRY(catalog_later(out, alike, grow->to->engine.learnt_items,
                          grow->to->engine.items, error));
done:
    return rc;
}
